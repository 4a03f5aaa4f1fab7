/// One job of a run: the draft with the values of one matrix leg. Nil when an error was noted.
func planJob(
    _ job: JobDraft, leg: MatrixLeg?, _ contexts: LegContexts, index: Int, root: YAMLNode,
    _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList
) -> JobPlan? {
    guard let runsOn = labels(job, contexts, &evaluator, &list) else { return nil }
    guard !runsOn.labels.isEmpty, !runsOn.labels.contains("") else {
        let position = job.node["runs-on"]?.value.position ?? job.node.position
        let message = "\"runs-on\" of job \"\(job.key)\" gives no label for matrix leg \(index + 1)"
        list.error("type", message, at: position)
        return nil
    }
    guard let name = jobName(job, leg, contexts, &evaluator, &list),
        let continueOnError = flag(job, contexts, &evaluator, &list)
    else { return nil }
    return JobPlan(
        key: job.key, name: name, needs: distinct(job.needs.map(\.text)), runsOn: runsOn.labels,
        condition: job.condition,
        continueOnError: continueOnError, hasOutputs: job.hasOutputs, stepNames: job.steps.map(stepName),
        timeoutMinutes: minutes(job, contexts, &evaluator, &list),
        mayIdentify: mayIdentify(job.node, in: root), matrixIndex: index,
        payload: payload(
            job, name: name, runsOn: runsOn, continueOnError: continueOnError, leg: leg, root: root))
}

private struct Labels {
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

private func jobName(
    _ job: JobDraft, _ leg: MatrixLeg?, _ contexts: LegContexts, _ evaluator: inout PlanEvaluator,
    _ list: inout DiagnosticList
) -> String? {
    guard let text = job.name, !text.template.parts.isEmpty else {
        return cutJobName(leg.map { legName(job.key, $0) } ?? job.key)
    }
    guard let base = evaluator.value(text, of: "name", in: contexts, &list)?.text else { return nil }
    if text.hasExpression { return cutJobName(base.allSatisfy(\.isWhitespace) ? job.key : base) }
    return cutJobName(leg.map { legName(base, $0) } ?? base)
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

private func distinct(_ texts: [String]) -> [String] {
    var seen: Set<String> = []
    return texts.filter { seen.insert($0).inserted }
}

/// Keys the runner needs (workflows.md 15). `needs` goes, since its planner would look for those jobs; unknown keys go,
/// since a newer runner refuses them.
private let payloadKeys = ["name", "run-name", "on", "env", "defaults", "permissions"]
private let payloadJobKeys = [
    "if", "env", "steps", "container", "services", "defaults", "outputs", "timeout-minutes", "concurrency",
    "permissions", "with", "secrets", "continue-on-error", "runs-on", "strategy",
]

private func payload(
    _ job: JobDraft, name: String, runsOn: Labels, continueOnError: Bool, leg: MatrixLeg?, root: YAMLNode
) -> [UInt8] {
    var json = PayloadJSON()
    json.object { json in
        for pair in root.pairs ?? [] where payloadKeys.contains(pair.key) {
            json.key(pair.key)
            // A name that YAML reads as a number is a string to the runner.
            if pair.key == "name" || pair.key == "run-name", let scalar = pair.value.scalar, scalar.value != .null {
                json.string(scalar.text)
            } else {
                json.node(pair.value)
            }
        }
        json.key("jobs")
        json.object { json in
            json.key(job.key)
            json.object { json in
                writeJob(job, name: name, runsOn: runsOn, continueOnError: continueOnError, leg: leg, &json)
            }
        }
    }
    return json.bytes
}

/// What was evaluated is data from now on, so `${{` in it is escaped: the runner would evaluate it again, with secrets
/// (workflows.md 15).
private func writeJob(
    _ job: JobDraft, name: String, runsOn: Labels, continueOnError: Bool, leg: MatrixLeg?, _ json: inout PayloadJSON
) {
    json.key("name")
    json.data(name)
    for pair in job.node.pairs ?? [] where payloadJobKeys.contains(pair.key) {
        switch pair.key {
        case "runs-on":
            json.key(pair.key)
            if runsOn.isString, let label = runsOn.labels.first {
                json.data(label)
            } else {
                json.array { json in runsOn.labels.forEach { json.data($0) } }
            }
        case "steps":
            json.key(pair.key)
            json.array { json in job.steps.forEach { json.node($0) } }
        case "strategy": writeStrategy(job.strategy ?? pair.value, leg: leg, &json)
        case "if":
            // The server has judged it with all that a runner does not see (ancestors, `NaN`, `case()`) before it gives
            // the job out, and must not be contradicted. A runner that was told to stop still may.
            guard job.condition != nil else { continue }
            json.key(pair.key)
            json.string("${{ !cancelled() }}")
        case "continue-on-error":
            json.key(pair.key)
            json.literal(continueOnError ? "true" : "false")
        default:
            json.key(pair.key)
            json.node(pair.value)
        }
    }
}

/// Each key with this leg's value alone, so that the runner's own expansion gives exactly one combination.
private func writeStrategy(_ strategy: YAMLNode, leg: MatrixLeg?, _ json: inout PayloadJSON) {
    let kept = (strategy.pairs ?? []).filter {
        ["fail-fast", "max-parallel"].contains($0.key) && !$0.value.isNull || $0.key == "matrix" && leg != nil
    }
    guard !kept.isEmpty else { return }
    json.key("strategy")
    json.object { json in
        for pair in kept {
            json.key(pair.key)
            guard pair.key == "matrix" else {
                json.node(pair.value)
                continue
            }
            json.object { json in
                for value in leg?.values ?? [] {
                    json.dataKey(value.key)
                    json.array { $0.data(value.value) }
                }
            }
        }
    }
}
