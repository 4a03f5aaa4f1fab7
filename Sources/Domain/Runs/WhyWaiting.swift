/// A job that does not run yet, as far as its waiting can be explained.
public struct WaitingJob: Equatable, Sendable {
    public let repository: RepositoryID
    public let owner: AccountID
    public let labels: [String]
    /// Names of needed jobs that are not done; empty for a job in the queue.
    public let unfinishedNeeds: [String]
    /// The concurrency group that its run waits for.
    public let group: AwaitedGroup?
    /// Its run waits for somebody to let it start.
    public let awaitsApproval: Bool
    /// Its run was cancelled: the job starts only to clean up.
    public let isCleanUp: Bool
    /// Jobs beyond which nobody counts on: the answer would take as long as the queue.
    public static let aheadMax: Int64 = 1000
    /// Jobs that a runner with the same labels would take first; `aheadMax` stands for more too.
    public let ahead: Int64
    /// The environment whose rules it has not passed.
    public var environment: AwaitedEnvironment?
    /// The concurrency group that the job itself waits for.
    public var ownGroup: AwaitedGroup?
    /// What `max-parallel` makes it wait for.
    public var slots: AwaitedSlot?

    public init(
        repository: RepositoryID, owner: AccountID, labels: [String], unfinishedNeeds: [String] = [],
        group: AwaitedGroup? = nil, awaitsApproval: Bool = false, isCleanUp: Bool = false, ahead: Int64 = 0
    ) {
        self.repository = repository
        self.owner = owner
        self.labels = labels
        self.unfinishedNeeds = unfinishedNeeds
        self.group = group
        self.awaitsApproval = awaitsApproval
        self.isCleanUp = isCleanUp
        self.ahead = ahead
    }

    fileprivate var shownAhead: String {
        if ahead >= Self.aheadMax { return "\(Self.aheadMax) jobs or more stand" }
        return ahead == 1 ? "1 job stands" : "\(ahead) jobs stand"
    }
}

/// A concurrency group that another run, or a job, holds.
public struct AwaitedGroup: Equatable, Sendable {
    public let name: String
    /// The number of the run that holds it, or whose job does; nil when it has just ended.
    public let holder: Int64?
    /// The name of the job that holds it; nil when the run as a whole does.
    public var holderJob: String?

    public init(name: String, holder: Int64?) {
        self.name = name
        self.holder = holder
    }

    fileprivate var words: String {
        guard let holder else { return "is in the concurrency group \"\(name)\" and waits for its turn" }
        let who = (holderJob.map { "job \"\($0)\" of " } ?? "") + "run #\(holder)"
        return "is in the concurrency group \"\(name)\" and waits for \(who), which holds it, to end"
    }
}

/// An environment that a job has not passed.
public struct AwaitedEnvironment: Equatable, Sendable {
    public let name: String
    /// A review is due; who may give it, for people: `ann`, `team ops`.
    public let reviewers: [String]?
    /// The end of the wait timer, as people read it; nil when it is over.
    public let waitsUntil: String?

    public init(name: String, reviewers: [String]?, waitsUntil: String?) {
        self.name = name
        self.reviewers = reviewers
        self.waitsUntil = waitsUntil
    }
}

/// Legs of a job's matrix that have all its slots.
public struct AwaitedSlot: Equatable, Sendable {
    public let maxParallel: Int64
    /// Names of the legs that have a slot.
    public let legs: [String]

    public init(maxParallel: Int64, legs: [String]) {
        self.maxParallel = maxParallel
        self.legs = legs
    }
}

/// A runner, as far as it bears on who takes what.
public struct RunnerFacts: Equatable, Sendable {
    public let name: String
    public let scope: RunnerScope
    public let labels: [String]
    public let isDisabled: Bool
    /// An ephemeral runner that had its one job.
    public let isSpent: Bool
    public let lastOnline: Instant?
    public let liveTasks: Int64

    public init(
        name: String, scope: RunnerScope, labels: [String], isDisabled: Bool = false, isSpent: Bool = false,
        lastOnline: Instant?, liveTasks: Int64 = 0
    ) {
        self.name = name
        self.scope = scope
        self.labels = labels
        self.isDisabled = isDisabled
        self.isSpent = isSpent
        self.lastOnline = lastOnline
        self.liveTasks = liveTasks
    }
}

/// One thing that is in the way. `kind` is stable for scripts, `words` are for people and the same everywhere.
public struct Reason: Equatable, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        case approval, group, maxParallel = "max_parallel", environment, timer, needs, scope, labels, disabled, spent,
            offline, busy, queue,
            soon, nothing, running, done
    }
    public let kind: Kind
    public let words: String

    public init(_ kind: Kind, _ words: String) {
        self.kind = kind
        self.words = words
    }
}

/// Why a blocked or waiting job does not run: the narrowest gate that no runner passes (go-gitea/gitea#30001).
public func whyWaiting(_ job: WaitingJob, runners: [RunnerFacts], now: Instant) -> Reason {
    if job.awaitsApproval {
        return Reason(.approval, "its run waits until somebody who may write to the repository approves it")
    }
    if let group = job.group {
        return Reason(.group, "its run \(group.words)")
    }
    if !job.unfinishedNeeds.isEmpty {
        let after = job.isCleanUp ? "; the run was cancelled, so it starts only if its \"if\" holds then" : ""
        return Reason(.needs, "waiting for \(listed(job.unfinishedNeeds)) to end\(after)")
    }
    if let environment = job.environment {
        let until = environment.waitsUntil.map { "\($0), when the wait timer ends" }
        if let reviewers = environment.reviewers {
            let who = reviewers.isEmpty ? "a reviewer, of whom none is left" : reviewers.joined(separator: " or ")
            return Reason(
                .environment,
                "waiting for \(who) to approve it for the environment \"\(environment.name)\""
                    + (until.map { ", and until \($0)" } ?? ""))
        }
        if let until {
            return Reason(.timer, "waiting for the environment \"\(environment.name)\" until \(until)")
        }
    }
    if let slots = job.slots {
        let (most, count) = (slots.maxParallel, slots.legs.count)
        return Reason(
            .maxParallel,
            "\"max-parallel\" of its matrix is \(most), and \(count) \(count == 1 ? "leg is" : "legs are") at work: "
                + "\(shown(slots.legs)); it starts when one ends")
    }
    if let group = job.ownGroup { return Reason(.group, "it \(group.words)") }
    let wanted = listed(job.labels)
    if runners.isEmpty { return Reason(.scope, "no runner is registered; register one with the labels \(wanted)") }
    let near = runners.filter { $0.scope.covers(repository: job.repository, of: job.owner) }
    if near.isEmpty {
        return Reason(
            .scope, "none of the \(runners.count) runners may take jobs of this repository; they belong to others")
    }
    let fitting = near.filter { labels($0.labels, satisfy: job.labels) }
    guard let first = fitting.first else {
        let nearest = near.map { (runner: $0, missing: missing(job.labels, in: $0.labels)) }
            .min { $0.missing.count < $1.missing.count }
        let hint = nearest.map { "; the nearest, \"\($0.runner.name)\", lacks \(listed($0.missing))" } ?? ""
        return Reason(.labels, "no runner has all the labels \(wanted)\(hint)")
    }
    let enabled = fitting.filter { !$0.isDisabled && !$0.isSpent }
    if enabled.isEmpty {
        return first.isSpent
            ? Reason(.spent, "runner \"\(first.name)\" fits, but was for one job only and had it; register another")
            : Reason(.disabled, "runner \"\(first.name)\" fits, but is disabled; enable it")
    }
    let online = enabled.filter { runnerStatus(lastOnline: $0.lastOnline, lastActive: nil, now: now) != .offline }
    if online.isEmpty {
        return Reason(.offline, "\(names(enabled)) would fit, but did not call for over a minute; start one")
    }
    let free = online.filter { $0.liveTasks == 0 }
    if let free = free.first {
        return job.ahead > 0
            ? Reason(.queue, "\(job.shownAhead) before it")
            : Reason(.soon, "runner \"\(free.name)\" is free and takes it with its next call")
    }
    let before = job.ahead > 0 ? "; \(job.shownAhead) before it" : ""
    return Reason(.busy, "\(names(online)) would fit, but \(online.count == 1 ? "is" : "are") busy\(before)")
}

/// Why a job that called a workflow is not done.
///
/// - Parameter jobs: names of those that it called and that are not done, in their order.
public func whyCalling(_ jobs: [String]) -> Reason {
    let more = jobs.count > 3 ? " and \(jobs.count - 3) more" : ""
    return Reason(
        .running,
        jobs.isEmpty
            ? "the jobs of the workflow that it called have ended; their outputs are awaited"
            : "it called a workflow and waits for \(listed(Array(jobs.prefix(3))))\(more) to end")
}

/// Waiting jobs of one kind, for the question why a runner is idle.
public struct WaitingKind: Equatable, Sendable {
    public let repository: RepositoryID
    public let owner: AccountID
    public let labels: [String]
    public let count: Int64

    public init(repository: RepositoryID, owner: AccountID, labels: [String], count: Int64) {
        self.repository = repository
        self.owner = owner
        self.labels = labels
        self.count = count
    }
}

/// Why a runner does nothing, or what it does.
public func whyIdle(_ runner: RunnerFacts, waiting: [WaitingKind], now: Instant) -> Reason {
    if runner.isSpent { return Reason(.spent, "it was for one job only and had it") }
    if runner.isDisabled { return Reason(.disabled, "it is disabled; enable it") }
    if runnerStatus(lastOnline: runner.lastOnline, lastActive: nil, now: now) == .offline {
        return Reason(
            .offline, runner.lastOnline == nil ? "it never called; start it" : "it did not call for over a minute")
    }
    if runner.liveTasks > 0 {
        return Reason(.busy, "it has \(runner.liveTasks) \(runner.liveTasks == 1 ? "job" : "jobs")")
    }
    if waiting.isEmpty { return Reason(.nothing, "no job waits") }
    let near = waiting.filter { runner.scope.covers(repository: $0.repository, of: $0.owner) }
    guard
        let nearest = near.map({ (kind: $0, missing: missing($0.labels, in: runner.labels)) })
            .min(by: { $0.missing.count < $1.missing.count })
    else {
        let count = waiting.reduce(0) { $0 + $1.count }
        return Reason(
            .scope, "\(count) \(count == 1 ? "job waits" : "jobs wait"), none in the repositories it may take jobs of")
    }
    if nearest.missing.isEmpty { return Reason(.soon, "a job that fits waits; it gets it with its next call") }
    let jobs = nearest.kind.count == 1 ? "a job waits" : "\(nearest.kind.count) jobs wait"
    return Reason(
        .labels, "\(jobs) for the labels \(listed(nearest.kind.labels)); this runner lacks \(listed(nearest.missing))")
}

private func missing(_ wanted: [String], in have: [String]) -> [String] {
    wanted.filter { !labels(have, satisfy: [$0]) }
}

private func listed(_ texts: [String]) -> String { texts.map { "\"\($0)\"" }.joined(separator: ", ") }

private func names(_ runners: [RunnerFacts]) -> String {
    (runners.count == 1 ? "runner " : "runners ") + shown(runners.map(\.name))
}

/// At most three by name: a site may have hundreds.
private func shown(_ names: [String]) -> String {
    listed(Array(names.prefix(3))) + (names.count > 3 ? " and \(names.count - 3) more" : "")
}
