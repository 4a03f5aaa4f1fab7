import Domain

/// People of an organization with one permission.
public struct Team: Sendable, Equatable {
    public let id: Int64
    public let organization: AccountID
    public let name: String
    public let description: String
    /// Owner: of the organization itself.
    public let permission: RepositoryAccess
    /// The permission is for all of the organization's repositories.
    public let hasAllRepositories: Bool
    public let createsRepositories: Bool

    static let columns =
        """
        t.id, t.organization_id, t.name, t.description, t.permission, t.all_repositories, t.creates_repositories
        """

    init(_ row: Row) throws {
        let word: String
        (id, organization, name, description, word, hasAllRepositories, createsRepositories) = try row.decode(
            (Int64, AccountID, String, String, String, Bool, Bool).self)
        permission = RepositoryAccess(word: word) ?? .read
    }
}

/// What a team is to be; its place in the organization is decided by name and permission.
public struct TeamDraft: Sendable {
    public var name: String
    public var description: String
    public var permission: RepositoryAccess
    public var hasAllRepositories: Bool
    public var createsRepositories: Bool

    public init(
        name: String, description: String = "", permission: RepositoryAccess = .read, hasAllRepositories: Bool = false,
        createsRepositories: Bool = false
    ) {
        self.name = name
        self.description = description
        self.permission = permission
        self.hasAllRepositories = hasAllRepositories
        self.createsRepositories = createsRepositories
    }
}

/// An organization as somebody sees it.
public struct OrganizationView: Sendable {
    public let account: Account
    /// Of whoever looks.
    public let facts: OrganizationFacts
    /// Whoever looks may make repositories in it.
    public let mayCreate: Bool
}

/// Writes `team`, `team_member` and `team_repository`.
public struct TeamStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    /// The last owner of an organization cannot leave it.
    public struct LastOwner: Error, CustomStringConvertible {
        public let description = "an organization keeps at least one owner; add another one first"
    }

    public static let ownersName = "Owners"

    // MARK: who belongs to what

    /// What an account was given of repository `r`, as rank (`RepositoryAccess`), and whether it is a member of its owner.
    static func granted(to account: String) -> String {
        """
        left join lateral (
            select max(case t.permission when 'owner' then 4 when 'admin' then 3 when 'write' then 2 else 1 end)
                       filter (where t.all_repositories or t.permission = 'owner'
                                  or exists (select from team_repository x
                                              where x.team_id = t.id and x.repository_id = r.id)) as rank,
                   count(*) > 0 as is_member
              from team_member m join team t on t.id = m.team_id
             where m.account_id = \(account) and t.organization_id = r.owner_id) g on true
        """
    }

    private static let standing =
        """
        left join lateral (
            select max(case t.permission when 'owner' then 3 else 2 end) as standing,
                   bool_or(t.creates_repositories or t.permission = 'owner') as creates
              from team_member m join team t on t.id = m.team_id
             where m.account_id = $2 and t.organization_id = a.id) g on true
        """
    private static let organization = Statement(
        "organization_by_name",
        """
        select \(Account.columns), g.standing::bigint, coalesce(g.creates, false) from account a \(standing)
         where lower(a.name) = lower($1) and a.is_org
        """)
    private static let memberOf = Statement(
        "team_membership", "select 1 from team_member where team_id = $1 and account_id = $2")

    /// - Parameter account: who looks.
    public func organization(named name: String, seenBy account: AccountID?) throws -> OrganizationView? {
        try database.read(Self.organization, .text(name), .int(account?.number ?? 0)).first.map { row in
            let found = try Account(row)
            let (rank, mayCreate) = try row.decode((Int64?, Bool).self, from: Account.columnCount)
            let standing = rank.flatMap { OrganizationAccess(rawValue: Int($0)) }
            return OrganizationView(
                account: found,
                facts: OrganizationFacts(id: found.id, visibility: found.visibility, standing: standing),
                mayCreate: mayCreate)
        }
    }

    // MARK: teams

    private static let insert = Statement(
        "team_insert",
        """
        insert into team as t (organization_id, name, description, permission, all_repositories, creates_repositories)
        values ($1, $2, $3, $4, $5, $6) returning \(Team.columns)
        """)
    private static let list = Statement(
        "team_list",
        "select \(Team.columns) from team t where t.organization_id = $1 order by lower(t.name) limit $2 offset $3")
    private static let count = Statement("team_count", "select count(*) from team where organization_id = $1")
    private static let byID = Statement("team_by_id", "select \(Team.columns) from team t where t.id = $1")
    private static let edit = Statement(
        "team_update",
        """
        update team t set name = $2, description = $3, permission = $4, all_repositories = $5, creates_repositories = $6
         where id = $1 returning \(Team.columns)
        """)
    private static let remove = Statement("team_delete", "delete from team where id = $1 returning id")
    private static let addMember = Statement(
        "team_member_insert", "insert into team_member (team_id, account_id) values ($1, $2) on conflict do nothing")
    private static let removeMember = Statement(
        "team_member_delete", "delete from team_member where team_id = $1 and account_id = $2 returning team_id")
    private static let removeEverywhere = Statement(
        "team_member_delete_all",
        """
        delete from team_member m using team t
         where t.id = m.team_id and t.organization_id = $1 and m.account_id = $2 returning t.id
        """)
    /// Held while an owner is taken away, so that two do not leave each other as the last.
    private static let lockOwners = Statement(
        "team_lock_owners", "select id from team where organization_id = $1 and permission = 'owner' for update")
    private static let owners = Statement(
        "team_owner_count",
        """
        select count(distinct m.account_id) from team t join team_member m on m.team_id = t.id
         where t.organization_id = $1 and t.permission = 'owner'
        """)
    private static let addRepository = Statement(
        "team_repository_insert",
        "insert into team_repository (team_id, repository_id) values ($1, $2) on conflict do nothing")
    private static let removeRepository = Statement(
        "team_repository_delete",
        "delete from team_repository where team_id = $1 and repository_id = $2 returning team_id")
    private static let forgetRepository = Statement(
        "team_repository_delete_all", "delete from team_repository where repository_id = $1")

    static func makeOwners(of organization: AccountID, first: AccountID, in tx: Transaction) throws {
        let row = try tx.first(
            Self.insert, .int(organization.number), .text(ownersName), .text(""), .text("owner"), .bool(true),
            .bool(true)
        ).orNone(of: Self.insert)
        try tx.run(Self.addMember, .int(row.int(0)), .int(first.number))
    }

    /// - Throws: a unique violation when the organization has a team of that name.
    public func create(_ draft: TeamDraft, in organization: AccountID) throws -> Team {
        try Team(
            try database.writeOne(
                Self.insert, .int(organization.number), .text(draft.name), .text(draft.description),
                .text(draft.permission.word), .bool(draft.hasAllRepositories), .bool(draft.createsRepositories)))
    }
    public func edit(_ team: Int64, _ draft: TeamDraft) throws -> Team? {
        try database.write(
            Self.edit, .int(team), .text(draft.name), .text(draft.description), .text(draft.permission.word),
            .bool(draft.hasAllRepositories), .bool(draft.createsRepositories)
        ).first.map { try Team($0) }
    }
    public func delete(_ team: Int64) throws -> Bool { try !database.write(Self.remove, .int(team)).isEmpty }

    public func team(_ id: Int64) throws -> Team? {
        try database.read(Self.byID, .int(id)).first.map { try Team($0) }
    }
    public func teams(of organization: AccountID, _ part: ListPart) throws -> [Team] {
        try database.read(Self.list, .int(organization.number), .int(part.limit), .int(part.offset)).map {
            try Team($0)
        }
    }
    private static let reaching = Statement(
        "team_reaching",
        """
        select \(Team.columns) from team t
         where t.organization_id = $2
           and (t.permission = 'owner' or t.all_repositories
                or exists (select from team_repository r where r.team_id = t.id and r.repository_id = $1))
         order by lower(t.name) limit 200
        """)

    /// Teams of the owner whose members may do something in a repository.
    public func teams(reaching repository: RepositoryID, of owner: AccountID) throws -> [Team] {
        try database.read(Self.reaching, .int(repository.number), .int(owner.number)).map { try Team($0) }
    }

    public func count(of organization: AccountID) throws -> Int64 {
        try database.readOne(Self.count, .int(organization.number)).value(0)
    }

    // MARK: members and repositories

    public func add(_ account: AccountID, to team: Team) throws {
        try database.write(Self.addMember, .int(team.id), .int(account.number))
    }
    public func isMember(_ account: AccountID, of team: Int64) throws -> Bool {
        try !database.read(Self.memberOf, .int(team), .int(account.number)).isEmpty
    }

    /// - Returns: whether they were in it.
    /// - Throws: `LastOwner`.
    public func remove(_ account: AccountID, from team: Team) throws -> Bool {
        try keepingAnOwner(of: team.organization) { tx in
            try tx.first(Self.removeMember, .int(team.id), .int(account.number)) != nil
        }
    }
    /// From all teams.
    public func remove(_ account: AccountID, fromOrganization organization: AccountID) throws -> Bool {
        try keepingAnOwner(of: organization) { tx in
            try tx.first(Self.removeEverywhere, .int(organization.number), .int(account.number)) != nil
        }
    }
    private func keepingAnOwner(of organization: AccountID, _ change: (Transaction) throws -> Bool) throws -> Bool {
        try database.transaction { tx in
            _ = try tx.first(Self.lockOwners, .int(organization.number))
            let isChanged = try change(tx)
            guard try tx.first(Self.owners, .int(organization.number))?.int(0) ?? 0 > 0 else { throw LastOwner() }
            return isChanged
        }
    }

    private static let lockOwned = Statement(
        "team_lock_owned",
        """
        select t.organization_id from team t
         where t.permission = 'owner' and exists (select from team_member m where m.team_id = t.id and m.account_id = $1)
         order by t.id for update
        """)
    private static let otherOwners = Statement(
        "team_other_owners",
        """
        select 1 from team t join team_member m on m.team_id = t.id
         where t.organization_id = $1 and t.permission = 'owner' and m.account_id <> $2 limit 1
        """)
    /// - Throws: `LastOwner` when an organization would have no owner without the account. None of them leaves meanwhile.
    static func checkOwners(without account: AccountID, in tx: Transaction) throws {
        for row in try tx.run(Self.lockOwned, .int(account.number)) {
            guard try tx.first(Self.otherOwners, .int(row.int(0)), .int(account.number)) != nil else {
                throw LastOwner()
            }
        }
    }

    public func add(_ repository: RepositoryID, to team: Team) throws {
        try database.write(Self.addRepository, .int(team.id), .int(repository.number))
    }
    public func remove(_ repository: RepositoryID, from team: Team) throws -> Bool {
        try !database.write(Self.removeRepository, .int(team.id), .int(repository.number)).isEmpty
    }
    /// From the teams of an owner who has it no longer.
    public static func forget(_ repository: RepositoryID, in tx: Transaction) throws {
        try tx.run(Self.forgetRepository, .int(repository.number))
    }
}
