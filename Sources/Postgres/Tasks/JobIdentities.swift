import Domain

extension TaskStore {
    private static let identity = Statement(
        "task_identity",
        """
        select \(RunContext.columns), p.id, p.is_private, o.id, u.id
          from \(RunContext.taskTables)
         where t.id = $1
        """)

    /// Who the job of a task is, as it is told to others (runner.md 6.5).
    public func identity(of task: TaskID) throws -> JobIdentity? {
        try database.read(Self.identity, .int(task.number)).first.map { row in
            JobIdentity(
                facts: RunContext(row, at: 0),
                repository: RepositoryID(row.int(12)), isPrivate: row.bool(13), owner: AccountID(row.int(14)),
                actor: row.optionalInt(15).map(AccountID.init))
        }
    }
}
