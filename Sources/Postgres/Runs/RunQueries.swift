import Domain

/// A run as lists, pages and the REST API show it. Times are Unix microseconds.
public struct RunView: Sendable {
    public let id: RunID
    public let repository: RepositoryID
    public let number: Int64
    public let workflowID: String
    public let workflowPath: String
    public let title: String
    public let event: String
    public let ref: String
    public let sha: String
    public let status: Status
    public let problem: String
    public let warnings: String
    public let attempt: Int64
    public let actorID: Int64
    public let actor: String
    /// Who started this attempt; of the first, who started the run.
    public let triggerActorID: Int64
    public let triggerActor: String
    /// Of the run, whichever attempt is shown.
    public let createdAt: Int64
    public let startedAt: Int64?
    public let stoppedAt: Int64?
    /// Somebody has to let it start.
    public let awaitsApproval: Bool
    /// The workflow's `name` when the run was planned; "" without one.
    public var workflowName = ""
    /// How many attempts there are.
    public var latestAttempt: Int64 = 1

    package init(
        id: RunID,
        repository: RepositoryID,
        number: Int64,
        workflowID: String,
        workflowPath: String,
        title: String,
        event: String,
        ref: String,
        sha: String,
        status: Status,
        problem: String,
        warnings: String,
        attempt: Int64,
        actorID: Int64,
        actor: String,
        triggerActorID: Int64,
        triggerActor: String,
        createdAt: Int64,
        startedAt: Int64?,
        stoppedAt: Int64?,
        awaitsApproval: Bool = false
    ) {
        self.id = id
        self.repository = repository
        self.number = number
        self.workflowID = workflowID
        self.workflowPath = workflowPath
        self.title = title
        self.event = event
        self.ref = ref
        self.sha = sha
        self.status = status
        self.problem = problem
        self.warnings = warnings
        self.attempt = attempt
        self.actorID = actorID
        self.actor = actor
        self.triggerActorID = triggerActorID
        self.triggerActor = triggerActor
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.stoppedAt = stoppedAt
        self.awaitsApproval = awaitsApproval
    }
}

public struct JobView: Sendable {
    public let id: JobID
    public let repository: RepositoryID
    public let run: RunID
    /// The run's.
    public let ref: String
    public let sha: String
    public let attempt: Int64
    public let key: String
    public let name: String
    public let needs: [String]
    public let labels: [String]
    public let status: Status
    public let problem: String
    /// Names this attempt of the job to autoscalers (runner.md 2.6).
    public let handle: String
    public let task: TaskID?
    public let runnerID: Int64?
    public let runnerName: String
    public let createdAt: Int64
    public let startedAt: Int64?
    public let stoppedAt: Int64?
    /// Somebody has to let its run start, or it waits for its environment.
    public let awaitsApproval: Bool
    /// When it was last put into the queue.
    public var queuedAt: Int64?
    /// The job that called the workflow which it is of.
    public var caller: JobID?
    /// Taken over by a rerun as it was.
    public var isCarried = false
    /// Its failure does not fail the run.
    public var continuesOnError = false

    package init(
        id: JobID,
        repository: RepositoryID,
        run: RunID,
        ref: String,
        sha: String,
        attempt: Int64,
        key: String,
        name: String,
        needs: [String],
        labels: [String],
        status: Status,
        problem: String,
        handle: String,
        task: TaskID?,
        runnerID: Int64?,
        runnerName: String,
        createdAt: Int64,
        startedAt: Int64?,
        stoppedAt: Int64?,
        awaitsApproval: Bool = false
    ) {
        self.id = id
        self.repository = repository
        self.run = run
        self.ref = ref
        self.sha = sha
        self.attempt = attempt
        self.key = key
        self.name = name
        self.needs = needs
        self.labels = labels
        self.status = status
        self.problem = problem
        self.handle = handle
        self.task = task
        self.runnerID = runnerID
        self.runnerName = runnerName
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.stoppedAt = stoppedAt
        self.awaitsApproval = awaitsApproval
    }
}

public struct StepView: Sendable {
    public let position: Int64
    public let name: String
    public let status: Status
    public let logIndex: Int64
    public let logLength: Int64
    public let startedAt: Int64?
    public let stoppedAt: Int64?

    package init(
        position: Int64,
        name: String,
        status: Status,
        logIndex: Int64,
        logLength: Int64,
        startedAt: Int64?,
        stoppedAt: Int64?
    ) {
        self.position = position
        self.name = name
        self.status = status
        self.logIndex = logIndex
        self.logLength = logLength
        self.startedAt = startedAt
        self.stoppedAt = stoppedAt
    }
}

/// Reads only; the lists stand in RunLists.swift.
public struct RunQueries: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    /// Of `run r` and `attempt a`.
    static let runColumns =
        """
        select r.id, r.repository_id, r.number, r.workflow_id, r.workflow_path, r.title, r.event, r.ref, r.sha,
               coalesce(a.status, r.status), r.problem, a.number::bigint, coalesce(u.id, 0), coalesce(u.name, 'ghost'),
               coalesce(t.id, u.id, 0), coalesce(t.name, u.name, 'ghost'), r.created_at, a.started_at, a.stopped_at, r.warnings,
               r.needs_approval and r.approved_at is null, r.workflow_name, r.latest_attempt::bigint
          from run r join attempt a on a.run_id = r.id
          left join account u on u.id = r.actor_id left join account t on t.id = a.actor_id
        """
    static let latest = "a.number = r.latest_attempt"
    private static let byID = Statement(
        "run_by_id", "\(runColumns) where \(latest) and r.repository_id = $1 and r.id = $2")
    private static let byNumber = Statement(
        "run_by_number", "\(runColumns) where \(latest) and r.repository_id = $1 and r.number = $2")
    private static let byAttempt = Statement(
        "run_by_attempt", "\(runColumns) where r.repository_id = $1 and r.id = $2 and a.number = $3")

    static let jobColumns =
        """
        select j.id, j.repository_id, j.run_id, r.ref, r.sha,
               r.needs_approval and r.approved_at is null
                   or j.status = 7 and exists (select 1 from deployment d where d.job_id = j.id and d.refusal = ''), a.number::bigint, j.key, j.name, j.needs, l.labels, j.status, j.problem, j.handle, j.task_id, t.runner_id,
               coalesce(n.name, ''), j.created_at, j.started_at, j.stopped_at,
               j.queued_at, j.caller_id, j.copied_from is not null, j.continue_on_error
          from job j join run r on r.id = j.run_id join attempt a on a.id = j.attempt_id join label_set l on l.id = j.label_set_id
          left join task t on t.id = j.task_id left join runner n on n.id = t.runner_id
        """
    private static let jobsOfRun = Statement(
        "job_list",
        "\(jobColumns) where j.run_id = $1 and a.number = $2 order by j.id")
    private static let jobByID = Statement("job_by_id", "\(jobColumns) where j.repository_id = $1 and j.id = $2")
    private static let stepsOfTask = Statement(
        "step_list",
        """
        select position, name, status, log_index, log_length, started_at, stopped_at, task_id
          from step where task_id = any($1) order by task_id, position
        """
    )

    public func run(_ id: RunID, in repository: RepositoryID) throws -> RunView? {
        try database.read(Self.byID, .int(repository.number), .int(id.number)).first.map(Self.run)
    }
    public func run(number: Int64, in repository: RepositoryID) throws -> RunView? {
        try database.read(Self.byNumber, .int(repository.number), .int(number)).first.map(Self.run)
    }
    /// The run as it was in one attempt: its status, times and who started it.
    public func run(_ id: RunID, attempt: Int64, in repository: RepositoryID) throws -> RunView? {
        try database.read(Self.byAttempt, .int(repository.number), .int(id.number), .int(attempt)).first.map(Self.run)
    }
    /// Jobs of the attempt that the view shows.
    public func jobs(of run: RunView) throws -> [JobView] {
        try database.read(Self.jobsOfRun, .int(run.id.number), .int(run.attempt)).map(Self.job)
    }
    public func job(_ id: JobID, in repository: RepositoryID) throws -> JobView? {
        try database.read(Self.jobByID, .int(repository.number), .int(id.number)).first.map(Self.job)
    }
    public func steps(of task: TaskID) throws -> [StepView] { try steps(of: [task])[task] ?? [] }

    /// Of all jobs of a page at once: a matrix has 256.
    public func steps(of tasks: [TaskID]) throws -> [TaskID: [StepView]] {
        guard !tasks.isEmpty else { return [:] }
        var found: [TaskID: [StepView]] = [:]
        for row in try database.read(Self.stepsOfTask, .ints(tasks.map(\.number))) {
            let (position, name, status, logIndex, logLength, startedAt, stoppedAt, task) = try row.decode(
                (Int64, String, Status, Int64, Int64, Instant?, Instant?, TaskID).self)
            found[task, default: []].append(
                StepView(
                    position: position, name: name, status: status, logIndex: logIndex, logLength: logLength,
                    startedAt: startedAt?.microseconds, stoppedAt: stoppedAt?.microseconds))
        }
        return found
    }

    static func run(_ row: Row) throws -> RunView {
        let (id, repository, number, file, path, title, event, ref, sha) = try row.decode(
            (RunID, RepositoryID, Int64, String, String, String, String, String, String).self)
        let (status, problem, attempt, actorID, actor, triggerActorID, triggerActor) = try row.decode(
            (Status, String, Int64, Int64, String, Int64, String).self, from: 9)
        let (createdAt, startedAt, stoppedAt, warnings, awaitsApproval) = try row.decode(
            (Instant, Instant?, Instant?, String, Bool).self, from: 16)
        var run = RunView(
            id: id, repository: repository, number: number, workflowID: file, workflowPath: path, title: title,
            event: event, ref: ref, sha: sha, status: status, problem: problem, warnings: warnings, attempt: attempt,
            actorID: actorID, actor: actor, triggerActorID: triggerActorID, triggerActor: triggerActor,
            createdAt: createdAt.microseconds, startedAt: startedAt?.microseconds, stoppedAt: stoppedAt?.microseconds,
            awaitsApproval: awaitsApproval)
        (run.workflowName, run.latestAttempt) = try row.decode((String, Int64).self, from: 21)
        return run
    }

    static func job(_ row: Row) throws -> JobView {
        let (id, repository, run, ref, sha, awaitsApproval) = try row.decode(
            (JobID, RepositoryID, RunID, String, String, Bool).self)
        let (attempt, key, name, needs, labels, status, problem) = try row.decode(
            (Int64, String, String, [String], [String], Status, String).self, from: 6)
        let (task, runnerID, runnerName, createdAt, startedAt, stoppedAt) = try row.decode(
            (TaskID?, Int64?, String, Instant, Instant?, Instant?).self, from: 14)
        var job = JobView(
            id: id, repository: repository, run: run, ref: ref, sha: sha, attempt: attempt, key: key, name: name,
            needs: needs, labels: labels, status: status, problem: problem, handle: row.uuid(13), task: task,
            runnerID: runnerID, runnerName: runnerName, createdAt: createdAt.microseconds,
            startedAt: startedAt?.microseconds, stoppedAt: stoppedAt?.microseconds, awaitsApproval: awaitsApproval)
        let (queuedAt, caller, isCarried, continuesOnError) = try row.decode(
            (Instant?, JobID?, Bool, Bool).self, from: 20)
        (job.queuedAt, job.caller) = (queuedAt?.microseconds, caller)
        (job.isCarried, job.continuesOnError) = (isCarried, continuesOnError)
        return job
    }
}
