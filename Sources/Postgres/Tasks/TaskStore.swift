import Domain

/// A task that runs, as far as what its job asks for depends on it.
public struct LiveTask: Sendable {
    public let task: TaskID
    public let run: RunID
    public let job: JobID
    public let repository: RepositoryID
    public let attempt: Int64
    /// It was told to stop, and may still upload what it has.
    public let isCancelling: Bool
    /// Its permissions let it ask for an identity token.
    public let mayIdentify: Bool

    init(_ row: Row) {
        task = TaskID(row.int(0))
        run = RunID(row.int(1))
        job = JobID(row.int(2))
        repository = RepositoryID(row.int(3))
        attempt = row.int(4)
        isCancelling = row.int(5) == Status.cancelling.rawValue
        mayIdentify = row.bool(6)
    }
}

/// Writes `task`, `step` and `task_output` (log columns of `task`: `LogStore`).
public struct TaskStore: Sendable {
    let database: Database
    let runs: RunStore
    public init(database: Database, runs: RunStore) {
        self.database = database
        self.runs = runs
    }

    // MARK: assignment; called by `ClaimScript`

    private static let insert = Statement(
        "task_insert",
        """
        with fresh as (
            insert into task (job_id, runner_id, status, token_hash, request_key, runner_can_cancel)
            values ($1, $2, $7, $3, $4, $5) returning id),
        steps as (
            insert into step (task_id, position, name)
            select f.id, n - 1, name from fresh f, unnest($6::text[]) with ordinality as s (name, n))
        select id from fresh
        """)
    private static let unheard = Statement(
        "task_unheard_of_key",
        """
        select id from task
         where runner_id = $1 and request_key = $2 and status in (6, 8) and heard_at is null order by id for no key update
        """)
    private static let renewToken = Statement("task_renew_token", "update task set token_hash = $2 where id = $1")

    static func insert(_ task: NewTask, in tx: Transaction) throws -> TaskID {
        try tx.one(
            Self.insert, .int(task.job.number), .int(task.runner.id.number), .bytes(task.tokenHash),
            .optional(task.requestKey), .bool(task.runner.canCancel), .texts(task.stepNames),
            .int(task.status.rawValue)
        ).value(0)
    }
    static func unheard(of runner: RunnerID, requestKey: String, in tx: Transaction) throws -> [TaskID] {
        try tx.run(Self.unheard, .int(runner.number), .text(requestKey)).map { TaskID($0.int(0)) }
    }
    static func renewToken(of task: TaskID, hash: [UInt8], in tx: Transaction) throws {
        try tx.run(Self.renewToken, .int(task.number), .bytes(hash))
    }

    // MARK: the end of a task with its job; called by `RunScript`

    private static let end = Statement(
        "task_end_with_job",
        """
        update task set status = $2, ended_by_server = $3, stopped_at = case when $2 <= 4 then now() end
         where id = $1 and status in (6, 8)
        """)
    private static let endSteps = Statement(
        "step_end_with_task",
        "update step set status = $2, stopped_at = now() where task_id = $1 and status > 4")

    static func end(_ task: TaskID, as status: Status, byServer: Bool, in tx: Transaction) throws {
        try tx.run(Self.end, .int(task.number), .int(status.rawValue), .bool(byServer))
    }
    static func endSteps(of task: TaskID, as status: Status, in tx: Transaction) throws {
        try tx.run(Self.endSteps, .int(task.number), .int(status.rawValue))
    }

    // MARK: UpdateTask

    private static let heartbeat = Statement(
        "task_heartbeat",
        """
        with heard as (
            update task set heard_at = now()
             where id = $1 and runner_id = $2 and status in (6, 8)
               and (heard_at is null or heard_at < now() - make_interval(secs => $3::bigint)))
        select status, ended_by_server from task where id = $1 and runner_id = $2
        """,
        // The call that runners make most; one statement each.
        tellsOrigin: false)
    private static let locateTask = Statement(
        "task_locate",
        """
        select t.runner_id, j.run_id, j.id, j.has_outputs, t.status, t.log_closed_at is not null, j.settle_due_at is not null
          from task t join job j on j.id = t.job_id where t.id = $1
        """)
    /// A task that ended unheard stays so: its ephemeral runner may have had another job since, and has one in its life (I9).
    private static let lockTask = Statement(
        "task_heard",
        """
        update task set heard_at = case when status in (6, 8) or heard_at is not null then now() end
         where id = $1 returning status, ended_by_server
        """)
    private static let putSteps = Statement(
        "step_report",
        """
        update step s set log_index = r.log_index, log_length = r.log_length,
               started_at = coalesce(s.started_at, to_timestamp(r.started / 1e6)),
               status = case when r.result between 1 and 4 then r.result when r.started is not null then 6 else s.status end,
               stopped_at = case when r.result between 1 and 4 then coalesce(to_timestamp(r.stopped / 1e6), now()) end
          from (select p as position, i as log_index, l as log_length, nullif(b, $8) as started, res as result,
                       nullif(e, $8) as stopped
                  from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
                       as u (p, i, l, b, res, e)) r
         where s.task_id = $1 and s.position = r.position and s.status > 4
        """)
    private static let putOutputs = Statement(
        "task_outputs_put",
        """
        insert into task_output (task_id, name, value)
        select $1, name, value from unnest($2::text[], $3::text[]) as sent (name, value) on conflict do nothing
        """)
    private static let refuseOutputs = Statement(
        "task_outputs_refuse",
        "insert into task_output (task_id, name) select $1, name from unnest($2::text[]) as sent (name) on conflict do nothing"
    )
    private static let outputNames = Statement(
        "task_output_names", "select name from task_output where task_id = $1 order by name")
    /// A task counts once, though a rerun's job that was carried over names it again.
    private static let outputBytes = Statement(
        "task_output_bytes",
        """
        select coalesce(sum(octet_length(o.value)), 0)::bigint from task_output o
         where o.task_id in (select s.task_id from task t join job j on j.id = t.job_id join job s on s.run_id = j.run_id
                              where t.id = $1)
        """)
    private static let taskStatus = Statement(
        "task_status", "select status, ended_by_server from task where id = $1")

    private static let failedSteps = Statement(
        "step_failed", "select position, name from step where task_id = $1 and status = 2 order by position")
    private static let payloadOf = Statement(
        "task_payload", "select j.payload from task t join job j on j.id = t.job_id where t.id = $1")

    /// A heartbeat that says what the last one said: one statement, and a write only every few seconds.
    ///
    /// - Returns: the wire's result, or nil when the task is not this runner's: then `report` finds out why.
    public func heartbeat(_ task: TaskID, by runner: Runner) throws -> Int? {
        try database.write(
            Self.heartbeat, .int(task.number), .int(runner.id.number), .int(TaskLimits.heardEverySeconds)
        ).first.map { wireResult(try $0.status(0), endedByServer: $0.bool(1)) }
    }

    /// One UpdateTask, all of it in one transaction (runner.md 4.3).
    ///
    /// - Parameter conclusion: nil for a heartbeat, which locks the task row alone.
    public func report(
        _ task: TaskID, by runner: Runner, conclusion: Conclusion?, steps: [ReportedStep],
        outputs: [(name: String, value: String)]
    ) throws -> ReportAnswer {
        let report = TaskReport(
            task: task, runner: runner.id, conclusion: conclusion,
            steps: Array(steps.prefix(TaskLimits.reportedStepsMax)),
            outputs: outputs.map { JobOutput(name: $0.name, value: $0.value) })
        return try database.transaction { try ReportScript(on: runs.tables(in: $0)).report(report) }
    }

    static func locate(_ task: TaskID, in tx: Transaction) throws -> LocatedTask? {
        try tx.first(locateTask, .int(task.number)).map { row in
            LocatedTask(
                run: RunID(row.int(1)), job: JobID(row.int(2)), runner: row.optionalInt(0).map(RunnerID.init),
                status: try row.status(4), hasOutputs: row.bool(3), isLogClosed: row.bool(5), isSettling: row.bool(6))
        }
    }
    static func hear(_ task: TaskID, in tx: Transaction) throws -> TaskStanding {
        let row = try tx.one(lockTask, .int(task.number))
        return TaskStanding(try row.status(0), isEndedByServer: row.bool(1))
    }
    static func standing(of task: TaskID, in tx: Transaction) throws -> TaskStanding {
        let row = try tx.one(taskStatus, .int(task.number))
        return TaskStanding(try row.status(0), isEndedByServer: row.bool(1))
    }

    static func put(_ steps: [ReportedStep], of task: TaskID, in tx: Transaction) throws {
        // No time any clock shows: stands for "not told", since a bigint[] of ours has no nulls.
        let never = Int64.min
        try tx.run(
            Self.putSteps, .int(task.number), .ints(steps.map(\.position)), .ints(steps.map(\.logIndex)),
            .ints(steps.map(\.logLength)), .ints(steps.map { $0.startedAt ?? never }), .ints(steps.map(\.result)),
            .ints(steps.map { $0.stoppedAt ?? never }), .int(never))
    }
    static func outputNames(of task: TaskID, in tx: Transaction) throws -> [String] {
        try tx.run(outputNames, .int(task.number)).map { $0.text(0) }
    }
    static func outputBytes(ofRunOf task: TaskID, in tx: Transaction) throws -> Int64 {
        try tx.one(outputBytes, .int(task.number)).value(0)
    }
    static func put(_ outputs: [JobOutput], of task: TaskID, in tx: Transaction) throws {
        try tx.run(putOutputs, .int(task.number), .texts(outputs.map(\.name)), .texts(outputs.map(\.value)))
    }
    static func refuse(_ outputs: [String], of task: TaskID, in tx: Transaction) throws {
        try tx.run(refuseOutputs, .int(task.number), .texts(outputs))
    }
    static func failedSteps(of task: TaskID, in tx: Transaction) throws -> [FailedStep] {
        try tx.run(failedSteps, .int(task.number)).map { FailedStep(position: $0.int(0), name: $0.text(1)) }
    }
    private static let noteReplaced = Statement(
        "task_note_replaced", "update task set replaced_actions = $2 where id = $1")
    private static let replacedOf = Statement(
        "task_replaced_of",
        """
        select distinct t.replaced_actions from job j join task t on t.id = j.task_id
         where j.run_id = $1 and t.replaced_actions is not null
        """)

    /// A line each: from, a tab, to.
    static func note(_ replaced: [ReplacedAction], of task: TaskID, in tx: Transaction) throws {
        let lines = replaced.map { "\($0.from)\t\($0.to)" }.joined(separator: "\n")
        try tx.run(noteReplaced, .int(task.number), .text(lines))
    }

    /// What runners were given in the place of others by the present tasks of a run, each once.
    public func replacedActions(of run: RunID) throws -> [ReplacedAction] {
        var found: [ReplacedAction] = []
        for row in try database.read(Self.replacedOf, .int(run.number)) {
            for line in row.text(0).split(byte: "\n") {
                let words = line.split(byte: "\t")
                guard words.count == 2 else { continue }
                let action = ReplacedAction(from: words[0], to: words[1])
                if !found.contains(action) { found.append(action) }
            }
        }
        return found.sorted { $0.from < $1.from }
    }
    static func payload(of task: TaskID, in tx: Transaction) throws -> String {
        try tx.one(payloadOf, .int(task.number)).value(0)
    }

    // MARK: lost tasks

    private static let live = Statement(
        "task_live",
        """
        select t.id, j.id, j.run_id, t.started_at, t.heard_at, j.timeout_seconds, n.declared_at, coalesce(n.name, ''),
               n.id is null, j.returns::bigint
          from task t join job j on j.id = t.job_id left join runner n on n.id = t.runner_id
         where t.status in (6, 8) and t.id > $1 and (t.heard_at is null or t.heard_at < now() - make_interval(secs => $2::bigint)
               or t.started_at < now() - make_interval(secs => coalesce(j.timeout_seconds + $4::bigint, $3::bigint)) or n.id is null)
         order by t.id limit 500
        """)
    private static let liveClock = Statement(
        "task_clock",
        """
        select t.started_at, t.heard_at, j.timeout_seconds, n.declared_at, n.id is null, j.returns::bigint,
               (extract(epoch from clock_timestamp()) * 1000000)::bigint
          from task t join job j on j.id = t.job_id left join runner n on n.id = t.runner_id
         where t.id = $1 and t.status in (6, 8) for no key update of t
        """)

    /// A task that this call ended or gave back.
    public struct Lost: Sendable {
        public let task: TaskID
        public let job: JobID
        public let run: RunID
        public let loss: TaskLoss
    }

    /// Ends or gives back what no runner works on any more (runner.md 3.4, 4.2, 7.3). Safe on every instance at once:
    /// each task is judged again with the run, its jobs and the task locked.
    public func sweepLost(limits: RecoveryLimits) throws -> [Lost] {
        let shortest = min(limits.unheardSeconds, limits.silentSeconds, limits.restartSilenceSeconds)
        var lost: [Lost] = []
        var after: Int64 = 0
        while true {
            let rows = try database.read(
                Self.live, .int(after), .int(shortest), .int(limits.overlongSeconds), .int(limits.timeoutGraceSeconds))
            after = rows.last?.int(0) ?? after
            try eachOf(rows) { row in
                let suspect = SuspectTask(
                    TaskID(row.int(0)), job: JobID(row.int(1)), run: RunID(row.int(2)), runner: row.text(7))
                let given = try database.transaction {
                    try LossScript(on: runs.tables(in: $0), limits: limits).giveUp(suspect)
                }
                if let given {
                    lost.append(Lost(task: suspect.task, job: suspect.job, run: suspect.run, loss: given.loss))
                }
            }
            if rows.isEmpty { return lost }
        }
    }

    static func clock(of task: TaskID, in tx: Transaction) throws -> LiveTaskClock? {
        try tx.first(liveClock, .int(task.number)).map { row in
            LiveTaskClock(
                TaskClock(
                    startedAt: row.instant(0) ?? Instant(microseconds: 0), heardAt: row.instant(1),
                    timeoutSeconds: row.optionalInt(2), declaredAt: row.instant(3)),
                isRunnerRemoved: row.bool(4), returns: Int(row.int(5)), now: Instant(microseconds: row.int(6)))
        }
    }

    // MARK: tokens

    private static let byToken = Statement(
        "task_by_token",
        """
        select t.id, j.repository_id, j.token_permissions, r.is_from_fork
          from task t join job j on j.id = t.job_id join run r on r.id = j.run_id
         where t.token_hash = $1 and t.status in (6, 8)
        """)

    private static let liveByID = Statement(
        "task_live_by_id",
        """
        select t.id, j.run_id, j.id, j.repository_id, a.number::bigint, t.status, j.id_token and not r.is_from_fork
          from task t join job j on j.id = t.job_id join attempt a on a.id = j.attempt_id join run r on r.id = j.run_id
         where t.id = $1 and t.status in (6, 8)
        """)

    /// Nil when the task is unknown or has ended: a runtime token is good only while its task lives (runner.md 6.4).
    public func liveTask(_ task: TaskID) throws -> LiveTask? {
        try database.read(Self.liveByID, .int(task.number)).first.map(LiveTask.init)
    }

    /// The job token is good only while its task lives (runner.md 6.3).
    public func liveTask(
        tokenHash: [UInt8]
    ) throws -> (task: TaskID, repository: RepositoryID, permissions: TokenPermissions)? {
        try database.read(Self.byToken, .bytes(tokenHash)).first.map {
            let permissions = TokenPermissions(stored: $0.text(2))
            return (TaskID($0.int(0)), RepositoryID($0.int(1)), $0.bool(3) ? permissions.readOnly : permissions)
        }
    }
}
