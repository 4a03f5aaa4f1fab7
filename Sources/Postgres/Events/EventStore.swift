import Domain

/// Writes `event`: append-only, in the transaction of the change it tells of.
enum EventStore {
    private static let append = Statement(
        "event_append",
        """
        insert into event (run_id, job_id, task_id, runner_id, kind, detail, status, actor_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        """)

    static func append(_ event: Event, in tx: Transaction) throws {
        try tx.run(
            Self.append, .optional(event.run?.number), .optional(event.job?.number), .optional(event.task?.number),
            .optional(event.runner?.number), .text(event.kind.rawValue), .text(event.detail),
            .optional(event.status?.rawValue), .optional(event.actor?.number))
    }

    private static let appendFirst = Statement(
        "event_append_first",
        """
        insert into event (run_id, job_id, kind, status)
        select $1, u.job_id, $4, u.status
          from unnest($2::bigint[], $3::bigint[]) with ordinality as u (job_id, status, place) order by u.place
        """)

    /// The first event of each job of a new attempt.
    static func appendFirst(of jobs: [NewJob], run: RunID, in tx: Transaction) throws {
        try tx.run(
            Self.appendFirst, .int(run.number), .ints(jobs.map(\.job.number)), .ints(jobs.map(\.status.rawValue)),
            .text(EventKind.jobStatus.rawValue))
    }

    private static let removeWithoutRun = Statement(
        "event_remove_without_run",
        """
        delete from event where id in (
            select id from event where run_id is null and at < now() - make_interval(secs => $1)
             order by at limit $2 for update skip locked)
        returning 1
        """)

    /// Events of runners; those of a run go with it.
    static func removeWithoutRun(olderThanSeconds: Int64, limit: Int, in tx: Transaction) throws -> Int {
        try tx.run(removeWithoutRun, .int(olderThanSeconds), .int(Int64(limit))).count
    }

    private static let ofRun = Statement(
        "event_status_of_run",
        """
        select kind, run_id, job_id, status from event
         where run_id = $1 and kind in ('run_status', 'job_status') order by id
        """)

    /// Where the events of a run say that it and its jobs went, in order.
    static func statuses(of run: RunID, in tx: Transaction) throws -> [StatusEvent] {
        try tx.run(Self.ofRun, .int(run.number)).compactMap { row in
            guard let status = Status(rawValue: row.int(3)) else { return nil }
            return row.text(0) == EventKind.runStatus.rawValue
                ? StatusEvent(.run(RunID(row.int(1))), status) : StatusEvent(.job(JobID(row.int(2))), status)
        }
    }
}
