/// Reads one workflow file. Same bytes, same answer; safe on a stack of 512 KiB, whatever the bytes.
///
/// - Parameters:
///   - path: as shown in diagnostics.
///   - contexts: what expressions may read that are decided now; those that need more are refused.
/// - Source: workflows.md 3, 4, 8, 9, 15, 16.
public func readWorkflow(_ bytes: [UInt8], path: String, contexts: PlanContexts = .unknown) -> WorkflowReading {
    var list = DiagnosticList(path: path, source: bytes)
    var evaluator = PlanEvaluator(contexts)
    let root: YAMLNode
    do throws(YAMLFault) {
        root = try yamlTree(bytes)
    } catch {
        list.error(error.code, error.message, at: error.position)
        return WorkflowReading(workflow: nil, triggers: nil, diagnostics: list.all)
    }
    guard let pairs = root.pairs else {
        list.type(root, of: "workflow", expected: "a mapping")
        return WorkflowReading(workflow: nil, triggers: nil, diagnostics: list.all)
    }
    for pair in pairs where !workflowKeys.contains(pair.key) {
        list.unknownKey(pair, in: "the workflow", known: workflowKeys)
    }
    let name = readName(root, &list)
    let runName = readRunName(root, &evaluator, &list)
    var triggers: Triggers?
    if let on = root["on"] {
        triggers = readTriggers(on.value, &list)
    } else {
        list.error("missing-key", "\"on\" is missing", at: root.position)
    }
    let jobs = readJobs(root, &evaluator, &list)
    guard list.errorCount == 0, let triggers else {
        return WorkflowReading(workflow: nil, triggers: triggers, diagnostics: list.all)
    }
    let workflow = Workflow(name: name, runName: runName, triggers: triggers, jobs: jobs)
    return WorkflowReading(workflow: workflow, triggers: triggers, diagnostics: list.all)
}

private let workflowKeys = [
    "name", "run-name", "on", "env", "defaults", "permissions", "concurrency", "jobs",
]

private func readName(_ root: YAMLNode, _ list: inout DiagnosticList) -> String? {
    guard let node = root["name"]?.value, !node.isNull else { return nil }
    guard let scalar = node.scalar else {
        list.type(node, of: "name", expected: "a string")
        return nil
    }
    return scalar.text
}

/// Nil also when the contexts it needs are not known: a run has a title without it.
private func readRunName(
    _ root: YAMLNode, _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList
) -> String? {
    guard let node = root["run-name"]?.value, !node.isNull else { return nil }
    guard node.scalar != nil else {
        list.type(node, of: "run-name", expected: "a string")
        return nil
    }
    guard let text = evaluator.templateIfKnown(node, .runName, &list) else { return nil }
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
        if let reason = faultOfJobID(pair.key) {
            list.error("job-id", "job id \"\(pair.key)\" \(reason)", at: pair.position)
        }
        if let job = readJob(pair, &evaluator, &list) { jobs.append(job) }
    }
    checkNeeds(of: jobs, known: pairs.map(\.key), &list)
    guard list.errorCount == 0 else { return [] }

    let count = jobs.reduce(0) { $0 + max($1.legs?.count ?? 1, 1) }
    guard count <= WorkflowLimits.jobsMax else {
        let message = "workflow makes \(count) jobs; at most \(WorkflowLimits.jobsMax) can run"
        list.error("matrix-limit", message, at: node.position)
        return []
    }
    var plans: [JobPlan] = []
    var payloadBytes = 0
    for job in jobs {
        let legs: [MatrixLeg?] = (job.legs?.isEmpty ?? true) ? [nil] : (job.legs ?? []).map { $0 }
        for (index, leg) in legs.enumerated() {
            let contexts = LegContexts(leg, index: index, count: legs.count, strategy: job.strategy)
            guard let plan = planJob(job, leg: leg, contexts, index: index, root: root, &evaluator, &list) else {
                break  // the other legs would say the same
            }
            payloadBytes += plan.payload.count
            guard payloadBytes <= WorkflowLimits.payloadBytesMax else {
                let message = "jobs are larger than \(WorkflowLimits.payloadBytesMax) bytes together"
                list.error("too-large", message, at: job.node.position)
                return []
            }
            plans.append(plan)
        }
    }
    return plans
}

/// `[A-Za-z_][A-Za-z0-9_-]*`, under 100 characters; `__` is reserved (workflows.md 8).
private func faultOfJobID(_ id: String) -> String? {
    let bytes = Array(id.utf8)
    guard bytes.count <= WorkflowLimits.jobIDCharactersMax else {
        return "is longer than \(WorkflowLimits.jobIDCharactersMax) characters"
    }
    func isRest(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
    guard let first = bytes.first, isRest(first), !(0x30...0x39).contains(first), first != UInt8(ascii: "-"),
        bytes.allSatisfy(isRest)
    else { return "must begin with a letter or \"_\" and have only letters, digits, \"-\" and \"_\"" }
    return id.hasPrefix("__") ? "begins with \"__\", which is reserved" : nil
}
