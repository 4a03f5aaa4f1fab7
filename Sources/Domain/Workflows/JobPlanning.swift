/// One job of a run: the draft with the values of one matrix leg. Nil when an error was noted.
func planJob(
    _ job: JobDraft, leg: MatrixLeg?, _ contexts: LegContexts, index: Int, _ draft: DefinitionDraft,
    _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList
) -> JobPlan? {
    guard let runsOn = labels(job, contexts, &evaluator, &list) else { return nil }
    let position = job.node["runs-on"]?.value.position ?? job.node.position
    guard job.isOfGroupAlone || job.isCall || !runsOn.labels.isEmpty, !runsOn.labels.contains("") else {
        let message = "\"runs-on\" of job \"\(job.key)\" gives no label for matrix leg \(index + 1)"
        list.error("type", message, at: position)
        return nil
    }
    if let fault = faultOfLabels(runsOn.labels) {
        list.error("too-large", "\"runs-on\" of job \"\(job.key)\" gives \(fault)", at: position)
        return nil
    }
    guard let name = jobName(job, leg, contexts, &evaluator, &list),
        let continueOnError = flag(job, contexts, &evaluator, &list)
    else { return nil }
    let definition = draft.definition(name: name, runsOn: runsOn, continueOnError: continueOnError, leg: leg)
    let bytes = evaluator.makesPayloads ? payload(of: definition) : []
    guard bytes.count <= WorkflowLimits.jobPayloadBytesMax else {
        let message =
            "job \"\(job.key)\" has \(bytes.count) bytes; at most \(WorkflowLimits.jobPayloadBytesMax) are allowed"
        list.error("too-large", message, at: job.node.position)
        return nil
    }
    var plan = JobPlan(
        key: job.key, name: name, needs: draft.needs, runsOn: runsOn.labels, condition: job.condition,
        continueOnError: continueOnError, hasOutputs: job.hasOutputs, stepNames: job.stepNames,
        timeoutMinutes: minutes(job, contexts, &evaluator, &list), mayIdentify: draft.mayIdentify,
        permissions: draft.permissions, matrixIndex: index, definition: definition, payload: bytes)
    plan.isCall = job.isCall
    plan.strategy = job.legStrategy
    plan.environment = job.environment.map { JobEnvironment($0, contexts) }
    plan.concurrency = job.concurrency.map { JobConcurrency($0, contexts) }
    return plan
}

/// What PostgreSQL or a runner would refuse of labels, in words; nil when nothing.
private func faultOfLabels(_ labels: [String]) -> String? {
    guard labels.count <= WorkflowLimits.labelsMax else {
        return "\(labels.count) labels; at most \(WorkflowLimits.labelsMax) are allowed"
    }
    for label in labels {
        if hasNUL(label) { return "a label with a NUL character" }
        guard label.utf8.count <= WorkflowLimits.labelBytesMax else {
            return "a label of \(label.utf8.count) bytes; at most \(WorkflowLimits.labelBytesMax) are allowed"
        }
    }
    let bytes = labels.reduce(0) { $0 + $1.utf8.count }
    guard bytes <= WorkflowLimits.labelsBytesMax else {
        return "labels of \(bytes) bytes together; at most \(WorkflowLimits.labelsBytesMax) are allowed"
    }
    return nil
}

struct Labels: Equatable, Sendable {
    let labels: [String]
    let isString: Bool
}

/// An expression may give one label, several, or a mapping with `labels`.
private func labels(
    _ job: JobDraft, _ contexts: LegContexts, _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList
) -> Labels? {
    let texts: [ScalarTemplate]
    switch job.runsOn {
    case .list(let all): texts = all
    case .one(let text):
        guard var value = evaluator.value(text, of: "runs-on", in: contexts, &list) else { return nil }
        if case .object(let object) = value { value = object["labels"] ?? .null }
        guard case .array(let array) = value else { return Labels(labels: [value.label], isString: true) }
        return Labels(labels: array.items.map(\.label), isString: false)
    }
    var labels: [String] = []
    for text in texts {
        guard let value = evaluator.value(text, of: "runs-on", in: contexts, &list) else { return nil }
        if case .array(let array) = value {
            labels += array.items.map(\.label)
        } else {
            labels.append(value.label)
        }
    }
    return Labels(labels: labels, isString: false)
}

extension ExpressionValue {
    /// Empty, which is no label, for what cannot be one.
    fileprivate var label: String { isPrimitive ? text : "" }
}

func jobName(
    _ job: JobDraft, _ leg: MatrixLeg?, _ contexts: LegContexts, _ evaluator: inout PlanEvaluator,
    _ list: inout DiagnosticList
) -> String? {
    let prefix = evaluator.frame?.namePrefix ?? ""
    guard let text = job.name, !text.template.parts.isEmpty else {
        return cutJobName(prefix + (leg.map { legName(job.key, $0) } ?? job.key))
    }
    guard let base = evaluator.value(text, of: "name", in: contexts, &list)?.text else { return nil }
    if text.hasExpression { return cutJobName(prefix + (base.allSatisfy(\.isWhitespace) ? job.key : base)) }
    return cutJobName(prefix + (leg.map { legName(base, $0) } ?? base))
}

private func flag(
    _ job: JobDraft, _ contexts: LegContexts, _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList
) -> Bool? {
    switch job.continueOnError {
    case .absent: return false
    case .constant(let value): return value.isTruthy
    case .evaluated(let text):
        guard let value = evaluator.value(text, of: "continue-on-error", in: contexts, &list) else { return nil }
        if case .bool(let flag) = value { return flag }
        let message = "\"continue-on-error\" must be a boolean, not \"\(quoted(value.text))\""
        list.error("type", message, at: text.node.position)
        return nil
    }
}

private func minutes(
    _ job: JobDraft, _ contexts: LegContexts, _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList
) -> Double? {
    switch job.timeoutMinutes {
    case .absent: return nil
    case .constant(let value): return value.number
    case .evaluated(let text):
        guard let value = evaluator.value(text, of: "timeout-minutes", in: contexts, &list) else { return nil }
        if value.number.isFinite, value.number > 0 { return value.number }
        let message = "\"timeout-minutes\" must be a number above 0, not \"\(quoted(value.text))\""
        list.error("type", message, at: text.node.position)
        return nil
    }
}
