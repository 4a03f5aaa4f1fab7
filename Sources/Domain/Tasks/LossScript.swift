/// A live task that may be lost, as a sweep found it.
public struct SuspectTask: Equatable, Sendable {
    public let task: TaskID
    public let job: JobID
    public let run: RunID
    /// The runner's name; "" when it was removed.
    public let runner: String

    public init(_ task: TaskID, job: JobID, run: RunID, runner: String) {
        self.task = task
        self.job = job
        self.run = run
        self.runner = runner
    }
}

/// A task that the server gave up, and what that changed.
public struct GivenUp: Equatable, Sendable {
    public let loss: TaskLoss
    public let changes: [RunChange]
}

/// The script by which the server ends or gives back a task that no runner works on any more (runner.md 3.4, 4.2, 7.3).
public struct LossScript<Tables: TaskTables> {
    let tables: Tables
    let limits: RecoveryLimits

    public init(on tables: Tables, limits: RecoveryLimits) {
        self.tables = tables
        self.limits = limits
    }

    /// Judges again with the run, its jobs and the task locked: safe on every instance at once.
    ///
    /// - Returns: nil when the task is not lost, or not any more.
    public func giveUp(_ suspect: SuspectTask) throws -> GivenUp? {
        let runs = RunScript(on: tables)
        guard let locked = try runs.lock(suspect.run), let seen = try tables.clock(of: suspect.task) else { return nil }
        let lost = seen.isRunnerRemoved ? .runnerRemoved : loss(of: seen.clock, now: seen.now, limits: limits)
        guard let lost else { return nil }
        try tables.append(
            Event(.taskLost, run: suspect.run, job: suspect.job, task: suspect.task, detail: lost.rawValue))
        let words = lost.words(
            runner: suspect.runner, limits: limits, timeoutSeconds: seen.clock.timeoutSeconds)
        let changes = try runs.apply(
            .job(suspect.job, .lost(suspect.task, lost, returns: seen.returns)), to: locked, problem: words)
        return GivenUp(loss: lost, changes: changes)
    }
}
