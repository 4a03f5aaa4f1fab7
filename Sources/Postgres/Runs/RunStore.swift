import Domain

/// Writes `run` and `attempt`. Every change of a run goes through `apply`, but for a claim (`TaskStore.claim`).
///
/// Lock order: run, its unfinished jobs by id, then tasks (DESIGN section 2). Rows are locked `for no key update`: a claim
/// that holds a job inserts rows that refer to the run, and each of those takes a key lock on it, which `for update` would
/// refuse while a report that holds the run waits for the job. A deadlock, then, for every such pair.
public struct RunStore: Sendable {
    /// NOTIFY channel: jobs became waiting; payload `label_set_id repository_id owner_id job_id`.
    /// The job's id keeps them apart: PostgreSQL sends equal notifications of one transaction once.
    public static let waitingChannel = "millrace_waiting"

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
                         payload, status, problem, stopped_at, id, warnings)
        overriding system value
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, case when $12 <= 4 then now() end, $14, $15)
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
        let status: Status = planned.jobs.isEmpty ? .failure : .blocked
        guard
            let run = try tx.first(
                Self.insertRun, .int(reserved.repository.number), .optional(inbox?.number), .int(reserved.number),
                .text(planned.workflowID), .text(planned.workflowPath), .text(planned.title), .text(planned.event),
                .text(planned.ref), .text(planned.sha), .optional(actor?.number), .text(planned.payload),
                .int(status.rawValue), .text(planned.problem), .int(reserved.run.number), .text(planned.warnings)
            ).map({ RunID($0.int(0)) })
        else { return nil }
        let attempt = try insertAttempt(1, of: run, actor: actor, status: status, in: tx)
        try EventStore.append(.runPlanned, run: run, actor: actor, detail: planned.problem, in: tx)
        try EventStore.append(.runStatus, run: run, status: status, in: tx)
        guard !planned.jobs.isEmpty else { return run }
        try JobStore.insert(
            planned.jobs, run: run, attempt: attempt, repository: reserved.repository, owner: reserved.owner, in: tx)
        try apply(.planned, to: run, in: tx)
        return run
    }

    private func insertAttempt(
        _ number: Int64, of run: RunID, actor: AccountID?, status: Status, in tx: Transaction
    ) throws -> AttemptID {
        try tx.one(
            Self.insertAttempt, .int(run.number), .int(number), .optional(actor?.number), .int(status.rawValue)
        ).value(0)
    }

    private static let attemptOfRun = Statement(
        "attempt_of_run", "select id from attempt where run_id = $1 and number = $2")
    private static let startAttempt = Statement(
        "run_start_attempt",
        """
        update run set latest_attempt = $2, status = 7, started_at = null, stopped_at = null where id = $1
        """)

    /// A new attempt: jobs to run again as new rows, the others carried over with their result (rest.md 7).
    ///
    /// - Returns: the new rows' ids by the ids of the attempt before; nil when the run is gone.
    /// - Throws: `RerunRefusal`, with nothing changed.
    public func rerun(_ run: RunID, _ wish: RerunWish, by actor: AccountID?) throws -> [JobID: JobID]? {
        try database.transaction { tx in
            guard let locked = try lock(run, in: tx) else { return nil }
            let jobs = try JobStore.load(attempt: locked.attempt, of: run, in: tx)
            let again = try planRerun(jobs.map(\.snapshot), wish, attempts: Int(locked.attempt))
            let attempt = try insertAttempt(locked.attempt + 1, of: run, actor: actor, status: .blocked, in: tx)
            try tx.run(Self.startAttempt, .int(run.number), .int(locked.attempt + 1))
            try EventStore.append(.runRerun, run: run, actor: actor, detail: "attempt \(locked.attempt + 1)", in: tx)
            try EventStore.append(.runStatus, run: run, status: .blocked, in: tx)
            // Not asked for with the lock: a statement that waited sees the run's new row, but no attempt made meanwhile.
            let old: AttemptID = try tx.one(Self.attemptOfRun, .int(run.number), .int(locked.attempt)).value(0)
            let copies = try JobStore.copy(from: old, to: attempt, again: again, run: run, in: tx)
            try apply(.planned, to: run, in: tx)
            let idAt = Dictionary(copies.map { ($0.position, $0.job) }, uniquingKeysWith: { first, _ in first })
            return Dictionary(
                jobs.compactMap { job in idAt[job.position].map { (job.snapshot.id, $0) } },
                uniquingKeysWith: { first, _ in first })
        }
    }

    // MARK: changing a run

    private static let lockRun = Statement(
        "run_lock",
        "select latest_attempt::bigint, status from run where id = $1 for no key update")

    struct Locked {
        let attempt: Int64
        let status: Status
    }

    /// Locks the run, then its unfinished jobs by id. Taking it again in the same transaction is harmless.
    ///
    /// - Returns: nil when the run is gone.
    @discardableResult
    func lock(_ run: RunID, in tx: Transaction) throws -> Locked? {
        guard let row = try tx.first(Self.lockRun, .int(run.number)) else { return nil }
        try JobStore.lockUnfinished(of: run, in: tx)
        return Locked(attempt: row.int(0), status: try row.status(1))
    }

    /// Locks, loads, decides, applies, appends events. The only way a run changes, but for a claim.
    ///
    /// - Parameters:
    ///   - problem: in words, why the server ends a job; kept with the job.
    ///   - actor: who asked for it, when a person did.
    @discardableResult
    public func apply(
        _ event: RunEvent, to run: RunID, problem: String = "", by actor: AccountID? = nil, in tx: Transaction
    ) throws -> [RunChange] {
        guard let locked = try lock(run, in: tx) else { return [] }
        let jobs = try JobStore.load(attempt: locked.attempt, of: run, in: tx)
        let hasCondition = jobs.contains { $0.snapshot.state == .blocked && $0.snapshot.condition != nil }
        let snapshot = RunSnapshot(
            jobs: jobs.map(\.snapshot), github: hasCondition ? try githubContext(of: run, in: tx) : .null)
        let changes = try decide(snapshot, event, problem: problem)
        if event == .cancelRequested || event == .forceCancelRequested, !changes.isEmpty {
            try EventStore.append(.cancelRequested, run: run, actor: actor, in: tx)
        }
        try write(changes, to: run, jobs: jobs, endedByServer: Self.isServers(event), in: tx)
        return changes
    }

    /// Applies one event in a transaction of its own.
    @discardableResult
    public func apply(
        _ event: RunEvent, to run: RunID, problem: String = "", by actor: AccountID? = nil
    ) throws -> [RunChange] {
        try database.transaction { try apply(event, to: run, problem: problem, by: actor, in: $0) }
    }

    /// Whether the server itself ends a task by this: its runner must hear "cancelled" (runner.md 4.4).
    private static func isServers(_ event: RunEvent) -> Bool {
        switch event {
        case .job(_, .lost), .job(_, .unbuildable), .job(_, .released), .cancelRequested, .forceCancelRequested: true
        case .planned, .outputsSettled, .examined, .job: false
        }
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

    private static let lockNoWait = Statement(
        "run_lock_nowait", "select status from run where id = $1 for no key update nowait")

    /// A job of this run was claimed: running, if it was not. Waits for nobody.
    ///
    /// - Throws: `PostgresError.isLockNotAvailable` when somebody changes the run right now.
    static func start(_ run: RunID, in tx: Transaction) throws {
        try tx.run(Self.lockNoWait, .int(run.number))
        try move(run, to: .running, in: tx)
    }

    private static func move(_ run: RunID, to status: Status, in tx: Transaction) throws {
        guard try tx.first(Self.moveRun, .int(run.number), .int(status.rawValue)) != nil else { return }
        try EventStore.append(.runStatus, run: run, status: status, in: tx)
    }

    private func write(
        _ changes: [RunChange], to run: RunID, jobs: [JobStore.Loaded], endedByServer: Bool, in tx: Transaction
    ) throws {
        let loaded = Dictionary(jobs.map { ($0.snapshot.id, $0) }, uniquingKeysWith: { first, _ in first })
        var queue: QueueTail?
        for change in changes {
            switch change {
            case .move(let job, let state, let problem):
                guard let old = loaded[job] else { continue }
                var key: Int64 = 0
                if state == .waiting {
                    var tail = try queue ?? queueTail(of: old.owner, in: tx)
                    key = tail.next()
                    queue = tail
                }
                try JobStore.move(job, to: state.status, problem: problem, queueKey: key, in: tx)
                if let task = old.task, !old.snapshot.state.status.isDone {
                    // An assignment that goes back to the queue ends as cancelled: its runner, if it ever hears, must stop.
                    try TaskStore.end(
                        task, as: state == .waiting ? .cancelled : state.status, byServer: endedByServer, in: tx)
                    if state == .waiting { try RunnerStore.unspend(task, in: tx) }
                }
                try EventStore.append(
                    .jobStatus, run: run, job: job, task: old.task, status: state.status, detail: problem, in: tx)
                if state == .waiting {
                    try tx.notify(Self.waitingChannel, "\(old.labelSet) \(old.repository) \(old.owner) \(job)")
                }
            case .countReturn(let job): try JobStore.countReturn(of: job, in: tx)
            case .holdDependents(let job): try JobStore.holdDependents(of: job, in: tx)
            case .releaseDependents(let job): try JobStore.releaseDependents(of: job, in: tx)
            case .run(let status): try Self.move(run, to: status, in: tx)
            }
        }
    }

    private static let facts = Statement(
        "run_facts",
        """
        select r.id, r.number, r.latest_attempt::bigint, r.event, r.ref, r.sha, r.workflow_id, r.workflow_path,
               coalesce(u.name, 'ghost'), coalesce(t.name, u.name, 'ghost'), o.name, p.name, r.payload
          from run r join repository p on p.id = r.repository_id join account o on o.id = p.owner_id
          join attempt a on a.run_id = r.id and a.number = r.latest_attempt
          left join account u on u.id = r.actor_id left join account t on t.id = a.actor_id
         where r.id = $1
        """)

    private func githubContext(of run: RunID, in tx: Transaction) throws -> ExpressionValue {
        guard let row = try tx.first(Self.facts, .int(run.number)) else { return .null }
        let facts = RunFacts(
            run: RunID(row.int(0)), runNumber: row.int(1), attempt: row.int(2), event: row.text(3), ref: row.text(4),
            sha: row.text(5), workflowID: row.text(6), workflowPath: row.text(7), actor: row.text(8),
            triggeringActor: row.text(9), repositoryOwner: row.text(10), repositoryName: row.text(11))
        return githubValue(facts, base: settings.base, event: row.text(12))
    }

    /// Places in the queue for the jobs of one change, each behind the one before.
    private struct QueueTail {
        let now: Instant
        var last: Int64?
        let weight: Int64
        let spacingMicroseconds: Int64

        mutating func next() -> Int64 {
            let key = queueKey(now: now, ownerLast: last, spacingMicroseconds: spacingMicroseconds, weight: weight)
            last = key
            return key
        }
    }

    private static let clock = Statement(
        "transaction_clock", "select (extract(epoch from now()) * 1000000)::bigint")

    private func queueTail(of owner: AccountID, in tx: Transaction) throws -> QueueTail {
        let now = Instant(microseconds: try tx.one(Self.clock).value(0))
        let spacing = Int64(settings.fairSpacingSeconds * 1_000_000)
        let tail = spacing > 0 ? try JobStore.queueTail(of: owner, in: tx) : (weight: 1, last: nil)
        return QueueTail(now: now, last: tail.last, weight: tail.weight, spacingMicroseconds: spacing)
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
           and not exists (select 1 from job j where j.run_id = r.id and (j.status in (5, 6, 8) or j.settle_due_at is not null))
         order by r.id limit 100
        """)

    /// - Returns: runs that had to be repaired; each is a fault of ours and worth a warning.
    public func repair() throws -> [RunID] {
        var repaired: [RunID] = []
        try eachOf(database.read(Self.suspicious).map { RunID($0.int(0)) }) { run in
            let moved = try database.transaction { tx in
                let before = try lock(run, in: tx)?.status
                try apply(.examined, to: run, in: tx)
                return try lock(run, in: tx)?.status != before
            }
            if moved { repaired.append(run) }
        }
        return repaired
    }
}
