import Domain

/// Writes `job` and `label_set`; called with the locks of DESIGN section 2 held.
enum JobStore {
    /// The ids of label sets, made where they are missing; in one order, so that two plans never wait for each other. A set
    /// that another transaction makes meanwhile is not seen by this statement, but by the next.
    private static let internLabels = Statement(
        "label_set_intern",
        """
        with wanted as (
            select coalesce(array_agg(w.label order by w.place) filter (where w.label is not null), array[]::text[]) as labels
              from generate_series(1, $3::bigint) as s (number)
              left join unnest($1::text[], $2::bigint[]) with ordinality as w (label, number, place) using (number)
             group by s.number),
             fresh as (insert into label_set (labels) select labels from wanted order by labels
                           on conflict (labels) do nothing returning id, labels),
             there as (select s.id, s.labels from label_set s where s.labels in (select labels from wanted)
                        order by s.labels for key share of s)
        select id, labels from fresh union all select id, labels from there
        """)
    /// All jobs of a plan; lists of one job come as text, since arrays of arrays have one length.
    private static let insert = Statement(
        "job_insert",
        """
        insert into job (run_id, attempt_id, repository_id, owner_id, key, name, position, needs, label_set_id,
                         condition, continue_on_error, has_outputs, timeout_seconds, step_names, definition, payload,
                         id_token, token_permissions, status, is_deferred, fail_fast, max_parallel, concurrency,
                         environment)
        select $1, $2, $3, $4, u.key, u.name, $17 + u.place - 1, u.needs::text[], u.label_set_id, nullif(u.condition, ''),
               u.flags & 1 > 0, u.flags & 2 > 0, nullif(u.timeout_seconds, 0), u.step_names::text[],
               nullif(u.definition, ''), u.payload, u.flags & 4 > 0, u.token_permissions, $16,
               u.flags & 8 > 0, u.flags & 16 = 0, nullif(u.max_parallel, 0), nullif(u.concurrency, ''), nullif(u.environment, '')
          from unnest($5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::bigint[], $11::bigint[],
                      $12::text[], $13::text[], $14::text[], $15::text[], $18::bigint[], $19::text[], $20::text[])
               with ordinality as u (key, name, needs, label_set_id, condition, flags, timeout_seconds, step_names,
                                     definition, payload, token_permissions, max_parallel, concurrency, environment, place)
         order by u.place
        returning id, status, position
        """)
    /// A rerun's rows: those of `$3` start anew, the others carry over result, task, steps and log (rest.md 7), and the wait
    /// for late outputs, which hold up dependents in this attempt as in the one before (runner.md 4.6).
    private static let copy = Statement(
        "job_copy",
        """
        insert into job (run_id, attempt_id, repository_id, owner_id, key, name, position, needs, label_set_id,
                         condition, continue_on_error, has_outputs, timeout_seconds, step_names, definition, is_deferred, payload,
                         id_token, token_permissions, fail_fast, max_parallel, concurrency, environment, status, problem, is_given_up,
                         task_id, queued_at, queue_key, started_at, stopped_at, settle_due_at, copied_from, caller_id, call_scope,
                         call_outputs)
        select run_id, $2, repository_id, owner_id, key, name, position, needs, label_set_id,
               condition, continue_on_error, has_outputs, timeout_seconds, step_names, definition, is_deferred, payload, id_token,
               token_permissions, fail_fast, max_parallel, concurrency, environment,
               case when again or resumed then $4 else status end,
               case when again or resumed then '' else problem end, is_given_up and not again and not resumed,
               case when not again then task_id end, case when not again then queued_at end,
               case when not again then queue_key end, case when not again then started_at end,
               case when not again and not resumed then stopped_at end, case when not again then settle_due_at end,
               case when not again then coalesce(copied_from, id) end, caller_id, case when not again then call_scope end,
               case when not again and not resumed then call_outputs end
          from (select *, id = any($3) as again, id = any($5) as resumed from job
                 where attempt_id = $1 and not id = any($6)) old
         order by id
        returning id, status, position
        """)
    /// Inserts the jobs of an attempt, in the order of the plan.
    static func insert(
        _ jobs: [PlannedJob], run: RunID, attempt: AttemptID, repository: RepositoryID, owner: AccountID,
        status: Status, in tx: Transaction
    ) throws -> [NewJob] {
        try insert(
            jobs, labelSets: try labelSets(of: jobs, in: tx), from: 0, run: run, attempt: attempt,
            repository: repository, owner: owner, status: status, in: tx)
    }

    /// - Parameter first: the position of the first of them.
    private static func insert(
        _ jobs: some Collection<PlannedJob>, labelSets: some Collection<Int64>, from first: Int64, run: RunID,
        attempt: AttemptID, repository: RepositoryID, owner: AccountID, status: Status, in tx: Transaction
    ) throws -> [NewJob] {
        let flags = jobs.map { job -> Int64 in
            (job.continueOnError ? 1 : 0) + (job.hasOutputs ? 2 : 0) + (job.mayIdentify ? 4 : 0)
                + (job.isDeferred ? 8 : 0) + (job.strategy.failFast ? 0 : 16)
        }
        let rows = try tx.run(
            Self.insert, .int(run.number), .int(attempt.number), .int(repository.number), .int(owner.number),
            .texts(jobs.map(\.key)), .texts(jobs.map(\.name)), .texts(jobs.map { Value.literal($0.needs) }),
            .ints(Array(labelSets)), .texts(jobs.map { $0.condition ?? "" }), .ints(flags),
            .ints(jobs.map { $0.timeoutSeconds ?? 0 }), .texts(jobs.map { Value.literal($0.stepNames) }),
            .texts(jobs.map { $0.definition ?? "" }), .texts(jobs.map(\.payload)),
            .texts(jobs.map(\.permissions.stored)), .int(status.rawValue), .int(first),
            .ints(jobs.map { $0.strategy.maxParallel ?? 0 }), .texts(jobs.map { $0.concurrency?.stored ?? "" }),
            .texts(jobs.map { $0.environment?.stored ?? "" }))
        return try rows.map { NewJob(JobID($0.int(0)), status: try $0.status(1), position: $0.int(2)) }
    }

    /// Where the legs of a deferred job go: its attempt, and the position behind the last job.
    private static let expansionPlace = Statement(
        "job_expansion_place",
        """
        select j.run_id, j.attempt_id, max(o.position)::bigint + 1 from job j join job o on o.attempt_id = j.attempt_id
         where j.id = $1 group by j.id
        """)
    private static let becomeLeg = Statement(
        "job_become_leg",
        """
        update job set name = $2, label_set_id = $3, continue_on_error = $4, has_outputs = $5, timeout_seconds = $6,
               step_names = $7, definition = $8, payload = $9, id_token = $10, token_permissions = $11, fail_fast = $12,
               max_parallel = $13, concurrency = $14, is_deferred = $15, environment = $16
         where id = $1
        """)

    /// A deferred job becomes the first of its legs; the others are inserted behind the attempt's jobs, blocked.
    static func expand(_ job: LoadedJob, into legs: [PlannedJob], in tx: Transaction) throws -> [LoadedJob] {
        let sets = try labelSets(of: legs, in: tx)
        guard let first = legs.first, let set = sets.first else { return [] }
        let (run, attempt, place) = try tx.one(Self.expansionPlace, .int(job.snapshot.id.number)).decode(
            (RunID, AttemptID, Int64).self)
        try tx.run(
            Self.becomeLeg, .int(job.snapshot.id.number), .text(first.name), .int(set), .bool(first.continueOnError),
            .bool(first.hasOutputs), .optional(first.timeoutSeconds), .texts(first.stepNames),
            .optional(first.definition), .text(first.payload), .bool(first.mayIdentify),
            .text(first.permissions.stored),
            .bool(first.strategy.failFast), .optional(first.strategy.maxParallel), .optional(first.concurrency?.stored),
            .bool(first.isDeferred), .optional(first.environment?.stored))
        let made =
            legs.count == 1
            ? []
            : try insert(
                legs.dropFirst(), labelSets: sets.dropFirst(), from: place, run: run, attempt: attempt,
                repository: job.repository, owner: job.owner, status: job.snapshot.state.status, in: tx)
        if let caller = job.snapshot.caller { try setCaller(caller, of: made, in: tx) }
        let ids = [(job.snapshot.id, job.position)] + made.map { ($0.job, $0.position) }
        return zip(zip(legs, sets), ids).map { leg, row in
            LoadedJob(
                snapshot: leg.0.snapshot(row.0), task: nil, queueKey: nil, labelSet: leg.1, repository: job.repository,
                owner: job.owner, position: row.1)
        }
    }

    private static let setCaller = Statement(
        "job_set_caller", "update job set caller_id = $1 where id = any($2)")
    private static let setScope = Statement("job_set_call_scope", "update job set call_scope = $2 where id = $1")
    private static let setOutputs = Statement("job_set_call_outputs", "update job set call_outputs = $2 where id = $1")
    /// Who called them is a row of the new attempt too, in the same position.
    private static let copyCallers = Statement(
        "job_copy_callers",
        """
        update job c set caller_id = n.id from job o join job n on n.attempt_id = $2 and n.position = o.position
         where c.attempt_id = $2 and o.attempt_id = $1 and o.id = c.caller_id
        """)
    private static func setCaller(_ caller: JobID, of jobs: [NewJob], in tx: Transaction) throws {
        try tx.run(setCaller, .int(caller.number), .ints(jobs.map(\.job.number)))
    }

    /// What a job calls is inserted behind the attempt's jobs.
    static func call(
        _ jobs: [PlannedJob], from caller: LoadedJob, _ scope: CallScope, status: Status, in tx: Transaction
    ) throws -> [NewJob] {
        let id = caller.snapshot.id
        let (run, attempt, place) = try tx.one(Self.expansionPlace, .int(id.number)).decode(
            (RunID, AttemptID, Int64).self)
        let made = try insert(
            jobs, labelSets: try labelSets(of: jobs, in: tx), from: place, run: run, attempt: attempt,
            repository: caller.repository, owner: caller.owner, status: status, in: tx)
        try setCaller(id, of: made, in: tx)
        try tx.run(Self.setScope, .int(id.number), .text(scope.stored))
        return made
    }

    static func put(_ outputs: [JobOutput], ofCall job: JobID, in tx: Transaction) throws {
        try tx.run(Self.setOutputs, .int(job.number), .text(CallScope.stored(outputs)))
    }

    /// The label set of each job.
    private static func labelSets(of jobs: [PlannedJob], in tx: Transaction) throws -> [Int64] {
        let wanted = jobs.map { Array(Set($0.runsOn)).sorted() }
        let sets = Array(Set(wanted))
        let numbers = sets.indices.flatMap { index in sets[index].map { _ in Int64(index + 1) } }
        var ids: [[String]: Int64] = [:]
        // What the first look misses, another transaction made just now.
        for _ in 0..<2 where ids.count < sets.count {
            let found = try tx.run(
                Self.internLabels, .texts(sets.flatMap { $0 }), .ints(numbers), .int(Int64(sets.count)))
            for row in found { ids[row.texts(1)] = row.int(0) }
        }
        return try wanted.map { labels in
            guard let id = ids[labels] else { throw NoRow(statement: Self.internLabels.name) }
            return id
        }
    }

    static func copy(
        from old: AttemptID, to new: AttemptID, _ plan: RerunPlan, status: Status, in tx: Transaction
    ) throws -> [NewJob] {
        let made = try tx.run(
            Self.copy, .int(old.number), .int(new.number), .ints(plan.again.map(\.number)), .int(status.rawValue),
            .ints(plan.resumed.map(\.number)), .ints(plan.dropped.map(\.number))
        ).map { NewJob(JobID($0.int(0)), status: try $0.status(1), position: $0.int(2)) }
        try tx.run(Self.copyCallers, .int(old.number), .int(new.number))
        return made
    }

    private static let lockUnfinished = Statement(
        "job_lock_unfinished", "select id from job where run_id = $1 and status > 4 order by id for no key update")
    static func lockUnfinished(of run: RunID, in tx: Transaction) throws {
        try tx.run(Self.lockUnfinished, .int(run.number))
    }

    /// Of the columns `group_name`, `group_cancels` and `group_queues`.
    static func planned(_ row: Row, at first: Int) -> PlannedGroup? {
        guard let name = row.optionalText(first) else { return nil }
        var group = PlannedGroup(name: name, cancelsInProgress: row.bool(first + 1))
        group.queuesAll = row.bool(first + 2)
        return group
    }

    // MARK: concurrency groups

    private static let want = Statement(
        "job_want_group", "update job set group_name = $2, group_cancels = $3, group_queues = $4 where id = $1")
    private static let wish = Statement(
        "job_group_wish",
        """
        select group_name, group_cancels, group_queues, run_id, repository_id
          from job where id = $1 and status = 7 and group_name is not null and group_id is null
        """)
    private static let enterGroup = Statement(
        "job_enter_group", "update job set group_id = $2, group_turn = $3 where id = $1")
    private static let holdGroup = Statement("job_hold_group", "update job set group_held = true where id = $1")

    static func want(_ group: PlannedGroup, _ job: JobID, in tx: Transaction) throws {
        try tx.run(
            want, .int(job.number), .text(group.name), .bool(group.cancelsInProgress), .bool(group.queuesAll))
    }
    static func wish(of job: JobID, in tx: Transaction) throws -> GroupWish? {
        guard let row = try tx.first(wish, .int(job.number)), let group = planned(row, at: 0) else { return nil }
        return GroupWish(run: RunID(row.int(3)), repository: RepositoryID(row.int(4)), group: group)
    }
    static func enter(_ job: JobID, _ entry: GroupEntry, in tx: Transaction) throws {
        try tx.run(enterGroup, .int(job.number), .int(entry.group.number), .int(entry.turn))
    }
    static func hold(_ job: JobID, in tx: Transaction) throws { try tx.run(holdGroup, .int(job.number)) }

    private static let move = Statement(
        "job_move",
        """
        update job set status = $2, changed_at = now(), problem = case when $3 = '' then problem else $3 end,
               queued_at = case when $2 = 5 then coalesce(queued_at, now()) else queued_at end,
               queue_key = $4, task_id = $5,
               started_at = case when $2 = 5 then null else started_at end,
               stopped_at = case when $2 <= 4 then now() else stopped_at end
         where id = $1
        """)
    private static let ownerLast = Statement(
        "job_queue_last",
        """
        select a.queue_weight::bigint, (select max(queue_key) from job where owner_id = $1 and status = 5)
          from account a where a.id = $1
        """)
    private static let hold = Statement(
        "job_hold_dependents", "update job set settle_due_at = now() + interval '10 seconds' where id = $1")
    private static let release = Statement(
        "job_release_dependents", "update job set settle_due_at = null where id = $1")
    private static let giveUp = Statement("job_give_up", "update job set is_given_up = true where id = $1")
    private static let countReturn = Statement(
        "job_count_return", "update job set returns = returns + 1 where id = $1")

    static func move(_ job: JobID, _ move: JobMove, in tx: Transaction) throws {
        try tx.run(
            Self.move, .int(job.number), .int(move.status.rawValue), .text(move.problem), .optional(move.queueKey),
            .optional(move.task?.number))
    }
    static func holdDependents(of job: JobID, in tx: Transaction) throws { try tx.run(Self.hold, .int(job.number)) }
    static func releaseDependents(of job: JobID, in tx: Transaction) throws {
        try tx.run(Self.release, .int(job.number))
    }
    static func giveUp(_ job: JobID, in tx: Transaction) throws { try tx.run(Self.giveUp, .int(job.number)) }
    static func countReturn(of job: JobID, in tx: Transaction) throws {
        try tx.run(Self.countReturn, .int(job.number))
    }

    private static let clock = Statement(
        "transaction_clock", "select (extract(epoch from now()) * 1000000)::bigint")

    /// - Parameter spacingSeconds: 0 for oldest first; then nobody asks who stands last.
    static func queueTail(of owner: AccountID, spacingSeconds: Double, in tx: Transaction) throws -> QueueTail {
        let now = Instant(microseconds: try tx.one(Self.clock).value(0))
        let spacing = Int64(spacingSeconds * 1_000_000)
        let row = spacing > 0 ? try tx.first(Self.ownerLast, .int(owner.number)) : nil
        return QueueTail(
            now: now, last: row?.optionalInt(1), weight: row?.int(0) ?? 1, spacingMicroseconds: spacing)
    }

    // MARK: claims

    private static let assign = Statement(
        "job_assign",
        "update job set status = $3, task_id = $2, started_at = now(), changed_at = now() where id = $1")

    static func assign(_ job: JobID, to task: TaskID, status: Status, in tx: Transaction) throws {
        try tx.run(Self.assign, .int(job.number), .int(task.number), .int(status.rawValue))
    }

    // MARK: sweeps

    private static let settleDue = Statement(
        "job_settle_due", "select id, run_id from job where settle_due_at <= now() order by id limit 100")
    /// Waiting for a runner too long, or blocked in a run in which nothing else may still end. A run or a job that waits for its
    /// concurrency group may wait as long as who holds it takes.
    private static let abandoned = Statement(
        "job_abandoned",
        """
        select id, run_id from job j
         where status in (5, 7) and changed_at < now() - make_interval(secs => $1::bigint)
           and (status = 5 or not exists (select 1 from deployment d join job o on o.id = d.job_id
                                           where d.run_id = j.run_id and o.status = 7)
                and not exists (select 1 from job o where o.run_id = j.run_id
                                             and (o.status = 5 or o.status in (6, 8) and not o.is_deferred
                                                  or o.status = 7 and o.group_name is not null))
                and exists (select 1 from run r where r.id = j.run_id
                               and (r.group_id is null or r.held_attempt = r.latest_attempt)
                               and (not r.needs_approval or r.approved_at is not null)))
         order by changed_at limit 100
        """)

    static func settleDue(in database: Database) throws -> [(job: JobID, run: RunID)] {
        try database.read(Self.settleDue).map { (JobID($0.int(0)), RunID($0.int(1))) }
    }
    static func abandoned(after seconds: Int64, in database: Database) throws -> [(job: JobID, run: RunID)] {
        try database.read(Self.abandoned, .int(seconds)).map { (JobID($0.int(0)), RunID($0.int(1))) }
    }

    // MARK: another owner of the repository

    /// In the order in which a change of a run locks them.
    private static let handOver = Statement(
        "job_hand_over",
        """
        update job set owner_id = $2
         where id in (select id from job where repository_id = $1 and status > 4 order by id for no key update)
        """)
    private static let handOverFinished = Statement(
        "job_hand_over_finished",
        """
        update job set owner_id = $2
         where id in (select id from job where repository_id = $1 and owner_id <> $2 order by id limit 1000 for no key update)
        returning id
        """)

    /// Runners of the new owner take what waits.
    static func handOver(of repository: RepositoryID, to owner: AccountID, in tx: Transaction) throws {
        try tx.run(handOver, .int(repository.number), .int(owner.number))
    }
    /// - Returns: false when nothing is left to do.
    static func handOverFinished(
        of repository: RepositoryID, to owner: AccountID, in database: Database
    ) throws -> Bool {
        try !database.write(handOverFinished, .int(repository.number), .int(owner.number)).isEmpty
    }
}
