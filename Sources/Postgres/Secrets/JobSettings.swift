import Domain

/// Secrets, still sealed, and variables of all levels that a job of a repository could see.
public struct JobSettings: Sendable {
    public let secrets: [LeveledValue<SealedValue>]
    public let variables: [LeveledValue<String>]

    /// One statement, since each claim asks: of most repositories it finds nothing, by two indexes.
    static let all = Statement(
        "job_settings",
        """
        select s.repository_id, s.owner_id, s.name, s.sealed, k.id, k.wrapped, k.wrapped_by, null
          from secret s join encryption_key k on k.id = s.key_id
         where $3 and (coalesce(s.repository_id, 0), coalesce(s.owner_id, 0)) in (($1, 0), (0, $2), (0, 0))
        union all
        select v.repository_id, v.owner_id, v.name, null, null, null, null, v.value
          from variable v
         where (coalesce(v.repository_id, 0), coalesce(v.owner_id, 0)) in (($1, 0), (0, $2), (0, 0))
        """)
    static let variables = Statement(
        "job_variables",
        """
        select v.repository_id, v.owner_id, v.name, v.value from variable v
         where (coalesce(v.repository_id, 0), coalesce(v.owner_id, 0)) in (($1, 0), (0, $2), (0, 0))
        """)

    package static func all(
        of repository: RepositoryID, owner: AccountID, withSecrets: Bool, in tx: Transaction
    ) throws -> JobSettings {
        var secrets: [LeveledValue<SealedValue>] = []
        var variables: [LeveledValue<String>] = []
        for row in try tx.run(all, .int(repository.number), .int(owner.number), .bool(withSecrets)) {
            if row.isNull(7) {
                secrets.append(LeveledValue(row, at: 0))
            } else {
                variables.append(variable(row, value: 7))
            }
        }
        return JobSettings(secrets: secrets, variables: variables)
    }

    static func variables(
        of repository: RepositoryID, owner: AccountID, in tx: Transaction
    ) throws -> [LeveledValue<String>] {
        try tx.run(variables, .int(repository.number), .int(owner.number)).map { variable($0, value: 3) }
    }

    /// For planning, where no transaction is open.
    public static func variables(
        of repository: RepositoryID, owner: AccountID, in database: Database
    ) throws -> [LeveledValue<String>] {
        try database.read(variables, .int(repository.number), .int(owner.number)).map { variable($0, value: 3) }
    }

    private static func variable(_ row: Row, value: Int) -> LeveledValue<String> {
        LeveledValue(
            level: SettingLevel(
                repository: row.optionalInt(0).map(RepositoryID.init), owner: row.optionalInt(1).map(AccountID.init)),
            name: SecretName(stored: row.text(2)), value: row.text(value))
    }
}
