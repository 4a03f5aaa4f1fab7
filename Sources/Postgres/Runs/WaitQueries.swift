import Domain

/// Whose waiting jobs are counted.
public enum QueuePlace: Sendable {
    case repository(RepositoryID)
    case owner(AccountID)
    case repositories([RepositoryID])
    case everything
}

/// Reads what explains a wait: the facts that the rules of Domain/Runs/WhyWaiting.swift judge.
public struct WaitQueries: Sendable {
    /// Runners looked at for one explanation; a site with more still gets a true, if not the nearest, answer.
    static let runnersMax: Int64 = 5000
    static let kindsMax: Int64 = 1000

    let database: Database
    public init(database: Database) { self.database = database }

    private static let jobs = Statement(
        "wait_jobs",
        """
        select j.id, j.status, j.repository_id, j.owner_id, l.labels, j.problem, coalesce(n.name, ''),
               array(select distinct d.key from job d where d.attempt_id = j.attempt_id and d.caller_id is not distinct from j.caller_id
                        and d.key = any(j.needs)
                        and (d.status > 4 or d.settle_due_at is not null) order by d.key),
               case when j.status = 5 then
                   (select count(*) from (
                       select 1 from job q where q.status = 5 and q.label_set_id = j.label_set_id
                          and (q.queue_key, q.id) < (j.queue_key, j.id) limit \(WaitingJob.aheadMax)) ahead) else 0 end,
               case when r.held_attempt is distinct from r.latest_attempt then coalesce(nullif(g.shown, ''), g.name) end,
               (select h.number from run h
                 where h.group_id = g.id and h.status > 4 and h.group_turn is not null and h.held_attempt = h.latest_attempt limit 1),
               r.cancelled_attempt is not distinct from r.latest_attempt, r.needs_approval and r.approved_at is null,
               (select array[h.name, s.number::text] from job h join run s on s.id = h.run_id
                 where h.group_id = g.id and h.status > 4 and h.group_held limit 1),
               case when j.status = 7 and not j.group_held then j.group_name end,
               (select h.number from run h
                 where h.group_id = j.group_id and h.status > 4 and h.group_turn is not null and h.held_attempt = h.latest_attempt
                 limit 1),
               (select array[h.name, s.number::text] from job h join run s on s.id = h.run_id
                 where h.group_id = j.group_id and h.status > 4 and h.group_held limit 1),
               case when j.status = 7 and j.group_name is null then j.max_parallel::bigint end,
               case when j.status = 7 and j.group_name is null and j.max_parallel is not null then
                   array(select s.name from job s where s.attempt_id = j.attempt_id and s.key = j.key
                            and s.caller_id is not distinct from j.caller_id
                            and (s.status in (5, 6, 8) or s.status = 7 and s.group_name is not null) order by s.id) end,
               case when j.is_deferred and j.status in (6, 8) then
                   array(select c.name from job c where c.attempt_id = j.attempt_id and c.caller_id = j.id and c.status > 4
                          order by c.id) end,
               case when j.status = 7 and d.refusal = '' then d.name end, d.needs_review and d.review is null,
               array(select case when v.team_id is null then c.name else 'team ' || m.name end
                       from environment_reviewer v left join account c on c.id = v.account_id left join team m on m.id = v.team_id
                      where v.environment_id = d.environment_id order by v.position),
               case when d.wait_until > now() then d.wait_until end
          from job j join run r on r.id = j.run_id left join concurrency_group g on g.id = r.group_id join label_set l on l.id = j.label_set_id
          left join task t on t.id = j.task_id left join runner n on n.id = t.runner_id left join deployment d on d.job_id = j.id
         where j.repository_id = $1 and j.id = any($2)
        """)
    private static let runnerColumns =
        """
        select n.id, n.name, n.owner_id, n.repository_id, n.labels, n.disabled, n.spent_at is not null, n.last_online,
               (select count(*) from task t where t.runner_id = n.id and t.status in (6, 8)),
               (extract(epoch from now()) * 1000000)::bigint
          from runner n
        """
    private static let runners = Statement("wait_runners", "\(runnerColumns) order by n.id limit $1")
    private static let some = Statement("wait_some_runners", "\(runnerColumns) where n.id = any($1)")
    private static let kinds = Statement(
        "wait_kinds",
        """
        select j.repository_id, j.owner_id, l.labels, count(*)
          from job j join label_set l on l.id = j.label_set_id where j.status = 5
         group by 1, 2, 3 order by 4 desc limit $1
        """)

    /// Why a job of this repository does not run, or what it does; nil when there is no such job.
    public func why(job: JobID, in repository: RepositoryID) throws -> Reason? {
        try why(jobs: [job], in: repository)[job]
    }

    /// For a whole run at once: what there is to know of runners is the same for all its jobs.
    public func why(jobs: [JobID], in repository: RepositoryID) throws -> [JobID: Reason] {
        guard !jobs.isEmpty else { return [:] }
        let rows = try database.read(Self.jobs, .int(repository.number), .ints(jobs.map(\.number)))
        let isAnyWaiting = rows.contains { [.waiting, .blocked].contains(Status(rawValue: $0.int(1))) }
        let runners = isAnyWaiting ? try database.read(Self.runners, .int(Self.runnersMax)) : []
        let facts = runners.map(Self.facts)
        let now = Instant(microseconds: runners.first?.int(9) ?? 0)
        return try rows.reduce(into: [:]) { reasons, row in
            reasons[JobID(row.int(0))] = try Self.reason(row, runners: facts, now: now)
        }
    }

    private static func reason(_ row: Row, runners: [RunnerFacts], now: Instant) throws -> Reason {
        let status = try row.status(1)
        switch status {
        case .success, .failure, .cancelled, .skipped:
            return Reason(.done, row.text(5).isEmpty ? "it ended: \(status)" : row.text(5))
        case .running where !row.isNull(19), .cancelling where !row.isNull(19): return whyCalling(row.texts(19))
        case .running: return Reason(.running, "it runs on \"\(row.text(6))\"")
        case .cancelling: return Reason(.running, "\"\(row.text(6))\" was told to stop it")
        case .waiting, .blocked:
            var job = WaitingJob(
                repository: RepositoryID(row.int(2)), owner: AccountID(row.int(3)), labels: row.texts(4),
                unfinishedNeeds: row.texts(7), group: group(row, name: 9, run: 10, job: 13),
                awaitsApproval: row.bool(12), isCleanUp: row.bool(11), ahead: row.int(8))
            job.ownGroup = group(row, name: 14, run: 15, job: 16)
            if let most = row.optionalInt(17), row.texts(18).count >= most {
                job.slots = AwaitedSlot(maxParallel: most, legs: row.texts(18))
            }
            if let environment = row.optionalText(20) {
                job.environment = AwaitedEnvironment(
                    name: environment, reviewers: row.bool(21) ? row.texts(22) : nil,
                    waitsUntil: row.isNull(23) ? nil : clockText(row.microseconds(23)))
            }
            return whyWaiting(job, runners: runners, now: now)
        }
    }

    /// - Parameters: numbers of the columns with the group's name, with the run that holds it, and with the job that does.
    private static func group(_ row: Row, name: Int, run: Int, job: Int) -> AwaitedGroup? {
        guard let group = row.optionalText(name) else { return nil }
        guard !row.isNull(job), let holder = row.texts(job).first else {
            return AwaitedGroup(name: group, holder: row.optionalInt(run))
        }
        var found = AwaitedGroup(name: group, holder: row.texts(job).last.flatMap { Int64($0) })
        found.holderJob = holder
        return found
    }

    /// Why a runner is idle, or what it does; nil when there is no such runner.
    public func why(runner: RunnerID) throws -> Reason? { try why(runners: [runner])[runner] }

    public func why(runners: [RunnerID]) throws -> [RunnerID: Reason] {
        let rows = try database.read(Self.some, .ints(runners.map(\.number)))
        guard !rows.isEmpty else { return [:] }
        let kinds = try database.read(Self.kinds, .int(Self.kindsMax)).map {
            WaitingKind(
                repository: RepositoryID($0.int(0)), owner: AccountID($0.int(1)), labels: $0.texts(2), count: $0.int(3))
        }
        return rows.reduce(into: [:]) { reasons, row in
            reasons[RunnerID(row.int(0))] = whyIdle(
                Self.facts(row), waiting: kinds, now: Instant(microseconds: row.int(9)))
        }
    }

    /// Waiting jobs by set of labels, the deepest queue first; each set's are counted in the order of an index, up to
    /// `ListLimits.countedMax`.
    static func queueList(_ place: QueuePlace) -> (statement: Statement, values: [Value]) {
        var conditions = ListConditions("queue_list")
        switch place {
        case .repository(let id): conditions.add("of_repository", .int(id.number)) { "j.repository_id = \($0)" }
        case .owner(let id): conditions.add("of_owner", .int(id.number)) { "j.owner_id = \($0)" }
        case .repositories(let ids):
            conditions.add("of_repositories", .ints(ids.map(\.number))) { "j.repository_id = any(\($0))" }
        case .everything: break
        }
        conditions.add("waiting", "j.status = 5 and j.label_set_id = l.id")
        let jobs = "from job j where \(conditions.all) order by j.queue_key, j.id"
        return (
            Statement(
                conditions.name,
                """
                select l.labels, c.waiting, o.repository_id, o.owner_id, o.queued_at, (extract(epoch from now()) * 1000000)::bigint
                  from label_set l
                 cross join lateral (select j.repository_id, j.owner_id, j.queued_at \(jobs) limit 1) o
                 cross join lateral (
                     select count(*) as waiting from (select 1 \(jobs) limit \(ListLimits.countedMax + 1)) w) c
                 order by c.waiting desc, l.id limit \(kindsMax)
                """), conditions.values
        )
    }

    // One step in the index for each repository, however many jobs wait there.
    private static let waiting = Statement(
        "wait_repositories",
        """
        with recursive found (id, seen) as (
            (select repository_id, 1 from job where status = 5 order by repository_id limit 1)
            union all
            select (select j.repository_id from job j where j.status = 5 and j.repository_id > found.id
                     order by j.repository_id limit 1), seen + 1
              from found where found.id is not null and seen < $1)
        select id from found where id is not null
        """)

    /// Repositories with jobs that wait for a runner, so many at most.
    public func waitingRepositories(limit: Int64 = 1_000) throws -> [RepositoryID] {
        try database.read(Self.waiting, .int(limit)).map { RepositoryID($0.int(0)) }
    }

    public func queue(_ place: QueuePlace) throws -> [QueueDepth] {
        let list = Self.queueList(place)
        let rows = try database.read(list.statement, all: list.values)
        guard !rows.isEmpty else { return [] }
        let runners = try database.read(Self.runners, .int(Self.runnersMax)).map(Self.facts)
        return try rows.map { row in
            let (labels, waiting, repository, owner, oldest, now) = try row.decode(
                ([String], Int64, RepositoryID, AccountID, Instant, Int64).self)
            return QueueDepth(
                WaitingJob(repository: repository, owner: owner, labels: labels),
                waiting: min(waiting, ListLimits.countedMax), isWhole: waiting <= ListLimits.countedMax,
                oldest: oldest, runners: runners, now: Instant(microseconds: now))
        }
    }

    private static func facts(_ row: Row) -> RunnerFacts {
        RunnerFacts(
            name: row.text(1),
            scope: RunnerScope(
                owner: row.optionalInt(2).map(AccountID.init), repository: row.optionalInt(3).map(RepositoryID.init)),
            labels: row.texts(4), isDisabled: row.bool(5), isSpent: row.bool(6), lastOnline: row.instant(7),
            liveTasks: row.int(8))
    }
}
