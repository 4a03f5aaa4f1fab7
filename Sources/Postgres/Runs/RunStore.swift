import Domain

/// Writes `run` and `attempt`. What a transaction does in which order stands in `RunScript` (Domain); a claim is a
/// `ClaimScript`, run by `TaskClaims`.
///
/// Rows are locked `for no key update`: a claim that holds a job inserts rows that refer to the run, and each of those takes
/// a key lock on it, which `for update` would refuse while a report that holds the run waits for the job. A deadlock, then,
/// for every such pair.
public struct RunStore: Sendable {
    /// NOTIFY channel: jobs became waiting; payload `label_set_id repository_id owner_id job_id`.
    /// The job's id keeps them apart: PostgreSQL sends equal notifications of one transaction once.
    public static let waitingChannel = "millrace_waiting"

    /// NOTIFY channel: a run of a concurrency group may have to move; payload the group's id.
    public static let groupChannel = "millrace_group"

    public struct Settings: Sendable {
        /// The server's address without a slash at the end; conditions can ask for it.
        public var base: String
        /// Fair shares between owners (Domain/Runs/Queue.swift); 0: oldest first.
        public var fairSpacingSeconds: Double

        public init(base: String, fairSpacingSeconds: Double = 0) {
            self.base = base
            self.fairSpacingSeconds = fairSpacingSeconds
        }
    }

    let database: Database
    let settings: Settings
    public init(database: Database, settings: Settings) {
        self.database = database
        self.settings = settings
    }

    // MARK: making runs and attempts

    private static let takeNumbers = Statement(
        "run_take_numbers",
        """
        with taken as (
            update repository set next_run_number = next_run_number + $2 where id = $1
            returning next_run_number - $2 as first, owner_id)
        select t.first + g.place, t.owner_id, nextval(pg_get_serial_sequence('run', 'id'))
          from taken t cross join generate_series(0, $2::bigint - 1) as g (place)
        """)
    private static let insertRun = Statement(
        "run_insert",
        """
        insert into run (repository_id, inbox_id, number, workflow_id, workflow_path, title, event, ref, sha, actor_id,
                         payload, status, problem, stopped_at, id, warnings, group_id, group_turn, held_attempt,
                         cancels_in_progress, inputs, is_from_fork, needs_approval,
                         workflow_name, queues_all)
        overriding system value
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, case when $12 <= 4 then now() end, $14, $15, $16,
                $17, case when $18 then 1 end, $19, $20, $21, $22, $23, $24)
        on conflict on constraint run_once_per_push do nothing returning id
        """)
    private static let insertAttempt = Statement(
        "attempt_insert",
        """
        insert into attempt (run_id, number, actor_id, status, stopped_at)
        values ($1, $2, $3, $4, case when $4 <= 4 then now() end) returning id
        """)

    /// Takes the repository's next numbers, in order; empty when the repository is gone. Numbers have no holes unless a
    /// reader of the push ends before its runs are made.
    public func reserve(_ count: Int, in repository: RepositoryID) throws -> [RunReservation] {
        guard count > 0 else { return [] }
        let rows = try database.write(Self.takeNumbers, .int(repository.number), .int(Int64(count)))
        let runs = rows.map { $0.int(2) }.sorted()
        return zip(rows.sorted { $0.int(0) < $1.int(0) }, runs).map { row, run in
            RunReservation(run: RunID(run), number: row.int(0), repository: repository, owner: AccountID(row.int(1)))
        }
    }

    /// Makes run, attempt 1 and jobs, and starts what needs nothing. Nothing happens when this push already made it.
    public func plan(
        _ planned: PlannedRun, as reserved: RunReservation, inbox: InboxID?, actor: AccountID?, in tx: Transaction
    ) throws -> RunID? {
        try script(in: tx).plan(
            ReservedPlan(planned: planned, reserved: reserved, inbox: inbox, actor: actor), by: actor)
    }

    static func insert(_ plan: ReservedPlan, status: Status, place: GroupPlace?, in tx: Transaction) throws -> RunID? {
        let planned = plan.planned
        return try tx.first(
            insertRun, .int(plan.reserved.repository.number), .optional(plan.inbox?.number),
            .int(plan.reserved.number),
            .text(planned.workflowID), .text(planned.workflowPath), .text(planned.title), .text(planned.event),
            .text(planned.ref), .text(planned.sha), .optional(plan.actor?.number), .text(planned.payload),
            .int(status.rawValue), .text(planned.problem), .int(plan.reserved.run.number), .text(planned.warnings),
            .optional(place?.group.number), .optional(place?.turn), .bool(place?.holds ?? false),
            .bool(planned.group?.cancelsInProgress ?? false), .optional(planned.inputs), .bool(planned.isFromFork),
            .bool(planned.needsApproval), .text(planned.workflowName), .bool(planned.group?.queuesAll ?? false)
        ).map { RunID($0.int(0)) }
    }

    static func insertAttempt(
        _ number: Int64, of run: RunID, actor: AccountID?, status: Status, in tx: Transaction
    ) throws -> AttemptID {
        try tx.one(
            insertAttempt, .int(run.number), .int(number), .optional(actor?.number), .int(status.rawValue)
        ).value(0)
    }

    private static let attemptOfRun = Statement(
        "attempt_of_run", "select id from attempt where run_id = $1 and number = $2")
    private static let startAttempt = Statement(
        "run_start_attempt",
        """
        update run set latest_attempt = $2, status = $3, started_at = null, stopped_at = null, group_turn = $4,
                       held_attempt = case when $5 then $2 end, problem = ''
         where id = $1
        """)

    static func attempt(_ number: Int64, of run: RunID, in tx: Transaction) throws -> AttemptID {
        try tx.one(attemptOfRun, .int(run.number), .int(number)).value(0)
    }
    static func startAttempt(
        _ number: Int64, of run: RunID, status: Status, place: GroupPlace?, in tx: Transaction
    ) throws {
        try tx.run(
            startAttempt, .int(run.number), .int(number), .int(status.rawValue), .optional(place?.turn),
            .bool(place?.holds ?? false))
    }

    /// A new attempt: jobs to run again as new rows, the others carried over with their result (rest.md 7).
    ///
    /// - Returns: the new rows' ids by the ids of the attempt before; nil when the run is gone.
    /// - Throws: `RerunRefusal`, with nothing changed.
    public func rerun(_ run: RunID, _ wish: RerunWish, by actor: AccountID?) throws -> [JobID: JobID]? {
        try database.transaction { try script(in: $0).rerun(run, wish, by: actor) }
    }

    // MARK: changing a run

    func tables(in tx: Transaction) -> StoreTables { StoreTables(tx: tx, settings: settings) }
    func script(in tx: Transaction) -> RunScript<StoreTables> { RunScript(on: tables(in: tx)) }

    /// Locks, loads, decides, writes, appends events. The only way a run changes, but for a claim.
    ///
    /// - Parameters:
    ///   - problem: in words, why the server ends a job; kept with the job.
    ///   - actor: who asked for it, when a person did.
    @discardableResult
    public func apply(
        _ event: RunEvent, to run: RunID, problem: String = "", by actor: AccountID? = nil
    ) throws -> [RunChange] {
        try database.transaction { try script(in: $0).apply(event, to: run, problem: problem, by: actor) }
    }

    private static let lockRun = Statement(
        "run_lock",
        """
        select latest_attempt::bigint, status, cancelled_attempt is not distinct from latest_attempt, group_id,
               held_attempt is not distinct from latest_attempt,
               case when not needs_approval then 0 when approved_at is null then 1 else 2 end
          from run where id = $1 for no key update
        """)
    private static let lockNoWait = Statement(
        "run_lock_nowait", "select status from run where id = $1 for no key update nowait")
    private static let status = Statement("run_status", "select status from run where id = $1")

    static func lock(_ run: RunID, in tx: Transaction) throws -> LockedRun? {
        try tx.first(lockRun, .int(run.number)).map {
            LockedRun(
                run, attempt: $0.int(0), status: try $0.status(1), isCancelRequested: $0.bool(2),
                group: $0.optionalInt(3).map(GroupID.init), holdsGroup: $0.bool(4),
                approval: RunApproval(rawValue: $0.int(5)) ?? .awaited)
        }
    }

    /// - Throws: `RowIsLocked` when somebody changes the run right now.
    static func lockWithoutWaiting(_ run: RunID, in tx: Transaction) throws {
        do { try tx.run(lockNoWait, .int(run.number)) } catch let error as PostgresError
            where error.isLockNotAvailable
        {
            throw RowIsLocked()
        }
    }

    static func status(of run: RunID, in tx: Transaction) throws -> Status {
        try tx.one(status, .int(run.number)).status(0)
    }

    private static let moveRun = Statement(
        "run_move",
        """
        with moved as (
            update run set status = $2,
                   started_at = case when $2 = 6 then coalesce(started_at, now()) else started_at end,
                   stopped_at = case when $2 <= 4 then now() end
             where id = $1 and status <> $2 returning id, latest_attempt, status, started_at, stopped_at)
        update attempt a set status = m.status, started_at = m.started_at, stopped_at = m.stopped_at
          from moved m where a.run_id = m.id and a.number = m.latest_attempt returning a.id
        """)

    /// - Returns: false when the run had this status already.
    static func move(_ run: RunID, to status: Status, in tx: Transaction) throws -> Bool {
        try tx.first(moveRun, .int(run.number), .int(status.rawValue)) != nil
    }

    private static let requestCancel = Statement(
        "run_request_cancel",
        "update run set cancelled_attempt = latest_attempt, problem = case when $2 = '' then problem else $2 end where id = $1"
    )

    static func requestCancel(of run: RunID, problem: String, in tx: Transaction) throws {
        try tx.run(requestCancel, .int(run.number), .text(problem))
    }

    private static let holdGroup = Statement(
        "run_hold_group", "update run set held_attempt = latest_attempt where id = $1")

    static func hold(_ run: RunID, in tx: Transaction) throws { try tx.run(holdGroup, .int(run.number)) }

    private static let enterGroup = Statement(
        "run_enter_group",
        "update run set group_turn = $2, held_attempt = case when $3 then latest_attempt end where id = $1")

    static func enter(_ run: RunID, _ place: GroupPlace, in tx: Transaction) throws {
        try tx.run(enterGroup, .int(run.number), .optional(place.turn), .bool(place.holds))
    }

    private static let approve = Statement(
        "run_approve", "update run set approved_at = now(), approved_by = $2 where id = $1")

    static func approve(_ run: RunID, by actor: AccountID?, in tx: Transaction) throws {
        try tx.run(approve, .int(run.number), .optional(actor?.number))
    }

    /// Lets a run start that waits for an approval.
    ///
    /// - Returns: false when the run is gone.
    /// - Throws: `ApprovalRefusal`, with nothing changed.
    public func approve(_ run: RunID, by actor: AccountID?) throws -> Bool {
        try database.transaction { try script(in: $0).approve(run, by: actor) }
    }

    private static let context = Statement(
        "run_context",
        "select \(RunContext.columns), r.payload, r.inputs, r.repository_id, p.owner_id from \(RunContext.runTables) where r.id = $1"
    )

    static func values(of run: RunID, base: String, in tx: Transaction) throws -> RunValues {
        guard let row = try tx.first(context, .int(run.number)) else { return .unasked }
        let next = RunContext.columnCount
        let variables = try JobSettings.variables(
            of: RepositoryID(row.int(next + 2)), owner: AccountID(row.int(next + 3)), in: tx)
        return RunValues(
            github: githubValue(RunContext(row, at: 0), base: base, event: row.text(next)),
            vars: varsContext(variables),
            inputs: row.optionalText(next + 1).flatMap { try? ExpressionValue(json: $0) } ?? .object([]))
    }

    // MARK: sweeps; each is safe on every instance at once, since `apply` looks again under the locks

    /// Releases dependents whose wait for late outputs is over.
    public func settleDue() throws {
        try eachOf(JobStore.settleDue(in: database)) { try apply(.outputsSettled($0.job), to: $0.run) }
    }

    /// Cancels jobs that nobody took in time (runner.md 4.2).
    ///
    /// - Returns: the jobs that were cancelled by this call.
    public func cancelAbandoned(limits: RecoveryLimits) throws -> [JobID] {
        let words = "nobody took this job within \(spelled(limits.abandonedSeconds)), so it was cancelled"
        var cancelled: [JobID] = []
        try eachOf(JobStore.abandoned(after: limits.abandonedSeconds, in: database)) { due in
            let changes = try apply(.job(due.job, .abandoned), to: due.run, problem: words)
            if !changes.isEmpty { cancelled.append(due.job) }
        }
        return cancelled
    }

    /// Unfinished runs that look as if an event had been missed: all jobs done, or a job that nothing holds back is
    /// blocked. Never any while all is well (go-gitea/gitea#38790 and its kin).
    private static let suspicious = Statement(
        "run_suspicious",
        """
        select r.id from run r
         where r.status > 4 and r.created_at < now() - interval '30 seconds'
           and (r.group_id is null or r.held_attempt = r.latest_attempt)
           and (not r.needs_approval or r.approved_at is not null)
           and not exists (select 1 from job j where j.run_id = r.id
                              and (j.status = 5 or j.status in (6, 8) and not j.is_deferred or j.status = 7 and j.group_name is not null
                                   or j.settle_due_at is not null))
           and not exists (select 1 from deployment d join job j on j.id = d.job_id where d.run_id = r.id and j.status = 7)
         order by r.id limit 100
        """)

    /// - Returns: runs that had to be repaired; each is a fault of ours and worth a warning.
    public func repair() throws -> [RunID] {
        var repaired: [RunID] = []
        try eachOf(database.read(Self.suspicious).map { RunID($0.int(0)) }) { run in
            if try database.transaction({ try script(in: $0).examine(run) }) { repaired.append(run) }
        }
        return repaired
    }
}
