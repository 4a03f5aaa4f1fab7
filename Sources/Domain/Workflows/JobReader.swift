/// A job as read, before its matrix makes plans of it.
struct JobDraft {
    let key: String
    let node: YAMLNode
    let needs: [(text: String, node: YAMLNode)]
    let name: ScalarTemplate?
    let runsOn: RunsOn
    let condition: String?
    let continueOnError: Setting
    let hasOutputs: Bool
    let steps: [YAMLNode]
    let stepNames: [String]
    let timeoutMinutes: Setting
    /// Without expressions.
    let strategy: YAMLNode?
    /// Nil without a matrix; empty when `exclude` left nothing.
    let legs: [MatrixLeg]?
    /// `runs-on` names a runner group and no label.
    let isOfGroupAlone: Bool
    /// It calls a workflow.
    var call: CallDraft?
    /// It is planned when its needs are done.
    var isDeferred = false
    /// Nothing of it is evaluated (``OutlineTiming``).
    var isAsWritten = false
    /// It calls another workflow (`uses`).
    var isCall: Bool { call != nil }
    var legStrategy = LegStrategy()
    var concurrency: ConcurrencyTexts?
    var environment: EnvironmentTexts?
}

/// `runs-on` as written: one string stays a string in the payload.
enum RunsOn {
    case one(ScalarTemplate)
    case list([ScalarTemplate])
}

/// A value that each leg may evaluate for itself.
enum Setting {
    case absent
    case constant(ExpressionValue)
    case evaluated(ScalarTemplate)
}

let jobKeys = [
    "name", "needs", "permissions", "runs-on", "environment", "concurrency", "outputs", "env", "defaults", "if",
    "steps",
    "timeout-minutes", "strategy", "continue-on-error", "container", "services", "uses", "with", "secrets",
]
private let stepKeys = [
    "id", "if", "name", "uses", "run", "working-directory", "shell", "with", "env", "continue-on-error",
    "timeout-minutes",
]

/// Reads one job; nil when an error was noted that leaves nothing to plan.
func readJob(_ pair: YAMLPair, _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList) -> JobDraft? {
    let node = pair.value
    guard let pairs = node.pairs else {
        list.type(node, of: pair.key, expected: "a mapping")
        return nil
    }
    for key in pairs where !jobKeys.contains(key.key) {
        list.unknownKey(key, in: "job \"\(pair.key)\"", known: jobKeys)
    }
    var needs: [(text: String, node: YAMLNode)] = []
    if let found = node["needs"]?.value, !found.isNull { needs = list.strings(found, of: "needs") ?? [] }
    if needs.count > WorkflowLimits.needsMax {
        list.error(
            "too-large",
            "job \"\(pair.key)\" needs \(needs.count) jobs; at most \(WorkflowLimits.needsMax) can be named",
            at: node["needs"]?.position ?? node.position)
        needs = []
    }
    checkPermissions(node, &list)
    list.checkShapes(of: node, isJob: true)
    ExpressionCheck.job(node, &evaluator, &list)
    evaluator.begin(needs: needs.count)
    if !evaluator.isOutline, isDeferred(node, evaluator) {
        checkDeferred(node, evaluator, &list)
        return readDeferred(pair, needs: needs, evaluator, &list)
    }
    let name = readJobName(node, evaluator, &list)
    var strategy: YAMLNode?
    var legs: [MatrixLeg]?
    var legStrategy = LegStrategy()
    if let written = node["strategy"]?.value, !written.isNull {
        strategy = evaluator.resolved(written, of: "strategy", .strategy, &list)
        if !evaluator.isAsWritten { legs = strategy.flatMap { readStrategy($0, &evaluator, &list) } }
        if let evaluated = strategy, !evaluator.isAsWritten {
            (strategy, legStrategy) = readLegStrategy(evaluated, &list)
        }
    }
    var runsOn: RunsOn?
    var steps: [YAMLNode] = []
    var call: CallDraft?
    if let uses = node["uses"] {
        var ofCall = DiagnosticList(path: list.path, source: list.source)
        call = readCall(pair, uses: uses, evaluator, &ofCall)
        for remark in ofCall.all {
            list.add(remark, as: evaluator.isOutline && remark.isOfThisServer ? .warning : remark.severity)
        }
    } else {
        runsOn = readRunsOn(node, of: pair.key, evaluator, &list)
        steps = readSteps(node, of: pair.key, &list)
    }
    let condition = readCondition(node, &list)
    let continueOnError = readContinueOnError(node, evaluator, &list)
    let timeout = readTimeout(node, evaluator, &list)
    let hasOutputs = readHasOutputs(node, &list)
    // Without runs-on an error was noted; the draft still takes part in the check of needs.
    var draft = JobDraft(
        key: pair.key, node: runnerForm(ofJob: node), needs: needs, name: name, runsOn: runsOn ?? .list([]),
        condition: condition,
        continueOnError: continueOnError, hasOutputs: hasOutputs, steps: steps, stepNames: steps.map(stepName),
        timeoutMinutes: timeout, strategy: strategy, legs: legs, isOfGroupAlone: isOfGroupAlone(node))
    draft.call = call
    draft.isAsWritten = evaluator.isAsWritten
    draft.legStrategy = legStrategy
    draft.environment = readEnvironment(node, &list)
    draft.concurrency = ConcurrencyDraft(node, JobConcurrency.scope, &list)?.texts
    return draft
}

/// What is known of a job before its needs are done; all of it is read again then.
private func readDeferred(
    _ pair: YAMLPair, needs: [(text: String, node: YAMLNode)], _ evaluator: PlanEvaluator, _ list: inout DiagnosticList
) -> JobDraft {
    let node = pair.value
    var steps: [YAMLNode] = []
    if let uses = node["uses"] {
        _ = readCall(pair, uses: uses, evaluator, &list)
    } else {
        steps = readSteps(node, of: pair.key, &list)
        if node["runs-on"]?.value.isNull ?? true {
            list.error("missing-key", "\"runs-on\" is missing in job \"\(pair.key)\"", at: node.position)
        }
    }
    var draft = JobDraft(
        key: pair.key, node: node, needs: needs, name: nil, runsOn: .list([]), condition: readCondition(node, &list),
        continueOnError: .absent, hasOutputs: readHasOutputs(node, &list), steps: steps,
        stepNames: steps.map(stepName), timeoutMinutes: .absent, strategy: nil, legs: nil, isOfGroupAlone: false)
    draft.isDeferred = true
    _ = readEnvironment(node, &list)
    _ = ConcurrencyDraft(node, JobConcurrency.scope, &list)
    return draft
}

private func readHasOutputs(_ node: YAMLNode, _ list: inout DiagnosticList) -> Bool {
    guard let outputs = node["outputs"]?.value, !outputs.isNull else { return false }
    guard let pairs = outputs.pairs else {
        list.type(outputs, of: "outputs", expected: "a mapping")
        return false
    }
    return !pairs.isEmpty
}

private func readJobName(
    _ node: YAMLNode, _ evaluator: PlanEvaluator, _ list: inout DiagnosticList
) -> ScalarTemplate? {
    guard let name = node["name"]?.value, !name.isNull else { return nil }
    guard let scalar = name.scalar else {
        list.type(name, of: "name", expected: "a string")
        return nil
    }
    guard list.isWithin(scalar.text, WorkflowLimits.nameBytesMax, "\"name\"", at: name.position) else { return nil }
    return evaluator.template(name, of: "name", .job("name"), &list)
}

private func readCondition(_ node: YAMLNode, _ list: inout DiagnosticList) -> String? {
    guard let condition = node["if"]?.value else { return nil }
    guard let scalar = condition.scalar else {
        list.type(condition, of: "if", expected: "a string or a boolean")
        return nil
    }
    let text = scalarText(scalar)
    do throws(ExpressionFault) {
        if try JobCondition(text).isConstant { list.constantCondition(at: condition.position) }
    } catch {
        list.expression(error, in: condition)
    }
    return text.isEmpty ? nil : text
}

private func readContinueOnError(
    _ node: YAMLNode, _ evaluator: PlanEvaluator, _ list: inout DiagnosticList
) -> Setting {
    let key = "continue-on-error"
    guard let value = node[key]?.value, value.firstExpression != nil, value.scalar != nil else {
        return .constant(.bool(readFlag(node, key, &list)))
    }
    return evaluator.template(value, of: key, .job(key), &list).map(Setting.evaluated) ?? .absent
}

private func readFlag(_ node: YAMLNode, _ key: String, _ list: inout DiagnosticList) -> Bool {
    guard let value = node[key]?.value, !value.isNull else { return false }
    if case .bool(let flag) = value.scalar?.value { return flag }
    list.type(value, of: key, expected: "a boolean")
    return false
}

/// Absent also when only the runner can evaluate it: it enforces the timeout.
private func readTimeout(_ node: YAMLNode, _ evaluator: PlanEvaluator, _ list: inout DiagnosticList) -> Setting {
    let key = "timeout-minutes"
    guard let value = node[key]?.value, !value.isNull else { return .absent }
    if case .number(let number) = value.scalar?.value, number.isFinite, number > 0 {
        return .constant(.number(number))
    }
    guard value.scalar != nil, value.firstExpression != nil else {
        list.type(value, of: key, expected: "a number above 0")
        return .absent
    }
    return evaluator.templateIfKnown(value, .job(key), &list).map(Setting.evaluated) ?? .absent
}

private func readStrategy(
    _ strategy: YAMLNode, _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList
) -> [MatrixLeg]? {
    guard let pairs = strategy.pairs else {
        list.type(strategy, of: "strategy", expected: "a mapping")
        return nil
    }
    let known = ["matrix", "fail-fast", "max-parallel"]
    for pair in pairs where !known.contains(pair.key) { list.unknownKey(pair, in: "\"strategy\"", known: known) }
    guard let matrix = strategy["matrix"]?.value, !matrix.isNull else { return nil }
    return expandMatrix(matrix, &evaluator, &list)
}

private func readRunsOn(
    _ node: YAMLNode, of key: String, _ evaluator: PlanEvaluator, _ list: inout DiagnosticList
) -> RunsOn? {
    guard let runsOn = node["runs-on"]?.value, !runsOn.isNull else {
        list.error("missing-key", "\"runs-on\" is missing in job \"\(key)\"", at: node.position)
        return nil
    }
    var wanted = runsOn
    if runsOn.pairs != nil {
        if isOfGroupAlone(node) {
            list.warning(
                "runner-group",
                "there are no runner groups: any runner that the repository may use takes job \"\(key)\"; "
                    + "name labels beside \"group\" to choose one",
                at: runsOn["group"]?.position ?? runsOn.position)
            return .list([])
        }
        guard let labels = runsOn["labels"]?.value, !labels.isNull else {
            list.error("missing-key", "\"runs-on\" has neither \"labels\" nor \"group\"", at: runsOn.position)
            return nil
        }
        if let group = runsOn["group"] {
            list.warning(
                "unexpected-key", "\"group\" of \"runs-on\" is ignored; only labels choose a runner", at: group.position
            )
        }
        wanted = labels
    }
    guard let strings = list.strings(wanted, of: "runs-on") else { return nil }
    if strings.isEmpty { list.error("missing-key", "\"runs-on\" has no label", at: wanted.position) }
    guard strings.count <= WorkflowLimits.labelsMax else {
        list.error(
            "too-large", "\"runs-on\" has \(strings.count) labels; at most \(WorkflowLimits.labelsMax) are allowed",
            at: wanted.position)
        return nil
    }
    var texts: [ScalarTemplate] = []
    for string in strings {
        guard let text = evaluator.template(string.node, of: "runs-on", .job("runs-on"), &list) else { return nil }
        if string.text.isEmpty { list.error("type", "label of \"runs-on\" is empty", at: string.node.position) }
        texts.append(text)
    }
    return wanted.scalar != nil && texts.count == 1 ? .one(texts[0]) : .list(texts)
}

/// The steps less `null` entries, as the payload carries them.
private func readSteps(_ node: YAMLNode, of key: String, _ list: inout DiagnosticList) -> [YAMLNode] {
    guard let steps = node["steps"]?.value, !steps.isNull else {
        list.error("missing-key", "\"steps\" is missing in job \"\(key)\"", at: node.position)
        return []
    }
    guard let items = steps.items else {
        list.type(steps, of: "steps", expected: "a sequence of steps")
        return []
    }
    let kept = items.filter { !$0.isNull }
    guard kept.count <= WorkflowLimits.stepsMax else {
        list.error(
            "too-large", "job \"\(key)\" has \(kept.count) steps; at most \(WorkflowLimits.stepsMax) are allowed",
            at: steps.position)
        return []
    }
    if kept.isEmpty { list.error("missing-key", "\"steps\" has no step", at: steps.position) }
    var ids: [[UInt8]: Position] = [:]
    for step in kept {
        guard let pairs = step.pairs else {
            list.type(step, of: "step", expected: "a mapping")
            continue
        }
        for pair in pairs where !stepKeys.contains(pair.key) { list.unknownKey(pair, in: "a step", known: stepKeys) }
        if step["run"] == nil, step["uses"] == nil {
            list.error("missing-key", "step has neither \"run\" nor \"uses\"", at: step.position)
        }
        list.checkStep(step, &ids)
        for name in ["name", "run", "uses", "id"] {
            guard let value = step[name]?.value else { continue }
            guard let scalar = value.scalar else {
                list.type(value, of: name, expected: "a string")
                continue
            }
            let bytesMax = name == "run" ? WorkflowLimits.scriptBytesMax : WorkflowLimits.nameBytesMax
            _ = list.isWithin(scalar.text, bytesMax, "\"\(name)\" of a step", at: value.position)
        }
    }
    return kept.map(runnerForm(ofStep:))
}

/// `runs-on: {group: big}`. While there are no groups, it asks for any runner.
private func isOfGroupAlone(_ job: YAMLNode) -> Bool {
    guard let runsOn = job["runs-on"]?.value, let group = runsOn["group"]?.value, !group.isNull else { return false }
    return runsOn["labels"]?.value.isNull ?? true
}

/// A step's name in lists: its own, else what it does.
func stepName(_ step: YAMLNode) -> String {
    func text(_ key: String) -> String? {
        guard let scalar = step[key]?.value.scalar, scalar.value != .null, !scalar.text.isEmpty else { return nil }
        return scalar.text
    }
    let shown: String
    if let name = text("name") {
        shown = name
    } else {
        let what = text("run") ?? text("uses") ?? text("id") ?? ""
        let blanks: Set<UInt8> = [0x20, 0x09, 0x0D]
        let line =
            what.utf8.split(separator: 0x0A).first { !$0.allSatisfy(blanks.contains) }.map { String(Substring($0)) }
            ?? ""
        shown = "Run \(line)"
    }
    return cut(shown, bytesMax: WorkflowLimits.stepNameBytesMax)
}
