import Domain

/// Which repositories a list shows, of those that its reader sees.
public struct RepositoryFilter: Sendable {
    public enum Order: String, CaseIterable, Sendable {
        case id, alpha, created, updated, size
    }
    /// Nil: nobody with an account.
    public var reader: AccountID?
    /// A site administrator sees all.
    public var seesAll = false
    /// The reader's token reaches what everybody sees alone.
    public var publicOnly = false
    /// Only of this owner.
    public var owner: AccountID?
    /// Only those of which this account is the owner or to which it was let in.
    public var memberOnly: AccountID?
    /// A part of the name, in any case.
    public var text: String?
    public var alsoInDescription = false
    public var isPrivate: Bool?
    public var isArchived: Bool?
    public var isTemplate: Bool?
    public var order = Order.id
    public var isDescending = false
    public init() {}
}

/// Lists of repositories: one statement a list and one for its total, however many rows there are.
public struct RepositoryQueries: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    /// Repositories that an account owns or was let into, by itself or by a team.
    static func own(_ account: String) -> String {
        """
        select w.id from repository w where w.owner_id = \(account)
         union all select k.repository_id from collaborator k where k.account_id = \(account)
         union all select w.id from team_member m join team t on t.id = m.team_id
                     join team_repository x on x.team_id = t.id
                     join repository w on w.id = x.repository_id and w.owner_id = t.organization_id
                    where m.account_id = \(account)
         union all select w.id from team_member m join team t on t.id = m.team_id
                     join repository w on w.owner_id = t.organization_id
                    where m.account_id = \(account) and (t.all_repositories or t.permission = 'owner')
        """
    }
    private static let condition = """
        r.deleted_at is null
           and ($2 or r.id in (\(own("$1")))
                or not r.is_private
                   and (a.visibility = 'public' or a.visibility = 'limited' and $1 <> 0
                        or exists (select from team t join team_member m on m.team_id = t.id
                                    where t.organization_id = r.owner_id and m.account_id = $1)))
           and (not $10 or not r.is_private and a.visibility <> 'private')
           and ($3::bigint is null or r.owner_id = $3) and ($4::bigint is null or r.id = any (array(\(own("$4")))))
           and ($5::text is null or r.name ilike $5 or ($6 and r.description ilike $5))
           and ($7::boolean is null or r.is_private = $7) and ($8::boolean is null or r.is_archived = $8)
           and ($9::boolean is null or r.is_template = $9)
        """
    private static func list(_ name: String, by order: String) -> Statement {
        Statement(
            name,
            """
            select \(RepositoryStore.columns), \(RepositoryStore.grantColumns)
              from repository r
              join account a on a.id = r.owner_id
              \(RepositoryStore.grants(to: "$1"))
             where \(condition) order by \(order) limit $11 offset $12
            """)
    }
    private static let columns: [RepositoryFilter.Order: String] = [
        .id: "r.id", .alpha: "lower(r.name)", .created: "r.created_at", .updated: "r.updated_at", .size: "r.git_bytes",
    ]
    private static let rising = columns.map { ($0, list("repository_list_\($0.rawValue)", by: "\($1), r.id")) }
    private static let falling = columns.map {
        ($0, list("repository_list_\($0.rawValue)_desc", by: "\($1) desc, r.id desc"))
    }
    private static let lists = (
        rising: Dictionary(uniqueKeysWithValues: rising), falling: Dictionary(uniqueKeysWithValues: falling)
    )
    static let fallback = list("repository_list", by: "r.id")
    private static let count = Statement(
        "repository_list_count",
        "select count(*) from repository r join account a on a.id = r.owner_id where \(condition)")

    public func list(_ filter: RepositoryFilter, _ part: ListPart) throws -> [Repository] {
        let lists = filter.isDescending ? Self.lists.falling : Self.lists.rising
        let values = Self.values(filter)
        return try database.read(
            lists[filter.order] ?? Self.fallback, values[0], values[1], values[2], values[3], values[4], values[5],
            values[6], values[7], values[8], values[9], .int(part.limit), .int(part.offset)
        ).map { try RepositoryStore.repository($0) }
    }

    public func count(_ filter: RepositoryFilter) throws -> Int64 {
        let values = Self.values(filter)
        return try database.readOne(
            Self.count, values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7],
            values[8], values[9]
        ).value(0)
    }

    static func values(_ filter: RepositoryFilter) -> [Value] {
        [
            .int(filter.reader?.number ?? 0), .bool(filter.seesAll), .optional(filter.owner?.number),
            .optional(filter.memberOnly?.number), .optional(filter.text.map { "%\(likeEscaped($0))%" }),
            .bool(filter.alsoInDescription), .optional(filter.isPrivate), .optional(filter.isArchived),
            .optional(filter.isTemplate), .bool(filter.publicOnly),
        ]
    }

    private static let byID = Statement(
        "repository_by_id_seen",
        """
        select \(RepositoryStore.columns), \(RepositoryStore.grantColumns)
          from repository r
          join account a on a.id = r.owner_id
          \(RepositoryStore.grants(to: "$2"))
         where r.id = $1 and r.deleted_at is null
        """)

    private static let byIDs = Statement(
        "repository_by_ids_seen",
        """
        select \(RepositoryStore.columns), \(RepositoryStore.grantColumns)
          from repository r
          join account a on a.id = r.owner_id
          \(RepositoryStore.grants(to: "$2"))
         where r.id = any($1) and r.deleted_at is null
        """)

    /// These repositories, with what the account may do there; one that is gone is not there.
    public func repositories(_ ids: Set<RepositoryID>, seenBy account: AccountID?) throws -> [RepositoryID: Repository]
    {
        guard !ids.isEmpty else { return [:] }
        let found = try database.read(Self.byIDs, .ints(ids.map(\.number)), .int(account?.number ?? 0)).map {
            try RepositoryStore.repository($0)
        }
        return Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// One repository, with what the account may do there.
    public func repository(_ id: RepositoryID, seenBy account: AccountID?) throws -> Repository? {
        try database.read(Self.byID, .int(id.number), .int(account?.number ?? 0)).first.map {
            try RepositoryStore.repository($0)
        }
    }
}
