import Domain
import Logging
import Postgres
import Synchronization
import Web

/// Moves the runs of concurrency groups: at once where a transaction told of it, and by looking around in case the instance
/// that heard of it died. Runs on every instance at once; each move is judged again with the group locked.
final class WakeGroups: Sendable {
    /// Between two looks at all groups in which somebody waits.
    static let lookMicroseconds: Int64 = 15_000_000
    /// After a failure: the thread of the sweeps comes by every 100 ms.
    static let pauseMicroseconds: Int64 = 1_000_000

    private let log: Logger
    private let wake: @Sendable (GroupID) throws -> Void
    private let look: @Sendable () throws -> Int
    private let heard = Mutex<Set<GroupID>>([])
    private let lookDueAt = Atomic<Int64>(0)
    private let pausedUntil = Atomic<Int64>(0)

    /// - Parameters:
    ///   - wake: makes the moves that are due in one group.
    ///   - look: makes those of all groups.
    /// - Returns: of `look`: how many moves it made.
    init(log: Logger, wake: @escaping @Sendable (GroupID) throws -> Void, look: @escaping @Sendable () throws -> Int) {
        self.log = log
        self.wake = wake
        self.look = look
    }

    convenience init(app: App) {
        self.init(log: app.log, wake: { [runs = app.runs] in try runs.wake($0) }, look: app.runs.wakeGroups)
    }

    /// - Parameter payload: of the notification: the group's id.
    func hear(_ payload: String) {
        guard let number = Int64(payload) else { return }
        heard.withLock { _ = $0.insert(GroupID(number)) }
    }

    /// A group that fails stops no other, and is tried again.
    ///
    /// - Throws: the first failure.
    func sweep(now: Int64 = Clock.monotonicMicroseconds()) throws {
        guard now >= pausedUntil.load(ordering: .relaxed) else { return }
        do {
            try wakeHeard()
        } catch {
            pausedUntil.store(now + Self.pauseMicroseconds, ordering: .relaxed)
            if (error as? PostgresError)?.isUnavailable != true { try lookAround(now) }
            throw error
        }
        try lookAround(now)
    }

    private func wakeHeard() throws {
        var left = heard.withLock { groups in
            defer { groups = [] }
            return groups
        }
        defer { if !left.isEmpty { heard.withLock { $0.formUnion(left) } } }
        var first: (any Error)?
        for group in left {
            do {
                try wake(group)
                left.remove(group)
            } catch let error as PostgresError where error.isUnavailable {
                throw error
            } catch {
                first = first ?? error
            }
        }
        if let first { throw first }
    }

    private func lookAround(_ now: Int64) throws {
        guard now >= lookDueAt.load(ordering: .relaxed) else { return }
        do {
            let moves = try look()
            lookDueAt.store(now + Self.lookMicroseconds, ordering: .relaxed)
            if moves > 0 { log.info("concurrency groups moved by the sweep", metadata: ["count": "\(moves)"]) }
        } catch {
            pausedUntil.store(now + Self.pauseMicroseconds, ordering: .relaxed)
            throw error
        }
    }
}
