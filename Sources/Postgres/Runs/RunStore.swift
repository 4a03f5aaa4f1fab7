import Domain

/// A run to be made: what planning found in one workflow file.
public struct PlannedRun: Sendable {
    public let workflowID: String
    public let workflowPath: String
    public let title: String
    public let event: String
    public let ref: String
    public let sha: String
    /// The webhook payload as JSON: `github.event`.
    public let payload: String
    /// Why there are no jobs; "" for a sound workflow.
    public let problem: String
    public let jobs: [PlannedJob]

    public init(
        workflowID: String, workflowPath: String, title: String, event: String, ref: String, sha: String,
        payload: String, problem: String, jobs: [PlannedJob]
    ) {
        self.workflowID = workflowID
        self.workflowPath = workflowPath
        self.title = title
        self.event = event
        self.ref = ref
        self.sha = sha
        self.payload = payload
        self.problem = problem
        self.jobs = jobs
    }
}

public struct PlannedJob: Sendable {
    public let key: String
    public let name: String
    public let needs: [String]
    public let runsOn: [String]
    public let condition: String?
    public let continueOnError: Bool
    public let hasOutputs: Bool
    public let stepNames: [String]
    public let payload: String

    public init(
        key: String, name: String, needs: [String], runsOn: [String], condition: String?, continueOnError: Bool,
        hasOutputs: Bool, stepNames: [String], payload: String
    ) {
        self.key = key
        self.name = name
        self.needs = needs
        self.runsOn = runsOn
        self.condition = condition
        self.continueOnError = continueOnError
        self.hasOutputs = hasOutputs
        self.stepNames = stepNames
        self.payload = payload
    }
}

/// Writes `run`, `attempt` and `job`. Every change of a run goes through `apply`.
///
/// Lock order: run, its unfinished jobs by id, then tasks (DESIGN section 2). Claims differ: see `TaskStore.claim`.
public struct RunStore: Sendable {
    /// NOTIFY channel: jobs became waiting; payload `label_set_id repository_id owner_id job_id`.
    /// The job's id keeps them apart: PostgreSQL sends equal notifications of one transaction once.
    public static let waitingChannel = "millrace_waiting"
    /// NOTIFY channel: something a viewer may show of a run changed; payload `run_id`.
    public static let changedChannel = "millrace_run"

    let database: Database
    public init(database: Database) { self.database = database }

    private static let takeNumber = Statement(
        "run_take_number",
        """
        update repository set next_run_number = next_run_number + 1 where id = $1
        returning next_run_number - 1, owner_id
        """)
    private static let insertRun = Statement(
        "run_insert",
        """
        insert into run (repository_id, inbox_id, number, workflow_id, workflow_path, title, event, ref, sha, actor_id,
                         payload, status, problem, stopped_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, case when $12 <= 4 then now() end)
        on conflict on constraint run_once_per_push do nothing returning id
        """)
    private static let insertAttempt = Statement(
        "attempt_insert", "insert into attempt (run_id, number) values ($1, $2) returning id")
    private static let internLabels = Statement(
        "label_set_intern",
        """
        with fresh as (insert into label_set (labels) values ($1) on conflict (labels) do nothing returning id)
        select id from fresh union all select id from label_set where labels = $1 limit 1
        """)
    private static let insertJob = Statement(
        "job_insert",
        """
        insert into job (run_id, attempt_id, repository_id, owner_id, key, name, position, needs, label_set_id,
                         condition, continue_on_error, has_outputs, step_names, payload, status)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 7)
        """)

    /// Makes run, attempt 1 and jobs, and starts what needs nothing. Nothing happens when this push already made it.
    public func plan(
        _ planned: PlannedRun, repository: RepositoryID, inbox: InboxID?, actor: AccountID?, in tx: Transaction
    ) throws -> RunID? {
        guard let taken = try tx.first(Self.takeNumber, .int(repository.number)) else { return nil }
        let status: Status = planned.jobs.isEmpty ? .failure : .blocked
        guard
            let run = try tx.first(
                Self.insertRun, .int(repository.number), .optional(inbox?.number), .int(taken.int(0)),
                .text(planned.workflowID), .text(planned.workflowPath), .text(planned.title), .text(planned.event),
                .text(planned.ref), .text(planned.sha), .optional(actor?.number), .text(planned.payload),
                .int(status.rawValue), .text(planned.problem)
            ).map({ RunID($0.int(0)) })
        else { return nil }
        let attempt = try tx.first(Self.insertAttempt, .int(run.number), .int(1))?.int(0) ?? 0
        for (position, job) in planned.jobs.enumerated() {
            let labels = Array(Set(job.runsOn)).sorted()
            let set = try tx.first(Self.internLabels, .texts(labels))?.int(0) ?? 0
            try tx.run(
                Self.insertJob, .int(run.number), .int(attempt), .int(repository.number), .int(taken.int(1)),
                .text(job.key), .text(job.name), .int(Int64(position)), .texts(job.needs), .int(set),
                .optional(job.condition), .bool(job.continueOnError), .bool(job.hasOutputs), .texts(job.stepNames),
                .text(job.payload))
        }
        try EventStore.append("run_planned", run: run, detail: planned.problem, in: tx)
        if !planned.jobs.isEmpty { try apply(.planned, to: run, in: tx) }
        try tx.notify(Self.changedChannel, String(run.number))
        return run
    }

    private static let lockRun = Statement(
        "run_lock", "select latest_attempt::bigint from run where id = $1 for update")
    private static let lockJobs = Statement(
        "job_lock_unfinished", "select id from job where run_id = $1 and status > 4 order by id for update")
    private static let loadJobs = Statement(
        "job_load",
        """
        select j.id, j.key, j.needs, j.condition is not null, j.continue_on_error, j.has_outputs, j.status, j.task_id,
               coalesce(t.runner_can_cancel, false), j.settle_due_at is not null,
               j.label_set_id, j.repository_id, j.owner_id
          from job j join attempt a on a.id = j.attempt_id left join task t on t.id = j.task_id
         where j.run_id = $1 and a.number = $2 order by j.id
        """)
    private static let moveJob = Statement(
        "job_move",
        """
        update job set status = $2, problem = case when $3 = '' then problem else $3 end,
               queued_at = case when $2 = 5 then coalesce(queued_at, now()) else queued_at end,
               task_id = case when $2 = 5 then null else task_id end,
               started_at = case when $2 = 5 then null else started_at end,
               stopped_at = case when $2 <= 4 then now() else stopped_at end
         where id = $1
        """)
    private static let endTask = Statement(
        "task_end_with_job",
        "update task set status = $2, stopped_at = case when $2 <= 4 then now() end where id = $1 and status in (6, 8)")
    private static let endSteps = Statement(
        "step_end_with_task",
        "update step set status = $2, stopped_at = now() where task_id = $1 and status > 4")
    private static let hold = Statement(
        "job_hold_dependents", "update job set settle_due_at = now() + interval '10 seconds' where id = $1")
    private static let release = Statement(
        "job_release_dependents", "update job set settle_due_at = null where id = $1")
    private static let moveRun = Statement(
        "run_move",
        """
        update run set status = $2,
               started_at = case when $2 = 6 then coalesce(started_at, now()) else started_at end,
               stopped_at = case when $2 <= 4 then now() end
         where id = $1 and status <> $2
        """)

    /// Locks, loads, decides, applies, appends events. The only way a run changes, but for a claim.
    ///
    /// - Parameter problem: in words, why the server ended a job; kept on the job.
    @discardableResult
    public func apply(
        _ event: RunEvent, to run: RunID, problem: String = "", in tx: Transaction
    ) throws -> [RunChange] {
        guard let attempt = try lock(run, in: tx) else { return [] }
        let rows = try tx.run(Self.loadJobs, .int(run.number), .int(attempt))
        let changes = try decide(rows.map(Self.snapshot), event)
        let rowOf = Dictionary(rows.map { (JobID($0.int(0)), $0) }, uniquingKeysWith: { first, _ in first })
        for change in changes {
            switch change {
            case .move(let job, let state):
                try move(job, to: state, row: rowOf[job], run: run, problem: problem, in: tx)
            case .holdDependents(let job): try tx.run(Self.hold, .int(job.number))
            case .releaseDependents(let job): try tx.run(Self.release, .int(job.number))
            case .run(let status): try tx.run(Self.moveRun, .int(run.number), .int(status.rawValue))
            }
        }
        if !changes.isEmpty { try tx.notify(Self.changedChannel, String(run.number)) }
        return changes
    }

    /// Locks the run, then its unfinished jobs by id. Taking it again in the same transaction is harmless.
    ///
    /// - Returns: the latest attempt's number; nil when the run is gone.
    @discardableResult
    func lock(_ run: RunID, in tx: Transaction) throws -> Int64? {
        guard let row = try tx.first(Self.lockRun, .int(run.number)) else { return nil }
        try tx.run(Self.lockJobs, .int(run.number))
        return row.int(0)
    }

    private func move(
        _ job: JobID, to state: JobState, row: Row?, run: RunID, problem: String, in tx: Transaction
    ) throws {
        try tx.run(Self.moveJob, .int(job.number), .int(state.status.rawValue), .text(problem))
        if let task = row?.optionalInt(7) {
            // An assignment that goes back to the queue ends as cancelled: its runner, if it ever hears, must stop.
            let ended: Status = state == .waiting ? .cancelled : state.status
            try tx.run(Self.endTask, .int(task), .int(ended.rawValue))
            if state.status.isDone { try tx.run(Self.endSteps, .int(task), .int(state.status.rawValue)) }
        }
        try EventStore.append(
            "job_\(state.status)", run: run, job: job, task: row?.optionalInt(7).map(TaskID.init), detail: problem,
            in: tx)
        if state == .waiting, let row {
            try tx.notify(Self.waitingChannel, "\(row.int(10)) \(row.int(11)) \(row.int(12)) \(job)")
        }
    }

    static func snapshot(_ row: Row) -> JobSnapshot {
        let task = TaskID(row.int(7))
        let state: JobState =
            switch Status(rawValue: row.int(6)) ?? .failure {
            case .blocked: .blocked
            case .waiting: .waiting
            case .running: .running(task, runnerCanCancel: row.bool(8))
            case .cancelling: .cancelling(task)
            case .success: .done(.success)
            case .failure: .done(.failure)
            case .cancelled: .done(.cancelled)
            case .skipped: .done(.skipped)
            }
        return JobSnapshot(
            id: JobID(row.int(0)), key: row.text(1), needs: row.texts(2), hasCondition: row.bool(3),
            continueOnError: row.bool(4), hasOutputs: row.bool(5), state: state, isSettling: row.bool(9))
    }

    private static let settleDue = Statement(
        "job_settle_due", "select id, run_id from job where settle_due_at <= now() order by id limit 100")

    /// Releases dependents whose wait for late outputs is over. Safe on every instance at once.
    public func settleDue() throws {
        for row in try database.read(Self.settleDue) {
            try database.transaction { tx in
                _ = try apply(.outputsSettled(JobID(row.int(0))), to: RunID(row.int(1)), in: tx)
            }
        }
    }

    /// Applies one event in a transaction of its own.
    @discardableResult
    public func apply(_ event: RunEvent, to run: RunID) throws -> [RunChange] {
        try database.transaction { try apply(event, to: run, in: $0) }
    }
}
