/// Keys of a job whose expressions may read what its needs give: the job is then planned when they are done (workflows.md 9).
private let deferrableKeys = ["strategy", "name", "runs-on", "continue-on-error"]

/// Whether a job can only be planned later, since a value of it reads what is not known yet: the outputs of its needs, as a
/// rule. The expressions are parsed, so that a text that merely has the word in it does not count.
func isDeferred(_ job: YAMLNode, _ evaluator: PlanEvaluator) -> Bool {
    deferrableKeys.contains { key in
        job[key].map { reads($0.value, deferralScope(key)) { !evaluator.isKnown($0) } } ?? false
    }
}

/// Notes what is wrong with the expressions of a job that is planned later: its author should hear of it now.
func checkDeferred(_ job: YAMLNode, _ evaluator: PlanEvaluator, _ list: inout DiagnosticList) {
    for key in deferrableKeys {
        if let value = job[key]?.value { evaluator.check(value, deferralScope(key), &list) }
    }
}

private func deferralScope(_ key: String) -> ExpressionScope { key == "strategy" ? .strategy : .job(key) }

private func reads(_ node: YAMLNode, _ scope: ExpressionScope, _ isWanted: (String) -> Bool) -> Bool {
    switch node.content {
    case .sequence(let items): return items.contains { reads($0, scope, isWanted) }
    case .mapping(let pairs):
        return pairs.contains { pair in
            reads(YAMLNode(position: pair.position, scalar: pair.key), scope, isWanted)
                || reads(pair.value, scope, isWanted)
        }
    case .scalar(let scalar):
        guard hasExpression(scalar.text), !isInsert(scalar.text), let text = try? Template(scalar.text, scope) else {
            return false
        }
        return text.expressions.contains { expression in
            expression.contains { if case .context(let name) = $0 { isWanted(name) } else { false } }
        }
    }
}

/// The row that stands for a job until it can be planned: blocked, with what is known of it. Nil when an error was noted.
func placeholder(
    _ job: JobDraft, root: YAMLNode, _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList
) -> JobPlan? {
    guard evaluator.charge(writingSteps(job.node) + writingSteps(root), at: job.node.position, &list) else {
        return nil
    }
    let members = (root.pairs ?? []).filter { payloadKeys.contains($0.key) }.map(member)
    let ofJob = (job.node.pairs ?? []).filter { jobKeys.contains($0.key) && $0.key != "needs" }.map(member)
    let needs = distinct(job.needs.map(\.text))
    let later = DeferredJob(
        path: list.path, key: job.key, needs: needs, workflow: members, job: ofJob, frame: evaluator.frame)
    let written = job.node["name"]?.value.scalar.flatMap { hasExpression($0.text) || $0.text.isEmpty ? nil : $0.text }
    let name = (evaluator.frame?.namePrefix ?? "") + (written ?? job.key)
    var plan = JobPlan(
        key: job.key, name: cutJobName(name), needs: needs, runsOn: [], condition: job.condition,
        continueOnError: false, hasOutputs: job.hasOutputs, stepNames: job.stepNames, timeoutMinutes: nil,
        mayIdentify: false, permissions: evaluator.permissions(of: job.node, in: root), matrixIndex: 0,
        definition: JobDefinition(workflow: [], key: job.key, name: name, needs: needs, job: []), payload: [])
    plan.standsFor = .legs(later)
    return plan
}

private func member(_ pair: YAMLPair) -> [UInt8] {
    var json = JSONWriter()
    json.key(pair.key)
    json.node(pair.value)
    return json.bytes
}
