/// The run's row, locked until the transaction ends.
public struct LockedRun: Equatable, Sendable {
    public let id: RunID
    /// Number of the latest attempt, from 1.
    public let attempt: Int64
    public let status: Status
    /// Somebody cancelled this attempt.
    public private(set) var isCancelRequested: Bool
    public let group: GroupID?
    /// The run was let into its group.
    public private(set) var holdsGroup: Bool
    public private(set) var approval: RunApproval
    /// Nothing of it may start: another run holds its group, or somebody has to let it start.
    public var isHeld: Bool { group != nil && !holdsGroup || approval == .awaited }

    public init(
        _ id: RunID, attempt: Int64, status: Status, isCancelRequested: Bool = false, group: GroupID? = nil,
        holdsGroup: Bool = false, approval: RunApproval = .notNeeded
    ) {
        self.id = id
        self.attempt = attempt
        self.status = status
        self.isCancelRequested = isCancelRequested
        self.group = group
        self.holdsGroup = holdsGroup
        self.approval = approval
    }

    /// The same run, let into its group.
    var holding: LockedRun {
        var run = self
        run.holdsGroup = true
        return run
    }

    /// The same run, cancelled.
    var cancelRequested: LockedRun {
        var run = self
        run.isCancelRequested = true
        return run
    }

    /// The same run, approved; with a group it has taken its place in it.
    func approved(at place: GroupPlace?) -> LockedRun {
        var run = self
        run.approval = .given
        if let place { run.holdsGroup = place.holds }
        return run
    }
}

/// One job of the latest attempt, with what is needed to write its changes.
public struct LoadedJob: Sendable {
    public var snapshot: JobSnapshot
    /// The current or last task.
    public let task: TaskID?
    /// Its place in the queue, once it had one.
    public let queueKey: Int64?
    public let labelSet: Int64
    public let repository: RepositoryID
    public let owner: AccountID
    /// Place in the workflow, from 0; the same in every attempt.
    public let position: Int64

    public init(
        snapshot: JobSnapshot, task: TaskID?, queueKey: Int64?, labelSet: Int64, repository: RepositoryID,
        owner: AccountID, position: Int64
    ) {
        self.snapshot = snapshot
        self.task = task
        self.queueKey = queueKey
        self.labelSet = labelSet
        self.repository = repository
        self.owner = owner
        self.position = position
    }
}

/// The new content of a job's row. The columns follow from it: when it was queued, started and stopped.
public struct JobMove: Equatable, Sendable {
    public let status: Status
    /// In words, why the server did this; "" leaves what is there.
    public let problem: String
    public let queueKey: Int64?
    public let task: TaskID?

    public init(status: Status, problem: String, queueKey: Int64?, task: TaskID?) {
        self.status = status
        self.problem = problem
        self.queueKey = queueKey
        self.task = task
    }
}

/// One job of a new attempt, as its row was made.
public struct NewJob: Equatable, Sendable {
    public let job: JobID
    public let status: Status
    public let position: Int64

    public init(_ job: JobID, status: Status, position: Int64) {
        self.job = job
        self.status = status
        self.position = position
    }
}

/// What the scripts need to know of a run that is to be made.
public protocol RunPlan {
    var jobCount: Int { get }
    /// Why there are no jobs, in words; "" for a sound workflow.
    var problem: String { get }
    /// Nothing starts until somebody approves the run.
    var needsApproval: Bool { get }
}

extension RunPlan {
    public var needsApproval: Bool { false }
}

/// The tables behind a change of a run, inside one open transaction: each requirement is one small operation on rows.
///
/// The order of these operations stands in the scripts (`RunScript`, `ClaimScript`, `ReportScript`), once. The conformers
/// are PostgreSQL's (`StoreTables`) and the simulation's (`WorldTables`), so a line that a script forgets is forgotten by
/// both, and the simulation notices.
public protocol RunTables {
    associatedtype Plan: RunPlan

    /// See `RunSnapshot.cleansUp`.
    var cleansUp: Bool { get }

    // MARK: locks, in the order in which they are taken

    /// Makes the group of a plan that has one, takes its next turn and locks it.
    func enterGroup(of plan: Plan) throws -> GroupEntry?
    /// Takes the next turn of the group and locks it.
    func enterGroup(_ group: GroupID) throws -> GroupEntry
    /// The same by name, for a job; the group is made where it is missing.
    func enterGroup(_ group: PlannedGroup, in repository: RepositoryID) throws -> GroupEntry
    func lockGroup(_ group: GroupID) throws
    /// - Returns: nil when the run is gone.
    func lockRun(_ run: RunID) throws -> LockedRun?
    /// In order of id. A claim that holds one of them is waited for.
    func lockUnfinishedJobs(of run: RunID) throws

    // MARK: reads, each in a statement behind the locks

    /// The group that a run was planned with, which never changes; asked before anything is locked.
    func group(of run: RunID) throws -> GroupID?
    /// The name for people.
    func name(of group: GroupID) throws -> String
    /// What a blocked job that has no turn yet wants; nil when it wants nothing. Asked before anything is locked, and again.
    func wish(of job: JobID) throws -> GroupWish?
    /// The group's unfinished runs and jobs, less runs that wait for an approval.
    func members(of group: GroupID) throws -> [GroupMember]
    /// Every job of the attempt in order of id, without outputs.
    func jobs(of run: RunID, attempt: Int64) throws -> [LoadedJob]
    /// Up to megabytes.
    func outputs(of run: RunID, attempt: Int64) throws -> [JobID: [JobOutput]]
    /// What conditions may ask about.
    func values(of run: RunID) throws -> RunValues
    /// The files of workflows that its jobs call, by name. Up to megabytes.
    func calledFiles(of run: RunID) throws -> [String: [UInt8]]
    func queueTail(of owner: AccountID) throws -> QueueTail

    // MARK: changes

    func move(_ job: JobID, _ move: JobMove) throws
    func countReturn(of job: JobID) throws
    func holdDependents(of job: JobID) throws
    func releaseDependents(of job: JobID) throws
    /// Another leg of the job's matrix failed.
    func giveUp(_ job: JobID) throws
    /// Does nothing to a task that ended before.
    func end(_ task: TaskID, as status: Status, endedByServer: Bool) throws
    /// Every step that has not ended yet.
    func endSteps(of task: TaskID, as status: Status) throws
    /// Lets the ephemeral runner of a task that was never heard of have another job.
    ///
    /// - Returns: the runner's UUID; nil when it is not such a runner.
    func unspendRunner(of task: TaskID) throws -> String?
    /// The latest attempt of the run was cancelled; `problem` says why the server did, and "" leaves what is there.
    func requestCancel(of run: RunID, problem: String) throws
    /// What an environment of the run's repository asks, and the run's ref. One that is not known is made, without rules.
    func environment(_ wanted: PlannedEnvironment, of run: RunID) throws -> (rules: EnvironmentRules, ref: String)
    /// The job's way through its environment begins.
    func insert(_ deployment: PlannedDeployment, of job: JobID) throws
    /// Jobs of the latest attempt that wait for a review.
    func pendingReviews(of run: RunID) throws -> [PendingReview]
    /// Who started the latest attempt.
    func starter(of run: RunID) throws -> AccountID?
    /// - Parameter refusal: why the job fails; "" when it was approved.
    func review(_ job: JobID, _ review: DeploymentReview, refusal: String) throws
    /// The job wants into the group.
    func want(_ group: PlannedGroup, _ job: JobID) throws
    /// It has a turn in it.
    func enter(_ job: JobID, _ entry: GroupEntry) throws
    /// It is let into it.
    func hold(_ job: JobID) throws
    /// The run takes a place in its group, behind its approval.
    func enter(_ run: RunID, _ place: GroupPlace) throws
    /// The run is let into its group.
    func hold(_ run: RunID) throws
    /// Somebody lets the run start.
    func approve(_ run: RunID, by actor: AccountID?) throws
    /// The run and its latest attempt.
    ///
    /// - Returns: false when the run had this status already.
    func move(_ run: RunID, to status: Status) throws -> Bool

    // MARK: making

    /// - Returns: nil when this push made the run before.
    func insertRun(_ plan: Plan, status: Status, place: GroupPlace?) throws -> RunID?
    func insertAttempt(_ number: Int64, of run: RunID, by actor: AccountID?, status: Status) throws -> AttemptID
    /// - Returns: in order of position.
    func insertJobs(_ plan: Plan, run: RunID, attempt: AttemptID, status: Status) throws -> [NewJob]
    /// The run begins anew: times and the cancel are those of the new attempt.
    func startAttempt(_ number: Int64, of run: RunID, status: Status, place: GroupPlace?) throws
    func attempt(_ number: Int64, of run: RunID) throws -> AttemptID
    /// New rows for the jobs of an attempt: those of `again` start anew with `status`, those of `resumed` too, with the same call, those of
    /// `dropped` have none, the others keep result, task, place in the queue and the wait for late outputs.
    func copyJobs(from old: AttemptID, to new: AttemptID, _ plan: RerunPlan, status: Status) throws -> [NewJob]

    /// Makes a deferred job the first of its legs and inserts the others behind the attempt's jobs, blocked.
    ///
    /// - Returns: the legs in their order, the job itself first.
    func expand(_ job: LoadedJob, into legs: [PlannedJob]) throws -> [LoadedJob]
    /// Inserts what a job calls behind the attempt's jobs, blocked, and keeps with it what they share.
    ///
    /// - Returns: in order of position.
    func call(_ jobs: [PlannedJob], from caller: LoadedJob, _ scope: CallScope) throws -> [NewJob]
    func put(_ outputs: [JobOutput], ofCall job: JobID) throws

    // MARK: telling; heard when the transaction commits

    func append(_ event: Event) throws
    /// The first event of each job of a new attempt: its status.
    func appendFirst(of jobs: [NewJob], run: RunID) throws
    /// Runners that wait for work look again.
    func notifyWaiting(_ job: LoadedJob) throws
    /// A run of the group may have to move; some instance looks (`RunScript.wake`).
    func notifyGroup(_ group: GroupID) throws
    /// The job wants into a group; some instance lets it enter (`RunScript.enter`).
    func notifyWish(of job: JobID) throws
    /// What instances remember of the runner is out of date.
    func notifyChanged(runner uuid: String) throws
}
