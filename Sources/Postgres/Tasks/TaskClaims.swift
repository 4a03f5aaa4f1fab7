import Domain
import Glibc

/// What a runner asks for.
public struct ClaimRequest: Sendable {
    public let runner: Runner
    /// Ids of the label sets that the runner satisfies.
    public let labelSets: [Int64]
    /// Tasks it has room for, 1 to `ClaimLimits.tasksMax`.
    public let capacity: Int
    /// Only this attempt of a job: 36 characters of a UUID (runner.md 2.6).
    public let handle: String?
    /// Makes the same tasks come again when the answer was lost (runner.md 3.5).
    public let requestKey: String?

    public init(runner: Runner, labelSets: [Int64], capacity: Int = 1, handle: String? = nil, requestKey: String? = nil)
    {
        self.runner = runner
        self.labelSets = labelSets
        self.capacity = capacity
        self.handle = handle
        self.requestKey = requestKey
    }
}

/// An assignment with the token that was made for it; only the token's hash is kept.
public struct Claimed: Sendable {
    public let assignment: Assignment
    public let token: String
}

public enum ClaimOutcome: Sendable {
    case claimed([Claimed])
    /// Nothing waits that this runner may take.
    case nothing
    /// Others held what waits, every time: says nothing about whether there is work (runner.md 2.5).
    case inconclusive
    /// Another request with the same key is being worked on, here or on another instance.
    case keyIsBusy
}

public enum ClaimLimits {
    /// Tasks given to one request (runner.md 2.5).
    public static let tasksMax = 32
    /// Looks in a row while others hold the run row or every waiting job: 0.3 s, longer than any report takes.
    public static let looksMax = 60
    /// Pause before looking again at rows that others had locked: about as long as a report holds them.
    public static let pauseMicroseconds: UInt32 = 5_000
}

/// Gives jobs to runners. Reads and writes through the stores of `job`, `task` and `runner`.
///
/// One job row is locked with `skip locked`, so a claim waits for nobody; then the run's status is read in a new
/// statement, and only if it must change is the run row locked, `nowait`: on failure everything rolls back and the look
/// is repeated (DESIGN section 2, claim).
public struct TaskClaims: Sendable {
    /// NOTIFY channel: a keyed request was given a task and may ask for it again; payload the runner's id.
    public static let assignedChannel = "millrace_assigned"

    let database: Database
    /// 40 hex characters and their hash; random bytes come from outside this target.
    let makeToken: @Sendable () -> (token: String, hash: [UInt8])

    public init(database: Database, makeToken: @escaping @Sendable () -> (token: String, hash: [UInt8])) {
        self.database = database
        self.makeToken = makeToken
    }

    public func claim(_ request: ClaimRequest) throws -> ClaimOutcome {
        guard !request.labelSets.isEmpty else { return .nothing }
        for _ in 0..<ClaimLimits.looksMax {
            do {
                let outcome = try database.transaction { tx -> ClaimOutcome? in
                    if let key = request.requestKey {
                        guard try Self.lock(key, of: request.runner, in: tx) else { return .keyIsBusy }
                        // The answer may have been lost while this request was already on its way again.
                        let known = try recovered(key, of: request.runner, in: tx)
                        if !known.isEmpty { return .claimed(known) }
                    }
                    guard try RunnerStore.admit(request.runner, in: tx) else {
                        // It was disabled or had its one job: this says nothing about what waits for others like it.
                        return .inconclusive
                    }
                    let claimed = try claimSome(request, in: tx)
                    return claimed.isEmpty ? nil : .claimed(claimed)
                }
                if let outcome { return outcome }
                // Rows that a report has locked are skipped, not absent: only no waiting row at all proves anything.
                let waits = try JobStore.anyWaiting(
                    labelSets: request.labelSets, scope: request.runner.scope, in: database)
                guard waits, request.handle == nil else { return .nothing }
                usleep(ClaimLimits.pauseMicroseconds)
            } catch let error as PostgresError where error.isLockNotAvailable {
                usleep(ClaimLimits.pauseMicroseconds)
            }
        }
        return .inconclusive
    }

    /// The tasks that this very request was given before its answer was lost, each with a new token (runner.md 3.5).
    public func recover(requestKey: String, of runner: Runner) throws -> ClaimOutcome {
        let found = try database.transaction { tx -> [Claimed]? in
            guard try Self.lock(requestKey, of: runner, in: tx) else { return nil }
            return try recovered(requestKey, of: runner, in: tx)
        }
        guard let found else { return .keyIsBusy }
        return found.isEmpty ? .nothing : .claimed(found)
    }

    private static let tryLock = Statement(
        "request_key_lock", "select pg_try_advisory_xact_lock(hashtextextended($2, $1))")

    /// Held across instances, until the transaction ends.
    private static func lock(_ key: String, of runner: Runner, in tx: Transaction) throws -> Bool {
        try tx.first(tryLock, .int(runner.id.number), .text(key))?.bool(0) ?? false
    }

    private func recovered(_ key: String, of runner: Runner, in tx: Transaction) throws -> [Claimed] {
        try TaskStore.unheard(of: runner.id, requestKey: key, in: tx).compactMap { task in
            let fresh = makeToken()
            try TaskStore.renewToken(of: task, hash: fresh.hash, in: tx)
            return try Assignment.load(task, in: tx).map { Claimed(assignment: $0, token: fresh.token) }
        }
    }

    /// All of them in one transaction: an error after the first would lose it (runner.md 2.5), so a run that cannot be
    /// moved now only ends the picking.
    private func claimSome(_ request: ClaimRequest, in tx: Transaction) throws -> [Claimed] {
        // An ephemeral runner has one job in its life (I9).
        let room = request.runner.ephemeral || request.handle != nil ? 1 : min(request.capacity, ClaimLimits.tasksMax)
        var claimed: [Claimed] = []
        while claimed.count < room {
            do {
                let next =
                    claimed.isEmpty
                    ? try claimOne(request, in: tx) : try tx.savepoint { try claimOne(request, in: tx) }
                guard let next else { break }
                claimed.append(next)
            } catch let error as PostgresError where error.isLockNotAvailable && !claimed.isEmpty {
                break
            }
        }
        if !claimed.isEmpty, request.requestKey != nil {
            try tx.notify(Self.assignedChannel, String(request.runner.id.number))
        }
        return claimed
    }

    private static let runStatus = Statement("run_status", "select status from run where id = $1")

    private func claimOne(_ request: ClaimRequest, in tx: Transaction) throws -> Claimed? {
        let runner = request.runner
        guard
            let picked = try JobStore.pick(
                labelSets: request.labelSets, scope: runner.scope, handle: request.handle, in: tx)
        else { return nil }
        // A new statement: whoever changed the run before our lock on the job is seen now.
        let status = try tx.first(Self.runStatus, .int(picked.run.number)).flatMap { Status(rawValue: $0.int(0)) }
        if status != .running && status != .cancelling { try RunStore.start(picked.run, in: tx) }
        let fresh = makeToken()
        let task = try TaskStore.insert(
            job: picked.job, runner: runner, tokenHash: fresh.hash, requestKey: request.requestKey,
            steps: picked.stepNames, in: tx)
        let state = try decide(JobState.waiting, .claimed(task, runnerCanCancel: runner.canCancel))
        try JobStore.assign(picked.job, to: task, in: tx)
        try EventStore.append(
            .jobStatus, run: picked.run, job: picked.job, task: task, runner: runner.id, status: state.status, in: tx)
        if runner.ephemeral { try RunnerStore.spend(runner, in: tx) }
        return try Assignment.load(task, in: tx).map { Claimed(assignment: $0, token: fresh.token) }
    }
}
