/// May a blocked job start?
public enum NeedsVerdict: Equatable, Sendable {
    case notYet
    case ready
    case skip
}

/// The verdict on a blocked job's needs. Every leg of a needed job must be done, and its outputs settled.
///
/// A job without `if` needs success of all; a job with one becomes ready and the runner, who sees the same
/// `needs`, evaluates it and reports `skipped` when it is false (runner.md 4.5). A cancelled run has no blocked jobs left.
public func needsVerdict(of job: JobSnapshot, among jobs: [JobSnapshot]) -> NeedsVerdict {
    var allSucceeded = true
    for need in Set(job.needs) {
        let legs = jobs.filter { $0.key == need }
        guard legs.allSatisfy({ $0.state.status.isDone && !$0.isSettling }) else { return .notYet }
        if aggregate(legs.map(\.countedStatus)) != .success { allSucceeded = false }
    }
    return allSucceeded || job.hasCondition ? .ready : .skip
}
