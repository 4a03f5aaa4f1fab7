import Domain

/// Writes `environment_secret`: what `SecretStore` does, for secrets of environments, which stand apart from those that older
/// servers give to every job (migration 0097).
struct EnvironmentSecretStore: Sendable {
    let database: Database

    static let list = Statement(
        "environment_secret_list",
        """
        select name, description, created_at from environment_secret where environment_id = $1 order by name
         limit $2 offset $3
        """)
    static let count = Statement(
        "environment_secret_count", "select count(*) from environment_secret where environment_id = $1")
    private static let put = Statement(
        "environment_secret_put",
        """
        insert into environment_secret (environment_id, name, key_id, sealed, description)
        select $1, $2, $3, $4, $5
         where (select count(*) < $6 and coalesce(sum(octet_length(sealed)), 0) + octet_length($4) <= $7
                  from environment_secret where environment_id = $1 and name <> $2)
            on conflict on constraint environment_secret_once
            do update set key_id = excluded.key_id, sealed = excluded.sealed, description = excluded.description,
                          updated_at = now()
        returning xmax = 0
        """)
    private static let remove = Statement(
        "environment_secret_remove",
        "delete from environment_secret where environment_id = $1 and name = $2 returning id")
    private static let staleRows = Statement(
        "environment_secret_stale",
        """
        select s.id, null, null, s.name, s.sealed, k.id, k.wrapped, k.wrapped_by, s.environment_id
          from environment_secret s join encryption_key k on k.id = s.key_id
         where s.key_id < $1 order by s.key_id, s.id limit $2 for no key update of s skip locked
        """)
    private static let reseal = Statement(
        "environment_secret_reseal", "update environment_secret set sealed = $2, key_id = $3 where id = $1")
    private static let anyStale = Statement(
        "environment_secret_any_stale", "select exists (select from environment_secret where key_id < $1)")

    func list(_ environment: EnvironmentID, _ part: ListPart) throws -> [SecretView] {
        try database.read(Self.list, .int(environment.number), .int(part.limit), .int(part.offset)).map { row in
            SecretView(
                name: SecretName(stored: row.text(0)), description: row.text(1), createdAt: row.microseconds(2) ?? 0)
        }
    }
    func count(_ environment: EnvironmentID) throws -> Int64 {
        try database.readOne(Self.count, .int(environment.number)).value(0)
    }
    func put(
        _ name: SecretName, of environment: EnvironmentID, sealed: [UInt8], key: Int64, description: String
    ) throws -> SettingWrite {
        do {
            let rows = try database.write(
                Self.put, .int(environment.number), .text(name.text), .int(key), .bytes(sealed), .text(description),
                .int(Int64(SecretLimits.perLevelMax)), .int(Int64(SecretLimits.levelBytesMax)))
            guard let row = rows.first else { return .full }
            return row.bool(0) ? .created : .replaced
        } catch let error as PostgresError where error.isForeignKeyViolation {
            return error.message.contains("key_id_fkey") ? .keyIsGone : .missing
        }
    }
    func remove(_ name: SecretName, of environment: EnvironmentID) throws -> Bool {
        try !database.write(Self.remove, .int(environment.number), .text(name.text)).isEmpty
    }

    // MARK: rotation

    func hasStale(before key: Int64) throws -> Bool { try database.readOne(Self.anyStale, .int(key)).bool(0) }

    static func resealSome(
        with key: Int64, limit: Int, in tx: Transaction, _ reseal: (LeveledValue<SealedValue>) throws -> [UInt8]
    ) throws -> Int {
        let rows = try tx.run(staleRows, .int(key), .int(Int64(limit)))
        for row in rows {
            let fresh = try reseal(LeveledValue(row, at: 1, environment: 8))
            try tx.run(Self.reseal, .int(row.int(0)), .bytes(fresh), .int(key))
        }
        return rows.count
    }
}
