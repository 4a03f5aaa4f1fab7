import Domain

/// Which runners a caller looks after.
public enum RunnerListing: Equatable, Sendable {
    case all
    /// Those registered exactly there: an owner's are not those of its repositories.
    case exactly(RunnerScope)

    static let condition = "($1 or (n.owner_id is not distinct from $2 and n.repository_id is not distinct from $3))"
    var isAll: Value { .bool(self == .all) }
    var owner: Value {
        if case .exactly(let scope) = self { return scope.ownerValue }
        return .null(.int)
    }
    var repository: Value {
        if case .exactly(let scope) = self { return scope.repositoryValue }
        return .null(.int)
    }
}

/// A runner as lists, pages and the REST API show it.
public struct RunnerView: Sendable {
    public let id: RunnerID
    public let name: String
    public let version: String
    public let scope: RunnerScope
    /// `owner/name` of its repository, its owner's name, or "" for one of the whole site.
    public let place: String
    public let labels: [String]
    public let isEphemeral: Bool
    public let isDisabled: Bool
    /// Now, by the database's clock.
    public let status: RunnerStatus
    public let liveTasks: Int64
    public var lastOnline: Instant?
}

/// A job that a runner works on.
public struct RunnerJob: Sendable {
    public let runner: RunnerID
    public let repository: String
    public let run: RunID
    public let runNumber: Int64
    public let job: JobID
    public let name: String
}

/// Reads only.
public struct RunnerQueries: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let columns =
        """
        select n.id, n.name, n.version, n.owner_id, n.repository_id,
               coalesce(ro.name || '/' || r.name, o.name, ''), n.labels, n.ephemeral, n.disabled, n.last_online,
               n.last_active, (extract(epoch from now()) * 1000000)::bigint,
               (select count(*) from task t where t.runner_id = n.id and t.status in (6, 8))
          from runner n left join account o on o.id = n.owner_id left join repository r on r.id = n.repository_id
          left join account ro on ro.id = r.owner_id
        """
    private static let byID = Statement("runner_by_id", "\(columns) where \(RunnerListing.condition) and n.id = $4")
    private static let jobs = Statement(
        "runner_jobs",
        """
        select t.runner_id, o.name || '/' || p.name, r.number, j.id, j.name, r.id
          from task t join job j on j.id = t.job_id join run r on r.id = j.run_id
          join repository p on p.id = r.repository_id join account o on o.id = p.owner_id
         where t.runner_id = any($1) and t.status in (6, 8) order by t.id
        """)

    /// Last seen first.
    public func runners(_ listing: RunnerListing, isDisabled: Bool?, _ part: ListPart) throws -> [RunnerView] {
        let list = Self.list(listing, isDisabled: isDisabled, part)
        return try database.read(list.statement, all: list.values).map(Self.view)
    }

    static func list(
        _ listing: RunnerListing, isDisabled: Bool?, _ part: ListPart
    ) -> (statement: Statement, values: [Value]) {
        var conditions = Self.listed("runner_list", listing, isDisabled: isDisabled)
        let limit = conditions.parameter(.int(part.limit))
        let offset = conditions.parameter(.int(part.offset))
        return (
            Statement(
                conditions.name,
                """
                \(columns) where \(conditions.all)
                 order by n.last_online desc nulls last, n.id desc limit \(limit) offset \(offset)
                """), conditions.values
        )
    }

    public func count(_ listing: RunnerListing, isDisabled: Bool?) throws -> ListTotal {
        let count = Self.count(listing, isDisabled: isDisabled)
        return ListTotal(counted: try database.readOne(count.statement, all: count.values).int(0))
    }

    static func count(
        _ listing: RunnerListing, isDisabled: Bool?
    ) -> (statement: Statement, values: [Value]) {
        let conditions = Self.listed("runner_count", listing, isDisabled: isDisabled)
        // In the order of an index, so that no more is read than is counted.
        return (
            Statement(
                conditions.name,
                """
                select count(*) from (
                    select 1 from runner n where \(conditions.all)
                     order by n.last_online desc nulls last, n.id desc limit \(ListLimits.countedMax + 1)) counted
                """), conditions.values
        )
    }

    private static func listed(_ statement: String, _ listing: RunnerListing, isDisabled: Bool?) -> ListConditions {
        var conditions = ListConditions(statement)
        switch listing {
        case .all: conditions.note("all")
        case .exactly(.everything): conditions.add("of_site", "n.owner_id is null and n.repository_id is null")
        case .exactly(.owner(let owner)):
            conditions.add("of_owner", .int(owner.number)) { "n.owner_id = \($0) and n.repository_id is null" }
        case .exactly(.repository(let repository)):
            conditions.add("of_repository", .int(repository.number)) { "n.repository_id = \($0)" }
        }
        if let isDisabled {
            conditions.add(isDisabled ? "disabled" : "enabled", isDisabled ? "n.disabled" : "not n.disabled")
        }
        return conditions
    }

    public func runner(_ id: RunnerID, in listing: RunnerListing) throws -> RunnerView? {
        try database.read(Self.byID, listing.isAll, listing.owner, listing.repository, .int(id.number))
            .first.map(Self.view)
    }
    /// What these runners work on now.
    public func jobs(of runners: [RunnerID]) throws -> [RunnerJob] {
        try database.read(Self.jobs, .ints(runners.map(\.number))).map {
            RunnerJob(
                runner: RunnerID($0.int(0)), repository: $0.text(1), run: RunID($0.int(5)),
                runNumber: $0.int(2), job: JobID($0.int(3)),
                name: $0.text(4))
        }
    }

    private static func view(_ row: Row) -> RunnerView {
        RunnerView(
            id: RunnerID(row.int(0)), name: row.text(1), version: row.text(2),
            scope: RunnerScope(
                owner: row.optionalInt(3).map(AccountID.init), repository: row.optionalInt(4).map(RepositoryID.init)),
            place: row.text(5), labels: row.texts(6), isEphemeral: row.bool(7), isDisabled: row.bool(8),
            status: runnerStatus(
                lastOnline: row.instant(9), lastActive: row.instant(10), now: Instant(microseconds: row.int(11))),
            liveTasks: row.int(12), lastOnline: row.instant(9))
    }
}
