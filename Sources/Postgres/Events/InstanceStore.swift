import Domain

/// A server by its own word.
public struct InstanceView: Sendable, Equatable {
    public let name: String
    public let startedAt: Instant
    public let seenAt: Instant
    /// By name, with the error of the last turn; "" when it went well.
    public let sweeps: [(name: String, problem: String)]

    public static func == (left: InstanceView, right: InstanceView) -> Bool {
        left.name == right.name && left.startedAt == right.startedAt && left.seenAt == right.seenAt
            && left.sweeps.elementsEqual(right.sweeps) { $0 == $1 }
    }
}

/// What there is of everything, for whoever looks after the server.
public struct InstanceCounts: Sendable, Equatable {
    public let people: Int64
    public let disabled: Int64
    public let organizations: Int64
    public let repositories: Int64
    public let runnersOnline: Int64
    public let runners: Int64
    public let databaseBytes: Int64
    public let sessions: Int64
}

/// Writes `instance`, and counts what there is.
public struct InstanceStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let tell = Statement(
        "instance_tell",
        """
        insert into instance (name, started_at, seen_at, sweeps) values ($1, to_timestamp($2 / 1e6), now(), $3)
        on conflict (name) do update set started_at = excluded.started_at, seen_at = excluded.seen_at, sweeps = excluded.sweeps
        """)
    private static let forget = Statement(
        "instance_forget", "delete from instance where seen_at < now() - interval '1 day'")
    private static let list = Statement(
        "instance_list", "select name, started_at, seen_at, sweeps from instance order by name limit 100")
    private static let counts = Statement(
        "instance_counts",
        """
        select (select count(*) from account where not is_org),
               (select count(*) from account where not is_org and (prohibit_login or not is_active)),
               (select count(*) from account where is_org),
               (select count(*) from repository where deleted_at is null),
               (select count(*) from runner where not disabled and last_online > now() - make_interval(secs => $1)),
               (select count(*) from runner),
               pg_database_size(current_database()),
               (select count(*) from session where expires_at > now())
        """)
    private static let unfinished = Statement(
        "instance_unfinished_runs", "select status, count(*) from run where status > 4 group by status order by status")

    public func tell(_ name: String, startedAt: Instant, sweeps: [(name: String, problem: String)]) throws {
        try database.write(
            Self.tell, .text(name), .int(startedAt.microseconds), .texts(sweeps.flatMap { [$0.name, $0.problem] }))
        try database.write(Self.forget)
    }

    public func instances() throws -> [InstanceView] {
        try database.read(Self.list).map { row in
            let (name, startedAt, seenAt, words) = try row.decode((String, Instant, Instant, [String]).self)
            let sweeps = stride(from: 0, to: words.count - 1, by: 2).map { (words[$0], words[$0 + 1]) }
            return InstanceView(name: name, startedAt: startedAt, seenAt: seenAt, sweeps: sweeps)
        }
    }

    /// - Parameter onlineSeconds: a runner that was heard within them is online.
    public func counts(onlineSeconds: Int64) throws -> InstanceCounts {
        let row = try database.readOne(Self.counts, .int(onlineSeconds))
        let (people, disabled, organizations, repositories, online, runners, bytes, sessions) = try row.decode(
            (Int64, Int64, Int64, Int64, Int64, Int64, Int64, Int64).self)
        return InstanceCounts(
            people: people, disabled: disabled, organizations: organizations, repositories: repositories,
            runnersOnline: online, runners: runners, databaseBytes: bytes, sessions: sessions)
    }

    /// Runs that have not ended, by status.
    public func unfinishedRuns() throws -> [(status: Status, count: Int64)] {
        try database.read(Self.unfinished).map { try ($0.status(0), $0.value(1)) }
    }
}
