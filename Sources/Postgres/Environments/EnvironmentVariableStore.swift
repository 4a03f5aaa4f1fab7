import Domain

/// Writes `environment_variable`: what `VariableStore` does, for variables of environments (migration 0097).
struct EnvironmentVariableStore: Sendable {
    let database: Database

    static let list = Statement(
        "environment_variable_list",
        """
        select name, value, description from environment_variable where environment_id = $1 order by name limit $2 offset $3
        """)
    static let count = Statement(
        "environment_variable_count", "select count(*) from environment_variable where environment_id = $1")
    private static let get = Statement(
        "environment_variable_get",
        "select name, value, description from environment_variable where environment_id = $1 and name = $2")
    private static let insert = Statement(
        "environment_variable_insert",
        """
        insert into environment_variable (environment_id, name, value, description)
        select $1, $2, $3, $4
         where (select count(*) < $5 and coalesce(sum(octet_length(value)), 0) + octet_length($3) <= $6
                  from environment_variable where environment_id = $1)
            on conflict on constraint environment_variable_once do nothing returning id
        """)
    private static let update = Statement(
        "environment_variable_update",
        """
        update environment_variable set name = $3, value = $4, description = $5, updated_at = now()
         where environment_id = $1 and name = $2
           and (select coalesce(sum(octet_length(value)), 0) + octet_length($4) <= $6
                  from environment_variable where environment_id = $1 and name <> $2)
        returning id
        """)
    private static let remove = Statement(
        "environment_variable_remove",
        "delete from environment_variable where environment_id = $1 and name = $2 returning id")

    func list(_ environment: EnvironmentID, _ part: ListPart) throws -> [VariableView] {
        try database.read(Self.list, .int(environment.number), .int(part.limit), .int(part.offset))
            .map { Self.view($0, environment) }
    }
    func count(_ environment: EnvironmentID) throws -> Int64 {
        try database.readOne(Self.count, .int(environment.number)).value(0)
    }
    func variable(_ name: SecretName, of environment: EnvironmentID) throws -> VariableView? {
        try database.read(Self.get, .int(environment.number), .text(name.text)).first.map { Self.view($0, environment) }
    }
    func create(
        _ name: SecretName, of environment: EnvironmentID, value: String, description: String
    ) throws -> SettingWrite {
        do {
            let rows = try database.write(
                Self.insert, .int(environment.number), .text(name.text), .text(value), .text(description),
                .int(Int64(SecretLimits.perLevelMax)), .int(Int64(SecretLimits.levelBytesMax)))
            if !rows.isEmpty { return .created }
            return try variable(name, of: environment) == nil ? .full : .exists
        } catch let error as PostgresError where error.isForeignKeyViolation {
            return .missing
        }
    }
    func update(
        _ name: SecretName, of environment: EnvironmentID, to newName: SecretName, value: String, description: String
    ) throws -> SettingWrite {
        do {
            let rows = try database.write(
                Self.update, .int(environment.number), .text(name.text), .text(newName.text), .text(value),
                .text(description), .int(Int64(SecretLimits.levelBytesMax)))
            if !rows.isEmpty { return .replaced }
            return try variable(name, of: environment) == nil ? .missing : .full
        } catch let error as PostgresError where error.isUniqueViolation {
            return .exists
        }
    }
    func remove(_ name: SecretName, of environment: EnvironmentID) throws -> Bool {
        try !database.write(Self.remove, .int(environment.number), .text(name.text)).isEmpty
    }

    private static func view(_ row: Row, _ environment: EnvironmentID) -> VariableView {
        VariableView(
            level: .environment(environment), name: SecretName(stored: row.text(0)), value: row.text(1),
            description: row.text(2))
    }
}
