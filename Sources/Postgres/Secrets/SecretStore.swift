import Domain

/// A secret as it is listed: never its value.
public struct SecretView: Sendable {
    public let name: SecretName
    public let description: String
    /// Microseconds since 1970.
    public let createdAt: Int64
}

/// A sealed value with the key that opens it, as one snapshot has them: a rotation may remove the key a moment later.
public struct SealedValue: Equatable, Sendable {
    public let sealed: [UInt8]
    public let key: WrappedKey

    public init(sealed: [UInt8], key: WrappedKey) {
        self.sealed = sealed
        self.key = key
    }
}

/// What came of writing a secret or a variable.
public enum SettingWrite: Equatable, Sendable {
    case created, replaced
    /// The name is taken.
    case exists
    /// There are `SecretLimits.perLevelMax` already, or they would have more than `levelBytesMax`.
    case full
    /// There is nothing of that name; or the repository or owner is gone.
    case missing
    /// The data key was removed by a rotation since it was read.
    case keyIsGone
}

/// Writes `secret`.
public struct SecretStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }
    private var ofEnvironments: EnvironmentSecretStore { EnvironmentSecretStore(database: database) }

    static let list = Statement(
        "secret_list",
        """
        select name, description, created_at from secret
         where coalesce(repository_id, 0) = $1 and coalesce(owner_id, 0) = $2 order by name limit $3 offset $4
        """)
    static let count = Statement(
        "secret_count",
        "select count(*) from secret where coalesce(repository_id, 0) = $1 and coalesce(owner_id, 0) = $2")
    /// The one who inserts is told so: a row that was there before has an xmax.
    private static let put = Statement(
        "secret_put",
        """
        insert into secret (repository_id, owner_id, name, key_id, sealed, description)
        select nullif($1, 0), nullif($2, 0), $3, $4, $5, $6
         where (select count(*) < $7 and coalesce(sum(octet_length(sealed)), 0) + octet_length($5) <= $8
                  from secret where coalesce(repository_id, 0) = $1 and coalesce(owner_id, 0) = $2 and name <> $3)
            on conflict (coalesce(repository_id, 0), coalesce(owner_id, 0), name)
            do update set key_id = excluded.key_id, sealed = excluded.sealed, description = excluded.description,
                          updated_at = now()
        returning xmax = 0
        """)
    private static let remove = Statement(
        "secret_remove",
        """
        delete from secret where coalesce(repository_id, 0) = $1 and coalesce(owner_id, 0) = $2 and name = $3
        returning id
        """)

    /// By name.
    public func list(_ level: SettingLevel, _ part: ListPart) throws -> [SecretView] {
        if case .environment(let environment) = level { return try ofEnvironments.list(environment, part) }
        return try database.read(
            Self.list, level.repositoryValue, level.ownerValue, .int(part.limit), .int(part.offset)
        ).map { row in
            SecretView(
                name: SecretName(stored: row.text(0)), description: row.text(1),
                createdAt: row.microseconds(2) ?? 0)
        }
    }
    public func count(_ level: SettingLevel) throws -> Int64 {
        if case .environment(let environment) = level { return try ofEnvironments.count(environment) }
        return try database.readOne(Self.count, level.repositoryValue, level.ownerValue).value(0)
    }

    /// Makes the secret, or replaces its value and description.
    public func put(
        _ name: SecretName, at level: SettingLevel, sealed: [UInt8], key: Int64, description: String
    ) throws -> SettingWrite {
        if case .environment(let environment) = level {
            return try ofEnvironments.put(name, of: environment, sealed: sealed, key: key, description: description)
        }
        do {
            let rows = try database.write(
                Self.put, level.repositoryValue, level.ownerValue, .text(name.text), .int(key), .bytes(sealed),
                .text(description), .int(Int64(SecretLimits.perLevelMax)), .int(Int64(SecretLimits.levelBytesMax)))
            guard let row = rows.first else { return .full }
            return row.bool(0) ? .created : .replaced
        } catch let error as PostgresError where error.isForeignKeyViolation {
            return error.message.contains("secret_key_id_fkey") ? .keyIsGone : .missing
        }
    }

    /// - Returns: false when there was none.
    public func remove(_ name: SecretName, at level: SettingLevel) throws -> Bool {
        if case .environment(let environment) = level { return try ofEnvironments.remove(name, of: environment) }
        return try !database.write(
            Self.remove, level.repositoryValue, level.ownerValue, .text(name.text)
        ).isEmpty
    }

    // MARK: rotation

    private static let staleRows = Statement(
        "secret_stale",
        """
        select s.id, s.repository_id, s.owner_id, s.name, s.sealed, k.id, k.wrapped, k.wrapped_by
          from secret s join encryption_key k on k.id = s.key_id
         where s.key_id < $1 order by s.key_id, s.id limit $2 for no key update of s skip locked
        """)
    private static let reseal = Statement(
        "secret_reseal", "update secret set sealed = $2, key_id = $3 where id = $1")
    private static let anyStale = Statement("secret_any_stale", "select exists (select from secret where key_id < $1)")

    /// Whether something is sealed with a key before this one.
    public func hasStale(before key: Int64) throws -> Bool {
        try database.readOne(Self.anyStale, .int(key)).bool(0) || ofEnvironments.hasStale(before: key)
    }

    /// Seals some secrets of older keys with this one, all of them or none. Whoever writes one of them at the same time waits
    /// for it, or is passed over.
    ///
    /// - Returns: how many were sealed anew.
    public func resealSome(
        with key: Int64, limit: Int, _ reseal: (LeveledValue<SealedValue>) throws -> [UInt8]
    ) throws -> Int {
        try database.transaction { tx in
            let rows = try tx.run(Self.staleRows, .int(key), .int(Int64(limit)))
            for row in rows {
                let fresh = try reseal(LeveledValue(row, at: 1))
                try tx.run(Self.reseal, .int(row.int(0)), .bytes(fresh), .int(key))
            }
            return try rows.count
                + EnvironmentSecretStore.resealSome(with: key, limit: limit - rows.count, in: tx, reseal)
        }
    }
}

extension LeveledValue<SealedValue> {
    /// Of the columns repository_id, owner_id, name, sealed and the key's id, wrapped and wrapped_by.
    ///
    /// - Parameter environment: the column of the environment's id, where there is one.
    init(_ row: Row, at first: Int, environment: Int? = nil) {
        let ofEnvironment = environment.flatMap { row.optionalInt($0) }.map {
            SettingLevel.environment(EnvironmentID($0))
        }
        self.init(
            level: ofEnvironment
                ?? SettingLevel(
                    repository: row.optionalInt(first).map(RepositoryID.init),
                    owner: row.optionalInt(first + 1).map(AccountID.init)),
            name: SecretName(stored: row.text(first + 2)),
            value: SealedValue(
                sealed: row.bytes(first + 3),
                key: WrappedKey(
                    id: row.int(first + 4), wrapped: row.bytes(first + 5), wrappedBy: row.text(first + 6))))
    }
}

extension SettingLevel {
    init(repository: RepositoryID?, owner: AccountID?) {
        if let repository { self = .repository(repository) } else { self = owner.map(Self.owner) ?? .instance }
    }
    /// Of the columns, 0 where they are null: null equals nothing, and no index finds it.
    var repositoryValue: Value {
        if case .repository(let repository) = self { return .int(repository.number) }
        return .int(0)
    }
    var ownerValue: Value {
        if case .owner(let owner) = self { return .int(owner.number) }
        return .int(0)
    }
}
