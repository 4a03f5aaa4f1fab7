extension RunScript {
    /// Makes a new attempt: jobs to run again as new rows, the others carried over with their result (rest.md 7).
    ///
    /// - Returns: the new rows' ids by the ids of the attempt before; nil when the run is gone.
    /// - Throws: `RerunRefusal`, with nothing changed.
    public func rerun(_ run: RunID, _ wish: RerunWish, by actor: AccountID?) throws -> [JobID: JobID]? {
        // A rerun enters the run's group behind everybody else; a refused one gives its turn back with the transaction.
        var place = try tables.group(of: run).map { try takePlace(tables.enterGroup($0)) }
        guard let locked = try lock(run) else { return nil }
        if let group = place?.group, locked.approval == .awaited { place = GroupPlace(outside: group) }
        let jobs = try tables.jobs(of: run, attempt: locked.attempt)
        let again = try planRerun(jobs.map(\.snapshot), wish, attempts: Int(locked.attempt))
        let number = locked.attempt + 1
        let first = JobState.blocked.status
        let attempt = try tables.insertAttempt(number, of: run, by: actor, status: first)
        try tables.startAttempt(number, of: run, status: first, place: place)
        try tables.append(Event(.runRerun, run: run, actor: actor, detail: "attempt \(number)"))
        try tables.append(Event(.runStatus, run: run, status: first))
        // Not asked for with the lock: a statement that waited sees the run's new row, but no attempt made meanwhile.
        let old = try tables.attempt(locked.attempt, of: run)
        let copies = try tables.copyJobs(from: old, to: attempt, again, status: first)
        try tables.appendFirst(of: copies, run: run)
        let begun = LockedRun(
            run, attempt: number, status: first, group: place?.group, holdsGroup: place?.holds ?? false,
            approval: locked.approval)
        _ = try apply(.planned, to: begun)
        let idAt = Dictionary(copies.map { ($0.position, $0.job) }, uniquingKeysWith: { first, _ in first })
        return Dictionary(
            jobs.compactMap { job in idAt[job.position].map { (job.snapshot.id, $0) } },
            uniquingKeysWith: { first, _ in first })
    }
}
