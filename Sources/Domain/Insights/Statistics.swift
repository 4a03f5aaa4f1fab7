/// A run or a job that ended, for statistics. Times are microseconds.
public struct EndedJob: Equatable, Sendable {
    /// The workflow's file, or the job's name in it.
    public let name: String
    public let status: Status
    public let sha: String
    /// Days since 1970.
    public let day: Int64
    public let ran: Int64?
    public let waited: Int64?

    public init(name: String, status: Status, sha: String = "", day: Int64 = 0, ran: Int64?, waited: Int64? = nil) {
        self.name = name
        self.status = status
        self.sha = sha
        self.day = day
        self.ran = ran
        self.waited = waited
    }
}

/// What many runs of one workflow, or many of one job, have in common.
public struct Statistics: Equatable, Sendable {
    public let name: String
    public let succeeded: Int
    public let failed: Int
    /// Cancelled or skipped: neither good nor bad.
    public let others: Int
    /// Of those that succeeded or failed; microseconds.
    public let ran50: Int64?
    public let ran95: Int64?
    /// Of all that waited.
    public let waited50: Int64?
    public let waited95: Int64?

    public var count: Int { succeeded + failed + others }
    /// Thousandths; nil when nothing succeeded or failed.
    public var successRate: Int? {
        succeeded + failed > 0 ? (succeeded * 1000 + (succeeded + failed) / 2) / (succeeded + failed) : nil
    }

    public init(_ name: String, _ all: some Collection<EndedJob>) {
        self.name = name
        succeeded = all.count { $0.status == .success }
        failed = all.count { $0.status == .failure }
        others = all.count - succeeded - failed
        let ran = all.filter { $0.status == .success || $0.status == .failure }.compactMap(\.ran)
        let waited = all.compactMap(\.waited)
        (ran50, ran95) = (percentile(ran, 50), percentile(ran, 95))
        (waited50, waited95) = (percentile(waited, 50), percentile(waited, 95))
    }
}

/// One line for each name, those with most failures first, then by name.
public func statistics(byName all: [EndedJob]) -> [Statistics] {
    Dictionary(grouping: all, by: \.name).map { Statistics($0, $1) }
        .sorted { ($1.failed, $0.name) < ($0.failed, $1.name) }
}

/// What happened on one day.
public struct DayStatistics: Equatable, Sendable {
    public let day: Int64
    public let statistics: Statistics
}

/// Each day from the first to the last one, also those without a run.
public func statistics(byDay all: [EndedJob], from first: Int64, to last: Int64) -> [DayStatistics] {
    guard first <= last, last - first <= 400 else { return [] }
    let days = Dictionary(grouping: all, by: \.day)
    return (first...last).map { DayStatistics(day: $0, statistics: Statistics("", days[$0] ?? [])) }
}

/// A job that failed and succeeded at the same commit: not the commit decided it.
public struct FlakyJob: Equatable, Sendable {
    public let name: String
    /// Commits at which it failed before it succeeded.
    public let commits: Int
    /// Of those at which it ended green or red.
    public let commitsInAll: Int
    /// The newest of them.
    public let lastSHA: String
}

/// Jobs that failed and later succeeded at one commit, the most doubtful first.
///
/// - Parameter all: in the order in which they ended, the oldest first.
public func flakyJobs(_ all: [EndedJob]) -> [FlakyJob] {
    struct Seen {
        var hasFailed: Set<String> = []
        var ended: Set<String> = []
        var flaky: [String] = []
        var known: Set<String> = []
    }
    var jobs: [String: Seen] = [:]
    for job in all where job.status == .success || job.status == .failure {
        var seen = jobs[job.name] ?? Seen()
        seen.ended.insert(job.sha)
        if job.status == .failure {
            seen.hasFailed.insert(job.sha)
        } else if seen.hasFailed.contains(job.sha), seen.known.insert(job.sha).inserted {
            seen.flaky.append(job.sha)
        }
        jobs[job.name] = seen
    }
    return jobs.compactMap { name, seen in
        seen.flaky.last.map {
            FlakyJob(name: name, commits: seen.flaky.count, commitsInAll: seen.ended.count, lastSHA: $0)
        }
    }.sorted { ($1.commits, $0.name) < ($0.commits, $1.name) }
}

/// A step of one run of a job; microseconds.
public struct EndedStep: Equatable, Sendable {
    public let job: String
    public let name: String
    public let ran: Int64

    public init(job: String, name: String, ran: Int64) {
        self.job = job
        self.name = name
        self.ran = ran
    }
}

public struct SlowStep: Equatable, Sendable {
    public let job: String
    public let name: String
    public let count: Int
    public let ran50: Int64
    public let ran95: Int64
    /// All its time, which is what making it quicker would save.
    public let total: Int64
}

/// Steps by the time that they took in all, the costliest first.
public func slowSteps(_ all: [EndedStep], most: Int) -> [SlowStep] {
    struct Name: Hashable {
        let job: String
        let step: String
    }
    let steps = Dictionary(grouping: all) { Name(job: $0.job, step: $0.name) }.compactMap { name, steps -> SlowStep? in
        let ran = steps.map { max(0, $0.ran) }
        guard let middle = percentile(ran, 50), let most = percentile(ran, 95) else { return nil }
        let total = ran.reduce(Int64(0)) { sum, time in
            let (added, overflow) = sum.addingReportingOverflow(time)
            return overflow ? .max : added
        }
        return SlowStep(job: name.job, name: name.step, count: ran.count, ran50: middle, ran95: most, total: total)
    }
    return Array(steps.sorted { ($1.total, $0.job, $0.name) < ($0.total, $1.job, $1.name) }.prefix(most))
}
