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

/// What becomes of the jobs of the latest attempt in a new one; each in order of id.
public struct RerunPlan: Equatable, Sendable {
    /// They start anew; a job that calls a workflow calls it anew.
    public var again: [JobID]
    /// They called jobs of which some run again: they are blocked until they may go on with the same call.
    public var resumed: [JobID] = []
    /// They are called anew.
    public var dropped: [JobID] = []

    public init(again: [JobID]) { self.again = again }
}

/// Which jobs of the latest attempt run again; the others carry over their result, outputs, steps and log.
/// Whoever needs a job that runs again runs again too (workflows.md 10).
///
/// - Returns: at least one job to run again.
public func planRerun(
    _ jobs: [JobSnapshot], _ wish: RerunWish, attempts: Int
) throws(RerunRefusal) -> RerunPlan {
    guard !jobs.isEmpty else { throw .nothingToRun }
    guard jobs.allSatisfy({ $0.state.status.isDone }) else { throw .runNotDone }
    guard attempts < RerunLimits.attemptsMax else { throw .tooManyAttempts }
    let callers = Set(jobs.compactMap(\.caller))
    let chosen: [JobSnapshot]
    switch wish {
    case .all:
        var plan = RerunPlan(again: jobs.filter { $0.caller == nil }.map(\.id))
        plan.dropped = jobs.filter { $0.caller != nil }.map(\.id)
        return plan
    case .failed:
        // A job that called others failed by one of them.
        chosen = jobs.filter {
            ($0.state == .done(.failure) || $0.state == .done(.cancelled)) && !callers.contains($0.id)
        }
        guard !chosen.isEmpty else { throw .nothingFailed }
    case .job(let id):
        chosen = jobs.filter { $0.id == id }
        guard !chosen.isEmpty else { throw .jobNotInLatestAttempt(id) }
    }
    return RerunSpread(jobs).plan(chosen)
}

/// How a rerun spreads: to those who need what runs again, and up to the callers of what runs again.
private struct RerunSpread {
    let jobs: [JobSnapshot]
    let graph: RunGraph
    let places: [JobID: Int]

    init(_ jobs: [JobSnapshot]) {
        self.jobs = jobs
        var steps = 0
        graph = RunGraph(jobs, steps: &steps)
        places = Dictionary(
            jobs.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func plan(_ chosen: [JobSnapshot]) -> RerunPlan {
        // A leg's siblings stay as they are, unless they need what runs again.
        var again = Set(chosen.map(\.id))
        var resumed: Set<JobID> = []
        var changed = chosen
        while !changed.isEmpty {
            var nodes = BitSet(count: graph.nodes.count)
            for job in changed { if let node = graph.index(of: job) { nodes.insert(node) } }
            for job in jobs {
                guard let node = graph.index(of: job), !graph.nodes[node].ancestors.isDisjoint(with: nodes) else {
                    continue
                }
                again.insert(job.id)
            }
            // Callers change with what they called, and those who need them in turn: one level up a turn.
            let above = Set(jobs.filter { again.contains($0.id) || resumed.contains($0.id) }.compactMap(\.caller))
            changed = above.subtracting(resumed).compactMap { places[$0].map { jobs[$0] } }
            resumed.formUnion(above)
        }
        let dropped = Set(jobs.filter { isCalledAnew($0, again) }.map(\.id))
        func sorted(_ ids: Set<JobID>) -> [JobID] { jobs.map(\.id).filter(ids.contains) }
        var plan = RerunPlan(again: sorted(again.subtracting(dropped)))
        plan.resumed = sorted(resumed.subtracting(dropped).subtracting(again))
        plan.dropped = sorted(dropped)
        return plan
    }

    private func isCalledAnew(_ job: JobSnapshot, _ again: Set<JobID>) -> Bool {
        var caller = job.caller
        while let id = caller {
            if again.contains(id) { return true }
            caller = places[id].flatMap { jobs[$0].caller }
        }
        return false
    }
}
