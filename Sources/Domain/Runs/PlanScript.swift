extension RunScript {
    /// Makes a run, its attempt 1 and its jobs, and starts what needs nothing. Nothing happens when this push made it before.
    ///
    /// The rows need no lock: nobody else sees them before the commit. A plan with a concurrency group locks that first.
    public func plan(_ plan: Tables.Plan, by actor: AccountID?) throws -> RunID? {
        let first = JobState.blocked.status
        let status = aggregate(Array(repeating: first, count: plan.jobCount))
        // A run that has nothing to do ends as it is made: nobody gives way to it.
        let entry = plan.jobCount > 0 ? try tables.enterGroup(of: plan) : nil
        // A run that awaits its approval must not hold others back.
        let place = try entry.map { plan.needsApproval ? GroupPlace(outside: $0.group) : try takePlace($0) }
        guard let run = try tables.insertRun(plan, status: status, place: place) else { return nil }
        let attempt = try tables.insertAttempt(1, of: run, by: actor, status: status)
        try tables.append(Event(.runPlanned, run: run, actor: actor, detail: plan.problem))
        try tables.append(Event(.runStatus, run: run, status: status))
        guard plan.jobCount > 0 else { return run }
        let jobs = try tables.insertJobs(plan, run: run, attempt: attempt, status: first)
        try tables.appendFirst(of: jobs, run: run)
        let locked = LockedRun(
            run, attempt: 1, status: status, group: place?.group, holdsGroup: place?.holds ?? false,
            approval: plan.needsApproval ? .awaited : .notNeeded)
        _ = try apply(.planned, to: locked)
        return run
    }
}
