import Domain

/// A person or an organization.
public struct Account: Sendable, Equatable {
    public let id: AccountID
    public let name: String
    public let fullName: String
    public let email: String
    public let isOrganization: Bool
    public let isAdmin: Bool
    public let isActive: Bool
    public let prohibitsLogin: Bool
    public let mustChangePassword: Bool
    public let visibility: Visibility
    public let description: String
    public let website: String
    public let location: String
    /// Microseconds since 1970, as the next.
    public let createdAt: Int64
    public let lastLoginAt: Int64?

    static let columns =
        """
        a.id, a.name, a.full_name, a.email, a.is_org, a.is_admin, a.is_active, a.prohibit_login, a.must_change_password,
        a.visibility, a.description, a.website, a.location, a.created_at, a.last_login_at
        """
    static let columnCount = 15

    init(_ row: Row, from first: Int = 0) throws {
        (id, name, fullName, email, isOrganization, isAdmin, isActive, prohibitsLogin, mustChangePassword) =
            try row.decode(
                (AccountID, String, String, String, Bool, Bool, Bool, Bool, Bool).self, from: first)
        let (visibility, description, website, location, createdAt, lastLoginAt) = try row.decode(
            (String, String, String, String, Instant, Instant?).self, from: first + 9)
        // One that a newer server wrote is shown to as few as can be.
        self.visibility = Visibility(rawValue: visibility) ?? .private
        self.description = description
        self.website = website
        self.location = location
        self.createdAt = createdAt.microseconds
        self.lastLoginAt = lastLoginAt?.microseconds
    }
}

/// A password as it is stored.
public struct StoredPassword: Sendable, Equatable {
    public let hash: [UInt8]
    public let salt: [UInt8]

    public init(hash: [UInt8], salt: [UInt8]) {
        self.hash = hash
        self.salt = salt
    }
}

/// What is changed of an account; nil stays as it is.
public struct AccountEdit: Sendable {
    public var fullName: String?
    public var email: String?
    public var description: String?
    public var website: String?
    public var location: String?
    public var visibility: Visibility?
    public var isAdmin: Bool?
    public var isActive: Bool?
    public var prohibitsLogin: Bool?
    public var mustChangePassword: Bool?
    public var password: StoredPassword?
    public init() {}
}

/// Writes `account`, and the shared server keys.
public struct AccountStore: Sendable {
    /// NOTIFY channel: an account or one of its tokens changed; payload the account's id.
    public static let changedChannel = "millrace_account_changed"

    let database: Database
    public init(database: Database) { self.database = database }

    private static let byName = Statement(
        "account_by_name", "select \(Account.columns) from account a where lower(a.name) = lower($1)")
    private static let byID = Statement("account_by_id", "select \(Account.columns) from account a where a.id = $1")
    private static let byIDs = Statement(
        "account_by_ids", "select \(Account.columns) from account a where a.id = any($1)")
    private static let login = Statement(
        "account_login",
        """
        select \(Account.columns), a.password_hash, a.password_salt from account a
         where lower(a.name) = lower($1) and not a.is_org and a.password_hash is not null
        """)
    private static let insert = Statement(
        "account_insert",
        """
        insert into account as a (name, email, is_admin, password_hash, password_salt, full_name, visibility,
                                  must_change_password)
        values ($1, $2, $3, $4, $5, $6, $7, $8) returning \(Account.columns)
        """)
    private static let insertOrganization = Statement(
        "organization_insert",
        """
        insert into account as a (name, email, is_org, full_name, description, website, location, visibility)
        values ($1, $2, true, $3, $4, $5, $6, $7) returning \(Account.columns)
        """)
    private static let update = Statement(
        "account_update",
        """
        update account a
           set full_name = coalesce($2, full_name), email = coalesce($3, email),
               description = coalesce($4, description), website = coalesce($5, website),
               location = coalesce($6, location), visibility = coalesce($7, visibility),
               is_admin = coalesce($8, is_admin), is_active = coalesce($9, is_active),
               prohibit_login = coalesce($10, prohibit_login),
               must_change_password = coalesce($11, must_change_password),
               password_hash = coalesce($12, password_hash), password_salt = coalesce($13, password_salt)
         where id = $1 returning \(Account.columns)
        """)
    private static let remove = Statement("account_delete", "delete from account where id = $1 returning id")
    private static let loggedIn = Statement(
        "account_logged_in",
        """
        update account set last_login_at = now()
         where id = any($1) and (last_login_at is null or last_login_at < now() - interval '1 minute')
        """)

    public func account(named name: String) throws -> Account? {
        try database.read(Self.byName, .text(name)).first.map { try Account($0) }
    }
    public func account(_ id: AccountID) throws -> Account? {
        try database.read(Self.byID, .int(id.number)).first.map { try Account($0) }
    }
    /// Of all of a page at once.
    public func accounts(_ ids: some Sequence<AccountID>) throws -> [AccountID: Account] {
        let wanted = Set(ids)
        guard !wanted.isEmpty else { return [:] }
        let found = try database.read(Self.byIDs, .ints(wanted.map(\.number))).map { try Account($0) }
        return Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }
    /// A person who has a password.
    public func login(named name: String) throws -> (account: Account, password: StoredPassword)? {
        guard let row = try database.read(Self.login, .text(name)).first else { return nil }
        let password = StoredPassword(
            hash: row.bytes(Account.columnCount), salt: row.bytes(Account.columnCount + 1))
        return (try Account(row), password)
    }

    /// - Throws: a unique violation when the name is taken, a check violation when it has no such shape.
    @discardableResult
    public func create(
        name: String, email: String, isAdmin: Bool = false, password: StoredPassword?, fullName: String = "",
        visibility: Visibility = .public, mustChangePassword: Bool = false
    ) throws -> Account {
        try Account(
            try database.writeOne(
                Self.insert, .text(name), .text(email), .bool(isAdmin), .optional(password?.hash),
                .optional(password?.salt), .text(fullName), .text(visibility.rawValue), .bool(mustChangePassword)))
    }

    /// The same, of somebody who logs in by other means than a password.
    static func create(name: String, email: String, fullName: String, in tx: Transaction) throws -> Account {
        try Account(
            try tx.first(
                insert, .text(name), .text(email), .bool(false), .null(.bytes), .null(.bytes), .text(fullName),
                .text(Visibility.public.rawValue), .bool(false)
            ).orNone(of: insert))
    }

    /// An organization, with its first owner in the team Owners.
    public func createOrganization(
        name: String, owner: AccountID, fullName: String = "", email: String = "", description: String = "",
        website: String = "", location: String = "", visibility: Visibility = .public
    ) throws -> Account {
        try database.transaction { tx in
            let row = try tx.first(
                Self.insertOrganization, .text(name), .text(email), .text(fullName), .text(description),
                .text(website), .text(location), .text(visibility.rawValue)
            ).orNone(of: Self.insertOrganization)
            let account = try Account(row)
            try TeamStore.makeOwners(of: account.id, first: owner, in: tx)
            return account
        }
    }

    /// - Returns: the account as it is then; nil when there is none.
    public func edit(_ id: AccountID, _ edit: AccountEdit) throws -> Account? {
        try database.transaction { tx in
            let row = try tx.first(
                Self.update, .int(id.number), .optional(edit.fullName), .optional(edit.email),
                .optional(edit.description), .optional(edit.website), .optional(edit.location),
                .optional(edit.visibility?.rawValue), .optional(edit.isAdmin), .optional(edit.isActive),
                .optional(edit.prohibitsLogin), .optional(edit.mustChangePassword), .optional(edit.password?.hash),
                .optional(edit.password?.salt))
            try tx.notify(Self.changedChannel, "\(id)")
            return try row.map { try Account($0) }
        }
    }

    /// With its tokens, memberships, runners and what else is its own. What it did keeps its place and loses its name.
    ///
    /// - Throws: a foreign key violation while it owns repositories; `TeamStore.LastOwner` while an organization is theirs alone.
    public func delete(_ id: AccountID) throws -> Bool {
        try database.transaction { tx in
            try TeamStore.checkOwners(without: id, in: tx)
            let isGone = try tx.first(Self.remove, .int(id.number)) != nil
            try tx.notify(Self.changedChannel, "\(id)")
            return isGone
        }
    }

    /// Written down by a batch, apart from requests.
    public func markLoggedIn(_ accounts: [AccountID]) throws {
        guard !accounts.isEmpty else { return }
        try database.write(Self.loggedIn, .ints(accounts.map(\.number)))
    }

    /// Bytes of artifacts of all the account's repositories; nil: the instance's quota.
    public func setArtifactQuota(_ bytes: Int64?, of account: AccountID) throws {
        try database.write(Self.setArtifactQuota, .int(account.number), .optional(bytes))
    }
    private static let setArtifactQuota = Statement(
        "account_set_artifact_quota", "update account set artifact_quota_bytes = $2 where id = $1")
}
