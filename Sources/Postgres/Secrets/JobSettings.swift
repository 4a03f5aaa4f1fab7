import Domain

/// Secrets, still sealed, and variables of all levels that a job of a repository could see.
public struct JobSettings: Sendable {
    public let secrets: [LeveledValue<SealedValue>]
    public let variables: [LeveledValue<String>]

    /// One statement, since each claim asks: of most repositories it finds nothing, by two indexes.
    static let all = Statement(
        "job_settings",
        """
        select s.repository_id, s.owner_id, s.name, s.sealed, k.id, k.wrapped, k.wrapped_by, null, null::bigint
          from secret s join encryption_key k on k.id = s.key_id
         where $3 and (coalesce(s.repository_id, 0), coalesce(s.owner_id, 0)) in (($1, 0), (0, $2), (0, 0))
        union all
        select v.repository_id, v.owner_id, v.name, null, null, null, null, v.value, null
          from variable v
         where (coalesce(v.repository_id, 0), coalesce(v.owner_id, 0)) in (($1, 0), (0, $2), (0, 0))
        """)
    /// Few jobs use an environment; the others are not asked for one.
    static let ofEnvironment = Statement(
        "job_environment_settings",
        """
        select null::bigint, null::bigint, s.name, s.sealed, k.id, k.wrapped, k.wrapped_by, null, s.environment_id
          from environment_secret s join encryption_key k on k.id = s.key_id where $2 and s.environment_id = $1
        union all
        select null, null, v.name, null, null, null, null, v.value, v.environment_id
          from environment_variable v where v.environment_id = $1
        """)
    static let variables = Statement(
        "job_variables",
        """
        select v.repository_id, v.owner_id, v.name, v.value from variable v
         where (coalesce(v.repository_id, 0), coalesce(v.owner_id, 0)) in (($1, 0), (0, $2), (0, 0))
        """)

    package static func all(
        of repository: RepositoryID, owner: AccountID, environment: EnvironmentID? = nil, withSecrets: Bool,
        in tx: Transaction
    ) throws -> JobSettings {
        var secrets: [LeveledValue<SealedValue>] = []
        var variables: [LeveledValue<String>] = []
        var rows = try tx.run(all, .int(repository.number), .int(owner.number), .bool(withSecrets))
        if let environment { rows += try tx.run(ofEnvironment, .int(environment.number), .bool(withSecrets)) }
        for row in rows {
            if row.isNull(7) {
                secrets.append(LeveledValue(row, at: 0, environment: 8))
            } else if let environment = row.optionalInt(8) {
                variables.append(
                    LeveledValue(
                        level: .environment(EnvironmentID(environment)), name: SecretName(stored: row.text(2)),
                        value: row.text(7)))
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
