import Domain

/// Which people a list asks for.
public struct AccountFilter: Sendable {
    /// A part of the login or full name, in any case.
    public var text: String?
    public var id: AccountID?
    public var visibility: Visibility?
    public var isActive: Bool?
    public var isAdmin: Bool?
    public var prohibitsLogin: Bool?
    /// Who looks: those hidden from them are left out. Nil: nobody is hidden.
    public var seenBy: AccountID??
    public init() {}
}

/// Reads only: lists of people, organizations and their members.
public struct AccountQueries: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    /// $1 text, $2 id, $3 visibility, $4 active, $5 admin, $6 prohibited, $7 who looks (null: everybody is shown).
    private static let fits =
        """
        not a.is_org and ($1::text is null or lower(a.name) like $1 or lower(a.full_name) like $1)
           and ($2::bigint is null or a.id = $2) and ($3::text is null or a.visibility = $3)
           and ($4::bool is null or a.is_active = $4) and ($5::bool is null or a.is_admin = $5)
           and ($6::bool is null or a.prohibit_login = $6)
           and ($7::bigint is null or a.visibility = 'public' or (a.visibility = 'limited' and $7 <> 0) or a.id = $7)
        """
    private static let users = Statement(
        "account_list",
        "select \(Account.columns) from account a where \(fits) order by a.id limit $8 offset $9")
    private static let userCount = Statement("account_count", "select count(*) from account a where \(fits)")

    public func users(_ filter: AccountFilter, _ part: ListPart) throws -> [Account] {
        let values = Self.values(filter)
        return try database.read(
            Self.users, values[0], values[1], values[2], values[3], values[4], values[5], values[6], .int(part.limit),
            .int(part.offset)
        ).map { try Account($0) }
    }
    public func userCount(_ filter: AccountFilter) throws -> Int64 {
        let values = Self.values(filter)
        return try database.readOne(
            Self.userCount, values[0], values[1], values[2], values[3], values[4], values[5], values[6]
        ).value(0)
    }
    private static func values(_ filter: AccountFilter) -> [Value] {
        [
            .optional(filter.text.map { "%" + likeEscaped($0.lowercased()) + "%" }), .optional(filter.id?.number),
            .optional(filter.visibility?.rawValue), .optional(filter.isActive), .optional(filter.isAdmin),
            .optional(filter.prohibitsLogin), .optional(filter.seenBy.map { $0?.number ?? 0 }),
        ]
    }

    /// $1 who looks, null: everybody is shown; $2 whose: null for all.
    private static let shown =
        """
        a.is_org and ($1::bigint is null or a.visibility = 'public' or (a.visibility = 'limited' and $1 <> 0)
                      or exists (select from team t join team_member m on m.team_id = t.id
                                  where t.organization_id = a.id and m.account_id = $1))
           and ($2::bigint is null or exists (select from team t join team_member m on m.team_id = t.id
                                               where t.organization_id = a.id and m.account_id = $2))
        """
    private static let organizations = Statement(
        "organization_list",
        "select \(Account.columns) from account a where \(shown) order by lower(a.name) limit $3 offset $4")
    private static let organizationCount = Statement(
        "organization_count", "select count(*) from account a where \(shown)")

    /// - Parameters:
    ///   - viewer: nil: nothing is hidden.
    ///   - member: only organizations that this account belongs to.
    public func organizations(seenBy viewer: AccountID??, member: AccountID?, _ part: ListPart) throws -> [Account] {
        try database.read(
            Self.organizations, .optional(viewer.map { $0?.number ?? 0 }), .optional(member?.number), .int(part.limit),
            .int(part.offset)
        ).map { try Account($0) }
    }
    public func organizationCount(seenBy viewer: AccountID??, member: AccountID?) throws -> Int64 {
        try database.readOne(
            Self.organizationCount, .optional(viewer.map { $0?.number ?? 0 }), .optional(member?.number)
        ).value(0)
    }

    private static let byEmail = Statement(
        "account_by_email",
        """
        select \(Account.columns) from account a
         where lower(a.email) = lower($1) and a.email <> '' and not a.is_org limit 2
        """)

    /// The person who has a mail address; nil when there are none or several.
    public func onlyPerson(withEmail email: String) throws -> Account? {
        let found = try database.read(Self.byEmail, .text(email))
        return found.count == 1 ? try found.first.map { try Account($0) } : nil
    }

    private static let members = Statement(
        "organization_member_list",
        """
        select \(Account.columns) from account a
         where a.id in (select m.account_id from team t join team_member m on m.team_id = t.id
                         where t.organization_id = $1 and ($2::bigint is null or t.id = $2))
         order by a.id limit $3 offset $4
        """)
    private static let memberCount = Statement(
        "organization_member_count",
        """
        select count(distinct m.account_id) from team t join team_member m on m.team_id = t.id
         where t.organization_id = $1 and ($2::bigint is null or t.id = $2)
        """)
    private static let isMember = Statement(
        "organization_is_member",
        """
        select 1 from team t join team_member m on m.team_id = t.id
         where t.organization_id = $1 and m.account_id = $2 limit 1
        """)

    /// - Parameter team: those of one team; nil: of any.
    public func members(of organization: AccountID, team: Int64? = nil, _ part: ListPart) throws -> [Account] {
        try database.read(
            Self.members, .int(organization.number), .optional(team), .int(part.limit), .int(part.offset)
        ).map { try Account($0) }
    }
    public func memberCount(of organization: AccountID, team: Int64? = nil) throws -> Int64 {
        try database.readOne(Self.memberCount, .int(organization.number), .optional(team)).value(0)
    }
    public func isMember(_ account: AccountID, of organization: AccountID) throws -> Bool {
        try !database.read(Self.isMember, .int(organization.number), .int(account.number)).isEmpty
    }

    /// Those that are deleted and not swept yet with them.
    private static let repositories = Statement(
        "account_repositories",
        "select id, deleted_at is not null from repository where owner_id = $1 order by id limit $2")
    private static let soleOwner = Statement(
        "account_sole_owner",
        """
        select o.name from team t join team_member m on m.team_id = t.id join account o on o.id = t.organization_id
         where t.permission = 'owner' and m.account_id = $1
           and not exists (select from team t2 join team_member m2 on m2.team_id = t2.id
                            where t2.organization_id = t.organization_id and t2.permission = 'owner'
                              and m2.account_id <> $1)
         order by o.name limit 1
        """)

    /// What an account owns, at most `limit`; `isDeleted`: its removal goes on.
    public func repositories(of account: AccountID, limit: Int64) throws -> [(id: RepositoryID, isDeleted: Bool)] {
        try database.read(Self.repositories, .int(account.number), .int(limit)).map {
            let (id, isDeleted) = try $0.decode((RepositoryID, Bool).self)
            return (id, isDeleted)
        }
    }
    /// An organization that would have no owner without the account.
    public func soleOwnership(of account: AccountID) throws -> String? {
        try database.read(Self.soleOwner, .int(account.number)).first.map { try $0.value(0) }
    }
}

/// Text that stands for itself in a pattern of `like`.
func likeEscaped(_ text: String) -> String {
    text.reduce(into: "") { escaped, character in
        if ["%", "_", "\\"].contains(character) { escaped.append("\\") }
        escaped.append(character)
    }
}
