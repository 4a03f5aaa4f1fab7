/// Gitea's status numbers, one meaning for run, attempt, job, task and step (runner.md 4.1).
public enum Status: Int64, Sendable, CaseIterable {
    case success = 1
    case failure, cancelled, skipped, waiting, running, blocked, cancelling

    public var isDone: Bool { rawValue <= Status.skipped.rawValue }

    /// The number a runner is told: 0 while it should go on, 3 as soon as it should stop.
    public var runnerResult: Int {
        switch self {
        case .success, .failure, .cancelled, .skipped: Int(rawValue)
        case .cancelling: Int(Status.cancelled.rawValue)
        case .waiting, .running, .blocked: 0
        }
    }
}

/// How a job ended. The raw value is the status number.
public enum Conclusion: Int64, Sendable, CaseIterable {
    case success = 1
    case failure, cancelled, skipped

    public var status: Status {
        switch self {
        case .success: .success
        case .failure: .failure
        case .cancelled: .cancelled
        case .skipped: .skipped
        }
    }
}

/// One status for many jobs: a run's, or the result of a need whose job has several matrix legs (runner.md 4.7).
///
/// Jobs with continue-on-error are counted as successful by the caller. No jobs at all: failure, there is nothing to run.
public func aggregate(_ statuses: [Status]) -> Status {
    func any(_ wanted: Status) -> Bool { statuses.contains(wanted) }
    if statuses.isEmpty { return .failure }
    if statuses.allSatisfy({ $0 == .skipped }) { return .skipped }
    if statuses.allSatisfy({ $0 == .skipped || $0 == .success }) { return .success }
    for first in [Status.cancelling, .running, .waiting, .blocked, .cancelled] where any(first) { return first }
    return .failure
}
