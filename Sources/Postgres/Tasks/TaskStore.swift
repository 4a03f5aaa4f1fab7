import Domain
import Glibc

/// A claimed job with all that its task message is made of (runner.md 3.7).
public struct Assignment: Sendable {
    public let task: TaskID
    public let job: JobID
    public let jobKey: String
    public let run: RunID
    public let runNumber: Int64
    public let attemptNumber: Int64
    public let payload: String
    public let event: String
    public let eventPayload: String
    public let ref: String
    public let sha: String
    public let workflowID: String
    public let workflowPath: String
    public let actor: String
    public let repositoryID: RepositoryID
    public let repositoryOwner: String
    public let repositoryName: String
    public var needs: [(key: String, result: Int64, outputs: [(name: String, value: String)])] = []
}

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
    /// Looks in a row while others hold the run row or every waiting job: 0.3 s, longer than any report takes.
    public static let claimTriesMax = 60
    /// Pause before looking again at rows that others had locked: about as long as a report holds them.
    public static let claimPauseMicroseconds: UInt32 = 5_000
}

public enum TaskError: Error {
    case foreignRunner
}

/// Writes `task`, `step` and `task_output`.
public struct TaskStore: Sendable {
    /// NOTIFY channel: a keyed request was given a task and may ask for it again; payload the runner's id.
    public static let assignedChannel = "millrace_assigned"

    let database: Database
    let runs: RunStore
    public init(database: Database, runs: RunStore) {
        self.database = database
        self.runs = runs
    }

    private static let pick = Statement(
        "job_pick",
        """
        select id, run_id, step_names from job
         where status = 5 and label_set_id = any($1)
           and ($2::bigint is null or repository_id = $2) and ($3::bigint is null or owner_id = $3)
         order by queued_at, id limit 1 for update skip locked
        """)
    private static let anyWaiting = Statement(
        "job_any_waiting",
        """
        select 1 from job
         where status = 5 and label_set_id = any($1)
           and ($2::bigint is null or repository_id = $2) and ($3::bigint is null or owner_id = $3) limit 1
        """)
    private static let runStatus = Statement("run_status", "select status from run where id = $1")
    private static let lockRunNoWait = Statement(
        "run_lock_nowait", "select status from run where id = $1 for update nowait")
    private static let startRun = Statement(
        "run_start", "update run set status = 6, started_at = coalesce(started_at, now()) where id = $1")
    private static let insert = Statement(
        "task_insert",
        """
        insert into task (job_id, runner_id, status, token_hash, request_key, runner_can_cancel)
        values ($1, $2, 6, $3, $4, $5) returning id
        """)
    private static let insertSteps = Statement(
        "step_insert",
        """
        insert into step (task_id, position, name)
        select $1, n - 1, name from unnest($2::text[]) with ordinality as s (name, n)
        """)
    private static let assign = Statement(
        "job_assign", "update job set status = 6, task_id = $2, started_at = now() where id = $1")

    /// Claims the oldest job this runner may take, or nil when there is none.
    ///
    /// One job row is locked with `skip locked`, so a claim waits for nobody; then the run's status is read in a new
    /// statement, and only if it must change is the run row locked, `nowait`: on failure everything rolls back and
    /// the look is repeated (DESIGN section 2, claim). `inconclusive` is set when that happened every time.
    public func claim(
        by runner: Runner, labelSets: [Int64], tokenHash: [UInt8], requestKey: String?
    ) throws -> (assignment: Assignment?, isConclusive: Bool) {
        guard !labelSets.isEmpty else { return (nil, true) }
        for _ in 0..<TaskLimits.claimTriesMax {
            do {
                let found = try database.transaction { tx in
                    try claimOne(by: runner, labelSets: labelSets, tokenHash: tokenHash, requestKey: requestKey, in: tx)
                }
                if found != nil { return (found, true) }
                // Rows that a report has locked are skipped, not absent: only no waiting row at all proves anything.
                let owner = runner.repository == nil ? runner.owner : nil
                let rest = try database.read(
                    Self.anyWaiting, .ints(labelSets), .optional(runner.repository?.number), .optional(owner?.number))
                if rest.isEmpty { return (nil, true) }
                usleep(TaskLimits.claimPauseMicroseconds)
            } catch let error as PostgresError where error.isLockNotAvailable {
                continue
            }
        }
        return (nil, false)
    }

    private func claimOne(
        by runner: Runner, labelSets: [Int64], tokenHash: [UInt8], requestKey: String?, in tx: Transaction
    ) throws -> Assignment? {
        let owner = runner.repository == nil ? runner.owner : nil
        guard
            let row = try tx.first(
                Self.pick, .ints(labelSets), .optional(runner.repository?.number), .optional(owner?.number))
        else { return nil }
        let job = JobID(row.int(0))
        let run = RunID(row.int(1))
        if let status = try tx.first(Self.runStatus, .int(run.number)).flatMap({ Status(rawValue: $0.int(0)) }),
            status != .running && status != .cancelling
        {
            try tx.run(Self.lockRunNoWait, .int(run.number))
            try tx.run(Self.startRun, .int(run.number))
        }
        let task = TaskID(
            try tx.first(
                Self.insert, .int(job.number), .int(runner.id.number), .bytes(tokenHash), .optional(requestKey),
                .bool(runner.canCancel))?.int(0) ?? 0)
        let state = try decide(JobState.waiting, .claimed(task, runnerCanCancel: runner.canCancel))
        try tx.run(Self.insertSteps, .int(task.number), .texts(row.texts(2)))
        try tx.run(Self.assign, .int(job.number), .int(task.number))
        try EventStore.append("job_\(state.status)", run: run, job: job, task: task, runner: runner.id, in: tx)
        try tx.notify(RunStore.changedChannel, String(run.number))
        if requestKey != nil { try tx.notify(Self.assignedChannel, String(runner.id.number)) }
        return try assignment(of: task, in: tx)
    }

    private static let recoverable = Statement(
        "task_recover",
        """
        update task set token_hash = $3 where id = (
            select id from task where runner_id = $1 and request_key = $2 and status in (6, 8) and heard_at is null
             order by id limit 1 for update)
        returning id
        """)

    /// The task that this very request was given before its answer was lost, with a new token (runner.md 3.5).
    public func recover(by runner: Runner, requestKey: String, tokenHash: [UInt8]) throws -> Assignment? {
        try database.transaction { tx in
            guard
                let row = try tx.first(
                    Self.recoverable, .int(runner.id.number), .text(requestKey), .bytes(tokenHash))
            else { return nil }
            return try assignment(of: TaskID(row.int(0)), in: tx)
        }
    }

    private static let describe = Statement(
        "task_describe",
        """
        select t.id, j.id, j.key, r.id, r.number, a.number, j.payload, r.event, r.payload, r.ref, r.sha, r.workflow_id,
               r.workflow_path, coalesce(u.name, 'ghost'), p.id, o.name, p.name, j.needs, a.id
          from task t join job j on j.id = t.job_id join run r on r.id = j.run_id
          join attempt a on a.id = j.attempt_id join repository p on p.id = r.repository_id
          join account o on o.id = p.owner_id left join account u on u.id = r.actor_id
         where t.id = $1
        """)
    private static let needs = Statement(
        "task_needs",
        """
        select j.key, case when j.status = 2 and j.continue_on_error then 1 else j.status end, o.name, o.value
          from job j left join task_output o on o.task_id = j.task_id and o.value is not null
         where j.attempt_id = $1 and j.key = any($2) order by j.id, o.name
        """)

    private func assignment(of task: TaskID, in tx: Transaction) throws -> Assignment? {
        guard let row = try tx.first(Self.describe, .int(task.number)) else { return nil }
        var assignment = Assignment(
            task: task, job: JobID(row.int(1)), jobKey: row.text(2), run: RunID(row.int(3)), runNumber: row.int(4),
            attemptNumber: row.int(5), payload: row.text(6), event: row.text(7), eventPayload: row.text(8),
            ref: row.text(9), sha: row.text(10), workflowID: row.text(11), workflowPath: row.text(12),
            actor: row.text(13), repositoryID: RepositoryID(row.int(14)), repositoryOwner: row.text(15),
            repositoryName: row.text(16))
        let legs = try tx.run(Self.needs, .int(row.int(18)), .texts(row.texts(17)))
        for key in row.texts(17) {
            let own = legs.filter { $0.text(0) == key }
            var outputs: [String: String] = [:]
            // Union over the legs; a later non-empty value wins (runner.md 3.7).
            for leg in own where !leg.isNull(2) {
                let value = leg.text(3)
                if !value.isEmpty || outputs[leg.text(2)] == nil { outputs[leg.text(2)] = value }
            }
            assignment.needs.append(
                (
                    key: key, result: aggregate(own.compactMap { Status(rawValue: $0.int(1)) }).rawValue,
                    outputs: outputs.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
                ))
        }
        return assignment
    }

    private static let locate = Statement(
        "task_locate",
        """
        select t.runner_id, j.run_id, j.id, j.has_outputs, t.status, t.log_closed_at is not null, j.settle_due_at is not null
          from task t join job j on j.id = t.job_id where t.id = $1
        """)
    private static let heard = Statement(
        "task_heard", "update task set heard_at = now() where id = $1")
    private static let putStep = Statement(
        "step_report",
        """
        update step set log_index = $3, log_length = $4, started_at = coalesce(started_at, to_timestamp($5::bigint / 1e6)),
               status = case when $6 between 1 and 4 then $6 when $5::bigint is not null then 6 else status end,
               stopped_at = case when $6 between 1 and 4 then coalesce(to_timestamp($7::bigint / 1e6), now()) end
         where task_id = $1 and position = $2 and status > 4
        """)
    private static let putOutput = Statement(
        "task_output_put",
        "insert into task_output (task_id, name, value) values ($1, $2, $3) on conflict do nothing")
    private static let outputNames = Statement("task_output_names", "select name from task_output where task_id = $1")
    private static let taskStatus = Statement("task_status", "select status from task where id = $1")

    /// What an UpdateTask is answered with.
    public struct Report: Sendable {
        /// nil: no such task, which a runner is told as cancelled so that it stops (runner.md 4.3.1).
        public let status: Status?
        public let sentOutputs: [String]
    }

    /// One UpdateTask, all of it in one transaction (runner.md 4.3).
    ///
    /// - Parameter conclusion: nil for a heartbeat, which locks the task row alone.
    /// - Throws: `TaskError.foreignRunner` when the task is another runner's; nothing was changed.
    public func report(
        _ task: TaskID, by runner: Runner, conclusion: Conclusion?, steps: [ReportedStep],
        outputs: [(name: String, value: String)]
    ) throws -> Report {
        try database.transaction { tx in
            guard let row = try tx.first(Self.locate, .int(task.number)) else {
                return Report(status: nil, sentOutputs: [])
            }
            guard row.int(0) == runner.id.number else { throw TaskError.foreignRunner }
            let run = RunID(row.int(1))
            let job = JobID(row.int(2))
            let wasLive = row.int(4) >= Status.running.rawValue
            let logClosed = row.bool(5)
            // Lock order: run and jobs, then the task, then its steps. A heartbeat locks from the task downwards.
            let settles = row.bool(6) && (logClosed || !outputs.isEmpty)
            if (wasLive && conclusion != nil) || settles { try runs.lock(run, in: tx) }
            try tx.run(Self.heard, .int(task.number))
            for step in steps.prefix(WorkflowStepLimits.stepsMax) {
                try tx.run(
                    Self.putStep, .int(task.number), .int(step.position), .int(step.logIndex), .int(step.logLength),
                    .optional(step.startedAt), .int(step.result), .optional(step.stoppedAt))
            }
            try put(outputs, of: task, in: tx)
            if wasLive, let conclusion {
                let complete = !outputs.isEmpty || logClosed || !row.bool(3)
                try runs.apply(
                    .job(job, .reported(task, conclusion, outputsComplete: complete)), to: run, in: tx)
            } else if settles {
                try runs.apply(.outputsSettled(job), to: run, in: tx)
            }
            let status = try tx.first(Self.taskStatus, .int(task.number)).flatMap { Status(rawValue: $0.int(0)) }
            return Report(
                status: status, sentOutputs: try tx.run(Self.outputNames, .int(task.number)).map { $0.text(0) })
        }
    }

    /// First value of a name wins; what is too large is listed as received, or clients resend it for ever.
    private func put(_ outputs: [(name: String, value: String)], of task: TaskID, in tx: Transaction) throws {
        for output in outputs {
            guard !output.name.isEmpty else { continue }
            let fits =
                output.name.utf8.count <= TaskLimits.outputNameBytesMax
                && output.value.utf8.count <= TaskLimits.outputValueBytesMax && !output.value.utf8.contains(0)
            try tx.run(
                Self.putOutput, .int(task.number), .text(output.name), .optional(fits ? output.value : nil))
        }
    }

    private static let byToken = Statement(
        "task_by_token",
        """
        select t.id, j.repository_id from task t join job j on j.id = t.job_id
         where t.token_hash = $1 and t.status in (6, 8)
        """)

    /// The job token is good only while its task lives (runner.md 6.3).
    public func liveTask(tokenHash: [UInt8]) throws -> (task: TaskID, repository: RepositoryID)? {
        try database.read(Self.byToken, .bytes(tokenHash)).first.map { (TaskID($0.int(0)), RepositoryID($0.int(1))) }
    }
}

public enum WorkflowStepLimits {
    /// Steps of one report that are looked at.
    public static let stepsMax = 1000
}
