/// What `workflow_run` tells of a run, in GitHub's words.
public enum RunHappening: Equatable, Sendable {
    case requested, inProgress
    case completed(Conclusion)

    /// Of a run that moves: nil where nobody is told. It may be running again after its jobs waited: that is told once.
    public init?(_ status: Status) {
        switch status {
        case .running: self = .inProgress
        case .success: self = .completed(.success)
        case .failure: self = .completed(.failure)
        case .cancelled: self = .completed(.cancelled)
        case .skipped: self = .completed(.skipped)
        case .waiting, .blocked, .cancelling: return nil
        }
    }

    public var action: String {
        switch self {
        case .requested: "requested"
        case .inProgress: "in_progress"
        case .completed: "completed"
        }
    }
    public var status: String { self == .requested ? "queued" : action }
    /// Empty until it is done.
    public var conclusion: String {
        guard case .completed(let conclusion) = self else { return "" }
        return switch conclusion {
        case .success: "success"
        case .failure: "failure"
        case .cancelled: "cancelled"
        case .skipped: "skipped"
        }
    }
}
