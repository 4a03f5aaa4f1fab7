import Domain

/// Writes `inbox`.
public struct InboxStore: Sendable {
    /// NOTIFY channel: a row is ready to be read.
    public static let channel = "millrace_inbox"

    let database: Database
    public init(database: Database) { self.database = database }

    // MARK: hooks

    private static let announce = Statement(
        "inbox_announce",
        """
        insert into inbox (repository_id, owner_id, pusher_id, task_id, ref, before, after, push_options)
        select r.id, r.owner_id, nullif($2, 0), nullif($3, 0), u.ref, u.before, u.after, $7::text[]
          from repository r
          cross join unnest($4::text[], $5::text[], $6::text[]) with ordinality as u (ref, before, after, place)
         where r.id = $1 and r.deleted_at is null order by u.place
        returning id
        """)
    private static let confirm = Statement(
        "inbox_confirm",
        """
        update inbox i set state = 'confirmed', due_at = now()
          from (select max(n.id) as id from inbox n
                  join unnest($2::text[], $3::text[], $4::text[]) as u (ref, before, after)
                    on n.ref = u.ref and n.before = u.before and n.after = u.after
                 where n.repository_id = $1 and n.state = 'announced' group by u.ref, u.before, u.after) newest
         where i.id = newest.id and i.state = 'announced'
        """)

    public struct RefUpdate: Sendable {
        public let ref: String
        public let before: String
        public let after: String
        public init(ref: String, before: String, after: String) {
            self.ref = ref
            self.before = before
            self.after = after
        }
    }

    /// pre-receive: durable before git moves any ref. All refs of a push or none.
    ///
    /// - Parameter options: as git was given them.
    /// - Returns: false when the repository is gone.
    public func announce(
        _ updates: [RefUpdate], repository: RepositoryID, pusher: AccountID?, task: TaskID?, options: [String] = []
    ) throws -> Bool {
        try database.write(
            Self.announce, .int(repository.number), .int(pusher?.number ?? 0), .int(task?.number ?? 0),
            .texts(updates.map(\.ref)), .texts(updates.map(\.before)), .texts(updates.map(\.after)), .texts(options)
        ).count == updates.count
    }

    /// post-receive: the refs moved; readers wake when this commits.
    public func confirm(_ updates: [RefUpdate], repository: RepositoryID) throws {
        try database.transaction { tx in
            try tx.run(
                Self.confirm, .int(repository.number), .texts(updates.map(\.ref)), .texts(updates.map(\.before)),
                .texts(updates.map(\.after)))
            try tx.notify(Self.channel, String(repository.number))
        }
    }

    private static let begin = Statement(
        "inbox_begin",
        """
        insert into inbox (repository_id, owner_id, pusher_id, task_id, kind, event, state, due_at, tries, taken_at, lease_until)
        select id, owner_id, nullif($2, 0), nullif($3, 0), $4, $5::jsonb, 'confirmed', now(), 1, now(),
               now() + make_interval(secs => $6::bigint) from repository where id = $1 returning id
        """)

    /// An event that whoever tells of it reads at once, as if it had been taken. If it ends before that is done, the lease
    /// runs out and another reader takes it.
    ///
    /// - Returns: nil when the repository is gone.
    public func begin(
        _ name: EventName, payload: String, in repository: RepositoryID, by actor: AccountID?, task: TaskID?
    ) throws -> InboxEntry? {
        try database.write(
            Self.begin, .int(repository.number), .int(actor?.number ?? 0), .int(task?.number ?? 0),
            .text(name.rawValue), .text(payload), .int(InboxLimits.leaseSeconds)
        ).first.map { row in
            InboxEntry(
                id: InboxID(row.int(0)), repository: repository, pusher: actor, isByJob: task != nil,
                kind: name.rawValue, ref: "", before: "", after: "", payload: payload, isConfirmed: true, tries: 1)
        }
    }

    private static let tell = Statement(
        "inbox_tell",
        """
        insert into inbox (repository_id, owner_id, pusher_id, kind, event, state, due_at)
        select id, owner_id, $2, $3, $4::jsonb, 'confirmed', now() from repository where id = $1 returning id
        """)

    /// An event that another one brings with it.
    public struct Telling: Sendable {
        let name: EventName
        let payload: String
        public init(name: EventName, payload: String) {
            self.name = name
            self.payload = payload
        }
    }

    /// An event that a caller told, read as soon as it is committed.
    ///
    /// - Returns: false when the repository is gone.
    public func tell(_ telling: Telling, in repository: RepositoryID, by actor: AccountID?) throws -> Bool {
        try database.transaction { tx in
            guard try RepositoryStore.repository(repository, in: tx) != nil else { return false }
            _ = try Self.tell(telling.name, payload: telling.payload, in: repository, by: actor, in: tx)
            return true
        }
    }

    /// An event of the server's own, told in the transaction that makes it happen.
    static func tell(
        _ name: EventName, payload: String, in repository: RepositoryID, by actor: AccountID?, in tx: Transaction
    ) throws -> InboxID {
        let row = try tx.one(
            Self.tell, .int(repository.number), .optional(actor?.number), .text(name.rawValue), .text(payload))
        try tx.notify(Self.channel, String(repository.number))
        return InboxID(row.int(0))
    }

    /// Told only where the default branch may have a workflow that lists it, and once. A chain goes on from the event that the run
    /// is of, as long as its row is there.
    private static let tellRun = Statement(
        "inbox_tell_run",
        """
        insert into inbox (repository_id, owner_id, pusher_id, kind, event, state, due_at, once)
        select r.repository_id, p.owner_id, r.actor_id, 'workflow_run',
               jsonb_build_object(
                   'action', $2::text,
                   'chain_depth', 1 + case o.kind when 'workflow_run' then (o.event ->> 'chain_depth')::bigint else 0 end,
                   'workflow', jsonb_build_object(
                       'id', r.workflow_id, 'name', coalesce(nullif(r.workflow_name, ''), r.workflow_path),
                       'path', r.workflow_path, 'state', 'active'),
                   'workflow_run', jsonb_build_object(
                       'id', r.id, 'name', coalesce(nullif(r.workflow_name, ''), r.workflow_path),
                       'display_title', r.title, 'path', r.workflow_path, 'event', r.event, 'head_sha', r.sha,
                       'head_branch', case when r.event in ('pull_request', 'pull_request_target')
                                           then r.payload::jsonb -> 'pull_request' -> 'head' ->> 'ref'
                                           else regexp_replace(r.ref, '^refs/(heads|tags)/', '') end,
                       'status', $3::text, 'conclusion', nullif($4, ''), 'run_number', r.number,
                       'run_attempt', r.latest_attempt, 'workflow_id', r.workflow_id,
                       'html_url', format('%s/%s/%s/actions/runs/%s', $5::text, a.name, p.name, r.id),
                       'url', format('%s/api/v1/repos/%s/%s/actions/runs/%s', $5::text, a.name, p.name, r.id))),
               'confirmed', now(), format('run %s attempt %s %s', r.id, r.latest_attempt, $2::text)
          from run r join repository p on p.id = r.repository_id join account a on a.id = p.owner_id
          join schedule_set s on s.repository_id = r.repository_id and s.hears_runs
          left join inbox o on o.id = r.inbox_id
         where r.id = $1
            on conflict (once) where once is not null do nothing
        returning repository_id
        """)

    /// What became of a run, for the workflows that list `workflow_run`; told in the transaction that changes it.
    ///
    /// - Parameter base: the server's address without a slash at the end.
    static func tell(_ happening: RunHappening, of run: RunID, base: String, in tx: Transaction) throws {
        guard
            let row = try tx.first(
                tellRun, .int(run.number), .text(happening.action), .text(happening.status),
                .text(happening.conclusion), .text(base))
        else { return }
        try tx.notify(Self.channel, String(row.int(0)))
    }

    private static let handOver = Statement(
        "inbox_hand_over",
        "update inbox set owner_id = $2 where repository_id = $1 and state in ('announced', 'confirmed')")

    /// The repository has another owner, whose turn its pushes come in.
    static func handOver(of repository: RepositoryID, to owner: AccountID, in tx: Transaction) throws {
        try tx.run(handOver, .int(repository.number), .int(owner.number))
    }

    // MARK: readers

    /// Taken one after the other by all instances: who is next depends on who is being read. The number is "inbox".
    private static let takeTurn = Statement("inbox_take_turn", "select pg_advisory_xact_lock(452055267448)")
    /// The first due row of the owner, then of the repository, that waited longest; kinds that a newer server wrote are left to it. One push of a repository at a time, so
    /// that its runs come in the order of its pushes; of an owner only so many, so that nobody has all readers. Whose row is
    /// locked is passed over, not waited for with everybody's turn: a server of before 0040 holds it while git runs, and a
    /// reader while it stores the runs.
    private static let take = Statement(
        "inbox_take",
        """
        with recursive waiting as (
            (select owner_id, repository_id from inbox where state in ('announced', 'confirmed')
              order by owner_id, repository_id limit 1)
            union all
            select n.owner_id, n.repository_id from waiting w cross join lateral (
                   select owner_id, repository_id from inbox
                    where state in ('announced', 'confirmed')
                      and (owner_id, repository_id) > (w.owner_id, w.repository_id)
                    order by owner_id, repository_id limit 1) n),
        head as (
            select h.id, h.due_at,
                   (select count(*) from inbox l where l.owner_id = w.owner_id and l.lease_until > now()) as busy,
                   (select max(t.taken_at) from inbox t where t.owner_id = w.owner_id) as owner_turn,
                   (select max(t.taken_at) from inbox t where t.repository_id = w.repository_id) as repository_turn
              from waiting w cross join lateral (
                   select id, due_at from inbox
                    where owner_id = w.owner_id and repository_id = w.repository_id
                      and state in ('announced', 'confirmed') and due_at <= now() and tries < $2
                      and kind = any($4)
                    order by due_at, id limit 1) h
             where not exists (
                   select 1 from inbox l where l.owner_id = w.owner_id and l.repository_id = w.repository_id
                      and l.lease_until > now()))
        update inbox set tries = tries + 1, taken_at = now(), lease_until = now() + make_interval(secs => $1::bigint)
         where id = (select i.id from head h join inbox i on i.id = h.id where h.busy < $3
                      order by h.busy, h.owner_turn nulls first, h.repository_turn nulls first, h.due_at, h.id
                      limit 1 for update of i skip locked)
        returning id, repository_id, pusher_id, task_id is not null, kind, ref, before, after, event::text,
                  state = 'confirmed', tries::bigint, push_options
        """)
    private static let keep = Statement(
        "inbox_keep",
        """
        update inbox set lease_until = now() + make_interval(secs => $3::bigint)
         where id = $1 and tries = $2 and state in ('announced', 'confirmed') returning id
        """)
    private static let settle = Statement(
        "inbox_settle",
        """
        update inbox set state = $3, outcome = $4, lease_until = null, settled_at = now()
         where id = $1 and tries = $2 and state in ('announced', 'confirmed') returning id
        """)
    private static let postpone = Statement(
        "inbox_postpone",
        """
        update inbox set problem = $3, lease_until = null, due_at = now() + interval '1 second' * power(2, tries),
               state = case when tries >= $4 then 'quarantined' else state end,
               settled_at = case when tries >= $4 then now() end
         where id = $1 and tries = $2 and state in ('announced', 'confirmed')
        """)
    private static let giveBack = Statement(
        "inbox_give_back",
        """
        update inbox set tries = tries - 1, lease_until = null
         where id = $1 and tries = $2 and state in ('announced', 'confirmed')
        """)
    /// Their readers ended without a word, each time.
    private static let putAside = Statement(
        "inbox_put_aside",
        """
        update inbox set state = 'quarantined', settled_at = now(), lease_until = null,
               problem = case when problem = '' then 'whoever read this push ended each time before it was done' else problem end
         where id in (select id from inbox
                       where state in ('announced', 'confirmed') and tries >= $1
                         and (lease_until is null or lease_until <= now())
                       for update skip locked)
        returning id
        """)

    /// Takes one due row; nil when there is none that may be read now. Its try is counted before it is looked at.
    public func take() throws -> InboxEntry? {
        try database.transaction { tx in
            try tx.run(Self.takeTurn)
            return try tx.first(
                Self.take, .int(InboxLimits.leaseSeconds), .int(Int64(InboxLimits.triesMax)),
                .int(Int64(PlanningLimits.ownerLeasesMax)), .texts(EventName.happening.map(\.rawValue))
            ).map { row in
                InboxEntry(
                    id: InboxID(row.int(0)), repository: RepositoryID(row.int(1)),
                    pusher: row.optionalInt(2).map(AccountID.init), isByJob: row.bool(3), kind: row.text(4),
                    ref: row.text(5), before: row.text(6), after: row.text(7), payload: row.optionalText(8),
                    isConfirmed: row.bool(9), options: PushOptions(row.texts(11)), tries: row.int(10))
            }
        }
    }

    /// Asks for another lease. False: somebody else has the push now.
    public func keep(_ entry: InboxEntry) throws -> Bool {
        try !database.write(
            Self.keep, .int(entry.id.number), .int(entry.tries), .int(InboxLimits.leaseSeconds)
        ).isEmpty
    }

    /// The lease was lost: somebody else reads the push, or has read it.
    public struct TakenOver: Error { public init() {} }

    public enum Outcome: String, Sendable {
        case read, dropped
    }

    /// Makes the runs of an event and settles its row, together or not at all. A run that PostgreSQL refuses to store becomes
    /// a failed run that says so; the others of the event are made.
    ///
    /// - Parameters:
    ///   - telling: an event that it brings with it.
    ///   - hearsRuns: of a push: a workflow of its commit lists `workflow_run`, or may.
    /// - Throws: ``TakenOver``, with nothing changed.
    public func settle(
        _ entry: InboxEntry, as outcome: Outcome, _ words: String,
        runs: [(plan: PlannedRun, as: RunReservation)] = [], telling: Telling? = nil, hearsRuns: Bool = true,
        by store: RunStore
    ) throws {
        try database.transaction { tx in
            // First: with the row locked nobody takes the push over, however long it takes to store the runs.
            guard
                try tx.first(
                    Self.settle, .int(entry.id.number), .int(entry.tries), .text(outcome.rawValue), .text(words)) != nil
            else { throw TakenOver() }
            if entry.kind == EventName.push.rawValue, outcome == .read {
                // The repository before its set, as whoever changes the repository locks them.
                _ = try RepositoryStore.owner(of: entry.repository, in: tx)
                try ScheduleStore.ask(
                    of: entry.repository, moved: entry.ref, by: entry.pusher, hearsRuns: hearsRuns, in: tx)
            }
            if let telling {
                _ = try Self.tell(
                    telling.name, payload: telling.payload, in: entry.repository, by: entry.pusher, in: tx)
            }
            for run in runs {
                do {
                    _ = try tx.savepoint {
                        try store.plan(run.plan, as: run.as, inbox: entry.id, actor: entry.pusher, in: tx)
                    }
                } catch let error as PostgresError where error.isRefusedValue {
                    let problem =
                        "\(run.plan.workflowPath):1:1: a value of this file cannot be stored: \(error) [storage]"
                    _ = try tx.savepoint {
                        try store.plan(
                            run.plan.failed(problem), as: run.as, inbox: entry.id, actor: entry.pusher, in: tx)
                    }
                }
            }
        }
    }

    /// It could not be read; it is tried again later, or put aside when it was tried often enough.
    public func postpone(_ entry: InboxEntry, problem: String) throws {
        try database.write(
            Self.postpone, .int(entry.id.number), .int(entry.tries),
            .text(cut(problem.replacing("\0", with: ""), bytesMax: InboxLimits.problemBytesMax)),
            .int(Int64(InboxLimits.triesMax)))
    }

    /// PostgreSQL was away: that is not the push's fault, so the try does not count.
    public func giveBack(_ entry: InboxEntry) throws {
        try database.write(Self.giveBack, .int(entry.id.number), .int(entry.tries))
    }

    /// Puts aside what was tried often enough and is in nobody's hands.
    public func putAside() throws -> [InboxID] {
        try database.write(Self.putAside, .int(Int64(InboxLimits.triesMax))).map { InboxID($0.int(0)) }
    }

    // MARK: what was pushed meanwhile

    private static let movedSince = Statement(
        "inbox_moved_since",
        """
        select distinct on (o.ref) o.ref, o.before from inbox i
          join inbox o on o.repository_id = i.repository_id and o.created_at >= i.created_at and o.kind = 'push'
         where i.id = $1 and o.state <> 'dropped' order by o.ref, o.id
        """)

    /// Refs that this push or a later one moved, each with what it was before: the repository as the push found it.
    public func movedSince(_ entry: InboxEntry) throws -> [(ref: String, before: String)] {
        try database.read(Self.movedSince, .int(entry.id.number)).map { ($0.text(0), $0.text(1)) }
    }

    // MARK: sweeps and questions

    /// Servers of before 0040 settle without writing down when.
    private static let removeSettled = Statement(
        "inbox_remove_settled",
        """
        delete from inbox where id in (
            select id from inbox
             where state in ('read', 'dropped', 'quarantined')
               and coalesce(settled_at, created_at) < now() - make_interval(secs => $1::bigint)
               and (state in ('read', 'dropped')
                    or coalesce(settled_at, created_at) < now() - make_interval(secs => $2::bigint))
             order by coalesce(settled_at, created_at) limit $3)
        returning id
        """)

    /// - Returns: how many rows went; as many as a sweep may remove means that there are more.
    public func removeSettled() throws -> Int {
        try database.write(
            Self.removeSettled, .int(InboxLimits.settledKeptSeconds), .int(InboxLimits.quarantinedKeptSeconds),
            .int(Int64(InboxLimits.sweptMax))
        ).count
    }
}
