/// A task that a runner was given, with the token that was made for it.
public struct ClaimedTask: Equatable, Sendable {
    public let task: TaskID
    public let token: TaskToken
}

/// What one look for work gave.
public enum ClaimAnswer: Equatable, Sendable {
    case claimed([ClaimedTask])
    /// Nothing that could be locked waits for this runner.
    case nothing
    /// The runner was disabled, or had its one job.
    case notAdmitted
    /// Another request with the same key is being worked on, here or on another instance.
    case keyIsBusy
}

/// The script of a claim: the one change of a run that does not lock the run first.
///
/// One job row is locked with `skip locked`, so a claim waits for nobody; then the run's status is read in a new
/// statement, and only if it must change is the run row locked, without waiting: on failure everything is rolled back and
/// the caller looks again. An ephemeral runner's row is locked before all.
public struct ClaimScript<Tables: TaskTables> {
    let tables: Tables
    /// Random bytes come from outside.
    let makeToken: () -> TaskToken

    public init(on tables: Tables, makeToken: @escaping () -> TaskToken) {
        self.tables = tables
        self.makeToken = makeToken
    }

    /// - Throws: `RowIsLocked` when the first job's run cannot be changed now; the transaction must be rolled back.
    public func claim(_ claim: Claim) throws -> ClaimAnswer {
        if let key = claim.requestKey {
            guard let known = try recover(requestKey: key, of: claim.runner.id) else { return .keyIsBusy }
            // The answer may have been lost while this request was already on its way again.
            if !known.isEmpty { return .claimed(known) }
        }
        guard try tables.admit(claim.runner) else { return .notAdmitted }
        let claimed = try claimSome(claim)
        guard !claimed.isEmpty else { return .nothing }
        if claim.requestKey != nil { try tables.notifyAssigned(to: claim.runner.id) }
        return .claimed(claimed)
    }

    /// The tasks that this very request was given before its answer was lost, each with a new token (runner.md 3.5).
    ///
    /// - Returns: nil when another request with the same key is being worked on.
    public func recover(requestKey: String, of runner: RunnerID) throws -> [ClaimedTask]? {
        guard try tables.lock(requestKey: requestKey, of: runner) else { return nil }
        return try tables.unheardTasks(of: runner, requestKey: requestKey).map { task in
            let token = makeToken()
            try tables.renewToken(of: task, hash: token.hash)
            return ClaimedTask(task: task, token: token)
        }
    }

    /// All of them in one transaction: an error after the first would lose it (runner.md 2.5), so a run that cannot be
    /// moved now only ends the picking.
    private func claimSome(_ claim: Claim) throws -> [ClaimedTask] {
        var claimed: [ClaimedTask] = []
        while claimed.count < claim.room {
            do {
                let next = claimed.isEmpty ? try claimOne(claim) : try tables.savepoint { try claimOne(claim) }
                guard let next else { break }
                claimed.append(next)
            } catch is RowIsLocked where !claimed.isEmpty {
                break
            }
        }
        return claimed
    }

    private func claimOne(_ claim: Claim) throws -> ClaimedTask? {
        guard let picked = try tables.pick(claim) else { return nil }
        let runner = claim.runner
        // The task's number comes with its row, and no status depends on it.
        let status = try decide(JobState.waiting, .claimed(TaskID(0), runnerCanCancel: runner.canCancel)).status
        // A new statement: whoever changed the run before our lock on the job is seen now.
        let runStatus = try tables.status(of: picked.run)
        let newRunStatus = aggregate([runStatus, status])
        if newRunStatus != runStatus {
            try tables.lockRunWithoutWaiting(picked.run)
            try RunScript(on: tables).move(picked.run, to: newRunStatus)
        }
        let token = makeToken()
        let task = try tables.insert(
            NewTask(
                job: picked.job, runner: runner, status: status, tokenHash: token.hash, requestKey: claim.requestKey,
                stepNames: picked.stepNames))
        try tables.assign(picked.job, to: task, status: status)
        try tables.append(
            Event(.jobStatus, run: picked.run, job: picked.job, task: task, runner: runner.id, status: status))
        if runner.isEphemeral { try spend(runner) }
        return ClaimedTask(task: task, token: token)
    }

    private func spend(_ runner: Claimant) throws {
        try tables.spend(runner.id)
        try tables.append(Event(.runnerSpent, runner: runner.id))
        try tables.notifyChanged(runner: runner.uuid)
    }
}
