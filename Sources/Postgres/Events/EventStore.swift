import Domain

/// Writes `event`: append-only, in the transaction of the change it tells of.
enum EventStore {
    private static let append = Statement(
        "event_append",
        "insert into event (run_id, job_id, task_id, runner_id, kind, detail) values ($1, $2, $3, $4, $5, $6)")

    static func append(
        _ kind: String, run: RunID? = nil, job: JobID? = nil, task: TaskID? = nil, runner: RunnerID? = nil,
        detail: String = "", in tx: Transaction
    ) throws {
        try tx.run(
            Self.append, .optional(run?.number), .optional(job?.number), .optional(task?.number),
            .optional(runner?.number), .text(kind), .text(detail))
    }
}
