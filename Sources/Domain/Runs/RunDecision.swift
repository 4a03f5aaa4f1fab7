/// What the rules need to know of one job of the latest attempt.
public struct JobSnapshot: Equatable, Sendable {
    public let id: JobID
    public let key: String
    public let needs: [String]
    /// The text of `if`; nil when absent.
    public let condition: String?
    public let continueOnError: Bool
    public let hasOutputs: Bool
    public var state: JobState
    /// Ended, but its dependents wait for late outputs (runner.md 4.6).
    public var isSettling: Bool
    /// What its task reported; names once.
    public var outputs: [JobOutput]
    /// What it stands for while it is blocked; nil for a job that runners get.
    public var standsFor: JobPlaceholder?
    /// The job that called its workflow; nil at the top. Keys are unique among the jobs of one caller.
    public var caller: JobID?
    /// The concurrency group that it asked for, as names are compared.
    public var groupKey: String?
    /// What the jobs that it called share; nil until it has called them, and for jobs that call nothing.
    public var scope: CallScope?

    /// The legs that it stands for.
    public var deferred: DeferredJob? { if case .legs(let job)? = standsFor { job } else { nil } }
    public var call: WorkflowCall? { if case .call(let call)? = standsFor { call } else { nil } }
    public var strategy = LegStrategy()
    /// Another leg of its matrix failed, so this one was cancelled, or is about to be.
    public var isGivenUp = false
    /// Evaluated once its needs are done; nil when it names no group.
    public var concurrency: JobConcurrency?
    /// Nil before that, and when it names none.
    public var place: JobPlace?
    /// Evaluated once its needs are done; nil when it uses no environment.
    public var environment: JobEnvironment?
    /// Nil before that.
    public var gate: JobGate?

    public init(
        id: JobID, key: String, needs: [String], condition: String?, continueOnError: Bool, hasOutputs: Bool,
        state: JobState, isSettling: Bool = false, outputs: [JobOutput] = [], deferred: DeferredJob? = nil
    ) {
        self.id = id
        self.key = key
        self.needs = needs
        self.condition = condition
        self.continueOnError = continueOnError
        self.hasOutputs = hasOutputs
        self.state = state
        self.isSettling = isSettling
        self.outputs = outputs
        standsFor = deferred.map(JobPlaceholder.legs)
    }

    /// The status that counts for the run and for dependents.
    public var countedStatus: Status {
        Domain.countedStatus(state.status, continueOnError: continueOnError, isGivenUp: isGivenUp)
    }
}

/// A failed job with continue-on-error counts as successful (runner.md 4.7). A leg that was cancelled since another failed
/// counts as failed with it: nobody cancelled the run, and `failure()` must hold behind the matrix.
public func countedStatus(_ status: Status, continueOnError: Bool, isGivenUp: Bool) -> Status {
    switch status {
    case .failure where continueOnError: .success
    case .cancelled where isGivenUp: .failure
    default: status
    }
}

public struct JobOutput: Equatable, Sendable {
    public let name: String
    public let value: String
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// Every job of the latest attempt in order of id, and what conditions can ask about the run.
public struct RunSnapshot: Sendable {
    public var jobs: [JobSnapshot]
    /// What expressions see of the run (workflows.md 14); nothing when no job has a condition.
    public let values: RunValues
    /// Somebody cancelled this attempt: what has not started starts only to clean up (workflows.md 20.2).
    public var isCancelRequested: Bool
    /// A cancel lets blocked jobs clean up whose `if` holds with `cancelled()` true; without this it ends them with the rest.
    public let cleansUp: Bool
    /// The concurrency group, whose next run may start when this one ends.
    public let group: GroupID?
    /// The group's name as names are compared; nil when no job asks.
    public var groupKey: String?
    /// Another run holds the group, so nothing may start.
    public let isHeld: Bool
    /// The files of workflows that jobs call, by name; empty when no call may start.
    public var calledFiles: [String: [UInt8]] = [:]

    public init(
        jobs: [JobSnapshot], values: RunValues = .unasked, isCancelRequested: Bool = false, cleansUp: Bool = false,
        group: GroupID? = nil, isHeld: Bool = false
    ) {
        self.jobs = jobs
        self.values = values
        self.isCancelRequested = isCancelRequested
        self.cleansUp = cleansUp
        self.group = group
        self.isHeld = isHeld
    }

    /// A job whose called jobs are not done counts by these; they are of the run like all others.
    public var status: Status {
        let busy = Set(jobs.filter { !$0.state.status.isDone }.compactMap(\.caller))
        return aggregate(jobs.filter { !$0.state.isCalling || !busy.contains($0.id) }.map(\.countedStatus))
    }
}

/// Something that happened to a run.
public enum RunEvent: Equatable, Sendable {
    /// The attempt was just made: find out which jobs may start.
    case planned
    case job(JobID, JobEvent)
    /// The wait for late outputs of this job is over.
    case outputsSettled(JobID)
    case cancelRequested
    case forceCancelRequested
    /// The run, or one of its jobs, was let into its concurrency group.
    case woken
    /// Somebody let the run start.
    case approved
    /// Look again whether anything may start or the status is off: repairs, never needed while all is well.
    case examined
}

/// What is to be written. Jobs come before the run's own status.
public enum RunChange: Equatable, Sendable {
    /// `problem`: in words for people, why the server did this; empty when a person or a runner did.
    case move(JobID, to: JobState, problem: String)
    /// The job went back to the queue because its runner was never heard of.
    case countReturn(JobID)
    /// Dependents of this job are held until `outputsSettled`.
    case holdDependents(JobID)
    case releaseDependents(JobID)
    /// The job stood for these legs: it becomes the first, the others are made behind the run's jobs, all blocked. Never empty.
    /// Which of them may start, and what the run's status is, is decided next, by `examined`, in the same transaction.
    case expand(JobID, [PlannedJob])
    /// The job called its workflow: these are made behind the run's jobs, blocked, and are looked at next.
    case call(JobID, [PlannedJob], CallScope)
    /// What the ended call gives to those who need it.
    case callOutputs(JobID, [JobOutput])
    /// Another leg of the job's matrix failed: it is cancelled, or told to stop, for that.
    case giveUp(JobID)
    /// The job uses this environment: what that asks of it is written down, and it is judged again in the same transaction.
    case gate(JobID, PlannedEnvironment)
    /// The job stays blocked until it is let into this group; it enters in a transaction of its own.
    case want(JobID, PlannedGroup)
    /// The attempt counts as cancelled from now on.
    case requestCancel
    case run(Status)
    /// The run, or a job of this group, has ended: the next one of the group may start, in a transaction of its own.
    case wake(GroupID)
}

extension RunChange {
    /// It is judged again, with rows that this makes: `examined`, in the same transaction.
    var asksAgain: Bool {
        switch self {
        case .expand, .call, .gate: true
        default: false
        }
    }
}

/// What an event does to a run: pure, so that handlers, sweeps and the simulation all ask the same function.
///
/// - Parameters:
///   - run: read with the run row and its unfinished jobs locked.
///   - problem: why the server ends a job, in words; kept with it.
/// - Returns: changes in the order they are to be applied; empty when the event changes nothing.
/// - Throws: `JobRefusal` when the event is not allowed, with nothing to be changed.
/// - Source: DESIGN section 2, "decide, then apply"; runner.md 4.2, 4.5, 4.7.
public func decide(
    _ run: RunSnapshot, _ event: RunEvent, problem: String = ""
) throws(JobRefusal) -> [RunChange] {
    var steps = 0
    return try decide(run, event, problem: problem, steps: &steps)
}

/// - Parameter steps: counts the jobs and needs looked at: at most `DecisionLimits.stepsPerPart` for each job and need there is.
func decide(
    _ run: RunSnapshot, _ event: RunEvent, problem: String, steps: inout Int
) throws(JobRefusal) -> [RunChange] {
    var draft = RunDraft(run)
    switch event {
    case .planned, .examined, .woken, .approved: break
    case .job(let id, let jobEvent): try draft.apply(jobEvent, to: id, problem: problem)
    case .outputsSettled(let id): draft.settle(id)
    case .cancelRequested: try draft.cancel(.cancelRequested, problem: problem)
    case .forceCancelRequested: try draft.cancel(.forceCancelRequested, problem: problem)
    }
    draft.startWhatMay(steps: &steps)
    let left = draft.groupsLeft(since: run)
    guard !draft.changes.isEmpty || event == .planned || event == .examined else { return [] }
    // What is judged again has no rows yet that a status could be made of.
    guard !draft.changes.contains(where: \.asksAgain) else { return draft.changes + left.map(RunChange.wake) }
    draft.changes.append(.run(draft.run.status))
    if let group = run.group, draft.run.status.isDone, !run.status.isDone { draft.changes.append(.wake(group)) }
    draft.changes += left.map(RunChange.wake)
    return draft.changes
}

enum DecisionLimits {
    /// Steps of a decision for each job and each need of the run.
    static let stepsPerPart = 5
}
