import Domain

extension TaskStore {
    private static let identity = Statement(
        "task_identity",
        """
        select r.id, r.number, a.number::bigint, r.event, r.ref, r.sha, r.workflow_id, r.workflow_path,
               coalesce(u.name, 'ghost'), coalesce(v.name, u.name, 'ghost'), o.name, p.name, p.id, p.is_private, o.id, u.id
          from task t join job j on j.id = t.job_id join run r on r.id = j.run_id
          join attempt a on a.id = j.attempt_id join repository p on p.id = r.repository_id
          join account o on o.id = p.owner_id left join account u on u.id = r.actor_id
          left join account v on v.id = a.actor_id
         where t.id = $1
        """)

    /// Who the job of a task is, as it is told to others (runner.md 6.5).
    public func identity(of task: TaskID) throws -> JobIdentity? {
        try database.read(Self.identity, .int(task.number)).first.map { row in
            JobIdentity(
                facts: RunFacts(
                    run: RunID(row.int(0)), runNumber: row.int(1), attempt: row.int(2), event: row.text(3),
                    ref: row.text(4), sha: row.text(5), workflowID: row.text(6), workflowPath: row.text(7),
                    actor: row.text(8), triggeringActor: row.text(9), repositoryOwner: row.text(10),
                    repositoryName: row.text(11)),
                repository: RepositoryID(row.int(12)), isPrivate: row.bool(13), owner: AccountID(row.int(14)),
                actor: row.optionalInt(15).map(AccountID.init))
        }
    }
}
