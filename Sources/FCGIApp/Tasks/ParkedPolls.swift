import Domain
import Glibc
import Postgres
import Synchronization

/// What an instance knows about idle runners: caches fed by NOTIFY, and the requests that wait. Never a fact (DESIGN 1).
///
/// While the LISTEN connection is up every change reaches us as a notification, so a credential stays good until it is
/// dropped and "nothing is waiting" stays true until something is; that is why an idle poll costs no query (ADR 0004).
final class ParkedPolls: Sendable {
    /// How long "nothing is waiting" is believed without a look, should a notification ever be lost.
    static let emptyLookMicroseconds: Int64 = 30_000_000
    /// How long a keyed assignment may be asked for again (runner.md 3.5).
    static let recoveryMicroseconds: Int64 = 120_000_000

    struct Waiter: Sendable {
        let runner: Runner
        let deadline: Int64
        let look: @Sendable () -> Void
        let giveUp: @Sendable () -> Void
        let isGone: @Sendable () -> Bool
    }
    /// What decides whether a look can find anything.
    struct Scope: Hashable, Sendable {
        let owner: AccountID?
        let repository: RepositoryID?
        let labels: [String]
        init(_ runner: Runner) {
            owner = runner.owner
            repository = runner.repository
            labels = runner.labels
        }
    }
    private struct State {
        var isListening = false
        var listeningSince: Int64 = 0
        var notifications = 0
        var credentials: [String: Runner] = [:]
        var labelSets: [(id: Int64, labels: [String])] = []
        var emptyLooks: [Scope: Int64] = [:]
        var assignments: [Int64: Int64] = [:]
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
        var heard: Set<RunnerID> = []
        var isStopping = false
    }
    private let state = Mutex(State())

    // MARK: caches

    func runner(uuid: String) -> Runner? { state.withLock { $0.isListening ? $0.credentials[uuid] : nil } }
    func keep(_ runner: Runner) { state.withLock { if $0.isListening { $0.credentials[runner.uuid] = runner } } }
    func forget(uuid: String) { state.withLock { _ = $0.credentials.removeValue(forKey: uuid) } }
    func markHeard(_ runner: RunnerID) { state.withLock { _ = $0.heard.insert(runner) } }
    func takeHeard() -> [RunnerID] {
        state.withLock {
            let taken = Array($0.heard)
            $0.heard.removeAll()
            return taken
        }
    }
    var waiterCount: Int { state.withLock { $0.waiters.count } }

    /// Ids of the label sets this runner satisfies; `missing` loads what the cache lacks, after the given id.
    func eligibleSets(
        for runner: Runner, missing: (Int64) throws -> [(id: Int64, labels: [String])]
    ) throws -> [Int64] {
        let (last, known) = state.withLock { ($0.labelSets.last?.id ?? 0, $0.labelSets) }
        let fresh = try missing(last)
        if !fresh.isEmpty {
            state.withLock { if ($0.labelSets.last?.id ?? 0) == last { $0.labelSets += fresh } }
        }
        return (known + fresh).filter { labels(runner.labels, satisfy: $0.labels) }.map(\.id)
    }

    /// Is it known that a look would find nothing? Otherwise the mark to hand to `sawNothing` afterwards.
    func knownEmpty(_ scope: Scope) -> Bool {
        state.withLock {
            guard $0.isListening, let at = $0.emptyLooks[scope] else { return false }
            return Clock.monotonicMicroseconds() - at < Self.emptyLookMicroseconds
        }
    }
    var mark: Int { state.withLock { $0.notifications } }
    func sawNothing(_ scope: Scope, since mark: Int) {
        state.withLock {
            // Something became waiting meanwhile: this look may have been too early to see it.
            guard $0.isListening, $0.notifications == mark else { return }
            if $0.emptyLooks.count > 10_000 { $0.emptyLooks.removeAll() }
            $0.emptyLooks[scope] = Clock.monotonicMicroseconds()
        }
    }
    func mayRecover(_ runner: RunnerID) -> Bool {
        let now = Clock.monotonicMicroseconds()
        return state.withLock {
            !$0.isListening || now - $0.listeningSince < Self.recoveryMicroseconds
                || now - ($0.assignments[runner.number] ?? .min / 2) < Self.recoveryMicroseconds
        }
    }

    // MARK: waiting

    /// Parks a request. False: something arrived since `mark`, or we are stopping; look or answer now.
    func park(_ waiter: Waiter, since mark: Int) -> Bool {
        state.withLock {
            guard !$0.isStopping, $0.notifications == mark else { return false }
            $0.waiters[$0.nextWaiter] = waiter
            $0.nextWaiter += 1
            return true
        }
    }
    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Ends waits that are over or whose client left; called about ten times a second.
    func expire() {
        let now = Clock.monotonicMicroseconds()
        let over = state.withLock { state in
            let over = state.waiters.filter { $0.value.deadline <= now || $0.value.isGone() }
            for id in over.keys { state.waiters.removeValue(forKey: id) }
            return over.values.map { $0 }
        }
        for waiter in over { waiter.giveUp() }
    }

    func stop() {
        let all = state.withLock { state in
            state.isStopping = true
            let all = Array(state.waiters.values)
            state.waiters.removeAll()
            return all
        }
        for waiter in all { waiter.giveUp() }
    }

    // MARK: notifications

    func listening() {
        let all = state.withLock { state in
            state.isListening = true
            state.listeningSince = Clock.monotonicMicroseconds()
            state.notifications += 1
            let all = Array(state.waiters.values)
            state.waiters.removeAll()
            return all
        }
        // What was said while nobody listened is lost: everyone looks once.
        for waiter in all { waiter.look() }
    }

    func lost() {
        state.withLock {
            $0.isListening = false
            $0.credentials.removeAll()
            $0.emptyLooks.removeAll()
        }
    }

    func assigned(runner: Int64) { state.withLock { $0.assignments[runner] = Clock.monotonicMicroseconds() } }

    /// A job became waiting: wake one waiter that may take it, and forget that its kind had nothing.
    func jobWaiting(
        labelSet: Int64, repository: RepositoryID, owner: AccountID, loadSets: () -> [(id: Int64, labels: [String])]
    ) {
        if !state.withLock({ $0.labelSets.contains { $0.id == labelSet } }) {
            let fresh = loadSets()
            state.withLock { state in
                let last = state.labelSets.last?.id ?? 0
                state.labelSets += fresh.filter { $0.id > last }
            }
        }
        let woken: Waiter? = state.withLock { state in
            state.notifications += 1
            let wanted = state.labelSets.first { $0.id == labelSet }?.labels
            func fits(_ scope: Scope) -> Bool {
                if let bound = scope.repository, bound != repository { return false }
                if scope.repository == nil, let bound = scope.owner, bound != owner { return false }
                return wanted.map { labels(scope.labels, satisfy: $0) } ?? true
            }
            for scope in state.emptyLooks.keys where fits(scope) { state.emptyLooks.removeValue(forKey: scope) }
            let candidates = state.waiters.filter { !$0.value.isGone() && fits(Scope($0.value.runner)) }
            guard let id = candidates.keys.min() else { return nil }
            return state.waiters.removeValue(forKey: id)
        }
        woken?.look()
    }
}

/// A few threads for the database work of the poll lane, fed by a queue.
///
/// `@unchecked Sendable` is true because `queue` is touched only with `mutex` held.
final class WorkerPool: @unchecked Sendable {
    private var queue: [@Sendable () -> Void] = []
    private var closed = false
    private var mutex = pthread_mutex_t()
    private var changed = pthread_cond_t()
    private var workers: [Worker] = []

    init(threads: Int) {
        pthread_mutex_init(&mutex, nil)
        pthread_cond_init(&changed, nil)
        workers = (0..<threads).map { _ in Worker { [unowned self] in loop() } }
    }

    func run(_ work: @escaping @Sendable () -> Void) {
        pthread_mutex_lock(&mutex)
        queue.append(work)
        pthread_cond_signal(&changed)
        pthread_mutex_unlock(&mutex)
    }

    /// Finishes what is queued, then ends the threads.
    func close() {
        pthread_mutex_lock(&mutex)
        closed = true
        pthread_cond_broadcast(&changed)
        pthread_mutex_unlock(&mutex)
        for worker in workers { worker.join() }
    }

    private func loop() {
        while true {
            pthread_mutex_lock(&mutex)
            while queue.isEmpty && !closed { pthread_cond_wait(&changed, &mutex) }
            guard !queue.isEmpty else {
                pthread_mutex_unlock(&mutex)
                return
            }
            let work = queue.removeFirst()
            pthread_mutex_unlock(&mutex)
            work()
        }
    }
}
