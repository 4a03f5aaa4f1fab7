import Domain

/// What was said of a commit: by a program, or by a job of the latest attempt of a run.
public struct CommitStatusView: Sendable {
    public enum Origin: Sendable, Equatable {
        /// Its target, its words, and who told it; nil: whoever did is gone.
        case told(target: String, description: String, creator: Account?)
        case job(JobID, run: RunID, Status, seconds: Int64)
    }
    /// Odd of a job, even of a program.
    public let id: Int64
    public let context: String
    public let state: CommitState
    public let origin: Origin
    /// Microseconds since 1970, as the next.
    public let createdAt: Int64
    public let updatedAt: Int64

    package init(
        id: Int64, context: String, state: CommitState, origin: Origin, createdAt: Int64, updatedAt: Int64
    ) {
        self.id = id
        self.context = context
        self.state = state
        self.origin = origin
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// Writes `commit_status`. What jobs say is read from their rows: no statement of a claim, report or plan writes it a second
/// time, and it cannot differ from them (docs/adr/0026).
public struct CommitStatusStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    public enum Order: String, CaseIterable, Sendable {
        case recentupdate, oldest, leastupdate, leastindex, highestindex

        fileprivate var sql: String {
            switch self {
            case .recentupdate: "s.updated_at desc, s.id desc"
            case .oldest, .leastupdate: "s.updated_at, s.id"
            case .leastindex: "s.created_at, s.id"
            case .highestindex: "s.created_at desc, s.id desc"
            }
        }
    }

    private static let states =
        "case j.status "
        + Status.allCases.map { "when \($0.rawValue) then '\(CommitState($0).rawValue)'" }.joined(separator: " ")
        + " else 'error' end"

    /// $1 repository, $2 commit. Of events whose runs are about another commit than the one they show nothing is told; a
    /// placeholder of jobs that are not known yet has a name that nobody will see again.
    private static let all =
        """
        select c.id * 2 as id, c.context, c.state, c.target_url, c.description, c.creator_id, c.created_at,
               c.created_at as updated_at, 0::bigint as job_id, 0::bigint as run_id, 0::bigint as status, 0::bigint as seconds,
               'told ' || c.context as key
          from commit_status c where c.repository_id = $1 and c.sha = $2
        union all
        select j.id * 2 + 1, coalesce(nullif(r.workflow_name, ''), r.workflow_id) || ' / ' || j.name || ' (' || r.event || ')',
               \(states), '', '', null::bigint, j.created_at, j.changed_at, j.id, r.id, j.status::bigint,
               coalesce(extract(epoch from j.stopped_at - j.started_at), 0)::bigint,
               'job ' || r.workflow_id || ' / ' || j.name || ' / ' || r.event
          from run r
          join attempt t on t.run_id = r.id and t.number = r.latest_attempt
          join job j on j.attempt_id = t.id
         where r.repository_id = $1 and r.sha = $2 and r.event in ('push', 'pull_request', 'release')
           and not (j.is_deferred and (j.status > 4 or j.call_scope is not null))
        """
    private static let columns =
        """
        s.id, s.context, s.state, s.target_url, s.description, s.job_id, s.run_id, s.status, s.seconds, s.created_at,
        s.updated_at, a.id is not null
        """
    private static func list(_ order: Order) -> Statement {
        Statement(
            "commit_status_list_\(order.rawValue)",
            """
            with s as materialized (\(all))
            select \(columns), \(Account.columns)
              from s left join account a on a.id = s.creator_id
             where $3::text is null or s.state = $3 order by \(order.sql) limit $4 offset $5
            """)
    }
    private static let lists = Dictionary(uniqueKeysWithValues: Order.allCases.map { ($0, list($0)) })
    private static let count = Statement(
        "commit_status_count",
        "with s as materialized (\(all)) select count(*) from s where $3::text is null or s.state = $3")
    /// The newest of each context; of a job's that of the newest run.
    private static let latest = Statement(
        "commit_status_latest",
        """
        with s as materialized (select distinct on (u.key) u.* from (\(all)) u order by u.key, u.id desc)
        select \(columns), \(Account.columns)
          from s left join account a on a.id = s.creator_id order by s.id desc limit $3 offset $4
        """)
    private static let latestStates = Statement(
        "commit_status_latest_states",
        """
        select l.state, count(*) from (select distinct on (u.key) u.state from (\(all)) u order by u.key, u.id desc) l
         group by l.state
        """)
    private static let insert = Statement(
        "commit_status_insert",
        """
        insert into commit_status (repository_id, sha, context, state, description, target_url, creator_id)
        select r.id, $2, $3, $4, $5, $6, $7 from repository r
         where r.id = $1 and r.deleted_at is null
           and (select count(*) from commit_status where repository_id = $1 and sha = $2) < $8
        returning id, created_at
        """)

    /// For the test of their plans.
    static var explained: [Statement] { lists.values.map(\.self) + [count, latest, latestStates] }

    public func list(
        of sha: String, in repository: RepositoryID, state: CommitState?, _ order: Order, _ part: ListPart
    ) throws -> [CommitStatusView] {
        try database.read(
            Self.lists[order] ?? Self.list(order), .int(repository.number), .text(sha), .optional(state?.rawValue),
            .int(part.limit), .int(part.offset)
        ).map(Self.view)
    }

    public func count(of sha: String, in repository: RepositoryID, state: CommitState?) throws -> Int64 {
        try database.readOne(
            Self.count, .int(repository.number), .text(sha), .optional(state?.rawValue)
        ).value(0)
    }

    /// The newest of each context, by the page.
    public func latest(of sha: String, in repository: RepositoryID, _ part: ListPart) throws -> [CommitStatusView] {
        try database.read(
            Self.latest, .int(repository.number), .text(sha), .int(part.limit), .int(part.offset)
        ).map(Self.view)
    }

    /// How many contexts have which state.
    public func latestStates(of sha: String, in repository: RepositoryID) throws -> [(state: CommitState, count: Int64)]
    {
        try database.read(Self.latestStates, .int(repository.number), .text(sha)).map {
            (CommitState(rawValue: $0.text(0)) ?? .error, $0.int(1))
        }
    }

    /// - Returns: its id and time; nil when the commit has as many as it may have, or the repository is gone.
    public func tell(
        _ state: CommitState, of sha: String, in repository: RepositoryID, context: String, description: String,
        target: String, by creator: AccountID?
    ) throws -> (id: Int64, at: Int64)? {
        try database.write(
            Self.insert, .int(repository.number), .text(sha), .text(context), .text(state.rawValue),
            .text(description), .text(target), .optional(creator?.number), .int(Int64(CommitStatusLimits.perCommitMax))
        ).first.map { ($0.int(0) * 2, $0.microseconds(1) ?? 0) }
    }

    private static func view(_ row: Row) throws -> CommitStatusView {
        let isJob = row.int(5) != 0
        let origin: CommitStatusView.Origin =
            isJob
            ? .job(JobID(row.int(5)), run: RunID(row.int(6)), try row.status(7), seconds: row.int(8))
            : .told(
                target: row.text(3), description: row.text(4), creator: row.bool(11) ? try Account(row, from: 12) : nil)
        return CommitStatusView(
            id: row.int(0), context: row.text(1), state: CommitState(rawValue: row.text(2)) ?? .error, origin: origin,
            createdAt: row.microseconds(9) ?? 0, updatedAt: row.microseconds(10) ?? 0)
    }
}
