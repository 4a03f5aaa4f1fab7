/// What the rules need to know of one job of the latest attempt.
public struct JobSnapshot: Equatable, Sendable {
    public let id: JobID
    public let key: String
    public let needs: [String]
    public let hasCondition: Bool
    public let continueOnError: Bool
    public let hasOutputs: Bool
    public var state: JobState
    /// Ended, but its dependents wait for late outputs (runner.md 4.6).
    public var isSettling: Bool

    public init(
        id: JobID, key: String, needs: [String], hasCondition: Bool, continueOnError: Bool, hasOutputs: Bool,
        state: JobState, isSettling: Bool = false
    ) {
        self.id = id
        self.key = key
        self.needs = needs
        self.hasCondition = hasCondition
        self.continueOnError = continueOnError
        self.hasOutputs = hasOutputs
        self.state = state
        self.isSettling = isSettling
    }

    /// The status that counts for the run and for dependents.
    var countedStatus: Status { state.status == .failure && continueOnError ? .success : state.status }
}

/// Something that happened to a run.
public enum RunEvent: Equatable, Sendable {
    /// The run was just made: find out which jobs may start.
    case planned
    case job(JobID, JobEvent)
    /// The wait for late outputs of this job is over.
    case outputsSettled(JobID)
    case cancelRequested
}

/// What is to be written. Jobs come before the run's own status.
public enum RunChange: Equatable, Sendable {
    case move(JobID, to: JobState)
    /// Dependents of this job are held until `outputsSettled`.
    case holdDependents(JobID)
    case releaseDependents(JobID)
    case run(Status)
}

/// What an event does to a run: pure, so that handlers, sweeps and the simulation all ask the same function.
///
/// - Parameter run: every job of the latest attempt, in order of id, read with the run row and its jobs locked.
/// - Returns: changes in the order they are to be applied; empty when the event changes nothing.
/// - Throws: `JobRefusal` when the event is not allowed, with nothing to be changed.
/// - Source: DESIGN section 2, "decide, then apply"; runner.md 4.2, 4.5, 4.7.
public func decide(_ run: [JobSnapshot], _ event: RunEvent) throws(JobRefusal) -> [RunChange] {
    var jobs = run
    var changes: [RunChange] = []

    func move(_ index: Int, _ state: JobState) {
        guard jobs[index].state != state else { return }
        jobs[index].state = state
        changes.append(.move(jobs[index].id, to: state))
    }

    switch event {
    case .planned: break
    case .job(let id, let jobEvent):
        guard let index = jobs.firstIndex(where: { $0.id == id }) else { throw .unknownJob(id) }
        let wasDone = jobs[index].state.status.isDone
        let next = try decide(jobs[index].state, jobEvent)
        move(index, next)
        if !wasDone, case .done = next, case .reported(_, _, outputsComplete: false) = jobEvent, jobs[index].hasOutputs
        {
            jobs[index].isSettling = true
            changes.append(.holdDependents(id))
        }
    case .outputsSettled(let id):
        guard let index = jobs.firstIndex(where: { $0.id == id }) else { throw .unknownJob(id) }
        guard jobs[index].isSettling else { return [] }
        jobs[index].isSettling = false
        changes.append(.releaseDependents(id))
    case .cancelRequested:
        for index in jobs.indices { move(index, try decide(jobs[index].state, .cancelRequested)) }
    }

    // A skip can complete the needs of others: repeat until nothing moves (runner.md 4.5).
    var moved = true
    while moved {
        moved = false
        for index in jobs.indices where jobs[index].state == .blocked {
            let verdict = needsVerdict(of: jobs[index], among: jobs)
            if verdict == .notYet { continue }
            move(index, verdict == .ready ? .waiting : .done(.skipped))
            moved = true
        }
    }
    guard !changes.isEmpty || event == .planned else { return [] }
    changes.append(.run(aggregate(jobs.map(\.countedStatus))))
    return changes
}
