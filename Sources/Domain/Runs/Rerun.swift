/// What a person asks to run again (rest.md 7).
public enum RerunWish: Equatable, Sendable {
    case all
    /// Failed and cancelled jobs.
    case failed
    case job(JobID)
}

/// Why a rerun is refused; nothing was changed.
public enum RerunRefusal: Error, Equatable, Sendable {
    case runNotDone
    case nothingToRun
    case nothingFailed
    case jobNotInLatestAttempt(JobID)
    case tooManyAttempts
}

public enum RerunLimits {
    /// Attempts of one run (rest.md 7, from memory of Gitea).
    public static let attemptsMax = 50
}

/// Which jobs of the latest attempt run again; the others carry over their result, outputs, steps and log.
/// Whoever needs a job that runs again runs again too (workflows.md 10).
///
/// - Returns: ids to run again, in order of id; never empty.
public func planRerun(
    _ jobs: [JobSnapshot], _ wish: RerunWish, attempts: Int
) throws(RerunRefusal) -> [JobID] {
    guard !jobs.isEmpty else { throw .nothingToRun }
    guard jobs.allSatisfy({ $0.state.status.isDone }) else { throw .runNotDone }
    guard attempts < RerunLimits.attemptsMax else { throw .tooManyAttempts }
    let chosen: [JobSnapshot]
    switch wish {
    case .all: return jobs.map(\.id)
    case .failed:
        chosen = jobs.filter { $0.state == .done(.failure) || $0.state == .done(.cancelled) }
        guard !chosen.isEmpty else { throw .nothingFailed }
    case .job(let id):
        chosen = jobs.filter { $0.id == id }
        guard !chosen.isEmpty else { throw .jobNotInLatestAttempt(id) }
    }
    var steps = 0
    let graph = RunGraph(jobs, steps: &steps)
    var again = BitSet(count: graph.nodes.count)
    for job in chosen { if let node = graph.index(of: job.key) { again.insert(node) } }
    let ids = Set(chosen.map(\.id))
    // A leg's siblings stay as they are, unless they need what runs again.
    return jobs.filter { job in
        ids.contains(job.id)
            || graph.index(of: job.key).map { !graph.nodes[$0].ancestors.isDisjoint(with: again) } ?? false
    }.map(\.id)
}
