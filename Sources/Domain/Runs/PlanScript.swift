extension RunScript {
    /// Makes a run, its attempt 1 and its jobs, and starts what needs nothing. Nothing happens when this push made it before.
    ///
    /// The rows need no lock: nobody else sees them before the commit.
    public func plan(_ plan: Tables.Plan, by actor: AccountID?) throws -> RunID? {
        let first = JobState.blocked.status
        let status = aggregate(Array(repeating: first, count: plan.jobCount))
        guard let run = try tables.insertRun(plan, status: status) else { return nil }
        let attempt = try tables.insertAttempt(1, of: run, by: actor, status: status)
        try tables.append(Event(.runPlanned, run: run, actor: actor, detail: plan.problem))
        try tables.append(Event(.runStatus, run: run, status: status))
        guard plan.jobCount > 0 else { return run }
        let jobs = try tables.insertJobs(plan, run: run, attempt: attempt, status: first)
        try tables.appendFirst(of: jobs, run: run)
        _ = try apply(.planned, to: LockedRun(run, attempt: 1, status: status))
        return run
    }
}
