/// What an event tells of. Texts are stored and shown; they never change their meaning.
public enum EventKind: String, Sendable, CaseIterable {
    case runPlanned = "run_planned"
    case runRerun = "run_rerun"
    case runApproved = "run_approved"
    case deploymentApproved = "deployment_approved"
    case deploymentRejected = "deployment_rejected"
    case runRemoved = "run_removed"
    case cancelRequested = "cancel_requested"
    /// Where a run or job went: with a status, these are what `millrace verify` replays.
    case runStatus = "run_status"
    case jobStatus = "job_status"
    case taskLost = "task_lost"
    case runnerRegistered = "runner_registered"
    case runnerSpent = "runner_spent"
    case runnerChanged = "runner_changed"
    case runnerRemoved = "runner_removed"
}

/// One row of the append-only table `event`.
public struct Event: Equatable, Sendable {
    public let kind: EventKind
    public let run: RunID?
    public let job: JobID?
    public let task: TaskID?
    public let runner: RunnerID?
    /// Where the run or job went, for the two kinds that say so.
    public let status: Status?
    /// The person who asked for it.
    public let actor: AccountID?
    /// Words for people; "" when there are none.
    public let detail: String

    public init(
        _ kind: EventKind, run: RunID? = nil, job: JobID? = nil, task: TaskID? = nil, runner: RunnerID? = nil,
        status: Status? = nil, actor: AccountID? = nil, detail: String = ""
    ) {
        self.kind = kind
        self.run = run
        self.job = job
        self.task = task
        self.runner = runner
        self.status = status
        self.actor = actor
        self.detail = detail
    }
}
