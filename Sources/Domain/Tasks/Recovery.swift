/// Why the server gives a task up (runner.md 3.4, 4.2, 7.3).
public enum TaskLoss: String, Equatable, Sendable, CaseIterable {
    /// Assigned, and never heard of: the answer was lost on its way.
    case unheard
    /// The runner stopped reporting: Gitea's zombie.
    case silent
    /// Longer than its `timeout-minutes`, and its runner did not end it: Gitea's endless.
    case overlong
    /// The runner started anew, so it no longer knows this task.
    case runnerRestarted
    /// The runner was removed.
    case runnerRemoved
}

/// When the server gives up, in seconds. The defaults are Gitea's (runner.md 4.2) where it has them.
public struct RecoveryLimits: Equatable, Sendable {
    /// Times a job goes back to the queue because nobody was heard of; after that it fails.
    public static let returnsMax = 2
    /// A cancel waits for a runner that was heard within this time; else the job is cancelled at once (runner.md 4.2).
    public static let cancelHeardSeconds: Int64 = 60

    /// A's first report comes within a second, R's within five.
    public var unheardSeconds: Int64 = 60
    /// R sends nothing while a post-task script runs, so this stays minutes (gitea/runner#826).
    public var silentSeconds: Int64 = 600
    /// For jobs whose `timeout-minutes` is absent or known to the runner alone: GitHub's default.
    public var overlongSeconds: Int64 = 360 * 60
    /// Beyond `timeout-minutes` before the server ends the job: its runner does, unless it does not look, and needs time for
    /// what runs always and for its last words.
    public var timeoutGraceSeconds: Int64 = 120
    /// A runner that declares itself anew has lost what was silent for this long; two processes with one identity
    /// are told apart by it.
    public var restartSilenceSeconds: Int64 = 30
    /// A job that nobody takes, or that waits for one.
    public var abandonedSeconds: Int64 = 24 * 3600

    public init() {}

    /// How long a job may run before the server ends it. Its own time counts alone, be it shorter or longer than ours
    /// (go-gitea/gitea#32694).
    public func allowedSeconds(timeout: Int64?) -> Int64 {
        timeout.map { min($0, Self.timeoutSecondsMax) + timeoutGraceSeconds } ?? overlongSeconds
    }

    /// A month; what is beyond means "never".
    public static let timeoutSecondsMax: Int64 = 43_200 * 60

    /// `timeout-minutes` as the server counts it: a fraction is not lost, and nothing above 0 becomes 0.
    public static func timeoutSeconds(minutes: Double) -> Int64? {
        guard minutes.isFinite, minutes > 0 else { return nil }
        return Int64(min(minutes * 60, Double(timeoutSecondsMax)).rounded(.up))
    }
}

/// What tells whether a live task is lost.
public struct TaskClock: Equatable, Sendable {
    public let startedAt: Instant
    /// Last UpdateTask or UpdateLog; nil when there was none.
    public let heardAt: Instant?
    /// The job's own `timeout-minutes`, when the server knows it.
    public let timeoutSeconds: Int64?
    /// When the task's runner last declared itself.
    public let declaredAt: Instant?

    public init(startedAt: Instant, heardAt: Instant?, timeoutSeconds: Int64?, declaredAt: Instant?) {
        self.startedAt = startedAt
        self.heardAt = heardAt
        self.timeoutSeconds = timeoutSeconds
        self.declaredAt = declaredAt
    }
}

/// Is this live task lost, and how?
public func loss(of task: TaskClock, now: Instant, limits: RecoveryLimits) -> TaskLoss? {
    let lastSign = task.heardAt ?? task.startedAt
    // A process that started anew does not know the tasks of the one before it. Silence since tells it from a second
    // process with the same identity, whose tasks go on reporting.
    let isRestarted =
        (task.declaredAt ?? lastSign) > lastSign && now >= lastSign.adding(seconds: limits.restartSilenceSeconds)
    if task.heardAt == nil {
        // Never begun, so it may begin elsewhere.
        return isRestarted || now >= task.startedAt.adding(seconds: limits.unheardSeconds) ? .unheard : nil
    }
    if isRestarted { return .runnerRestarted }
    if now >= lastSign.adding(seconds: limits.silentSeconds) { return .silent }
    let allowed = limits.allowedSeconds(timeout: task.timeoutSeconds)
    return now >= task.startedAt.adding(seconds: allowed) ? .overlong : nil
}

extension TaskLoss {
    /// For the person who looks at the job: what happened, and what to do.
    ///
    /// - Parameter timeoutSeconds: the job's own, as in `TaskClock`.
    public func words(runner: String, limits: RecoveryLimits, timeoutSeconds: Int64?) -> String {
        let name = runner.isEmpty ? "the runner" : "runner \"\(runner)\""
        switch self {
        case .unheard:
            return
                "\(name) was given this job and was not heard of within \(spelled(limits.unheardSeconds)), "
                + "\(RecoveryLimits.returnsMax + 1) times; check that runners reach the server's address"
        case .silent:
            return
                "\(name) went silent for \(spelled(limits.silentSeconds)); check whether its host is up, then rerun the job"
        case .overlong:
            guard let timeoutSeconds else {
                return
                    "the job ran longer than \(spelled(limits.overlongSeconds)), the limit of jobs without timeout-minutes "
                    + "(tasks.overlong_after); give it a timeout-minutes of its own"
            }
            return
                "the job ran longer than its timeout-minutes (\(spelled(timeoutSeconds))) and \(name) did not end it "
                + "within another \(spelled(limits.timeoutGraceSeconds)); raise timeout-minutes if it needs longer"
        case .runnerRestarted: return "\(name) started anew in the middle of this job; rerun it"
        case .runnerRemoved: return "\(name) was removed in the middle of this job; rerun it"
        }
    }
}

/// `10 minutes`, `3 hours`, `45 seconds`: the largest unit that is whole.
public func spelled(_ seconds: Int64) -> String {
    for (unit, size) in [("day", Int64(86_400)), ("hour", 3600), ("minute", 60)]
    where seconds % size == 0 && seconds > 0 {
        return seconds == size ? "1 \(unit)" : "\(seconds / size) \(unit)s"
    }
    return seconds == 1 ? "1 second" : "\(seconds) seconds"
}

/// What a runner is told of its task (runner.md 4.1, 4.4): 0 while it should go on. A task that the server ended is
/// told as cancelled whatever its status, since act_runner stops on nothing else (go-gitea/gitea#28150).
public func wireResult(_ status: Status, endedByServer: Bool) -> Int {
    endedByServer && status.isDone ? Int(Status.cancelled.rawValue) : status.runnerResult
}
