import Domain

/// An account as it logs in.
public struct Account: Sendable {
    public let id: AccountID
    public let name: String
    public let email: String
    public let isAdmin: Bool
    public let passwordHash: [UInt8]
    public let passwordSalt: [UInt8]

    init(_ row: Row) {
        id = AccountID(row.int(0))
        name = row.text(1)
        email = row.text(2)
        isAdmin = row.bool(3)
        passwordHash = row.bytes(4)
        passwordSalt = row.bytes(5)
    }
}

/// Writes `account` and `access_token`, and the shared server keys.
public struct AccountStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let columns = "a.id, a.name, a.email, a.is_admin, a.password_hash, a.password_salt"
    private static let byName = Statement(
        "account_by_name", "select \(columns) from account a where lower(a.name) = lower($1)")
    private static let organizationByName = Statement(
        "organization_by_name", "select \(columns) from account a where lower(a.name) = lower($1) and a.is_org")
    private static let byID = Statement("account_by_id", "select \(columns) from account a where a.id = $1")
    private static let byToken = Statement(
        "account_by_token",
        "select \(columns) from access_token t join account a on a.id = t.account_id where t.hash = $1",
        // Who asks is found by one row of an index, and most requests begin so.
        tellsOrigin: false)
    private static let insert = Statement(
        "account_insert",
        """
        insert into account (name, email, is_admin, password_hash, password_salt)
        values ($1, $2, $3, $4, $5) returning id
        """)
    private static let insertToken = Statement(
        "access_token_insert",
        "insert into access_token (account_id, name, hash, last_eight) values ($1, $2, $3, $4)")

    public func account(named name: String) throws -> Account? {
        try database.read(Self.byName, .text(name)).first.map(Account.init)
    }
    public func organization(named name: String) throws -> Account? {
        try database.read(Self.organizationByName, .text(name)).first.map(Account.init)
    }
    public func account(_ id: AccountID) throws -> Account? {
        try database.read(Self.byID, .int(id.number)).first.map(Account.init)
    }
    public func account(tokenHash: [UInt8]) throws -> Account? {
        try database.read(Self.byToken, .bytes(tokenHash)).first.map(Account.init)
    }

    public func create(
        name: String, email: String, isAdmin: Bool, passwordHash: [UInt8], passwordSalt: [UInt8]
    ) throws -> AccountID {
        try database.writeOne(
            Self.insert, .text(name), .text(email), .bool(isAdmin), .bytes(passwordHash), .bytes(passwordSalt)
        ).value(0)
    }

    /// Bytes of artifacts of all the account's repositories; nil: the instance's quota.
    public func setArtifactQuota(_ bytes: Int64?, of account: AccountID) throws {
        try database.write(Self.setArtifactQuota, .int(account.number), .optional(bytes))
    }
    private static let setArtifactQuota = Statement(
        "account_set_artifact_quota", "update account set artifact_quota_bytes = $2 where id = $1")

    public func addToken(to account: AccountID, name: String, hash: [UInt8], lastEight: String) throws {
        try database.write(
            Self.insertToken, .int(account.number), .text(name), .bytes(hash), .text(lastEight))
    }
}
