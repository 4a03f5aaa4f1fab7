/// One job of a run: the draft with the values of one matrix leg. Nil when an error was noted.
func planJob(_ job: JobDraft, leg: MatrixLeg?, index: Int, root: YAMLNode, _ list: inout DiagnosticList) -> JobPlan? {
    guard let runsOn = resolve(job.runsOn, leg) else {
        let position = job.node["runs-on"]?.value.position ?? job.node.position
        let message = "\"runs-on\" of job \"\(job.key)\" gives no label for matrix leg \(index + 1)"
        list.error("type", message, at: position)
        return nil
    }
    let name = jobName(job, leg)
    return JobPlan(
        key: job.key, name: name, needs: distinct(job.needs.map(\.text)), runsOn: runsOn.labels,
        condition: job.condition,
        continueOnError: job.continueOnError, hasOutputs: job.hasOutputs, stepNames: job.steps.map(stepName),
        timeoutMinutes: job.timeoutMinutes, matrixIndex: index,
        payload: payload(job, name: name, runsOn: runsOn, leg: leg, root: root))
}

private struct Labels {
    let labels: [String]
    let isString: Bool
}

private func resolve(_ runsOn: RunsOn, _ leg: MatrixLeg?) -> Labels? {
    let found: Labels
    switch runsOn {
    case .list(let texts): found = Labels(labels: texts.map { $0.text(in: leg) }, isString: false)
    case .one(let text, _):
        if let items = text.loneNode(in: leg)?.items {
            found = Labels(labels: items.map { $0.scalar.map(scalarText) ?? "" }, isString: false)
        } else if text.loneNode(in: leg)?.pairs != nil {
            return nil
        } else {
            found = Labels(labels: [text.text(in: leg)], isString: true)
        }
    }
    return found.labels.isEmpty || found.labels.contains("") ? nil : found
}

private func jobName(_ job: JobDraft, _ leg: MatrixLeg?) -> String {
    guard let text = job.name, !text.parts.isEmpty else {
        return cutJobName(leg.map { legName(job.key, $0) } ?? job.key)
    }
    let base = text.text(in: leg)
    if text.hasExpression { return cutJobName(base.allSatisfy(\.isWhitespace) ? job.key : base) }
    return cutJobName(leg.map { legName(base, $0) } ?? base)
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

private func payload(_ job: JobDraft, name: String, runsOn: Labels, leg: MatrixLeg?, root: YAMLNode) -> [UInt8] {
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
            json.object { json in writeJob(job, name: name, runsOn: runsOn, leg: leg, &json) }
        }
    }
    return json.bytes
}

private func writeJob(_ job: JobDraft, name: String, runsOn: Labels, leg: MatrixLeg?, _ json: inout PayloadJSON) {
    json.key("name")
    json.string(name)
    for pair in job.node.pairs ?? [] where payloadJobKeys.contains(pair.key) {
        switch pair.key {
        case "runs-on":
            json.key(pair.key)
            if runsOn.isString, let label = runsOn.labels.first {
                json.string(label)
            } else {
                json.array { json in runsOn.labels.forEach { json.string($0) } }
            }
        case "steps":
            json.key(pair.key)
            json.array { json in job.steps.forEach { json.node($0) } }
        case "strategy": writeStrategy(pair.value, leg: leg, &json)
        case "continue-on-error":
            json.key(pair.key)
            json.literal(job.continueOnError ? "true" : "false")
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
                    json.key(value.key)
                    json.array { $0.node(value.value) }
                }
            }
        }
    }
}
