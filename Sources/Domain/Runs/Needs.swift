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

/// What is known of the nodes of a run's graph so far; each is added once everything that it needs has been.
struct NeedsState {
    private let graph: RunGraph
    private let values: RunValues
    private let isCancelled: Bool
    private var settled: BitSet
    private var succeeded: BitSet
    private var failed: BitSet
    private var results: [NeedResult?]
    private let scopes: [JobID: CallScope]

    init(_ run: RunSnapshot, _ graph: RunGraph) {
        self.graph = graph
        values = run.values
        isCancelled = run.isCancelRequested
        settled = BitSet(count: graph.nodes.count)
        succeeded = settled
        failed = settled
        results = Array(repeating: nil, count: graph.nodes.count)
        scopes = Dictionary(
            run.jobs.compactMap { job in job.scope.map { (job.id, $0) } }, uniquingKeysWith: { first, _ in first })
    }

    /// - Parameter legs: of this node, as they are now.
    mutating func add(_ index: Int, legs: [JobSnapshot]) {
        guard legs.allSatisfy({ $0.state.status.isDone && !$0.isSettling }) else { return }
        settled.insert(index)
        let result = needResult(graph.nodes[index].key, legs: legs)
        results[index] = result
        if result.result == .success { succeeded.insert(index) }
        if result.result == .failure { failed.insert(index) }
    }

    /// The verdict on a blocked leg of this node: every leg of a needed job must be done and its outputs settled, then
    /// `if` decides (runner.md 4.5, workflows.md 10).
    ///
    /// - Parameter steps: counts the needs looked at.
    func verdict(on job: JobSnapshot, of index: Int, steps: inout Int) -> NeedsVerdict {
        let node = graph.nodes[index]
        for need in node.needs {
            steps += 1
            guard settled.contains(need) else { return .notYet }
        }
        let readsNeeds = conditionReadsNeeds(job.condition)
        if readsNeeds { steps += node.needs.count }
        let facts = ConditionFacts(
            github: values.github, vars: values.vars, inputs: inputs(calledBy: job.caller),
            needs: readsNeeds ? node.needs.compactMap { results[$0] } : [],
            success: !isCancelled && node.ancestors.isSubset(of: succeeded),
            failure: !node.ancestors.isDisjoint(with: failed),
            isCancelled: isCancelled)
        switch conditionVerdict(job.condition, facts) {
        case .run: return .ready
        case .skip: return .skip
        case .cannotEvaluate(let why): return .fail("\"if\" of job \"\(job.key)\" cannot be evaluated: \(why)")
        }
    }

    /// The context `inputs` of the jobs of a called workflow; nil: of those at the top.
    private func inputs(calledBy caller: JobID?) -> ExpressionValue {
        caller.flatMap { scopes[$0]?.inputValues } ?? values.inputs
    }

    /// Of the needs of a node, which are all settled.
    func results(neededBy index: Int) -> [NeedResult] { graph.nodes[index].needs.compactMap { results[$0] } }

    /// Of a node, once it is settled.
    func result(of index: Int) -> NeedResult? { results[index] }

    /// The concurrency group of a job whose verdict is `ready`.
    func group(
        of job: JobConcurrency, calledBy caller: JobID?, _ index: Int, _ budget: inout ExpressionBudget,
        steps: inout Int
    ) -> GroupVerdict {
        let values = RunValues(github: values.github, vars: values.vars, inputs: inputs(calledBy: caller))
        guard job.readsNeeds else { return job.verdict(values, needs: [], &budget) }
        steps += graph.nodes[index].needs.count
        return job.verdict(values, needs: results(neededBy: index), &budget)
    }

    /// The environment of a job whose verdict is `ready`; nil when it names none.
    func environment(
        of job: JobEnvironment, calledBy caller: JobID?, _ index: Int, _ budget: inout ExpressionBudget,
        steps: inout Int
    ) throws(EnvironmentFault) -> PlannedEnvironment? {
        let values = RunValues(github: values.github, vars: values.vars, inputs: inputs(calledBy: caller))
        guard job.readsNeeds else { return try job.evaluated(values, needs: [], &budget) }
        steps += graph.nodes[index].needs.count
        return try job.evaluated(values, needs: results(neededBy: index), &budget)
    }

    /// The legs of a deferred job whose verdict is `ready`.
    ///
    /// - Parameters:
    ///   - legsMax: how many jobs the run may still get, this one included.
    ///   - planningSteps: what planning may still cost, counted down.
    func expansion(
        of job: DeferredJob, _ index: Int, legsMax: Int, planningSteps: inout Int, steps: inout Int
    ) -> DeferredJob.Expansion {
        steps += graph.nodes[index].needs.count
        return job.expansion(values, needs: results(neededBy: index), legsMax: legsMax, steps: &planningSteps)
    }
}

/// Union over the legs in order of id; a later non-empty value wins, an empty one erases nothing (runner.md 3.7).
public func needResult(_ key: String, among jobs: [JobSnapshot]) -> NeedResult {
    needResult(key, legs: jobs.filter { $0.key == key })
}

private func needResult(_ key: String, legs: [JobSnapshot]) -> NeedResult {
    var outputs: [JobOutput] = []
    var places: [String: Int] = [:]
    for output in legs.flatMap(\.outputs) {
        if let known = places[output.name] {
            if !output.value.isEmpty { outputs[known] = output }
        } else {
            places[output.name] = outputs.count
            outputs.append(output)
        }
    }
    return NeedResult(key: key, result: aggregate(legs.map(\.countedStatus)), outputs: outputs)
}
