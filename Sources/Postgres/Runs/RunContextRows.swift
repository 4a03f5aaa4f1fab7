import Domain

/// One join for whoever needs a run as its `github` context names it.
extension RunContext {
    /// Of `tables`, in the order that `init(_:at:)` reads.
    static let columns = """
        r.id, r.number, a.number::bigint, r.event, r.ref, r.sha, r.workflow_id, r.workflow_path,
               coalesce(u.name, 'ghost'), coalesce(v.name, u.name, 'ghost'), o.name, p.name
        """
    static let columnCount = 12

    /// What follows a `run r` and its `attempt a`.
    private static let names = """
        join repository p on p.id = r.repository_id join account o on o.id = p.owner_id
          left join account u on u.id = r.actor_id left join account v on v.id = a.actor_id
        """
    /// A run and its latest attempt.
    static let runTables = """
        run r join attempt a on a.run_id = r.id and a.number = r.latest_attempt
          \(names)
        """
    /// A task, its job, and the attempt that the job is of.
    static let taskTables = """
        task t join job j on j.id = t.job_id join run r on r.id = j.run_id join attempt a on a.id = j.attempt_id
          \(names)
        """

    /// - Parameter at: number of the first of the `columnCount` columns.
    init(_ row: Row, at first: Int) {
        self.init(
            run: RunID(row.int(first)), runNumber: row.int(first + 1), attempt: row.int(first + 2),
            event: row.text(first + 3), ref: row.text(first + 4), sha: row.text(first + 5),
            workflowID: row.text(first + 6), workflowPath: row.text(first + 7), actor: row.text(first + 8),
            triggeringActor: row.text(first + 9), repositoryOwner: row.text(first + 10),
            repositoryName: row.text(first + 11))
    }
}
