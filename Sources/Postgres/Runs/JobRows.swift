import Domain

/// Reads the jobs of an attempt as the rules see them.
extension JobStore {
    /// Of its task, or of the workflow that it called.
    static let outputsOfJob = """
        join lateral (
            select o.name, o.value from task_output o where o.task_id = j.task_id and o.value is not null
            union all
            select c.key, c.value from json_each_text(j.call_outputs::json) c) o on true
        """

    private static let load = Statement(
        "job_load",
        """
        select j.id, j.key, j.needs, j.condition, j.continue_on_error, j.has_outputs, j.status, j.task_id,
               t.runner_can_cancel and coalesce(t.heard_at, t.started_at) > now() - make_interval(secs => $3::bigint),
               j.settle_due_at is not null, j.label_set_id, j.repository_id, j.owner_id, j.position, j.queue_key,
               case when j.is_deferred and j.status = 7 then j.definition end, j.fail_fast, j.max_parallel::bigint, j.is_given_up,
               case when j.status = 7 then j.concurrency end, j.group_name, j.group_cancels, j.group_queues, j.group_id, j.group_held,
               j.is_deferred, j.caller_id, case when j.status > 4 then j.call_scope end,
               case when j.status = 7 then j.environment end, d.refusal, d.needs_review, d.review is not null, d.wait_until > now()
          from job j join attempt a on a.id = j.attempt_id left join task t on t.id = j.task_id
          left join deployment d on d.job_id = j.id
         where j.run_id = $1 and a.number = $2 order by j.id
        """)
    private static let outputs = Statement(
        "job_outputs",
        """
        select j.id, o.name, o.value from job j join attempt a on a.id = j.attempt_id \(outputsOfJob)
         where j.run_id = $1 and a.number = $2 order by j.id, o.name
        """)

    static func load(attempt: Int64, of run: RunID, in tx: Transaction) throws -> [LoadedJob] {
        try tx.run(Self.load, .int(run.number), .int(attempt), .int(RecoveryLimits.cancelHeardSeconds)).map { row in
            LoadedJob(
                snapshot: try snapshot(row), task: row.optionalInt(7).map(TaskID.init), queueKey: row.optionalInt(14),
                labelSet: row.int(10), repository: RepositoryID(row.int(11)), owner: AccountID(row.int(12)),
                position: row.int(13))
        }
    }

    static func outputs(attempt: Int64, of run: RunID, in tx: Transaction) throws -> [JobID: [JobOutput]] {
        var outputs: [JobID: [JobOutput]] = [:]
        for row in try tx.run(Self.outputs, .int(run.number), .int(attempt)) {
            outputs[JobID(row.int(0)), default: []].append(JobOutput(name: row.text(1), value: row.text(2)))
        }
        return outputs
    }

    private static func snapshot(_ row: Row) throws -> JobSnapshot {
        let task = TaskID(row.int(7))
        let state: JobState =
            switch try row.status(6) {
            case .running where row.bool(25): .calling(isCancelled: false)
            case .cancelling where row.bool(25): .calling(isCancelled: true)
            case .blocked: .blocked
            case .waiting: .waiting
            case .running: .running(task, runnerCanCancel: row.bool(8))
            case .cancelling: .cancelling(task)
            case .success: .done(.success)
            case .failure: .done(.failure)
            case .cancelled: .done(.cancelled)
            case .skipped: .done(.skipped)
            }
        var job = JobSnapshot(
            id: JobID(row.int(0)), key: row.text(1), needs: row.texts(2), condition: row.optionalText(3),
            continueOnError: row.bool(4), hasOutputs: row.bool(5), state: state, isSettling: row.bool(9))
        // One that a newer server planned is given out as it is, and fails at its claim with the reason.
        job.standsFor = row.optionalText(15).flatMap { JobPlaceholder(stored: Array($0.utf8)) }
        job.strategy = LegStrategy(failFast: row.bool(16), maxParallel: row.optionalInt(17))
        job.isGivenUp = row.bool(18)
        job.groupKey = planned(row, at: 20)?.key
        job.concurrency = row.optionalText(19).flatMap(JobConcurrency.init)
        if let group = row.optionalInt(23).map(GroupID.init) {
            job.place = row.bool(24) ? .held(group) : .pending(group)
        } else {
            job.place = planned(row, at: 20).map(JobPlace.wanted)
        }
        job.environment = row.optionalText(28).flatMap(JobEnvironment.init)
        job.gate = row.optionalText(29).map { refusal in
            JobGate(refusal: refusal, needsReview: row.bool(30), isReviewed: row.bool(31), waits: row.bool(32))
        }
        job.caller = row.optionalInt(26).map(JobID.init)
        job.scope = row.optionalText(27).flatMap { try? CallScope(stored: $0) }
        return job
    }
}
