import Domain

/// An access token, without itself: it is stored as a hash alone.
public struct AccessToken: Sendable, Equatable {
    public let id: Int64
    public let name: String
    public let scopes: TokenScopes
    public let lastEight: String
    /// Microseconds since 1970, as the next two.
    public let createdAt: Int64
    public let lastUsedAt: Int64?
    /// Refused from then on.
    public let expiresAt: Int64?

    static let columns = "t.id, t.name, t.scopes, t.last_eight, t.created_at, t.last_used_at, t.expires_at"
    static let columnCount = 7

    init(_ row: Row) throws {
        let scopes: String
        let createdAt: Instant
        let lastUsedAt: Instant?
        let expiresAt: Instant?
        (id, name, scopes, lastEight, createdAt, lastUsedAt, expiresAt) = try row.decode(
            (Int64, String, String, String, Instant, Instant?, Instant?).self)
        self.scopes = TokenScopes(stored: scopes)
        self.createdAt = createdAt.microseconds
        self.lastUsedAt = lastUsedAt?.microseconds
        self.expiresAt = expiresAt?.microseconds
    }
}

/// A token with whose it is.
public struct KnownToken: Sendable, Equatable {
    public let token: AccessToken
    public let account: Account
}

/// Writes `access_token`.
public struct AccessTokenStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let byHash = Statement(
        "access_token_by_hash",
        """
        select \(AccessToken.columns), \(Account.columns)
          from access_token t join account a on a.id = t.account_id where t.hash = $1
        """,
        // Who asks is found by one row of an index, and most requests begin so.
        tellsOrigin: false)
    private static let insert = Statement(
        "access_token_insert",
        """
        insert into access_token as t (account_id, name, hash, last_eight, scopes, expires_at)
        values ($1, $2, $3, $4, $5, to_timestamp($6::bigint / 1e6)) returning \(AccessToken.columns)
        """)
    private static let list = Statement(
        "access_token_list",
        "select \(AccessToken.columns) from access_token t where t.account_id = $1 order by t.id limit $2 offset $3")
    private static let count = Statement(
        "access_token_count", "select count(*) from access_token where account_id = $1")
    private static let named = Statement(
        "access_token_named",
        """
        select t.id from access_token t where t.account_id = $1 and (t.name = $2 or t.id = $3)
        """)
    private static let remove = Statement(
        "access_token_delete", "delete from access_token where account_id = $1 and id = $2 returning id")
    private static let used = Statement(
        "access_token_used",
        """
        update access_token set last_used_at = now()
         where id = any($1) and (last_used_at is null or last_used_at < now() - interval '50 seconds')
        """)

    public func known(hash: [UInt8]) throws -> KnownToken? {
        guard let row = try database.read(Self.byHash, .bytes(hash)).first else { return nil }
        return KnownToken(
            token: try AccessToken(row), account: try Account(row, from: AccessToken.columnCount))
    }

    /// - Throws: a unique violation when the account has a token of that name.
    @discardableResult
    public func add(
        to account: AccountID, name: String, hash: [UInt8], lastEight: String, scopes: TokenScopes = .all,
        expiresAt: Instant? = nil
    ) throws -> AccessToken {
        try AccessToken(
            try database.writeOne(
                Self.insert, .int(account.number), .text(name), .bytes(hash), .text(lastEight), .text(scopes.stored),
                .optional(expiresAt?.microseconds)))
    }

    public func tokens(of account: AccountID, _ part: ListPart) throws -> [AccessToken] {
        try database.read(Self.list, .int(account.number), .int(part.limit), .int(part.offset)).map {
            try AccessToken($0)
        }
    }
    public func count(of account: AccountID) throws -> Int64 {
        try database.readOne(Self.count, .int(account.number)).value(0)
    }

    /// The tokens that a word names: by name, or by id when it is a number.
    public func ids(of account: AccountID, named word: String) throws -> [Int64] {
        try database.read(Self.named, .int(account.number), .text(word), .int(Int64(word) ?? 0)).map { try $0.value(0) }
    }

    /// From the commit on no instance takes it, but for those that cannot hear of it, and these for seconds.
    public func delete(_ id: Int64, of account: AccountID) throws -> Bool {
        try database.transaction { tx in
            let isGone = try tx.first(Self.remove, .int(account.number), .int(id)) != nil
            try tx.notify(AccountStore.changedChannel, "\(account)")
            return isGone
        }
    }

    /// Written down by a batch, apart from requests.
    public func markUsed(_ ids: [Int64]) throws {
        guard !ids.isEmpty else { return }
        try database.write(Self.used, .ints(ids))
    }
}
