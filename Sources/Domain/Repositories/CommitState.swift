/// What a program or a job says of a commit.
public enum CommitState: String, CaseIterable, Sendable {
    case pending, success, error, failure, warning, skipped

    /// What a job says of the commit that it ran for.
    ///
    /// - Source: go-gitea/gitea services/actions/commit_status.go.
    public init(_ status: Status) {
        switch status {
        case .success: self = .success
        case .failure, .cancelled: self = .failure
        case .skipped: self = .skipped
        case .waiting, .running, .blocked, .cancelling: self = .pending
        }
    }

    /// What all contexts together say, each with its newest state.
    ///
    /// - Source: go-gitea/gitea modules/commitstatus/commit_status.go, and GitHub's documentation of the same call.
    public static func combined(_ states: [CommitState]) -> CommitState {
        if states.contains(where: { $0 == .error || $0 == .failure }) { return .failure }
        return states.isEmpty || states.contains(.pending) ? .pending : .success
    }
}

/// The words of a job's commit status.
///
/// - Parameter seconds: how long it ran.
public func statusDescription(of status: Status, seconds: Int64) -> String {
    switch status {
    case .success: "Successful in \(shortDuration(seconds))"
    case .failure: "Failing after \(shortDuration(seconds))"
    case .cancelled: "Canceled after \(shortDuration(seconds))"
    case .skipped: "Skipped"
    case .running: "In progress"
    case .cancelling: "Canceling"
    case .waiting: "Waiting to run"
    case .blocked: "Blocked by required conditions"
    }
}

/// `5s`, `1m5s`, `2h0m7s`.
private func shortDuration(_ seconds: Int64) -> String {
    let seconds = max(0, seconds)
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    let head = hours > 0 ? "\(hours)h\(minutes)m" : minutes > 0 ? "\(minutes)m" : ""
    return head + "\(seconds % 60)s"
}

public enum CommitStatusLimits {
    public static let contextBytesMax = 255
    public static let descriptionBytesMax = 1024
    public static let targetBytesMax = 2048
    /// Statuses that programs may tell of one commit (GitHub: 1 000 of each context).
    public static let perCommitMax = 1000
}
