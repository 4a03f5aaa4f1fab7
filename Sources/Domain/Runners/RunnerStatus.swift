/// Computed from the last calls, never stored (runner.md 3.2).
public enum RunnerStatus: String, Equatable, Sendable {
    case offline, idle, active

    /// Seconds without a call after which a runner counts as offline.
    public static let onlineSeconds: Int64 = 60
    /// Seconds after the last UpdateTask or UpdateLog during which it counts as active.
    public static let activeSeconds: Int64 = 10
}

public func runnerStatus(lastOnline: Instant?, lastActive: Instant?, now: Instant) -> RunnerStatus {
    guard let lastOnline, now <= lastOnline.adding(seconds: RunnerStatus.onlineSeconds) else { return .offline }
    guard let lastActive, now <= lastActive.adding(seconds: RunnerStatus.activeSeconds) else { return .idle }
    return .active
}

/// When an instance writes down that it heard a runner: never once per call (go-gitea/gitea#33881, runner.md 3.2).
public enum RunnerHeard {
    public static let onlineEverySeconds: Int64 = 20
    public static let activeEverySeconds: Int64 = 4
    /// What another instance wrote within this time is not written again. Half of the interval: the stored time is then
    /// at most 30 s old while the runner calls, well within `RunnerStatus.onlineSeconds`.
    public static let onlineFreshSeconds: Int64 = 10
}

/// Where a runner may take jobs from. A repository wins over an owner (runner.md 3.1).
public enum RunnerScope: Hashable, Sendable {
    case everything
    case owner(AccountID)
    case repository(RepositoryID)

    public init(owner: AccountID?, repository: RepositoryID?) {
        if let repository {
            self = .repository(repository)
        } else if let owner {
            self = .owner(owner)
        } else {
            self = .everything
        }
    }

    /// Names the scope, the same way for ever: sealed tokens are bound to it.
    public var text: String {
        switch self {
        case .everything: "everything"
        case .owner(let owner): "owner \(owner)"
        case .repository(let repository): "repository \(repository)"
        }
    }

    public func covers(repository: RepositoryID, of owner: AccountID) -> Bool {
        switch self {
        case .everything: true
        case .owner(let bound): bound == owner
        case .repository(let bound): bound == repository
        }
    }
}
