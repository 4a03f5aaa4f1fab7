import Domain

/// Writes `workflow`: what is known of a workflow file beside the file.
public struct WorkflowStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let disabled = Statement(
        "workflow_disabled", "select file from workflow where repository_id = $1 and is_disabled")
    private static let set = Statement(
        "workflow_set_disabled",
        """
        insert into workflow (repository_id, file, is_disabled, changed_by)
        select id, $2, $3, $4 from repository where id = $1
            on conflict (repository_id, file)
            do update set is_disabled = excluded.is_disabled, changed_by = excluded.changed_by, changed_at = now()
             where workflow.is_disabled <> excluded.is_disabled
        """)

    /// Files of the repository that start nothing.
    public func disabled(in repository: RepositoryID) throws -> Set<String> {
        Set(try database.read(Self.disabled, .int(repository.number)).map { $0.text(0) })
    }

    /// Again is the same as once.
    public func setDisabled(
        _ isDisabled: Bool, _ file: String, in repository: RepositoryID, by actor: AccountID?
    ) throws {
        try database.write(
            Self.set, .int(repository.number), .text(file), .bool(isDisabled), .optional(actor?.number))
    }
}
