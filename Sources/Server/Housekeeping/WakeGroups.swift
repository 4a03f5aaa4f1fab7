import Domain
import Logging
import Postgres
import Synchronization
import Web

/// Moves the runs and jobs of concurrency groups: at once where a transaction told of it, and by looking around in case the instance
/// that heard of it died. Runs on every instance at once; each move is judged again with the group locked.
final class WakeGroups: Sendable {
    /// Between two looks at all groups in which somebody waits.
    static let lookMicroseconds: Int64 = 15_000_000
    /// After a failure: the thread of the sweeps comes by every 100 ms.
    static let pauseMicroseconds: Int64 = 1_000_000

    private let log: Logger
    /// What a notification tells of.
    enum Call: Hashable, Sendable {
        /// Somebody of it may have to move.
        case group(GroupID)
        /// It wants into a group.
        case job(JobID)
    }

    private let wake: @Sendable (Call) throws -> Void
    private let look: @Sendable () throws -> Int
    private let heard = Mutex<Set<Call>>([])
    private let lookDueAt = Atomic<Int64>(0)
    private let pausedUntil = Atomic<Int64>(0)

    /// - Parameters:
    ///   - wake: makes the moves that are due in one group, or lets a job enter one.
    ///   - look: makes those of all groups.
    /// - Returns: of `look`: how many moves it made.
    init(log: Logger, wake: @escaping @Sendable (Call) throws -> Void, look: @escaping @Sendable () throws -> Int) {
        self.log = log
        self.wake = wake
        self.look = look
    }

    convenience init(app: App) {
        self.init(
            log: app.log,
            wake: { [runs = app.runs] call in
                switch call {
                case .group(let group): try runs.wake(group)
                case .job(let job): try runs.enterGroup(job)
                }
            }, look: app.runs.wakeGroups)
    }

    /// - Parameter payload: of the notification: the group's id, or `job` and its id.
    func hear(_ payload: String) {
        let words = payload.split(byte: " ")
        guard let number = words.last.flatMap({ Int64($0) }) else { return }
        switch words.dropLast() {
        case []: heard.withLock { _ = $0.insert(.group(GroupID(number))) }
        case ["job"]: heard.withLock { _ = $0.insert(.job(JobID(number))) }
        default: return
        }
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
        for call in left {
            do {
                try wake(call)
                left.remove(call)
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
