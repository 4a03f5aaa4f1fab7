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

/// Gives jobs to runners by `ClaimScript` (Domain), and looks again while others hold what waits.
public struct TaskClaims: Sendable {
    /// NOTIFY channel: a keyed request was given a task and may ask for it again; payload the runner's id.
    public static let assignedChannel = "millrace_assigned"

    let database: Database
    /// 40 hex characters and their hash; random bytes come from outside this target.
    let makeToken: @Sendable () -> (token: String, hash: [UInt8])
    /// Actions that steps use in the place of others.
    public var replacements = ActionReplacements.none

    public init(database: Database, makeToken: @escaping @Sendable () -> (token: String, hash: [UInt8])) {
        self.database = database
        self.makeToken = makeToken
    }

    public func claim(_ request: ClaimRequest) throws -> ClaimOutcome {
        guard !request.labelSets.isEmpty else { return .nothing }
        let claim = Claim(
            runner: request.runner.claimant, labelSets: request.labelSets, capacity: request.capacity,
            handle: request.handle, requestKey: request.requestKey)
        for _ in 0..<ClaimLimits.looksMax {
            do {
                let outcome = try database.transaction { tx -> ClaimOutcome? in
                    switch try script(in: tx).claim(claim) {
                    case .claimed(let tasks): .claimed(try load(tasks, in: tx))
                    case .keyIsBusy: .keyIsBusy
                    // It was disabled or had its one job: this says nothing about what waits for others like it.
                    case .notAdmitted: .inconclusive
                    case .nothing: nil
                    }
                }
                if let outcome { return outcome }
                // Rows that a report has locked are skipped, not absent: only no waiting row at all proves anything.
                let waits = try JobStore.anyWaiting(
                    labelSets: request.labelSets, scope: request.runner.scope, in: database)
                guard waits, request.handle == nil else { return .nothing }
                usleep(ClaimLimits.pauseMicroseconds)
            } catch is RowIsLocked {
                usleep(ClaimLimits.pauseMicroseconds)
            }
        }
        return .inconclusive
    }

    /// The tasks that this very request was given before its answer was lost, each with a new token (runner.md 3.5).
    public func recover(requestKey: String, of runner: Runner) throws -> ClaimOutcome {
        let found = try database.transaction { tx -> [Claimed]? in
            try script(in: tx).recover(requestKey: requestKey, of: runner.id).map { try load($0, in: tx) }
        }
        guard let found else { return .keyIsBusy }
        return found.isEmpty ? .nothing : .claimed(found)
    }

    private func script(in tx: Transaction) -> ClaimScript<StoreTables> {
        // A claim asks neither for the server's address nor for places in the queue.
        ClaimScript(on: StoreTables(tx: tx, settings: RunStore.Settings(base: ""))) {
            let token = makeToken()
            return TaskToken(text: token.token, hash: token.hash)
        }
    }

    private func load(_ tasks: [ClaimedTask], in tx: Transaction) throws -> [Claimed] {
        try tasks.compactMap { claimed in
            guard var assignment = try Assignment.load(claimed.task, in: tx) else { return nil }
            assignment.replacements = replacements
            try assignment.noteReplaced(in: tx)
            return Claimed(assignment: assignment, token: claimed.token.text)
        }
    }

    private static let tryLock = Statement(
        "request_key_lock", "select pg_try_advisory_xact_lock(hashtextextended($2, $1))")

    /// Held across instances, until the transaction ends.
    static func lock(_ key: String, of runner: RunnerID, in tx: Transaction) throws -> Bool {
        try tx.one(tryLock, .int(runner.number), .text(key)).value(0)
    }
}
