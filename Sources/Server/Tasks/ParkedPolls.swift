import DequeModule
import Domain
import Glibc
import Postgres
import Synchronization
import Web

/// A job that became waiting, as announced.
struct RunnableJob: Sendable {
    let labelSet: Int64
    let repository: RepositoryID
    let owner: AccountID
}

/// What decides whether a look can find anything.
struct PollScope: Hashable, Sendable {
    let scope: RunnerScope
    let labels: [String]

    init(_ runner: Runner) {
        scope = runner.scope
        labels = runner.labels
    }
}

/// What an instance knows about idle runners: caches fed by NOTIFY, and the requests that wait. Never a fact (DESIGN 1).
///
/// While the LISTEN connection is up every change reaches us as a notification, so a credential stays good until it is
/// dropped and "nothing is waiting" stays true until something is; that is why an idle poll costs no query (ADR 0004).
package final class ParkedPolls: Sendable {
    /// How long "nothing is waiting" is believed without a look, should a notification ever be lost.
    static let emptyLookMicroseconds: Int64 = 30_000_000
    /// How long a keyed assignment may be asked for again (runner.md 3.5).
    static let recoveryMicroseconds: Int64 = 120_000_000
    /// Notifications remembered, to tell whether one that came during a look concerns it.
    static let recentMax = 1024
    /// Scopes whose emptiness is remembered; one for each distinct set of runner labels.
    static let emptyLooksMax = 10_000
    /// Runners whose row, and whose last change, is remembered.
    static let credentialsMax = 100_000

    struct Waiter: Sendable {
        let scope: PollScope
        let deadline: Int64
        let look: @Sendable () -> Void
        let giveUp: @Sendable () -> Void
        let isGone: @Sendable () -> Bool
    }
    /// A point in the stream of notifications.
    typealias Mark = Int

    private struct State {
        var isListening = false
        var listeningSince: Int64 = 0
        var isStopping = false
        /// Notifications so far, and the last `recentMax` of them.
        var mark: Mark = 0
        var recent: Deque<RunnableJob> = []
        var credentials: [String: Runner] = [:]
        /// Announcements of changed runners so far, the number of each runner's last one, and up to which number nothing
        /// is known of single runners any more.
        var changes: Mark = 0
        var changed: [String: Mark] = [:]
        var changesUnknownUpTo: Mark = 0
        var labelSets = LabelSets()
        var emptyLooks: [PollScope: Int64] = [:]
        var assignments: [Int64: Int64] = [:]
        var waiters: [Int: Waiter] = [:]
        /// Ids of waiters by scope, oldest first; ids that are no longer in `waiters` are skipped.
        var lines: [PollScope: Deque<Int>] = [:]
        var nextWaiter = 0

        func fits(_ job: RunnableJob, _ scope: PollScope) -> Bool {
            guard scope.scope.covers(repository: job.repository, of: job.owner) else { return false }
            // A set that is not known yet may fit anybody: a look too many does no harm.
            return labelSets[job.labelSet].map { labels(scope.labels, satisfy: $0) } ?? true
        }

        /// Whether a notification after `mark` concerns the scope; yes when too many came to know.
        func sawRunnable(_ scope: PollScope, since mark: Mark) -> Bool {
            let count = self.mark - mark
            guard count <= recent.count else { return true }
            return recent.suffix(count).contains { fits($0, scope) }
        }

        /// Whoever read a runner before this moment may hold what was true before it.
        mutating func forgetRunners() {
            changes += 1
            changesUnknownUpTo = changes
            changed.removeAll()
            credentials.removeAll()
        }

        mutating func takeAll() -> [Waiter] {
            let all = waiters.sorted { $0.key < $1.key }.map(\.value)
            waiters.removeAll()
            lines.removeAll()
            return all
        }
    }
    private let state = Mutex(State())

    // MARK: caches

    func runner(uuid: String) -> Runner? { state.withLock { $0.isListening ? $0.credentials[uuid] : nil } }

    /// A point in the stream of announcements about a runner; taken before its row is read.
    func changes(of uuid: String) -> Mark { state.withLock { $0.changes } }

    /// - Parameter mark: of before the row was read: a runner that was announced since then may have changed after the
    ///   read, and what was read would stay here until the next change.
    func keep(_ runner: Runner, since mark: Mark) {
        state.withLock {
            guard $0.isListening, mark >= $0.changesUnknownUpTo, $0.changed[runner.uuid] ?? 0 <= mark else { return }
            if $0.credentials.count >= Self.credentialsMax { $0.credentials.removeAll() }
            $0.credentials[runner.uuid] = runner
        }
    }

    /// A runner was changed, disabled or removed.
    func forget(uuid: String) {
        state.withLock {
            $0.changes += 1
            $0.credentials.removeValue(forKey: uuid)
            if $0.changed.count >= Self.credentialsMax {
                $0.changed.removeAll()
                $0.changesUnknownUpTo = $0.changes
            }
            $0.changed[uuid] = $0.changes
        }
    }
    var waiterCount: Int { state.withLock { $0.waiters.count } }

    /// Ids of the label sets this runner satisfies; `load` reads what is not known yet.
    func eligibleSets(for runner: Runner, load: (LabelSetWish) throws -> [LabelSet]) throws -> [Int64] {
        let now = Clock.monotonicMicroseconds()
        let wish = state.withLock { $0.labelSets.wish(now: now, isListening: $0.isListening) }
        do {
            let sets = try load(wish)
            return state.withLock {
                $0.labelSets.take(sets, for: wish, now: now)
                return $0.labelSets.satisfied(by: runner.labels)
            }
        } catch {
            state.withLock { $0.labelSets.failed(wish) }
            throw error
        }
    }

    /// Is it known that a look would find nothing?
    func isKnownEmpty(_ scope: PollScope) -> Bool {
        state.withLock {
            guard $0.isListening, let at = $0.emptyLooks[scope] else { return false }
            return Clock.monotonicMicroseconds() - at < Self.emptyLookMicroseconds
        }
    }
    var mark: Mark { state.withLock { $0.mark } }

    /// - Parameter mark: taken before the look: what became waiting since then may have come too late for it.
    func sawNothing(_ scope: PollScope, since mark: Mark) {
        state.withLock {
            guard $0.isListening, !$0.sawRunnable(scope, since: mark) else { return }
            if $0.emptyLooks.count >= Self.emptyLooksMax { $0.emptyLooks.removeAll() }
            $0.emptyLooks[scope] = Clock.monotonicMicroseconds()
        }
    }

    /// Whether this runner may have been given tasks by a request whose answer was lost.
    func mayRecover(_ runner: RunnerID) -> Bool {
        let now = Clock.monotonicMicroseconds()
        return state.withLock {
            !$0.isListening || now - $0.listeningSince < Self.recoveryMicroseconds
                || now - ($0.assignments[runner.number] ?? .min / 2) < Self.recoveryMicroseconds
        }
    }

    // MARK: waiting

    /// Parks a request. False: something for it arrived since `mark`, or we are stopping; look or answer now.
    func park(_ waiter: Waiter, since mark: Mark) -> Bool {
        state.withLock {
            guard !$0.isStopping, !$0.sawRunnable(waiter.scope, since: mark) else { return false }
            $0.waiters[$0.nextWaiter] = waiter
            $0.lines[waiter.scope, default: []].append($0.nextWaiter)
            $0.nextWaiter += 1
            return true
        }
    }
    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Ends waits that are over or whose client left; called about ten times a second.
    func expire() {
        let now = Clock.monotonicMicroseconds()
        let over = state.withLock { state -> [Waiter] in
            let ids = state.waiters.compactMap { $0.value.deadline <= now || $0.value.isGone() ? $0.key : nil }
            guard !ids.isEmpty else { return [] }
            let over = ids.compactMap { state.waiters.removeValue(forKey: $0) }
            for scope in Set(over.map(\.scope)) {
                let left = (state.lines[scope] ?? []).filter { state.waiters[$0] != nil }
                state.lines[scope] = left.isEmpty ? nil : Deque(left)
            }
            return over
        }
        for waiter in over { waiter.giveUp() }
    }

    package func stop() {
        let all = state.withLock { state in
            state.isStopping = true
            return state.takeAll()
        }
        for waiter in all { waiter.giveUp() }
    }

    // MARK: notifications

    func listening() {
        let all = state.withLock { state in
            state.isListening = true
            // What was read before anybody listened may have changed unheard.
            state.forgetRunners()
            state.listeningSince = Clock.monotonicMicroseconds()
            // Longer ago than anything remembered: whoever looks right now looks again.
            state.mark += Self.recentMax + 1
            state.recent.removeAll()
            return state.takeAll()
        }
        // What was said while nobody listened is lost: everyone looks once.
        for waiter in all { waiter.look() }
    }

    func lost() {
        state.withLock {
            $0.isListening = false
            $0.forgetRunners()
            $0.emptyLooks.removeAll()
        }
    }

    func assigned(runner: Int64) {
        state.withLock {
            if $0.assignments.count >= Self.emptyLooksMax { $0.assignments.removeAll() }
            $0.assignments[runner] = Clock.monotonicMicroseconds()
        }
    }

    /// A job became waiting: wake the longest waiting poll that may take it, and forget that its kind had nothing.
    func jobWaiting(_ job: RunnableJob, load: (LabelSetWish) -> [LabelSet]) {
        if state.withLock({ $0.labelSets[job.labelSet] == nil }) {
            let wish = LabelSetWish.only(job.labelSet)
            let sets = load(wish)
            state.withLock { $0.labelSets.take(sets, for: wish, now: Clock.monotonicMicroseconds()) }
        }
        let woken = state.withLock { state -> Waiter? in
            state.mark += 1
            state.recent.append(job)
            if state.recent.count > Self.recentMax * 2 { state.recent.removeFirst(Self.recentMax) }
            for scope in state.emptyLooks.keys where state.fits(job, scope) {
                state.emptyLooks.removeValue(forKey: scope)
            }
            while let (scope, id) = state.lines.filter({ state.fits(job, $0.key) })
                .compactMap({ line in line.value.first.map { (line.key, $0) } }).min(by: { $0.1 < $1.1 })
            {
                state.lines[scope]?.removeFirst()
                if state.lines[scope]?.isEmpty == true { state.lines[scope] = nil }
                if let waiter = state.waiters.removeValue(forKey: id), !waiter.isGone() { return waiter }
            }
            return nil
        }
        woken?.look()
    }
}
