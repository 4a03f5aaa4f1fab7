import Domain

/// A registration token that was just made: how it is found and how it is shown again (docs/adr/0011).
public struct FreshRegistrationToken: Sendable {
    public let hash: [UInt8]
    public let sealed: [UInt8]

    public init(hash: [UInt8], sealed: [UInt8]) {
        self.hash = hash
        self.sealed = sealed
    }
}

/// Writes `registration_token`.
///
/// The current token of a scope is the newest that is active and sealed. Whoever makes or rotates one holds the scope's
/// advisory lock, so that two at once, on any instances, agree.
public struct RegistrationTokenStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let lock = Statement(
        "registration_token_lock", "select pg_advisory_xact_lock(hashtextextended('registration_token ' || $1, 0))")
    private static let byHash = Statement(
        "registration_token_get", "select owner_id, repository_id, is_active from registration_token where hash = $1")
    private static let current = Statement(
        "registration_token_current",
        """
        select sealed from registration_token
         where owner_id is not distinct from $1 and repository_id is not distinct from $2 and is_active
           and sealed is not null
         order by id desc limit 1
        """)
    private static let insert = Statement(
        "registration_token_insert",
        "insert into registration_token (hash, owner_id, repository_id, sealed) values ($1, $2, $3, $4)")
    private static let deactivate = Statement(
        "registration_token_deactivate",
        """
        update registration_token set is_active = false
         where owner_id is not distinct from $1 and repository_id is not distinct from $2 and is_active
        """)

    private static let removeInactive = Statement(
        "registration_token_remove_inactive",
        """
        delete from registration_token where id in (
            select id from registration_token
             where not is_active and created_at < now() - make_interval(secs => $1) order by created_at limit $2)
        """)

    /// Those that were rotated away and made longer ago than this.
    public func removeInactive(olderThanSeconds: Int64, limit: Int) throws {
        try database.write(Self.removeInactive, .int(olderThanSeconds), .int(Int64(limit)))
    }

    /// What a token allows; nil when there is none with this hash.
    public func known(hash: [UInt8]) throws -> KnownRegistration? {
        try database.read(Self.byHash, .bytes(hash)).first.map(Self.known)
    }

    /// The scope's current token, sealed. Without one, `make`'s becomes it; asking again gives the same.
    public func current(of scope: RunnerScope, orElse make: () throws -> FreshRegistrationToken) throws -> [UInt8] {
        if let row = try database.read(Self.current, scope.ownerValue, scope.repositoryValue).first {
            return row.bytes(0)
        }
        return try database.transaction { tx in
            try tx.run(Self.lock, .text(scope.text))
            // Asked again: another may have made it while we waited for the lock.
            if let row = try tx.first(Self.current, scope.ownerValue, scope.repositoryValue) { return row.bytes(0) }
            let fresh = try make()
            try Self.insert(fresh, for: scope, in: tx)
            return fresh.sealed
        }
    }

    /// Ends every token of the scope but this one.
    public func rotate(_ scope: RunnerScope, to fresh: FreshRegistrationToken) throws {
        try database.transaction { tx in
            try tx.run(Self.lock, .text(scope.text))
            try Self.replace(scope, with: fresh, in: tx)
        }
    }

    /// What comes of the operator's own token when an instance starts. Safe with several that start at once: the first
    /// installs it, the others find it.
    public func bootstrap(_ fresh: FreshRegistrationToken) throws -> Bootstrap {
        try database.transaction { tx in
            try tx.run(Self.lock, .text(RunnerScope.everything.text))
            let step = Domain.bootstrap(try tx.first(Self.byHash, .bytes(fresh.hash)).map(Self.known))
            if step == .install { try Self.replace(.everything, with: fresh, in: tx) }
            return step
        }
    }

    private static func replace(
        _ scope: RunnerScope, with fresh: FreshRegistrationToken, in tx: Transaction
    ) throws {
        try tx.run(deactivate, scope.ownerValue, scope.repositoryValue)
        try insert(fresh, for: scope, in: tx)
    }

    private static func insert(_ fresh: FreshRegistrationToken, for scope: RunnerScope, in tx: Transaction) throws {
        try tx.run(insert, .bytes(fresh.hash), scope.ownerValue, scope.repositoryValue, .bytes(fresh.sealed))
    }

    private static func known(_ row: Row) -> KnownRegistration {
        KnownRegistration(
            scope: RunnerScope(
                owner: row.optionalInt(0).map(AccountID.init), repository: row.optionalInt(1).map(RepositoryID.init)),
            isActive: row.bool(2))
    }
}

extension RunnerScope {
    /// The two columns `owner_id` and `repository_id`, at most one of them set.
    var ownerValue: Value {
        if case .owner(let owner) = self { return .int(owner.number) }
        return .null(.int)
    }
    var repositoryValue: Value {
        if case .repository(let repository) = self { return .int(repository.number) }
        return .null(.int)
    }
}
