import Domain

/// A log-in of a person by browser, without its secret: it is stored as a hash alone.
public struct Session: Sendable, Equatable {
    public let id: Int64
    public let account: AccountID
    public let createdAt: Instant
    public let seenAt: Instant
    public let times: SessionTimes
    /// What the browser called itself at the log-in.
    public let userAgent: String
    /// Where it logged in from.
    public let address: String

    static let columns =
        """
        s.id, s.account_id, s.created_at, s.seen_at, s.expires_at, s.renewed_at, s.confirmed_at, s.user_agent, s.address
        """
    static let columnCount = 9

    init(_ row: Row) throws {
        let expiresAt: Instant
        let renewedAt: Instant
        let confirmedAt: Instant?
        (id, account, createdAt, seenAt, expiresAt, renewedAt, confirmedAt, userAgent, address) = try row.decode(
            (Int64, AccountID, Instant, Instant, Instant, Instant, Instant?, String, String).self)
        times = SessionTimes(expiresAt: expiresAt, renewedAt: renewedAt, confirmedAt: confirmedAt)
    }
}

/// A session with whose it is, found by one of its secrets.
public struct KnownSession: Sendable, Equatable {
    public let session: Session
    public let account: Account
    public let secret: SessionSecret
}

/// Writes `session`. What ends sessions tells the account's channel, so that no instance remembers them.
public struct SessionStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let byHash = Statement(
        "session_by_hash",
        """
        select \(Session.columns), \(Account.columns), s.hash = $1
          from session s join account a on a.id = s.account_id
         where s.hash = $1 or s.previous_hash = $1
        """,
        // As of access tokens: who asks is found by one row of an index, and most requests of browsers begin so.
        tellsOrigin: false)
    /// The account's row is locked: a change of its password, which ends its sessions, comes before or after.
    private static let insert = Statement(
        "session_insert",
        """
        insert into session as s (account_id, hash, created_at, seen_at, renewed_at, confirmed_at, expires_at, user_agent, address)
        select a.id, $3, to_timestamp($4 / 1e6), to_timestamp($4 / 1e6), to_timestamp($4 / 1e6), to_timestamp($4 / 1e6),
               to_timestamp($5 / 1e6), $6, $7
          from account a
         where a.id = $1 and ($2::bytea is null or a.password_hash = $2) and a.is_active and not a.prohibit_login
           for no key update of a
        returning \(Session.columns)
        """)
    private static let trim = Statement(
        "session_trim",
        """
        delete from session where account_id = $1
           and id <= (select id from session where account_id = $1 order by id desc offset $2 limit 1)
        """)
    private static let renew = Statement(
        "session_renew",
        """
        update session set previous_hash = $2, hash = $3, renewed_at = to_timestamp($4 / 1e6), confirmed_at = null
         where id = $1
           and (hash = $2 and renewed_at <= to_timestamp($5 / 1e6)
                or previous_hash = $2 and confirmed_at is null and renewed_at <= to_timestamp($6 / 1e6))
        returning id
        """)
    private static let confirm = Statement(
        "session_confirm",
        """
        update session set confirmed_at = to_timestamp($3 / 1e6) where id = $1 and hash = $2 and confirmed_at is null
        """)
    private static let list = Statement(
        "session_list",
        """
        select \(Session.columns) from session s where s.account_id = $1 and s.expires_at > to_timestamp($2 / 1e6)
         order by s.id desc limit $3
        """)
    private static let end = Statement(
        "session_end", "delete from session where account_id = $1 and id = $2 returning id")
    private static let endOthers = Statement(
        "session_end_others", "delete from session where account_id = $1 and id <> $2 returning id")
    private static let seen = Statement(
        "session_seen",
        """
        update session s set seen_at = now(),
               expires_at = least(s.created_at + make_interval(secs => $2), now() + make_interval(secs => $3))
         where s.id = any($1)
        """)
    private static let sweep = Statement(
        "session_sweep",
        """
        delete from session where id in
            (select id from session where expires_at <= now() order by expires_at limit $1 for update skip locked)
        returning id
        """)

    public func known(hash: [UInt8]) throws -> KnownSession? {
        guard let row = try database.read(Self.byHash, .bytes(hash)).first else { return nil }
        let isCurrent: Bool = try row.value(Session.columnCount + Account.columnCount)
        return KnownSession(
            session: try Session(row), account: try Account(row, from: Session.columnCount),
            secret: isCurrent ? .current : .previous)
    }

    /// Begins a session, unless the account was disabled or its password changed meanwhile.
    ///
    /// - Parameter password: the hash of the password that was proven; nil: by other means.
    public func add(
        to account: AccountID, hash: [UInt8], password: [UInt8]?, userAgent: String, address: String, now: Instant
    ) throws -> Session? {
        try database.transaction { tx in
            let row = try tx.first(
                Self.insert, .int(account.number), .optional(password), .bytes(hash), .int(now.microseconds),
                .int(SessionTimes.end(createdAt: now, seenAt: now).microseconds), .text(userAgent), .text(address))
            guard let row else { return nil }
            try tx.run(Self.trim, .int(account.number), .int(SessionLimits.perAccountMax))
            return try Session(row)
        }
    }

    /// Gives a session another secret; the one that asks stays good for a while.
    ///
    /// - Returns: whether it was done; of several requests at once, one does it.
    public func renew(_ session: Int64, from old: [UInt8], to new: [UInt8], now: Instant) throws -> Bool {
        let row = try database.write(
            Self.renew, .int(session), .bytes(old), .bytes(new), .int(now.microseconds),
            .int(now.adding(seconds: -SessionLimits.renewedAfterSeconds).microseconds),
            .int(now.adding(seconds: -SessionLimits.graceSeconds).microseconds)
        ).first
        return row != nil
    }

    /// Notes that the browser has the newest secret.
    public func confirm(_ session: Int64, hash: [UInt8], now: Instant) throws {
        try database.write(Self.confirm, .int(session), .bytes(hash), .int(now.microseconds))
    }

    /// The live ones, newest first.
    public func sessions(of account: AccountID, now: Instant) throws -> [Session] {
        try database.read(
            Self.list, .int(account.number), .int(now.microseconds), .int(SessionLimits.perAccountMax)
        ).map { try Session($0) }
    }

    /// From the commit on no instance takes it, as of access tokens.
    @discardableResult
    public func end(_ session: Int64, of account: AccountID) throws -> Bool {
        try database.transaction { tx in
            let isGone = try tx.first(Self.end, .int(account.number), .int(session)) != nil
            if isGone { try tx.notify(AccountStore.changedChannel, "\(account)") }
            return isGone
        }
    }

    /// - Parameter kept: the session that goes on.
    public func endAll(of account: AccountID, but kept: Int64) throws {
        try database.transaction { tx in
            try tx.run(Self.endOthers, .int(account.number), .int(kept))
            try tx.notify(AccountStore.changedChannel, "\(account)")
        }
    }

    /// Written down by a batch, apart from requests.
    public func markSeen(_ sessions: [Int64]) throws {
        guard !sessions.isEmpty else { return }
        try database.write(
            Self.seen, .ints(sessions), .int(SessionLimits.lifeSeconds), .int(SessionLimits.idleSeconds))
    }

    /// Removes what has expired, so much at once.
    ///
    /// - Returns: how many.
    public func sweep() throws -> Int64 {
        Int64(try database.write(Self.sweep, .int(SessionLimits.sweptMax)).count)
    }
}
