import Domain

/// What waits for an environment in one run, as reviewers see it.
public struct PendingDeployment: Sendable {
    public let environment: EnvironmentID
    public let name: String
    public let waitMinutes: Int64
    /// Microseconds since 1970.
    public let startedAt: Int64
    public let reviewers: [Reviewer]
    /// The one who looks may approve it.
    public let mayReview: Bool
    /// It waits for a review; else for its timer alone.
    public let needsReview: Bool
    public let jobs: [JobID]
}

/// Writes `deployment`. A row is made and reviewed with its run locked.
enum DeploymentStore {
    private static let runOf = Statement("deployment_run", "select repository_id, ref from run where id = $1")
    private static let insert = Statement(
        "deployment_insert",
        """
        insert into deployment (job_id, run_id, environment_id, name, url, needs_review, wait_until, due_at, refusal)
        select j.id, j.run_id, nullif($2, 0), $3, $4, $5, now() + make_interval(mins => $6::int),
               case when $6 > 0 then now() + make_interval(mins => $6::int) end, $7
          from job j where j.id = $1
        """)
    /// Reviewers by themselves and by their teams.
    private static let pending = Statement(
        "deployment_pending",
        """
        select d.job_id, d.environment_id, d.name, coalesce(e.prevents_self_review, false),
               array(select coalesce(v.account_id, m.account_id)::text from environment_reviewer v
                       left join team_member m on m.team_id = v.team_id
                      where v.environment_id = d.environment_id and coalesce(v.account_id, m.account_id) is not null)
          from deployment d join job j on j.id = d.job_id left join environment e on e.id = d.environment_id
         where d.run_id = $1 and j.status = 7 and d.needs_review and d.review is null and d.refusal = '' order by d.job_id
        """)
    /// Who started the latest attempt of run `$1`. What a job's token, or the end of a run, started was started by whoever started
    /// that job or run; null when nobody knows, or not any more, since rows of inbox go.
    fileprivate static let startedBy = """
        with recursive up (run_id, actor_id, depth) as (
            select r.id, coalesce(a.actor_id, r.actor_id), 0 from run r
              join attempt a on a.run_id = r.id and a.number = r.latest_attempt where r.id = $1
             union all
            select p.id, coalesce(a.actor_id, p.actor_id), u.depth + 1 from up u
              join run r on r.id = u.run_id join inbox i on i.id = r.inbox_id
              left join task t on t.id = i.task_id left join job j on j.id = t.job_id
              join run p on p.id = case when i.task_id is not null then j.run_id
                                        when i.kind = 'workflow_run' then (i.event -> 'workflow_run' ->> 'id')::bigint end
              join attempt a on a.run_id = p.id
               and case when j.id is null then a.number = p.latest_attempt else a.id = j.attempt_id end
             where u.actor_id is null and u.depth < 20)
        select actor_id from up where actor_id is not null order by depth limit 1
        """
    private static let starter = Statement("deployment_starter", startedBy)
    private static let review = Statement(
        "deployment_review",
        """
        update deployment set review = $2, reviewed_by = $3, reviewed_at = now(), comment = $4, refusal = $5
         where job_id = $1 and review is null
        """)

    static func environment(
        _ wanted: PlannedEnvironment, of run: RunID, in tx: Transaction
    ) throws -> (rules: EnvironmentRules, ref: String) {
        let row = try tx.one(runOf, .int(run.number))
        let repository = RepositoryID(row.int(0))
        if let rules = try EnvironmentStore.rules(wanted.name, in: repository, in: tx) { return (rules, row.text(1)) }
        // Nothing fits the rule, so the job fails; id 0 is none.
        return (
            EnvironmentRules(
                id: EnvironmentID(0), name: wanted.name, waitMinutes: 0, needsReview: false, branches: .custom([])),
            row.text(1)
        )
    }

    static func insert(_ deployment: PlannedDeployment, of job: JobID, in tx: Transaction) throws {
        let isMissing = deployment.environment.number == 0
        let full =
            "the repository has \(EnvironmentLimits.perRepositoryMax) environments, and \"\(deployment.name)\" is none of them; remove one"
        try tx.run(
            insert, .int(job.number), .int(deployment.environment.number), .text(deployment.name),
            .text(deployment.url), .bool(deployment.needsReview), .int(deployment.waitMinutes),
            .text(isMissing ? full : deployment.refusal))
    }

    static func pendingReviews(of run: RunID, in tx: Transaction) throws -> [PendingReview] {
        try tx.run(pending, .int(run.number)).map { row in
            PendingReview(
                job: JobID(row.int(0)), environment: EnvironmentID(row.optionalInt(1) ?? 0), name: row.text(2),
                reviewers: Set(row.texts(4).compactMap { Int64($0).map(AccountID.init) }),
                preventsSelfReview: row.bool(3))
        }
    }
    static func starter(of run: RunID, in tx: Transaction) throws -> AccountID? {
        try tx.first(starter, .int(run.number))?.optionalInt(0).map(AccountID.init)
    }
    static func review(_ job: JobID, _ given: DeploymentReview, refusal: String, in tx: Transaction) throws {
        try tx.run(
            review, .int(job.number), .text(given.state.rawValue), .int(given.reviewer.number), .text(given.comment),
            .text(refusal))
    }

    /// Jobs that waited for a review of an environment that is gone fail; the sweep of wait timers moves them.
    private static let refuseOrphans = Statement(
        "deployment_refuse_orphans",
        """
        update deployment d set refusal = 'the environment "' || d.name || '" was removed while the job waited for it', due_at = now()
          from job j
         where d.environment_id is null and d.needs_review and d.review is null and d.refusal = ''
           and j.id = d.job_id and j.status = 7
        """)

    static func refuseOrphans(in tx: Transaction) throws { try tx.run(refuseOrphans) }

    // MARK: sweep

    private static let due = Statement(
        "deployment_due",
        "select job_id, run_id, due_at::text from deployment where due_at <= now() order by due_at limit 100")
    private static let settle = Statement(
        "deployment_settle", "update deployment set due_at = null where job_id = $1 and due_at = $2::timestamptz")

    /// A job that somebody has to look at, and since when.
    struct Due {
        let job: JobID
        let run: RunID
        /// As PostgreSQL writes it, to the microsecond.
        let dueAt: String
    }

    static func due(in database: Database) throws -> [Due] {
        try database.read(due).map { Due(job: JobID($0.int(0)), run: RunID($0.int(1)), dueAt: $0.text(2)) }
    }
    /// Whoever gave it another time meanwhile wants it looked at again: `refuseOrphans`.
    static func settle(_ due: Due, in database: Database) throws {
        try database.write(settle, .int(due.job.number), .text(due.dueAt))
    }
}

extension RunStore {
    /// Starts jobs whose wait timer has run out. Each is looked at again under the locks, so any instance may do it at any time.
    public func openGates() throws {
        try eachOf(DeploymentStore.due(in: database)) { due in
            try apply(.woken, to: due.run)
            try DeploymentStore.settle(due, in: database)
        }
    }

    /// Approves or rejects what waits for environments.
    ///
    /// - Returns: the jobs that it was about; nil when the run is gone.
    /// - Throws: `ReviewRefusal`, with nothing changed.
    public func review(_ run: RunID, _ review: DeploymentReview) throws -> [PendingReview]? {
        try database.transaction { try script(in: $0).review(run, review) }
    }
}

/// Reads only.
public struct DeploymentQueries: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    /// `$2`: who looks.
    private static let ofRun = Statement(
        "deployment_of_run",
        """
        select d.environment_id, d.name, coalesce(e.wait_minutes, 0), min(d.created_at),
               array(select case when v.team_id is null then 'account ' || v.account_id || ' ' || a.name
                                 else 'team ' || v.team_id || ' ' || t.name end
                       from environment_reviewer v left join account a on a.id = v.account_id left join team t on t.id = v.team_id
                      where v.environment_id = d.environment_id order by v.position),
               exists (select 1 from environment_reviewer v left join team_member m on m.team_id = v.team_id
                        where v.environment_id = d.environment_id and coalesce(v.account_id, m.account_id) = $2)
                   and not (coalesce(bool_or(e.prevents_self_review), false)
                            and coalesce((\(DeploymentStore.startedBy)) = $2, true)),
               bool_or(d.needs_review and d.review is null), array_agg(d.job_id::text order by d.job_id)
          from deployment d join job j on j.id = d.job_id left join environment e on e.id = d.environment_id
         where d.run_id = $1 and j.status = 7 and d.refusal = '' and (d.needs_review and d.review is null or d.wait_until > now())
           and d.environment_id is not null
         group by d.environment_id, d.name, e.wait_minutes order by d.environment_id
        """)

    /// Environments that jobs of the run wait for.
    public func pending(of run: RunID, seenBy account: AccountID?) throws -> [PendingDeployment] {
        try database.read(Self.ofRun, .int(run.number), .int(account?.number ?? 0)).map { row in
            PendingDeployment(
                environment: EnvironmentID(row.int(0)), name: row.text(1), waitMinutes: row.int(2),
                startedAt: row.microseconds(3) ?? 0, reviewers: row.texts(4).compactMap(EnvironmentStore.reviewer),
                mayReview: row.bool(5) && row.bool(6), needsReview: row.bool(6),
                jobs: row.texts(7).compactMap { Int64($0).map(JobID.init) })
        }
    }
}
