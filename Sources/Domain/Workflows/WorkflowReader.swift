/// A workflow file, parsed once: its triggers are known before anything is planned.
public struct WorkflowFile: Sendable {
    public let path: String
    /// The `on` part when it could be read.
    public let triggers: Triggers?
    private let root: YAMLNode?
    private let list: DiagnosticList
    private let workBytes: Int
    private let stepsGiven: Int

    /// Parses. Same bytes, same answer; safe on a stack of 512 KiB, whatever the bytes.
    ///
    /// - Parameters:
    ///   - path: as shown in diagnostics.
    ///   - steps: what parsing and planning may cost together (``PlanningLimits``).
    /// - Source: workflows.md 3, 4.
    public init(_ bytes: [UInt8], path: String, steps: Int = PlanningLimits.fileStepsMax) {
        self.path = path
        stepsGiven = steps
        var list = DiagnosticList(path: path, source: bytes)
        var evaluator = PlanEvaluator(.unknown, workBytes: steps * PlanningLimits.stepBytes)
        let start = Position(line: 1, column: 1)
        var root: YAMLNode?
        var triggers: Triggers?
        if evaluator.charge(bytes.count / PlanningLimits.sourceStepBytes, at: start, &list) {
            do throws(YAMLFault) {
                let tree = try yamlTree(bytes)
                if tree.pairs != nil {
                    root = tree
                } else {
                    list.type(tree, of: "workflow", expected: "a mapping")
                }
            } catch {
                list.error(error.code, error.message, at: error.position)
            }
        }
        if let root {
            for pair in root.pairs ?? [] where !workflowKeys.contains(pair.key) {
                list.unknownKey(pair, in: "the workflow", known: workflowKeys)
            }
            if let on = root["on"] {
                triggers = readTriggers(on.value, &list)
            } else {
                list.error("missing-key", "\"on\" is missing", at: root.position)
            }
        }
        self.root = root
        self.triggers = triggers
        self.list = list
        workBytes = evaluator.workBytes
    }

    /// The workflow's `name`; nil when it has none that can be read.
    public var name: String? {
        guard let scalar = root?["name"]?.value.scalar, scalar.value != .null, !scalar.text.isEmpty,
            scalar.text.utf8.count <= WorkflowLimits.nameBytesMax, !hasNUL(scalar.text)
        else { return nil }
        return scalar.text
    }
    /// Files that its jobs call, as written, in order.
    var calls: [(uses: String, position: Position)] {
        (root?["jobs"]?.value.pairs ?? []).prefix(WorkflowLimits.jobsMax).compactMap { job in
            guard let uses = job.value["uses"]?.value, let scalar = uses.scalar, scalar.value != .null else {
                return nil
            }
            return (scalar.text, uses.position)
        }
    }

    /// What callers give it; nil when it cannot be called, or not be read.
    var interface: CallInterface? {
        var ignored = DiagnosticList(path: path, source: [])
        return root?["on"].flatMap { CallInterface($0.value, &ignored) }
    }

    /// The first fault that parsing met, with its place.
    public var parsingFault: String? { list.all.first { $0.severity == .error }?.description }

    /// Steps that parsing took.
    public var parsingSteps: Int { stepsGiven - max(0, workBytes) / PlanningLimits.stepBytes }

    /// Plans the jobs.
    ///
    /// - Parameter contexts: what expressions may read that are decided now; those that need more are refused.
    /// - Source: workflows.md 8, 9, 15, 16.
    public func reading(_ contexts: PlanContexts) -> WorkflowReading {
        var list = list
        var evaluator = PlanEvaluator(contexts, workBytes: workBytes)
        func reading(_ workflow: Workflow?) -> WorkflowReading {
            WorkflowReading(
                workflow: workflow, triggers: triggers, diagnostics: list.all,
                steps: stepsGiven - max(0, evaluator.workBytes) / PlanningLimits.stepBytes)
        }
        guard let root else { return reading(nil) }
        list.noteNUL(in: root)
        // A server starts what other events start; whoever looks at the file itself hears of errors.
        for fault in triggers?.faults ?? [] { list.add(fault, as: contexts.isOutline ? .error : .warning) }
        let name = readName(root, &list)
        let runName = readRunName(root, &evaluator, &list)
        checkPermissions(root, &list)
        list.checkShapes(of: root, isJob: false)
        ExpressionCheck.workflow(root, &evaluator, &list)
        if let on = root["on"]?.value { _ = CallInterface(on, &list) }
        let group = readWorkflowGroup(root, &evaluator, &list)
        let jobs = readJobs(runnerForm(ofWorkflow: root), &evaluator, &list)
        guard list.errorCount == 0, let triggers else { return reading(nil) }
        return reading(Workflow(name: name, runName: runName, triggers: triggers, jobs: jobs, group: group))
    }
}

/// Reads one workflow file.
public func readWorkflow(_ bytes: [UInt8], path: String, contexts: PlanContexts = .unknown) -> WorkflowReading {
    WorkflowFile(bytes, path: path).reading(contexts)
}

private let workflowKeys = [
    "name", "description", "run-name", "on", "env", "defaults", "permissions", "concurrency", "jobs",
]

private func readName(_ root: YAMLNode, _ list: inout DiagnosticList) -> String? {
    guard let node = root["name"]?.value, !node.isNull else { return nil }
    guard let scalar = node.scalar else {
        list.type(node, of: "name", expected: "a string")
        return nil
    }
    return list.isWithin(scalar.text, WorkflowLimits.nameBytesMax, "\"name\"", at: node.position) ? scalar.text : nil
}

/// Nil also when the contexts it needs are not known: a run has a title without it.
private func readRunName(
    _ root: YAMLNode, _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList
) -> String? {
    guard let node = root["run-name"]?.value, !node.isNull else { return nil }
    guard let scalar = node.scalar else {
        list.type(node, of: "run-name", expected: "a string")
        return nil
    }
    guard list.isWithin(scalar.text, WorkflowLimits.nameBytesMax, "\"run-name\"", at: node.position),
        let text = evaluator.templateIfKnown(node, .runName, &list)
    else { return nil }
    return evaluator.value(text, of: "run-name", &list)?.text
}

private func readJobs(
    _ root: YAMLNode, _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList
) -> [JobPlan] {
    guard let node = root["jobs"]?.value else {
        list.error("missing-key", "\"jobs\" is missing", at: root.position)
        return []
    }
    guard let pairs = node.pairs else {
        list.type(node, of: "jobs", expected: "a mapping of jobs")
        return []
    }
    if pairs.isEmpty { list.error("missing-key", "\"jobs\" has no job", at: node.position) }
    guard pairs.count <= WorkflowLimits.jobsMax else {
        let message = "workflow has \(pairs.count) jobs; at most \(WorkflowLimits.jobsMax) can run"
        list.error("matrix-limit", message, at: node.position)
        return []
    }
    var jobs: [JobDraft] = []
    for pair in pairs {
        if let reason = faultOfID(pair.key) {
            list.error("job-id", "job id \"\(pair.key)\" \(reason)", at: pair.position)
        }
        let job =
            evaluator.isOutline
            ? readInOutline(pair, root, &evaluator, &list) : readJob(pair, &evaluator, &list)
        if let job { jobs.append(job) }
        guard !evaluator.isSpent else { return [] }
    }
    checkNeeds(of: jobs, known: pairs.map(\.key), &list)
    guard list.errorCount == 0 else { return [] }

    let count = jobs.reduce(0) { $0 + max($1.legs?.count ?? 1, 1) }
    guard count <= WorkflowLimits.jobsMax else {
        let message = "workflow makes \(count) jobs; at most \(WorkflowLimits.jobsMax) can run"
        list.error("matrix-limit", message, at: node.position)
        return []
    }
    var plans = JobPlans(root: root)
    for job in jobs {
        guard plans.add(job, &evaluator, &list), !evaluator.isSpent else { return [] }
    }
    return plans.all
}

/// Reads a job of an outline: evaluated, or as its author wrote it.
private func readInOutline(
    _ pair: YAMLPair, _ root: YAMLNode, _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList
) -> JobDraft? {
    switch OutlineTiming(pair.value) {
    case .evaluated: break
    case .asWritten: evaluator.isAsWritten = true
    case .evaluatedIfPossible:
        var trial = list
        var plans = JobPlans(root: root)
        let job = readJob(pair, &evaluator, &trial)
        let hasLegs = job.map { plans.add($0, &evaluator, &trial) } ?? false
        evaluator.isAsWritten = !hasLegs || trial.errorCount > list.errorCount
    }
    defer { evaluator.isAsWritten = false }
    return readJob(pair, &evaluator, &list)
}

/// The jobs of a workflow while they are planned, in order; bounded in bytes together, since each leg carries the whole job.
private struct JobPlans {
    let root: YAMLNode
    private(set) var all: [JobPlan] = []
    private var bytes = 0

    init(root: YAMLNode) { self.root = root }

    /// False when nothing of the workflow can be planned.
    mutating func add(_ job: JobDraft, _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList) -> Bool {
        evaluator.begin(needs: job.needs.count)
        if job.isDeferred {
            guard let plan = placeholder(job, root: root, &evaluator, &list) else { return false }
            return append(plan, charged: 0, job, &list)
        }
        guard let draft = DefinitionDraft(job, root: root, workflow: list.path, &evaluator, &list) else {
            return false
        }
        if job.isAsWritten { return append(planAsWritten(job, of: list.path, draft), charged: 0, job, &list) }
        let legs: [MatrixLeg?] = (job.legs?.isEmpty ?? true) ? [nil] : (job.legs ?? []).map { $0 }
        let values = legs.reduce(0) { $0 + 1 + ($1?.values.count ?? 0) }
        // Counted before they are made.
        let sharedBytes = evaluator.makesPayloads ? draft.sharedBytes : 0
        guard charge(legs.count * sharedBytes, job, &list) else { return false }
        let steps = 4 * values + legs.count * (draft.sharedBytes / PlanningLimits.stepBytes + job.steps.count)
        guard evaluator.charge(steps, at: job.node.position, &list) else { return false }
        for (index, leg) in legs.enumerated() {
            let contexts = LegContexts(leg, index: index, count: legs.count, strategy: job.strategy)
            let call = evaluator.isOutline ? nil : job.call
            let planned =
                call.map { planCall(job, $0, root: root, leg: leg, contexts, index: index, &evaluator, &list) }
                ?? planJob(job, leg: leg, contexts, index: index, draft, &evaluator, &list)
            guard let plan = planned else { return true }  // the other legs would say the same
            guard append(plan, charged: sharedBytes, job, &list) else { return false }
        }
        return true
    }

    private mutating func append(
        _ plan: JobPlan, charged: Int, _ job: JobDraft, _ list: inout DiagnosticList
    ) -> Bool {
        guard charge((plan.standsFor?.stored ?? plan.payload).count - charged, job, &list) else { return false }
        all.append(plan)
        return true
    }

    private mutating func charge(_ count: Int, _ job: JobDraft, _ list: inout DiagnosticList) -> Bool {
        bytes += count
        guard bytes > WorkflowLimits.payloadBytesMax else { return true }
        let message = "jobs are larger than \(WorkflowLimits.payloadBytesMax) bytes together"
        list.error("too-large", message, at: job.node.position)
        return false
    }
}
