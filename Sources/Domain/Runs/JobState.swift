/// Where one job of an attempt is (runner.md 4.2).
public enum JobState: Equatable, Sendable {
    case blocked
    case waiting
    /// `runnerCanCancel`: the runner ends the job itself after a cancel, and was heard lately (runner.md 4.4).
    case running(TaskID, runnerCanCancel: Bool)
    case cancelling(TaskID)
    /// The jobs that it called are not all done; no runner has it. `isCancelled`: they were told to end, and so will it.
    case calling(isCancelled: Bool)
    case done(Conclusion)

    public var status: Status {
        switch self {
        case .blocked: .blocked
        case .waiting: .waiting
        case .running, .calling(isCancelled: false): .running
        case .cancelling, .calling(isCancelled: true): .cancelling
        case .done(let conclusion): conclusion.status
        }
    }

    var isCalling: Bool { if case .calling = self { true } else { false } }

    public var liveTask: TaskID? {
        switch self {
        case .running(let task, _), .cancelling(let task): task
        case .blocked, .waiting, .calling, .done: nil
        }
    }
}

public enum JobEvent: Equatable, Sendable {
    case claimed(TaskID, runnerCanCancel: Bool)
    /// The assignment did not reach a runner: the job goes back to the queue (runner.md 3.4).
    case released(TaskID)
    /// A runner's terminal report. `outputsComplete` is false when outputs may still follow (runner.md 4.6).
    case reported(TaskID, Conclusion, outputsComplete: Bool)
    /// The server gives the task up. `returns`: how often this job went back to the queue unheard before.
    case lost(TaskID, TaskLoss, returns: Int)
    /// The task message of a claimed job cannot be made; the queue must not stop at it (go-gitea/gitea#37586).
    case unbuildable(TaskID)
    /// Nobody took it for too long.
    case abandoned
    case cancelRequested
    /// Cancelled at once, whatever the runner can do.
    case forceCancelRequested
}

/// Why an event is not allowed in a state. Nothing was changed.
public enum JobRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    case notWaiting(JobState)
    case foreignTask(reported: TaskID, owner: TaskID?)

    public var description: String {
        switch self {
        case .notWaiting(let state): "the job is \(state.words) and cannot be given to a runner"
        case .foreignTask(let reported, .some(let owner)):
            "task \(reported) does not have the job any more, task \(owner) has it"
        case .foreignTask(let reported, nil): "task \(reported) does not have the job, nobody has"
        }
    }
}

extension JobState {
    /// For people: "waiting", "running".
    fileprivate var words: String {
        switch self {
        case .blocked: "waiting for others"
        case .waiting: "waiting for a runner"
        case .running: "running"
        case .calling: "waiting for the jobs that it called"
        case .cancelling: "being cancelled"
        case .done: "done"
        }
    }
}

/// What an event does to a job. Done is final: whatever arrives later changes nothing (runner.md 4.2).
public func decide(_ state: JobState, _ event: JobEvent) throws(JobRefusal) -> JobState {
    switch (state, event) {
    case (.waiting, .claimed(let task, let canCancel)):
        return .running(task, runnerCanCancel: canCancel)
    case (_, .claimed):
        throw .notWaiting(state)
    case (.done, _):
        return state
    // It ends with the jobs that it called, and by nothing else.
    case (.calling, .cancelRequested), (.calling, .forceCancelRequested):
        return .calling(isCancelled: true)
    case (.calling, _):
        return state

    case (.blocked, .cancelRequested), (.waiting, .cancelRequested):
        return .done(.cancelled)
    case (.running(let task, runnerCanCancel: true), .cancelRequested):
        return .cancelling(task)
    case (.running, .cancelRequested), (.cancelling, .cancelRequested):
        // A second cancel does not wait for the runner any more (runner.md 4.4).
        return .done(.cancelled)
    case (_, .forceCancelRequested):
        return .done(.cancelled)

    case (.running(let owner, _), .reported(let task, let conclusion, _)):
        guard task == owner else { throw .foreignTask(reported: task, owner: owner) }
        return .done(conclusion)
    case (.cancelling(let owner), .reported(let task, _, _)):
        // The person asked for a cancel; a success that raced it must not undo that.
        guard task == owner else { throw .foreignTask(reported: task, owner: owner) }
        return .done(.cancelled)
    case (.blocked, .reported(let task, _, _)), (.waiting, .reported(let task, _, _)):
        throw .foreignTask(reported: task, owner: nil)

    // What the server does to a task holds only for the task it looked at: the job may have moved on meanwhile.
    case (.running(let owner, _), .released(let task)):
        return task == owner ? .waiting : state
    case (.running(let owner, _), .lost(let task, let loss, let returns)):
        guard task == owner else { return state }
        return loss == .unheard && returns < RecoveryLimits.returnsMax ? .waiting : .done(.failure)
    case (.running(let owner, _), .unbuildable(let task)):
        return task == owner ? .done(.failure) : state
    case (.cancelling(let owner), .released(let task)), (.cancelling(let owner), .lost(let task, _, _)),
        (.cancelling(let owner), .unbuildable(let task)):
        return task == owner ? .done(.cancelled) : state
    case (.blocked, .released), (.blocked, .lost), (.blocked, .unbuildable), (.waiting, .released), (.waiting, .lost),
        (.waiting, .unbuildable):
        return state

    case (.blocked, .abandoned), (.waiting, .abandoned):
        return .done(.cancelled)
    case (.running, .abandoned), (.cancelling, .abandoned):
        return state
    }
}

/// Whether a job's row may go from one status to another: what `decide` can do, seen from outside.
/// `millrace verify` replays the events against it, and the simulation checks that `decide` stays within it.
public func mayMove(from old: Status, to new: Status) -> Bool {
    switch old {
    // One that calls a workflow counts as running from then on.
    case .blocked: [.waiting, .running, .skipped, .cancelled, .failure].contains(new)
    case .waiting: [.running, .cancelled].contains(new)
    case .running: [.waiting, .cancelling, .success, .failure, .cancelled, .skipped].contains(new)
    case .cancelling: new == .cancelled
    case .success, .failure, .cancelled, .skipped: false
    }
}
