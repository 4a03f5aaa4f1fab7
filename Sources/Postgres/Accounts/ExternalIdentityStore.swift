import Domain

/// Who an account is at another server.
public struct ExternalIdentity: Sendable, Equatable {
    public let subject: String
    public let email: String
    public let createdAt: Instant
}

/// Writes `external_identity` and `used_login_state`.
public struct ExternalIdentityStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let account = Statement(
        "external_identity_account",
        """
        select \(Account.columns) from external_identity e join account a on a.id = e.account_id
         where e.issuer = $1 and e.subject = $2
        """)
    private static let of = Statement(
        "external_identity_of",
        "select subject, email, created_at from external_identity where account_id = $1 and issuer = $2")
    private static let insert = Statement(
        "external_identity_insert",
        "insert into external_identity (issuer, subject, account_id, email) values ($1, $2, $3, $4)")
    private static let remove = Statement(
        "external_identity_delete",
        "delete from external_identity where account_id = $1 and issuer = $2 returning subject")
    private static let use = Statement(
        "used_login_state_insert",
        """
        insert into used_login_state (hash, expires_at) values ($1, to_timestamp($2 / 1e6)) on conflict do nothing
        returning 1
        """)
    private static let sweep = Statement(
        "used_login_state_sweep", "delete from used_login_state where expires_at <= now()")

    /// Whose identity it is.
    public func account(issuer: String, subject: String) throws -> Account? {
        try database.read(Self.account, .text(issuer), .text(subject)).first.map { try Account($0) }
    }

    public func identity(of account: AccountID, issuer: String) throws -> ExternalIdentity? {
        try database.read(Self.of, .int(account.number), .text(issuer)).first.map { row in
            let (subject, email, createdAt) = try row.decode((String, String, Instant).self)
            return ExternalIdentity(subject: subject, email: email, createdAt: createdAt)
        }
    }

    /// - Throws: a unique violation when it is another account's, or the account is somebody there already.
    public func link(_ account: AccountID, issuer: String, subject: String, email: String) throws {
        try database.write(Self.insert, .text(issuer), .text(subject), .int(account.number), .text(email))
    }

    /// Makes an account for who is nobody here yet, without a password.
    ///
    /// - Throws: a unique violation when the name is taken, or the identity has an account by now.
    public func createAccount(
        name: String, email: String, fullName: String, issuer: String, subject: String
    ) throws -> Account {
        try database.transaction { tx in
            let account = try AccountStore.create(name: name, email: email, fullName: fullName, in: tx)
            try tx.run(Self.insert, .text(issuer), .text(subject), .int(account.id.number), .text(email))
            return account
        }
    }

    /// - Returns: whether there was one.
    public func unlink(_ account: AccountID, issuer: String) throws -> Bool {
        try !database.write(Self.remove, .int(account.number), .text(issuer)).isEmpty
    }

    /// - Returns: false when the state came back before.
    public func use(state hash: [UInt8], expiresAt: Instant) throws -> Bool {
        try !database.write(Self.use, .bytes(hash), .int(expiresAt.microseconds)).isEmpty
    }

    /// States that are refused by their age as well.
    public func sweep() throws { try database.write(Self.sweep) }
}
