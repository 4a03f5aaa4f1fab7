/// A runner that asks for work.
public struct Claimant: Equatable, Sendable {
    public let id: RunnerID
    public let uuid: String
    public let scope: RunnerScope
    /// It ends a job by itself after a cancel (runner.md 4.4).
    public let canCancel: Bool
    public let isEphemeral: Bool

    public init(id: RunnerID, uuid: String, scope: RunnerScope, canCancel: Bool, isEphemeral: Bool) {
        self.id = id
        self.uuid = uuid
        self.scope = scope
        self.canCancel = canCancel
        self.isEphemeral = isEphemeral
    }
}

/// What a runner asks for.
public struct Claim: Equatable, Sendable {
    public let runner: Claimant
    /// Ids of the label sets that the runner satisfies.
    public let labelSets: [Int64]
    /// Tasks that it may be given at once.
    public let room: Int
    /// Only this attempt of a job (runner.md 2.6).
    public let handle: String?
    /// Makes the same tasks come again when the answer was lost (runner.md 3.5).
    public let requestKey: String?

    /// - Parameter capacity: tasks that the runner has room for.
    public init(runner: Claimant, labelSets: [Int64], capacity: Int, handle: String?, requestKey: String?) {
        self.runner = runner
        self.labelSets = labelSets
        // An ephemeral runner has one job in its life (I9).
        room = runner.isEphemeral || handle != nil ? 1 : min(capacity, ClaimLimits.tasksMax)
        self.handle = handle
        self.requestKey = requestKey
    }
}

public enum ClaimLimits {
    /// Tasks given to one request (runner.md 2.5).
    public static let tasksMax = 32
    /// Looks in a row while others hold the run row or every waiting job: 0.3 s, longer than any report takes.
    public static let looksMax = 60
    /// Pause before looking again at rows that others had locked: about as long as a report holds them.
    public static let pauseMicroseconds: UInt32 = 5_000
}

/// The secret of one task. Only its hash is stored.
public struct TaskToken: Equatable, Sendable {
    public let text: String
    public let hash: [UInt8]

    public init(text: String, hash: [UInt8]) {
        self.text = text
        self.hash = hash
    }
}

/// A waiting job that a claim has locked.
public struct PickedJob: Equatable, Sendable {
    public let job: JobID
    public let run: RunID
    public let stepNames: [String]

    public init(job: JobID, run: RunID, stepNames: [String]) {
        self.job = job
        self.run = run
        self.stepNames = stepNames
    }
}

/// A task's row as it is inserted.
public struct NewTask: Equatable, Sendable {
    public let job: JobID
    public let runner: Claimant
    public let status: Status
    public let tokenHash: [UInt8]
    public let requestKey: String?
    public let stepNames: [String]
}

/// Somebody else has the row locked, and this transaction does not wait. It can only be rolled back, to the last savepoint
/// or altogether.
public struct RowIsLocked: Error, Equatable, Sendable {
    public init() {}
}

/// One step as a runner reported it. Times are Unix microseconds of the runner's clock, for display only.
public struct ReportedStep: Equatable, Sendable {
    public let position: Int64
    public let result: Int64
    public let startedAt: Int64?
    public let stoppedAt: Int64?
    public let logIndex: Int64
    public let logLength: Int64

    public init(
        position: Int64, result: Int64, startedAt: Int64?, stoppedAt: Int64?, logIndex: Int64, logLength: Int64
    ) {
        self.position = position
        self.result = result
        self.startedAt = startedAt
        self.stoppedAt = stoppedAt
        self.logIndex = logIndex
        self.logLength = logLength
    }
}

/// A task as it was seen before anything was locked: where it belongs, and which locks a report needs.
public struct LocatedTask: Equatable, Sendable {
    public let run: RunID
    public let job: JobID
    /// Nil when the runner was removed.
    public let runner: RunnerID?
    public let status: Status
    public let hasOutputs: Bool
    public let isLogClosed: Bool
    /// Dependents of its job wait for late outputs (runner.md 4.6).
    public let isSettling: Bool

    public init(
        run: RunID, job: JobID, runner: RunnerID?, status: Status, hasOutputs: Bool, isLogClosed: Bool,
        isSettling: Bool
    ) {
        self.run = run
        self.job = job
        self.runner = runner
        self.status = status
        self.hasOutputs = hasOutputs
        self.isLogClosed = isLogClosed
        self.isSettling = isSettling
    }
}

/// Where a task is, and whether the server put it there.
public struct TaskStanding: Equatable, Sendable {
    public let status: Status
    public let isEndedByServer: Bool

    public init(_ status: Status, isEndedByServer: Bool) {
        self.status = status
        self.isEndedByServer = isEndedByServer
    }
}

/// What tells whether a live task is lost, with its row locked.
public struct LiveTaskClock: Equatable, Sendable {
    public let clock: TaskClock
    public let isRunnerRemoved: Bool
    /// How often its job went back to the queue unheard.
    public let returns: Int
    public let now: Instant

    public init(_ clock: TaskClock, isRunnerRemoved: Bool, returns: Int, now: Instant) {
        self.clock = clock
        self.isRunnerRemoved = isRunnerRemoved
        self.returns = returns
        self.now = now
    }
}

/// The tables behind an assignment and what its runner reports; see `RunTables`.
public protocol TaskTables: RunTables {
    // MARK: claims

    /// Held across instances until the transaction ends.
    ///
    /// - Returns: false when another request has it; nobody waits.
    func lock(requestKey: String, of runner: RunnerID) throws -> Bool
    /// Live tasks of this request that were never heard of, locked, in order of id.
    func unheardTasks(of runner: RunnerID, requestKey: String) throws -> [TaskID]
    func renewToken(of task: TaskID, hash: [UInt8]) throws
    /// Whether the runner may be given a job at all; an ephemeral one is locked.
    func admit(_ runner: Claimant) throws -> Bool
    /// The first job in the queue that nobody else is taking, locked; waits for nobody.
    func pick(_ claim: Claim) throws -> PickedJob?
    func status(of run: RunID) throws -> Status
    /// - Throws: `RowIsLocked` when somebody changes the run right now.
    func lockRunWithoutWaiting(_ run: RunID) throws
    /// The task and its steps.
    func insert(_ task: NewTask) throws -> TaskID
    func assign(_ job: JobID, to task: TaskID, status: Status) throws
    /// An ephemeral runner has had its one job.
    func spend(_ runner: RunnerID) throws
    /// A keyed request was given a task and may ask for it again.
    func notifyAssigned(to runner: RunnerID) throws
    /// Runs `body`; when it throws, what it did is undone and the transaction goes on.
    func savepoint<Value>(_ body: () throws -> Value) throws -> Value

    // MARK: reports

    /// Locks nothing.
    func locate(_ task: TaskID) throws -> LocatedTask?
    /// Locks the task and writes that it was heard, unless it ended unheard: its ephemeral runner may have had another job
    /// since, and has one in its life (I9).
    func hear(_ task: TaskID) throws -> TaskStanding
    /// Steps that have not ended take what is reported.
    func put(_ steps: [ReportedStep], of task: TaskID) throws
    func outputNames(of task: TaskID) throws -> [String]
    /// Of all outputs of the run that the task belongs to.
    func outputBytes(ofRunOf task: TaskID) throws -> Int64
    func put(_ outputs: [JobOutput], of task: TaskID) throws
    /// The names alone.
    func refuse(_ outputs: [String], of task: TaskID) throws
    func failedSteps(of task: TaskID) throws -> [FailedStep]
    /// The workflow that the runner was given.
    func payload(of task: TaskID) throws -> String
    func standing(of task: TaskID) throws -> TaskStanding

    // MARK: losses

    /// Locks the task.
    ///
    /// - Returns: nil when it has ended.
    func clock(of task: TaskID) throws -> LiveTaskClock?
}
