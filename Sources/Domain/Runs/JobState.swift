/// Where one job of an attempt is (runner.md 4.2).
public enum JobState: Equatable, Sendable {
    case blocked
    case waiting
    case running(TaskID, runnerCanCancel: Bool)
    case cancelling(TaskID)
    case done(Conclusion)

    public var status: Status {
        switch self {
        case .blocked: .blocked
        case .waiting: .waiting
        case .running: .running
        case .cancelling: .cancelling
        case .done(let conclusion): conclusion.status
        }
    }

    public var liveTask: TaskID? {
        switch self {
        case .running(let task, _), .cancelling(let task): task
        case .blocked, .waiting, .done: nil
        }
    }
}

public enum JobEvent: Equatable, Sendable {
    case claimed(TaskID, runnerCanCancel: Bool)
    /// The assignment did not reach a runner: the job goes back to the queue.
    case released(TaskID)
    /// A runner's terminal report. `outputsComplete` is false when outputs may still follow (runner.md 4.6).
    case reported(TaskID, Conclusion, outputsComplete: Bool)
    /// The server ends it: the runner went silent, or the job cannot be prepared.
    case gaveUp
    case cancelRequested
}

/// Why an event is not allowed in a state. Nothing was changed.
public enum JobRefusal: Error, Equatable, Sendable {
    case notWaiting(JobState)
    case foreignTask(reported: TaskID, owner: TaskID?)
    case unknownJob(JobID)
}

/// What an event does to a job. Done is final: whatever arrives later changes nothing (runner.md 4.2).
public func decide(_ state: JobState, _ event: JobEvent) throws(JobRefusal) -> JobState {
    switch (state, event) {
    case (.done, .cancelRequested), (.done, .reported), (.done, .released), (.done, .gaveUp):
        return state
    case (.waiting, .claimed(let task, let canCancel)):
        return .running(task, runnerCanCancel: canCancel)
    case (_, .claimed):
        throw .notWaiting(state)
    case (.blocked, .cancelRequested), (.waiting, .cancelRequested):
        return .done(.cancelled)
    case (.running(let task, runnerCanCancel: true), .cancelRequested):
        return .cancelling(task)
    case (.running, .cancelRequested), (.cancelling, .cancelRequested):
        // A second cancel does not wait for the runner any more (runner.md 4.4).
        return .done(.cancelled)
    case (.running(let owner, _), .reported(let task, let conclusion, _)):
        guard task == owner else { throw .foreignTask(reported: task, owner: owner) }
        return .done(conclusion)
    case (.cancelling(let owner), .reported(let task, _, _)):
        // The person asked for a cancel; a success that raced it must not undo that.
        guard task == owner else { throw .foreignTask(reported: task, owner: owner) }
        return .done(.cancelled)
    case (.running(let owner, _), .released(let task)):
        guard task == owner else { throw .foreignTask(reported: task, owner: owner) }
        return .waiting
    case (.cancelling, .released), (.cancelling, .gaveUp):
        return .done(.cancelled)
    case (.running, .gaveUp), (.waiting, .gaveUp), (.blocked, .gaveUp):
        return .done(.failure)
    case (.blocked, .reported(let task, _, _)), (.waiting, .reported(let task, _, _)):
        throw .foreignTask(reported: task, owner: nil)
    case (.blocked, .released), (.waiting, .released):
        return state
    }
}
