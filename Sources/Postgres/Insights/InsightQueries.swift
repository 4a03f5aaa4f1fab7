import Domain

public enum InsightLimits {
    /// Runs that statistics are made of, the newest; the page says so when there are more.
    public static let runsMax: Int64 = 1_000
    /// Jobs of these runs, those of the newest runs first, and jobs of one run.
    public static let jobsMax: Int64 = 10_000
    public static let jobsOfRunMax: Int64 = 300
    /// Jobs whose steps are looked at, and steps.
    public static let steppedJobsMax = 1_000
    public static let stepsMax: Int64 = 20_000
    public static let stepsOfJobMax: Int64 = 100
}

/// A run of the sample, by its first attempt: what a rerun made of it says nothing of the commit.
public struct InsightRun: Sendable {
    public let id: RunID
    public let ended: EndedJob
}

public struct InsightJob: Sendable {
    public let run: RunID
    public let task: TaskID?
    public let ended: EndedJob
}

/// Reads samples of bounded size for the page of insights, each in the order of an index.
public struct InsightQueries: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    static func runList(
        of repository: RepositoryID, workflow: String?, since: Instant
    ) -> (statement: Statement, values: [Value]) {
        var conditions = ListConditions("insight_runs")
        conditions.add("of_repository", .int(repository.number)) { "repository_id = \($0)" }
        if let workflow { conditions.add("workflow", .text(workflow)) { "workflow_id = \($0)" } }
        let limit = conditions.parameter(.int(InsightLimits.runsMax))
        let chosen =
            "select id, workflow_id, sha, created_at from run where \(conditions.all) order by id desc limit \(limit)"
        let from = conditions.parameter(.int(since.microseconds))
        return (
            Statement(
                conditions.name,
                """
                select r.id, r.workflow_id, r.sha, a.status, r.created_at, a.started_at, a.stopped_at
                  from (\(chosen)) r
                 cross join lateral (select status, started_at, stopped_at from attempt where run_id = r.id and number = 1 limit 1) a
                 where r.created_at >= to_timestamp(\(from) / 1e6) and a.status <= 4 order by r.id desc
                """), conditions.values
        )
    }
    static let jobs = Statement(
        "insight_jobs",
        """
        select p.id, j.name, j.status, j.queued_at, j.started_at, j.stopped_at, j.task_id
          from unnest($1::bigint[]) with ordinality p (id, place)
         cross join lateral (
               select * from job where run_id = p.id and status <= 3 and copied_from is null and not is_deferred
                order by id limit \(InsightLimits.jobsOfRunMax)) j
         order by p.place, j.id limit $2
        """)
    static let steps = Statement(
        "insight_steps",
        """
        select t.id, s.name, s.ran from unnest($1::bigint[]) t (id)
         cross join lateral (
               select name, (extract(epoch from stopped_at - started_at) * 1000000)::bigint as ran from step
                where task_id = t.id and status in (1, 2) and started_at is not null and stopped_at is not null
                order by position limit \(InsightLimits.stepsOfJobMax)) s
         limit $2
        """)

    /// Runs that ended, the newest first.
    public func runs(of repository: RepositoryID, workflow: String?, since: Instant) throws -> [InsightRun] {
        let list = Self.runList(of: repository, workflow: workflow, since: since)
        return try database.read(list.statement, all: list.values).map { row in
            let (id, file, sha, status, createdAt, startedAt, stoppedAt) = try row.decode(
                (RunID, String, String, Status, Instant, Instant?, Instant?).self)
            let span = TimeSpan(
                readyAt: createdAt.microseconds, startedAt: startedAt?.microseconds, stoppedAt: stoppedAt?.microseconds)
            return InsightRun(
                id: id,
                ended: EndedJob(
                    name: file, status: status, sha: sha, day: createdAt.microseconds / 86_400_000_000,
                    ran: span.ran(now: createdAt.microseconds),
                    waited: startedAt == nil ? nil : span.waited(now: createdAt.microseconds)))
        }
    }

    /// Jobs of all attempts of these runs, those of the first run first.
    public func jobs(of runs: [InsightRun]) throws -> [InsightJob] {
        guard !runs.isEmpty else { return [] }
        let known = Dictionary(runs.map { ($0.id, $0.ended) }, uniquingKeysWith: { first, _ in first })
        return try database.read(Self.jobs, .ints(runs.map(\.id.number)), .int(InsightLimits.jobsMax)).compactMap {
            row -> InsightJob? in
            let (id, name, status, queuedAt, startedAt, stoppedAt, task) = try row.decode(
                (RunID, String, Status, Instant?, Instant?, Instant?, TaskID?).self)
            guard let run = known[id] else { return nil }
            let span = TimeSpan(
                readyAt: queuedAt?.microseconds, startedAt: startedAt?.microseconds,
                stoppedAt: stoppedAt?.microseconds)
            let isWhole = startedAt != nil && stoppedAt != nil
            return InsightJob(
                run: id, task: task,
                ended: EndedJob(
                    name: "\(run.name) / \(name)", status: status, sha: run.sha, day: run.day,
                    ran: isWhole ? span.ran(now: 0) : nil, waited: isWhole ? span.waited(now: 0) : nil))
        }
    }

    /// Steps of the first of these jobs.
    public func steps(of jobs: [InsightJob]) throws -> [EndedStep] {
        var names: [TaskID: String] = [:]
        for job in jobs {
            guard names.count < InsightLimits.steppedJobsMax else { break }
            if let task = job.task { names[task] = job.ended.name }
        }
        guard !names.isEmpty else { return [] }
        let tasks = names.keys.map(\.number)
        return try database.read(Self.steps, .ints(tasks), .int(InsightLimits.stepsMax)).compactMap { row in
            names[TaskID(row.int(0))].map { EndedStep(job: $0, name: row.text(1), ran: row.int(2)) }
        }
    }
}
