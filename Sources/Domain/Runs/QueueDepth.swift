/// The jobs of one set of labels that wait for runners, and who could take the one that waits longest.
public struct QueueDepth: Equatable, Sendable {
    public let labels: [String]
    public let waiting: Int64
    /// False: at least so many wait; nobody counts on.
    public let isWhole: Bool
    public let oldest: Instant
    /// Runners that may take the oldest job and have its labels, by what they do.
    public let free: Int
    public let busy: Int
    public let offline: Int
    public let disabled: Int
    /// Why the oldest still waits, in the words of `why`.
    public let reason: Reason

    /// - Parameter job: the oldest.
    public init(
        _ job: WaitingJob, waiting: Int64, isWhole: Bool, oldest: Instant, runners: [RunnerFacts], now: Instant
    ) {
        labels = job.labels
        self.waiting = waiting
        self.isWhole = isWhole
        self.oldest = oldest
        var free = 0
        var busy = 0
        var offline = 0
        var disabled = 0
        for runner in runners where runner.scope.covers(repository: job.repository, of: job.owner) {
            guard Domain.labels(runner.labels, satisfy: job.labels), !runner.isSpent else { continue }
            if runner.isDisabled {
                disabled += 1
            } else if runnerStatus(lastOnline: runner.lastOnline, lastActive: nil, now: now) == .offline {
                offline += 1
            } else if runner.liveTasks > 0 {
                busy += 1
            } else {
                free += 1
            }
        }
        (self.free, self.busy, self.offline, self.disabled) = (free, busy, offline, disabled)
        reason = whyWaiting(job, runners: runners, now: now)
    }
}
