/// One UpdateTask.
public struct TaskReport: Equatable, Sendable {
    public let task: TaskID
    public let runner: RunnerID
    /// Nil for a heartbeat.
    public let conclusion: Conclusion?
    public let steps: [ReportedStep]
    public let outputs: [JobOutput]

    public init(
        task: TaskID, runner: RunnerID, conclusion: Conclusion?, steps: [ReportedStep], outputs: [JobOutput]
    ) {
        self.task = task
        self.runner = runner
        self.conclusion = conclusion
        self.steps = steps
        self.outputs = outputs
    }
}

/// What an UpdateTask is answered with, and what it changed.
public struct ReportAnswer: Equatable, Sendable {
    /// The number for the wire: 0 while the runner should go on (runner.md 4.3.9).
    public let result: Int
    public let sentOutputs: [String]
    public let changes: [RunChange]
}

/// The script of an UpdateTask: all of it in one transaction (runner.md 4.3).
///
/// Lock order: run and jobs, then the task, then its steps. What only a task is concerned in locks from the task downwards.
public struct ReportScript<Tables: TaskTables> {
    let tables: Tables
    let limits: OutputLimits
    private var runs: RunScript<Tables> { RunScript(on: tables) }

    public init(on tables: Tables, limits: OutputLimits = OutputLimits()) {
        self.tables = tables
        self.limits = limits
    }

    public func report(_ report: TaskReport) throws -> ReportAnswer {
        let task = report.task
        guard let located = try tables.locate(task), located.runner == report.runner else {
            // Told as cancelled, so that the runner stops (runner.md 4.3.1). Another runner's task is told the same: which
            // ids there are is nobody's business.
            return ReportAnswer(
                result: Status.cancelled.runnerResult, sentOutputs: report.outputs.map(\.name), changes: [])
        }
        let settles = located.isSettling && (located.isLogClosed || !report.outputs.isEmpty)
        let concludes = !located.status.isDone && report.conclusion != nil
        let locked = concludes || settles ? try runs.lock(located.run) : nil
        // Locked now: what the sweeps or a cancel did before is seen, what they do later waits.
        let heard = try tables.hear(task)
        let wasLive = !heard.status.isDone
        if wasLive, !report.steps.isEmpty { try tables.put(report.steps, of: task) }
        let dropped = try put(report.outputs, of: task)
        var changes: [RunChange] = []
        if let locked {
            if wasLive, let conclusion = report.conclusion {
                let isComplete = !report.outputs.isEmpty || located.isLogClosed || !located.hasOutputs
                changes = try conclude(task, located.job, conclusion, outputsComplete: isComplete, in: locked)
            } else if settles {
                changes = try runs.apply(.outputsSettled(located.job), to: locked)
            }
        }
        let standing = changes.isEmpty ? heard : try tables.standing(of: task)
        return ReportAnswer(
            result: wireResult(standing.status, endedByServer: standing.isEndedByServer),
            sentOutputs: try tables.outputNames(of: task) + dropped, changes: changes)
    }

    private func conclude(
        _ task: TaskID, _ job: JobID, _ conclusion: Conclusion, outputsComplete: Bool, in run: LockedRun
    ) throws -> [RunChange] {
        let contradiction = conclusion == .success ? try contradiction(of: task) : nil
        let believed = contradiction == nil ? conclusion : .failure
        return try runs.apply(
            .job(job, .reported(task, believed, outputsComplete: outputsComplete)), to: run,
            problem: contradiction ?? "")
    }

    /// Why this task cannot have been a success, in words.
    private func contradiction(of task: TaskID) throws -> String? {
        let failed = try tables.failedSteps(of: task)
        guard !failed.isEmpty else { return nil }
        return contradictionOfSuccess(failedSteps: failed, payload: try tables.payload(of: task))
    }

    /// - Returns: names that were not stored at all.
    private func put(_ outputs: [JobOutput], of task: TaskID) throws -> [String] {
        guard !outputs.isEmpty else { return [] }
        let intake = OutputIntake(
            outputs, known: Set(try tables.outputNames(of: task)), runBytes: try tables.outputBytes(ofRunOf: task),
            limits: limits)
        if !intake.stored.isEmpty { try tables.put(intake.stored, of: task) }
        if !intake.refused.isEmpty { try tables.refuse(intake.refused, of: task) }
        return intake.dropped
    }
}
