import Domain

/// Whose runs, jobs or waiting jobs are asked for.
public enum RunListing: Equatable, Sendable {
    case repository(RepositoryID)
    /// Of the owner's repositories those that this account can read; nil: all of them.
    case owner(AccountID, readableBy: AccountID?)
    /// Of the repositories that an account owns or was let into.
    case member(AccountID)
    case everything

    /// Makes `place p (id)`: the repositories, one or many.
    func place(_ conditions: inout ListConditions) -> String {
        switch self {
        case .repository(let id):
            conditions.note("of_repository")
            return "(select \(conditions.parameter(.int(id.number)))::bigint as id) p"
        case .owner(let owner, nil):
            conditions.note("of_owner")
            return
                "(select id from repository where owner_id = \(conditions.parameter(.int(owner.number))) and deleted_at is null) p"
        case .owner(let owner, let reader?):
            conditions.note("of_readable")
            let owner = conditions.parameter(.int(owner.number))
            let reader = conditions.parameter(.int(reader.number))
            return """
                (select r.id from repository r
                   left join collaborator c on c.repository_id = r.id and c.account_id = \(reader)
                   \(TeamStore.granted(to: reader))
                  where r.owner_id = \(owner) and r.deleted_at is null
                    and (not r.is_private or r.owner_id = \(reader) or c.permission is not null or g.rank is not null)) p
                """
        case .member(let account):
            conditions.note("of_member")
            return """
                (select id from repository where deleted_at is null
                   and id = any (array(\(RepositoryQueries.own(conditions.parameter(.int(account.number))))))) p
                """
        case .everything: return "(select id from repository where deleted_at is null) p"
        }
    }
}

/// A task as the oldest list shows it (rest.md 9). Times are Unix microseconds.
public struct TaskView: Sendable {
    public let id: TaskID
    public let name: String
    public let status: Status
    public let run: RunID
    public let runNumber: Int64
    public let workflowID: String
    public let title: String
    public let event: String
    public let ref: String
    public let sha: String
    public let startedAt: Int64
    public let updatedAt: Int64
}

/// Pages of runs, jobs and tasks. A page is read in the order of an index: of each repository and status as many ids as the page
/// may need, then the page's own rows. The cost grows with the page and the repositories, not with what they hold.
extension RunQueries {
    /// Newest first.
    public func runs(_ listing: RunListing, _ filter: RunFilter, _ part: ListPart) throws -> [RunView] {
        let list = Self.runList(listing, filter, part)
        return try database.read(list.statement, all: list.values).map(Self.run)
    }

    static func runList(
        _ listing: RunListing, _ filter: RunFilter, _ part: ListPart
    ) -> (statement: Statement, values: [Value]) {
        var conditions = ListConditions("run_list")
        let place = listing == .everything && filter.isEmpty ? nil : listing.place(&conditions)
        let statuses = Self.add(filter, isInPlace: place != nil, to: &conditions)
        if let before = part.before { conditions.add("before", .int(before)) { "r.id < \($0)" } }
        let limit = conditions.parameter(.int(part.limit))
        let offset = conditions.parameter(.int(part.offset))
        let hit = "select r.id from run r where \(conditions.all) order by r.id desc"
        let found =
            place.map {
                "select hit.id from \($0) \(statuses) cross join lateral (\(hit) limit \(limit) + \(offset)) hit order by hit.id desc"
            } ?? hit
        return (
            Statement(
                conditions.name,
                """
                with found as materialized (\(found) limit \(limit) offset \(offset))
                \(Self.runColumns) join found on found.id = r.id where \(Self.latest) order by r.id desc
                """), conditions.values
        )
    }

    /// The filter, but for its statuses, which are a table of their own.
    ///
    /// - Returns: what joins the statuses; "" without any.
    private static func add(_ filter: RunFilter, isInPlace: Bool, to conditions: inout ListConditions) -> String {
        conditions.add("in", isInPlace ? "r.repository_id = p.id" : isThere("r"))
        if let event = filter.event { conditions.add("event", .text(event)) { "r.event = \($0)" } }
        if let branch = filter.branch {
            conditions.add("branch", .text("refs/heads/" + branch)) { "r.ref = \($0)" }
        }
        if let sha = filter.headSHA { conditions.add("sha", .text(sha)) { "r.sha = \($0)" } }
        if let workflow = filter.workflowID { conditions.add("workflow", .text(workflow)) { "r.workflow_id = \($0)" } }
        if let actor = filter.actor {
            conditions.add("actor", .text(actor)) {
                "r.actor_id = (select id from account where lower(name) = lower(\($0)))"
            }
        }
        return statusTable(filter.statuses, of: "r", &conditions)
    }

    /// Of a table's rows those whose repository nobody has deleted.
    private static func isThere(_ table: String) -> String {
        "(select p.deleted_at is null from repository p where p.id = \(table).repository_id)"
    }

    private static func statusTable(
        _ statuses: [Status], of table: String, _ conditions: inout ListConditions
    ) -> String {
        guard !statuses.isEmpty else { return "" }
        // Each once: a status that is there twice would show its rows twice.
        let numbers = Set(statuses).map(\.rawValue).sorted()
        conditions.add("status", .ints(numbers)) { _ in "\(table).status = s.status" }
        return "cross join unnest($\(conditions.values.count)::bigint[]) s (status)"
    }

    /// Counted up to `ListLimits.countedMax`. Beyond it, the total of an unfiltered list is how far the numbers of the runs reach,
    /// which is too high by runs that were deleted one by one.
    public func runCount(_ listing: RunListing, _ filter: RunFilter) throws -> ListTotal {
        let list = Self.runCountList(listing, filter)
        let counted = try database.readOne(list.statement, all: list.values).int(0)
        guard counted > ListLimits.countedMax else { return ListTotal(rows: counted) }
        guard filter.isEmpty else { return ListTotal(rows: ListLimits.countedMax, isWhole: false) }
        var conditions = ListConditions("run_span")
        let place = listing.place(&conditions)
        let span = Statement(
            conditions.name,
            """
            select coalesce(sum(span.rows), 0)::bigint from \(place) cross join lateral (
                select (select r.number from run r where r.repository_id = p.id order by r.number desc limit 1)
                       - (select r.number from run r where r.repository_id = p.id order by r.number limit 1) + 1 as rows) span
            """)
        return ListTotal(rows: max(counted, try database.readOne(span, all: conditions.values).int(0)))
    }

    static func runCountList(_ listing: RunListing, _ filter: RunFilter) -> (statement: Statement, values: [Value]) {
        var conditions = ListConditions("run_count")
        let place = listing.place(&conditions)
        let statuses = Self.add(filter, isInPlace: true, to: &conditions)
        return (
            Self.bounded("\(place) \(statuses)", "select 1 from run r where \(conditions.all)", conditions),
            conditions.values
        )
    }

    /// Counts the rows of all places, and stops one behind the limit.
    private static func bounded(_ places: String, _ rows: String, _ conditions: ListConditions) -> Statement {
        let limit = "limit \(ListLimits.countedMax + 1)"
        return Statement(
            conditions.name,
            """
            select count(*) from (
                select 1 from \(places) cross join lateral (\(rows) \(limit)) hit \(limit)) counted
            """)
    }

    // MARK: jobs

    /// Jobs of all attempts, in order of id.
    public func jobs(
        _ listing: RunListing, statuses: [Status], newestFirst: Bool, _ part: ListPart
    ) throws -> [JobView] {
        let list = Self.jobList(listing, statuses: statuses, newestFirst: newestFirst, part)
        return try database.read(list.statement, all: list.values).map(Self.job)
    }

    static func jobList(
        _ listing: RunListing, statuses: [Status], newestFirst: Bool, _ part: ListPart
    ) -> (statement: Statement, values: [Value]) {
        var conditions = ListConditions(newestFirst ? "job_list_newest" : "job_list_oldest")
        let place = listing == .everything && statuses.isEmpty ? nil : listing.place(&conditions)
        conditions.add("in", place != nil ? "j.repository_id = p.id" : isThere("j"))
        let table = Self.statusTable(statuses, of: "j", &conditions)
        let limit = conditions.parameter(.int(part.limit))
        let offset = conditions.parameter(.int(part.offset))
        let order = newestFirst ? "desc" : "asc"
        let hit = "select j.id from job j where \(conditions.all) order by j.id \(order)"
        let found =
            place.map {
                "select hit.id from \($0) \(table) cross join lateral (\(hit) limit \(limit) + \(offset)) hit order by hit.id \(order)"
            } ?? hit
        return (
            Statement(
                conditions.name,
                """
                with found as materialized (\(found) limit \(limit) offset \(offset))
                \(Self.jobColumns) join found on found.id = j.id order by j.id \(order)
                """), conditions.values
        )
    }

    public func jobCount(_ listing: RunListing, statuses: [Status]) throws -> ListTotal {
        let list = Self.jobCountList(listing, statuses: statuses)
        return ListTotal(counted: try database.readOne(list.statement, all: list.values).int(0))
    }

    static func jobCountList(
        _ listing: RunListing, statuses: [Status]
    ) -> (statement: Statement, values: [Value]) {
        var conditions = ListConditions("job_count")
        let place = listing.place(&conditions)
        conditions.add("in", "j.repository_id = p.id")
        let table = Self.statusTable(statuses, of: "j", &conditions)
        return (
            Self.bounded("\(place) \(table)", "select 1 from job j where \(conditions.all)", conditions),
            conditions.values
        )
    }

    // MARK: tasks

    /// A job that went back to the queue shows its last task; one that a rerun carried over, its first.
    private static let isListed = "j.repository_id = $1 and j.task_id is not null and j.copied_from is null"
    static let taskList = Statement(
        "task_list",
        """
        select t.id, j.name, t.status, r.id, r.number, r.workflow_id, r.title, r.event, r.ref, r.sha, t.started_at,
               greatest(t.started_at, t.heard_at, t.stopped_at)
          from job j join run r on r.id = j.run_id join task t on t.id = j.task_id
         where \(isListed) order by j.task_id desc limit $2 offset $3
        """)
    static let taskCount = Statement(
        "task_count",
        "select count(*) from (select 1 from job j where \(isListed) limit \(ListLimits.countedMax + 1)) counted")

    /// Newest first.
    public func tasks(of repository: RepositoryID, _ part: ListPart) throws -> [TaskView] {
        try database.read(Self.taskList, .int(repository.number), .int(part.limit), .int(part.offset)).map { row in
            let (id, name, status, run, number, file, title) = try row.decode(
                (TaskID, String, Status, RunID, Int64, String, String).self)
            let (event, ref, sha, startedAt, updatedAt) = try row.decode(
                (String, String, String, Instant, Instant).self, from: 7)
            return TaskView(
                id: id, name: name, status: status, run: run, runNumber: number, workflowID: file, title: title,
                event: event, ref: ref, sha: sha, startedAt: startedAt.microseconds, updatedAt: updatedAt.microseconds)
        }
    }

    public func taskCount(of repository: RepositoryID) throws -> ListTotal {
        ListTotal(counted: try database.readOne(Self.taskCount, .int(repository.number)).int(0))
    }
}

extension ListTotal {
    /// - Parameter counted: one above the limit where nobody counted on.
    init(counted: Int64) {
        self.init(rows: min(counted, ListLimits.countedMax), isWhole: counted <= ListLimits.countedMax)
    }
}
