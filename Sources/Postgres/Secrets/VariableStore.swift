import Domain

/// A variable as it is shown.
public struct VariableView: Sendable {
    public let level: SettingLevel
    public let name: SecretName
    public let value: String
    public let description: String
}

/// Writes `variable`.
public struct VariableStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }
    private var ofEnvironments: EnvironmentVariableStore { EnvironmentVariableStore(database: database) }

    static let list = Statement(
        "variable_list",
        """
        select name, value, description from variable
         where coalesce(repository_id, 0) = $1 and coalesce(owner_id, 0) = $2 order by name limit $3 offset $4
        """)
    static let count = Statement(
        "variable_count",
        "select count(*) from variable where coalesce(repository_id, 0) = $1 and coalesce(owner_id, 0) = $2")
    private static let get = Statement(
        "variable_get",
        """
        select name, value, description from variable
         where coalesce(repository_id, 0) = $1 and coalesce(owner_id, 0) = $2 and name = $3
        """)
    private static let insert = Statement(
        "variable_insert",
        """
        insert into variable (repository_id, owner_id, name, value, description)
        select nullif($1, 0), nullif($2, 0), $3, $4, $5
         where (select count(*) < $6 and coalesce(sum(octet_length(value)), 0) + octet_length($4) <= $7
                  from variable where coalesce(repository_id, 0) = $1 and coalesce(owner_id, 0) = $2)
            on conflict (coalesce(repository_id, 0), coalesce(owner_id, 0), name) do nothing
        returning id
        """)
    private static let update = Statement(
        "variable_update",
        """
        update variable set name = $4, value = $5, description = $6, updated_at = now()
         where coalesce(repository_id, 0) = $1 and coalesce(owner_id, 0) = $2 and name = $3
           and (select coalesce(sum(octet_length(value)), 0) + octet_length($5) <= $7
                  from variable where coalesce(repository_id, 0) = $1 and coalesce(owner_id, 0) = $2 and name <> $3)
        returning id
        """)
    private static let remove = Statement(
        "variable_remove",
        """
        delete from variable where coalesce(repository_id, 0) = $1 and coalesce(owner_id, 0) = $2 and name = $3
        returning id
        """)

    /// By name.
    public func list(_ level: SettingLevel, _ part: ListPart) throws -> [VariableView] {
        if case .environment(let environment) = level { return try ofEnvironments.list(environment, part) }
        return try database.read(
            Self.list, level.repositoryValue, level.ownerValue, .int(part.limit), .int(part.offset)
        ).map { Self.view($0, level) }
    }
    public func count(_ level: SettingLevel) throws -> Int64 {
        if case .environment(let environment) = level { return try ofEnvironments.count(environment) }
        return try database.readOne(Self.count, level.repositoryValue, level.ownerValue).value(0)
    }
    public func variable(_ name: SecretName, at level: SettingLevel) throws -> VariableView? {
        if case .environment(let environment) = level { return try ofEnvironments.variable(name, of: environment) }
        return try database.read(Self.get, level.repositoryValue, level.ownerValue, .text(name.text)).first
            .map { Self.view($0, level) }
    }

    /// - Returns: `created`, `exists`, `full`, or `missing` when the repository or owner is gone.
    public func create(
        _ name: SecretName, at level: SettingLevel, value: String, description: String
    ) throws -> SettingWrite {
        if case .environment(let environment) = level {
            return try ofEnvironments.create(name, of: environment, value: value, description: description)
        }
        do {
            let rows = try database.write(
                Self.insert, level.repositoryValue, level.ownerValue, .text(name.text), .text(value),
                .text(description), .int(Int64(SecretLimits.perLevelMax)), .int(Int64(SecretLimits.levelBytesMax)))
            if !rows.isEmpty { return .created }
            return try variable(name, at: level) == nil ? .full : .exists
        } catch let error as PostgresError where error.isForeignKeyViolation {
            return .missing
        }
    }

    /// - Returns: `replaced`, `missing`, `exists` when the new name is another's, or `full`.
    public func update(
        _ name: SecretName, at level: SettingLevel, to newName: SecretName, value: String, description: String
    ) throws -> SettingWrite {
        if case .environment(let environment) = level {
            return try ofEnvironments.update(
                name, of: environment, to: newName, value: value, description: description)
        }
        do {
            let rows = try database.write(
                Self.update, level.repositoryValue, level.ownerValue, .text(name.text), .text(newName.text),
                .text(value), .text(description), .int(Int64(SecretLimits.levelBytesMax)))
            if !rows.isEmpty { return .replaced }
            return try variable(name, at: level) == nil ? .missing : .full
        } catch let error as PostgresError where error.isUniqueViolation {
            return .exists
        }
    }

    /// - Returns: false when there was none.
    public func remove(_ name: SecretName, at level: SettingLevel) throws -> Bool {
        if case .environment(let environment) = level { return try ofEnvironments.remove(name, of: environment) }
        return try !database.write(
            Self.remove, level.repositoryValue, level.ownerValue, .text(name.text)
        ).isEmpty
    }

    private static func view(_ row: Row, _ level: SettingLevel) -> VariableView {
        VariableView(
            level: level, name: SecretName(stored: row.text(0)), value: row.text(1), description: row.text(2))
    }
}
