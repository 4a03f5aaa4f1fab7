import Domain

struct AttemptRow {
    let number: Int64
    let actor: AccountID?
    var status: Status
    var jobs: [JobID] = []
}

struct RunRow {
    let id: RunID
    let repository: RepositoryID
    let owner: AccountID
    /// What conditions can ask for.
    let ref: String
    var status: Status
    var attempts: [AttemptRow] = []
    /// Number of the latest attempt.
    var attempt: Int64 = 1
    var group: GroupID?
    /// Nil for one that awaits its approval.
    var turn: Int64?
    var holdsGroup = false
    var queuesAll = false
    var approval = RunApproval.notNeeded
    var cancelsInProgress = false
    var isCancelRequested = false
    var events: [Event] = []
    /// What happened, in words; only for the report of a failure.
    var history: [String] = []

    var latest: [JobID] { attempts.indices.contains(Int(attempt) - 1) ? attempts[Int(attempt) - 1].jobs : [] }
}

/// What planning found of one job.
struct JobPlan {
    let key: String
    let needs: [String]
    let condition: String?
    let continueOnError: Bool
    let hasOutputs: Bool
    let runsOn: [String]
    let timeoutSeconds: Int64?
    /// For each step, whether it has `continue-on-error`.
    let steps: [Bool]
    /// The legs that it stands for; nil once they are planned.
    var deferred: DeferredJob?
    var strategy = LegStrategy()
    var concurrency: JobConcurrency?
    var environment: JobEnvironment?

    /// The workflow that a runner is given, as far as a rule of the server reads it.
    var payload: String {
        let steps = steps.map { $0 ? #"{"continue-on-error":true}"# : "{}" }.joined(separator: ",")
        return #"{"jobs":{"\#(key)":{"steps":[\#(steps)]}}}"#
    }
}

/// What planning found of one workflow file.
struct WorkflowPlan: RunPlan {
    let repository: RepositoryID
    let owner: AccountID
    let ref: String
    let jobs: [JobPlan]
    let problem: String
    let group: PlannedGroup?
    var needsApproval = false
    var jobCount: Int { jobs.count }
}

struct JobRow {
    let id: JobID
    let run: RunID
    let attempt: Int64
    var plan: JobPlan
    let position: Int64
    var status: Status
    /// The current or last task.
    var task: TaskID?
    var problem = ""
    var isGivenUp = false
    var deployment: PlannedDeployment?
    var waitUntil: Instant?
    var review: ReviewState?
    var refusal = ""
    var wanted: PlannedGroup?
    var group: GroupID?
    var turn: Int64?
    var holdsGroup = false
    var settleDueAt: Instant?
    var returns = 0
    var queueKey: Int64?
    var changedAt: Instant
}

struct TaskRow {
    struct Output {
        let name: String
        /// Nil when it was refused for its size.
        let value: String?
    }

    let id: TaskID
    let job: JobID
    let run: RunID
    let runner: RunnerID
    let requestKey: String?
    let canCancel: Bool
    let startedAt: Instant
    var tokenHash: [UInt8]
    var status: Status
    var isEndedByServer = false
    /// Kept by the simulation alone: its own runner said the last word.
    var isEndedByReport = false
    var heardAt: Instant?
    var stoppedAt: Instant?
    var steps: [Status]
    var outputs: [Output] = []
    var rows: [Int64] = []
    var logClosedAt: Instant?
    var isLogSealed = false

    var isLive: Bool { !status.isDone }
}

struct RunnerRow {
    let id: RunnerID
    let scope: RunnerScope
    let labelNames: [String]
    let isEphemeral: Bool
    let canCancel: Bool
    var declaredAt: Instant
    var isSpent = false
    var isRemoved = false

    var uuid: String { "runner-\(id)" }
    var claimant: Claimant {
        Claimant(id: id, uuid: uuid, scope: scope, canCancel: canCancel, isEphemeral: isEphemeral)
    }
}

struct GroupRow {
    let id: GroupID
    let repository: RepositoryID
    let name: String
    var nextTurn: Int64 = 1
}

/// The tables in memory: a value, so that a transaction which fails puts back what was before.
/// Ids count from 1 in order of making, as those of the database do.
struct Rows {
    var runs: [RunRow] = []
    var jobs: [JobRow] = []
    var tasks: [TaskRow] = []
    var runners: [RunnerRow] = []
    var groups: [GroupRow] = []

    func members(of group: GroupID) -> [GroupMember] {
        let whole = runs.filter { $0.group == group && !$0.status.isDone && $0.turn != nil }.map { run in
            var member = GroupMember(
                run: run.id, turn: run.turn ?? 0, holds: run.holdsGroup, cancelsInProgress: run.cancelsInProgress,
                isCancelRequested: run.isCancelRequested)
            member.queuesAll = run.queuesAll
            return member
        }
        let single = jobs.filter { $0.group == group && !$0.status.isDone }.map { job in
            var member = GroupMember(
                run: job.run, turn: job.turn ?? 0, holds: job.holdsGroup,
                cancelsInProgress: job.wanted?.cancelsInProgress ?? false, isCancelRequested: job.status == .cancelling)
            member.job = job.id
            member.queuesAll = job.wanted?.queuesAll ?? false
            return member
        }
        return whole + single
    }

    subscript(_ id: RunID) -> RunRow {
        get { runs[Int(id.number) - 1] }
        _modify { yield &runs[Int(id.number) - 1] }
    }
    subscript(_ id: JobID) -> JobRow {
        get { jobs[Int(id.number) - 1] }
        _modify { yield &jobs[Int(id.number) - 1] }
    }
    subscript(_ id: TaskID) -> TaskRow {
        get { tasks[Int(id.number) - 1] }
        _modify { yield &tasks[Int(id.number) - 1] }
    }
    subscript(_ id: RunnerID) -> RunnerRow {
        get { runners[Int(id.number) - 1] }
        _modify { yield &runners[Int(id.number) - 1] }
    }

    func has(_ job: JobID) -> Bool { job.number <= jobs.count }
    func has(_ task: TaskID) -> Bool { task.number <= tasks.count }
    func has(_ run: RunID) -> Bool { run.number > 0 && run.number <= runs.count }
}
