import Domain
import Postgres
import Synchronization
import Web

/// Moves the runs of concurrency groups: at once where a transaction told of it, and by looking around in case the instance
/// that heard of it died. Runs on every instance at once; each move is judged again with the group locked.
final class WakeGroups: Sendable {
    /// Between two looks at all groups in which somebody waits.
    private static let lookMicroseconds: Int64 = 15_000_000

    private let app: App
    private let heard = Mutex<Set<GroupID>>([])
    private let lookedAt = Atomic<Int64>(0)

    init(app: App) { self.app = app }

    /// - Parameter payload: of the notification: the group's id.
    func hear(_ payload: String) {
        guard let number = Int64(payload) else { return }
        heard.withLock { _ = $0.insert(GroupID(number)) }
    }

    func sweep() throws {
        let groups = heard.withLock { groups in
            defer { groups = [] }
            return groups
        }
        for group in groups { try app.runs.wake(group) }
        let now = Clock.monotonicMicroseconds()
        guard now - lookedAt.load(ordering: .relaxed) > Self.lookMicroseconds else { return }
        lookedAt.store(now, ordering: .relaxed)
        let moves = try app.runs.wakeGroups()
        if moves > 0 { app.log.info("concurrency groups moved by the sweep", metadata: ["count": "\(moves)"]) }
    }
}
