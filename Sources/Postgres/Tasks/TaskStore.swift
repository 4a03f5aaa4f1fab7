import Domain

/// One step as a runner reported it. Times are Unix microseconds of the runner's clock, for display only.
public struct ReportedStep: Sendable {
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

public enum TaskLimits {
    /// Bytes of an output's name and of its value (runner.md 4.3, 6).
    public static let outputNameBytesMax = 255
    public static let outputValueBytesMax = 1024 * 1024
    /// Bytes of all outputs of a run (GitHub's limit; workflows.md 8).
    public static let runOutputBytesMax: Int64 = 50 * 1024 * 1024
    /// Outputs of one task; GitHub names no number, and nobody has as many.
    public static let outputsMax = 1000
    /// Outputs of one report that are looked at, and told as received. The others are as if they had not been sent.
    public static let reportedOutputsMax = 10_000
    /// Steps of one report that are looked at.
    public static let reportedStepsMax = 1000
    /// Seconds between two writes of the time at which a task was last heard.
    public static let heardEverySeconds: Int64 = 4
}

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

    // MARK: assignment; called by `TaskClaims`

    private static let insert = Statement(
        "task_insert",
        """
        with fresh as (
            insert into task (job_id, runner_id, status, token_hash, request_key, runner_can_cancel)
            values ($1, $2, 6, $3, $4, $5) returning id),
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

    static func insert(
        job: JobID, runner: Runner, tokenHash: [UInt8], requestKey: String?, steps: [String], in tx: Transaction
    ) throws -> TaskID {
        try tx.one(
            Self.insert, .int(job.number), .int(runner.id.number), .bytes(tokenHash), .optional(requestKey),
            .bool(runner.canCancel), .texts(steps)
        ).value(0)
    }
    static func unheard(of runner: RunnerID, requestKey: String, in tx: Transaction) throws -> [TaskID] {
        try tx.run(Self.unheard, .int(runner.number), .text(requestKey)).map { TaskID($0.int(0)) }
    }
    static func renewToken(of task: TaskID, hash: [UInt8], in tx: Transaction) throws {
        try tx.run(Self.renewToken, .int(task.number), .bytes(hash))
    }

    // MARK: the end of a task with its job; called by `RunStore`

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
        // No step may look as if it still ran (go-gitea/gitea#35956).
        if status.isDone { try tx.run(Self.endSteps, .int(task.number), .int(status.rawValue)) }
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
        """)
    private static let locate = Statement(
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
    private static let outputBytes = Statement(
        "task_output_bytes",
        """
        select coalesce(sum(octet_length(o.value)), 0)::bigint
          from task t join job j on j.id = t.job_id join job s on s.run_id = j.run_id
          join task_output o on o.task_id = s.task_id
         where t.id = $1
        """)
    private static let taskStatus = Statement(
        "task_status", "select status, ended_by_server from task where id = $1")

    private static let failedSteps = Statement(
        "step_failed", "select position, name from step where task_id = $1 and status = 2 order by position")
    private static let payload = Statement(
        "task_payload", "select j.payload from task t join job j on j.id = t.job_id where t.id = $1")

    /// What an UpdateTask is answered with.
    public struct Report: Sendable {
        /// The number for the wire: 0 while the runner should go on (runner.md 4.3.9).
        public let result: Int
        public let sentOutputs: [String]
    }

    /// A heartbeat that says what the last one said: one statement, and a write only every few seconds.
    ///
    /// - Returns: the wire's result, or nil when the task is not this runner's: then `report` finds out why.
    public func heartbeat(_ task: TaskID, by runner: Runner) throws -> Int? {
        try database.write(
            Self.heartbeat, .int(task.number), .int(runner.id.number), .int(TaskLimits.heardEverySeconds)
        ).first.map(Self.wire)
    }

    /// One UpdateTask, all of it in one transaction (runner.md 4.3).
    ///
    /// - Parameter conclusion: nil for a heartbeat, which locks the task row alone.
    public func report(
        _ task: TaskID, by runner: Runner, conclusion: Conclusion?, steps: [ReportedStep],
        outputs: [(name: String, value: String)]
    ) throws -> Report {
        try database.transaction { tx in
            guard let row = try tx.first(Self.locate, .int(task.number)), row.int(0) == runner.id.number else {
                // Told as cancelled, so that the runner stops (runner.md 4.3.1). Another runner's task is told the same:
                // which ids there are is nobody's business.
                return Report(result: Status.cancelled.runnerResult, sentOutputs: outputs.map(\.name))
            }
            let run = RunID(row.int(1))
            let job = JobID(row.int(2))
            let isLive = row.int(4) >= Status.running.rawValue
            let isLogClosed = row.bool(5)
            // Lock order: run and jobs, then the task, then its steps. A heartbeat locks from the task downwards.
            let settles = row.bool(6) && (isLogClosed || !outputs.isEmpty)
            if (isLive && conclusion != nil) || settles { try runs.lock(run, in: tx) }
            // Locked now: what the sweeps or a cancel did before is seen, what they do later waits.
            let wasLive = try tx.one(Self.lockTask, .int(task.number)).int(0) >= Status.running.rawValue
            if wasLive { try put(steps.prefix(TaskLimits.reportedStepsMax), of: task, in: tx) }
            let dropped = try put(outputs, of: task, in: tx)
            if wasLive, let conclusion {
                let isComplete = !outputs.isEmpty || isLogClosed || !row.bool(3)
                let contradiction = conclusion == .success ? try Self.contradiction(of: task, in: tx) : nil
                try runs.apply(
                    .job(
                        job,
                        .reported(task, contradiction == nil ? conclusion : .failure, outputsComplete: isComplete)),
                    to: run, problem: contradiction ?? "", in: tx)
            } else if settles {
                try runs.apply(.outputsSettled(job), to: run, in: tx)
            }
            return Report(
                result: try Self.wire(tx.one(Self.taskStatus, .int(task.number))),
                sentOutputs: try tx.run(Self.outputNames, .int(task.number)).map { $0.text(0) } + dropped)
        }
    }

    /// Why this task cannot have been a success, in words.
    private static func contradiction(of task: TaskID, in tx: Transaction) throws -> String? {
        let failed = try tx.run(failedSteps, .int(task.number)).map { (position: $0.int(0), name: $0.text(1)) }
        guard !failed.isEmpty, let payload = try tx.first(Self.payload, .int(task.number)) else { return nil }
        return contradictionOfSuccess(failedSteps: failed, payload: payload.text(0))
    }

    private static func wire(_ row: Row) throws -> Int {
        wireResult(try row.status(0), endedByServer: row.bool(1))
    }

    private func put(_ steps: ArraySlice<ReportedStep>, of task: TaskID, in tx: Transaction) throws {
        guard !steps.isEmpty else { return }
        // No time any clock shows: stands for "not told", since a bigint[] of ours has no nulls.
        let never = Int64.min
        try tx.run(
            Self.putSteps, .int(task.number), .ints(steps.map(\.position)), .ints(steps.map(\.logIndex)),
            .ints(steps.map(\.logLength)), .ints(steps.map { $0.startedAt ?? never }), .ints(steps.map(\.result)),
            .ints(steps.map { $0.stoppedAt ?? never }), .int(never))
    }

    /// First value of a name wins. What is refused is listed as received all the same, or clients resend it for ever
    /// (runner.md 4.3.7).
    ///
    /// - Returns: names that were not stored at all.
    private func put(_ outputs: [(name: String, value: String)], of task: TaskID, in tx: Transaction) throws -> [String]
    {
        guard !outputs.isEmpty else { return [] }
        let known = Set(try tx.run(Self.outputNames, .int(task.number)).map { $0.text(0) })
        var room = TaskLimits.runOutputBytesMax - (try tx.one(Self.outputBytes, .int(task.number)).value(0))
        var places = TaskLimits.outputsMax - known.count
        var stored: [(name: String, value: String)] = []
        var refused: [String] = []
        var unstored: [String] = []
        for output in outputs.sorted(by: { $0.name < $1.name }) where !known.contains(output.name) {
            let size = output.value.utf8.count
            guard places > 0, !output.name.isEmpty, output.name.utf8.count <= TaskLimits.outputNameBytesMax,
                !output.name.utf8.contains(0)
            else {
                unstored.append(output.name)
                continue
            }
            places -= 1
            if size <= TaskLimits.outputValueBytesMax, Int64(size) <= room, !output.value.utf8.contains(0) {
                room -= Int64(size)
                stored.append(output)
            } else {
                refused.append(output.name)
            }
        }
        if !stored.isEmpty {
            try tx.run(
                Self.putOutputs, .int(task.number), .texts(stored.map(\.name)), .texts(stored.map(\.value)))
        }
        if !refused.isEmpty { try tx.run(Self.refuseOutputs, .int(task.number), .texts(refused)) }
        return unstored
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
    private static let clock = Statement(
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
                let task = TaskID(row.int(0))
                let job = JobID(row.int(1))
                let run = RunID(row.int(2))
                if let loss = try giveUp(task, job: job, run: run, runner: row.text(7), limits: limits) {
                    lost.append(Lost(task: task, job: job, run: run, loss: loss))
                }
            }
            if rows.isEmpty { return lost }
        }
    }

    private func giveUp(
        _ task: TaskID, job: JobID, run: RunID, runner: String, limits: RecoveryLimits
    ) throws -> TaskLoss? {
        try database.transaction { tx in
            try runs.lock(run, in: tx)
            guard let row = try tx.first(Self.clock, .int(task.number)) else { return nil }
            let facts = TaskClock(
                startedAt: row.instant(0) ?? Instant(microseconds: 0), heardAt: row.instant(1),
                timeoutSeconds: row.optionalInt(2), declaredAt: row.instant(3))
            let now = Instant(microseconds: row.int(6))
            guard let loss = row.bool(4) ? .runnerRemoved : loss(of: facts, now: now, limits: limits) else {
                return nil
            }
            try EventStore.append(.taskLost, run: run, job: job, task: task, detail: loss.rawValue, in: tx)
            try runs.apply(
                .job(job, .lost(task, loss, returns: Int(row.int(5)))), to: run,
                problem: loss.words(runner: runner, limits: limits, timeoutSeconds: facts.timeoutSeconds), in: tx)
            return loss
        }
    }

    // MARK: tokens

    private static let byToken = Statement(
        "task_by_token",
        """
        select t.id, j.repository_id, j.token_permissions from task t join job j on j.id = t.job_id
         where t.token_hash = $1 and t.status in (6, 8)
        """)

    private static let liveByID = Statement(
        "task_live_by_id",
        """
        select t.id, j.run_id, j.id, j.repository_id, a.number::bigint, t.status, j.id_token
          from task t join job j on j.id = t.job_id join attempt a on a.id = j.attempt_id
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
            (TaskID($0.int(0)), RepositoryID($0.int(1)), TokenPermissions(stored: $0.text(2)))
        }
    }
}
