import Domain

/// A run as lists, pages and the REST API show it. Times are Unix microseconds.
public struct RunView: Sendable {
    public let id: RunID
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
    public let createdAt: Int64
    public let startedAt: Int64?
    public let stoppedAt: Int64?
}

public struct JobView: Sendable {
    public let id: JobID
    public let run: RunID
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
}

public struct StepView: Sendable {
    public let position: Int64
    public let name: String
    public let status: Status
    public let logIndex: Int64
    public let logLength: Int64
    public let startedAt: Int64?
    public let stoppedAt: Int64?
}

/// Reads only.
public struct RunQueries: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let runColumns =
        """
        select r.id, r.number, r.workflow_id, r.workflow_path, r.title, r.event, r.ref, r.sha,
               coalesce(a.status, r.status), r.problem, a.number::bigint, coalesce(u.id, 0), coalesce(u.name, 'ghost'),
               coalesce(t.id, u.id, 0), coalesce(t.name, u.name, 'ghost'), a.created_at, a.started_at, a.stopped_at, r.warnings
          from run r join attempt a on a.run_id = r.id
          left join account u on u.id = r.actor_id left join account t on t.id = a.actor_id
        """
    private static let latest = "a.number = r.latest_attempt"
    /// What a `RunFilter` asks of `run r`; $1 is the repository, $2 to $6 the filter.
    private static let fits =
        """
        r.repository_id = $1 and (cardinality($2::bigint[]) = 0 or r.status = any($2))
           and ($3::text is null or r.event = $3) and ($4::text is null or r.ref = $4) and ($5::text is null or r.sha = $5)
           and ($6::text is null or r.actor_id = (select id from account where lower(name) = lower($6)))
        """
    private static let list = Statement(
        "run_list",
        """
        \(runColumns) where \(latest) and \(fits) order by r.id desc limit $7 offset $8
        """)
    private static let count = Statement("run_count", "select count(*) from run r where \(fits)")
    private static let byID = Statement(
        "run_by_id", "\(runColumns) where \(latest) and r.repository_id = $1 and r.id = $2")
    private static let byNumber = Statement(
        "run_by_number", "\(runColumns) where \(latest) and r.repository_id = $1 and r.number = $2")
    private static let byAttempt = Statement(
        "run_by_attempt", "\(runColumns) where r.repository_id = $1 and r.id = $2 and a.number = $3")

    private static let jobColumns =
        """
        select j.id, j.run_id, a.number::bigint, j.key, j.name, j.needs, l.labels, j.status, j.problem, j.handle, j.task_id, t.runner_id,
               coalesce(n.name, ''), j.created_at, j.started_at, j.stopped_at
          from job j join attempt a on a.id = j.attempt_id join label_set l on l.id = j.label_set_id
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

    public func runs(of repository: RepositoryID, _ filter: RunFilter, limit: Int, offset: Int) throws -> [RunView] {
        try database.read(
            Self.list, .int(repository.number), .ints(filter.statuses.map(\.rawValue)), .optional(filter.event),
            .optional(filter.branch.map { "refs/heads/" + $0 }), .optional(filter.headSHA), .optional(filter.actor),
            .int(Int64(limit)), .int(Int64(offset))
        ).map(Self.run)
    }
    public func runCount(of repository: RepositoryID, _ filter: RunFilter) throws -> Int64 {
        try database.read(
            Self.count, .int(repository.number), .ints(filter.statuses.map(\.rawValue)), .optional(filter.event),
            .optional(filter.branch.map { "refs/heads/" + $0 }), .optional(filter.headSHA), .optional(filter.actor)
        ).first?.int(0) ?? 0
    }
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
            found[TaskID(row.int(7)), default: []].append(
                StepView(
                    position: row.int(0), name: row.text(1), status: Status(rawValue: row.int(2)) ?? .waiting,
                    logIndex: row.int(3), logLength: row.int(4), startedAt: row.microseconds(5),
                    stoppedAt: row.microseconds(6)))
        }
        return found
    }

    private static func run(_ row: Row) -> RunView {
        RunView(
            id: RunID(row.int(0)), number: row.int(1), workflowID: row.text(2), workflowPath: row.text(3),
            title: row.text(4), event: row.text(5), ref: row.text(6), sha: row.text(7),
            status: Status(rawValue: row.int(8)) ?? .failure, problem: row.text(9), warnings: row.text(18),
            attempt: row.int(10),
            actorID: row.int(11), actor: row.text(12), triggerActorID: row.int(13), triggerActor: row.text(14),
            createdAt: row.microseconds(15) ?? 0, startedAt: row.microseconds(16), stoppedAt: row.microseconds(17))
    }

    private static func job(_ row: Row) -> JobView {
        JobView(
            id: JobID(row.int(0)), run: RunID(row.int(1)), attempt: row.int(2), key: row.text(3), name: row.text(4),
            needs: row.texts(5), labels: row.texts(6), status: Status(rawValue: row.int(7)) ?? .failure,
            problem: row.text(8), handle: row.uuid(9), task: row.optionalInt(10).map(TaskID.init),
            runnerID: row.optionalInt(11), runnerName: row.text(12), createdAt: row.microseconds(13) ?? 0,
            startedAt: row.microseconds(14), stoppedAt: row.microseconds(15))
    }
}
