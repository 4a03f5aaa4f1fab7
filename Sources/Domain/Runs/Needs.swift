/// May a blocked job start?
public enum NeedsVerdict: Equatable, Sendable {
    case notYet
    case ready
    case skip
    /// Its condition cannot be evaluated; it must not stay blocked for ever (go-gitea/gitea#39382).
    case fail(String)
}

/// What a job sees of one it needs: every leg of its matrix taken together (runner.md 3.7, 4.7).
public struct NeedResult: Equatable, Sendable {
    public let key: String
    public let result: Status
    public let outputs: [JobOutput]

    public init(key: String, result: Status, outputs: [JobOutput]) {
        self.key = key
        self.result = result
        self.outputs = outputs
    }
}

/// The verdict on a blocked job: every leg of a needed job must be done and its outputs settled, then `if` decides
/// (runner.md 4.5, workflows.md 10).
public func needsVerdict(of job: JobSnapshot, in run: RunSnapshot) -> NeedsVerdict {
    let direct = distinct(job.needs)
    for need in direct {
        let isSettled = run.jobs.filter { $0.key == need }.allSatisfy { $0.state.status.isDone && !$0.isSettling }
        guard isSettled else { return .notYet }
    }
    let facts = ConditionFacts(
        github: run.github, vars: .object([]), inputs: .object([]),
        needs: direct.map { needResult($0, among: run.jobs) },
        ancestors: ancestors(of: job, among: run.jobs).map { needResult($0, among: run.jobs).result },
        isCancelled: false)
    switch conditionVerdict(job.condition, facts) {
    case .run: return .ready
    case .skip: return .skip
    case .cannotEvaluate(let why): return .fail("\"if\" of job \"\(job.key)\" cannot be evaluated: \(why)")
    }
}

/// Union over the legs in order of id; a later non-empty value wins, an empty one erases nothing (runner.md 3.7).
public func needResult(_ key: String, among jobs: [JobSnapshot]) -> NeedResult {
    let legs = jobs.filter { $0.key == key }
    var outputs: [JobOutput] = []
    for output in legs.flatMap(\.outputs) {
        if let known = outputs.firstIndex(where: { $0.name == output.name }) {
            if !output.value.isEmpty { outputs[known] = output }
        } else {
            outputs.append(output)
        }
    }
    return NeedResult(key: key, result: aggregate(legs.map(\.countedStatus)), outputs: outputs)
}

/// The keys of all jobs this one needs, directly or through others.
func ancestors(of job: JobSnapshot, among jobs: [JobSnapshot]) -> [String] {
    var found: [String] = []
    var rest = job.needs
    while let key = rest.popLast() {
        guard !found.contains(key) else { continue }
        found.append(key)
        rest += jobs.first { $0.key == key }?.needs ?? []
    }
    return found
}

private func distinct(_ keys: [String]) -> [String] {
    var seen: Set<String> = []
    return keys.filter { seen.insert($0).inserted }
}
