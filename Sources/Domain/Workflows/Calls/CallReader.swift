/// A job that calls a workflow, as read.
struct CallDraft {
    /// Nil when `uses` names no file; an error was noted.
    let file: CallReference?
    /// `with` as JSON, expressions in it.
    let with: String
    let secrets: CallSecrets
}

/// Keys of a job that calls a workflow; the callee's jobs have all others (workflows.md 13).
private let callKeys = ["name", "needs", "if", "permissions", "strategy", "concurrency", "uses", "with", "secrets"]

/// Reads a job with `uses`.
func readCall(
    _ pair: YAMLPair, uses: YAMLPair, _ evaluator: PlanEvaluator, _ list: inout DiagnosticList
) -> CallDraft {
    let job = pair.value
    for key in job.pairs ?? [] where jobKeys.contains(key.key) && !callKeys.contains(key.key) {
        let message =
            "\"\(key.key)\" cannot stand beside \"uses\" in job \"\(pair.key)\": the called workflow's jobs have it"
        if key.key == "runs-on" || key.key == "steps" {
            list.error("unexpected-key", message, at: key.position)
        } else {
            list.warning("unexpected-key", message + "; it is ignored", at: key.position)
        }
    }
    let with = readWith(job, &list)
    let secrets = readCallSecrets(job, &list)
    guard let scalar = uses.value.scalar, scalar.value != .null else {
        list.type(uses.value, of: "uses", expected: "the path of a workflow file")
        return CallDraft(file: nil, with: with.json, secrets: secrets.value)
    }
    do throws(CallReference.Fault) {
        let file = try CallReference(uses: scalar.text, in: evaluator.place, base: evaluator.base ?? "")
        check(file, with.pairs, secrets, at: uses, job, evaluator, &list)
        return CallDraft(file: file, with: with.json, secrets: secrets.value)
    } catch {
        // Without a server, nobody knows whose address a whole one is.
        let isAddress = evaluator.base == nil && scalar.text.utf8.starts(with: "http".utf8)
        if !isAddress { list.error("uses-format", error.message, at: uses.value.position) }
        return CallDraft(file: nil, with: with.json, secrets: secrets.value)
    }
}

private func readWith(_ job: YAMLNode, _ list: inout DiagnosticList) -> (json: String, pairs: [YAMLPair]) {
    guard let with = job["with"]?.value, !with.isNull else { return ("{}", []) }
    guard let pairs = with.pairs else {
        list.type(with, of: "with", expected: "a mapping")
        return ("{}", [])
    }
    for pair in pairs {
        guard let scalar = pair.value.scalar else {
            list.type(pair.value, of: pair.key, expected: "a string, a number or a boolean")
            continue
        }
        do throws(ExpressionFault) {
            _ = try Template(scalarText(scalar), .job("with"))
        } catch {
            list.expression(error, in: pair.value)
        }
    }
    var json = JSONWriter()
    json.node(with)
    return (String(decoding: json.bytes, as: UTF8.self), pairs)
}

private func readCallSecrets(
    _ job: YAMLNode, _ list: inout DiagnosticList
) -> (value: CallSecrets, pairs: [YAMLPair]) {
    guard let node = job["secrets"]?.value, !node.isNull else { return (.these([]), []) }
    if let scalar = node.scalar {
        if scalar.text != "inherit" {
            list.error(
                "call-secret", "\"secrets\" of a job must be \"inherit\" or a mapping, not \"\(quoted(scalar.text))\"",
                at: node.position)
        }
        return (.inherit, [])
    }
    guard let pairs = node.pairs else {
        list.type(node, of: "secrets", expected: "\"inherit\" or a mapping")
        return (.these([]), [])
    }
    var items: [SecretGrant.Item] = []
    for pair in pairs {
        guard let source = pair.value.scalar.flatMap({ secretName(in: $0.text) }) else {
            list.error(
                "call-secret",
                "secret \"\(pair.key)\" must be given as ${{ secrets.NAME }}: the server passes secrets on and does not read them",
                at: pair.value.position)
            continue
        }
        items.append(SecretGrant.Item(name: pair.key.uppercased(), source: source.uppercased()))
    }
    return (.these(items), pairs)
}

/// `NAME` of `${{ secrets.NAME }}`, and of nothing else.
private func secretName(in text: String) -> String? {
    guard let pieces = Template.pieces(of: text.trimmed), pieces.count == 1,
        case .expression(let source)? = pieces.first,
        let tokens = try? expressionTokens(source)
    else { return nil }
    let isDotted = tokens.count == 4 && tokens[1].isSign(".") && tokens[2].kind == .name
    guard isDotted, tokens[0].kind == .name, tokens[0].text.lowercased() == "secrets" else { return nil }
    return tokens[2].text
}

extension String {
    fileprivate var trimmed: String {
        let blanks: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
        let bytes = utf8.drop(while: blanks.contains)
        let count = bytes.reversed().drop(while: blanks.contains).count
        return String(Substring(bytes.prefix(count)))
    }
}

/// What the callee says to the call: it is there, may be called, and takes what is given.
private func check(
    _ file: CallReference, _ with: [YAMLPair], _ secrets: (value: CallSecrets, pairs: [YAMLPair]), at uses: YAMLPair,
    _ job: YAMLNode, _ evaluator: PlanEvaluator, _ list: inout DiagnosticList
) {
    guard let called = evaluator.called else { return }
    if let fault = called.fault(from: file) {
        return list.error("call-depth", "\"\(file.name)\" \(fault)", at: uses.value.position)
    }
    guard let callee = called.files[file.name] else {
        let why = called.missing[file.name] ?? "cannot be read"
        return list.error("call-file", "\"\(file.name)\" \(why)", at: uses.value.position)
    }
    guard let interface = called.interfaces[file.name] else {
        return list.error(
            "call-file",
            callee.parsingFault ?? "\"\(file.name)\" cannot be called: its \"on\" has no \"workflow_call\"",
            at: uses.value.position)
    }
    let known = Set(interface.inputs.map { foldedBytes($0.name) })
    let givenValues = Dictionary(
        with.filter { !$0.value.isNull }.map { (foldedBytes($0.key), $0) }, uniquingKeysWith: { first, _ in first })
    for pair in with where !known.contains(foldedBytes(pair.key)) {
        let hint = nearest(pair.key, among: interface.inputs.map(\.name)).map { "; did you mean \"\($0)\"?" } ?? ""
        list.error("call-input", "\"\(file.name)\" has no input \"\(pair.key)\"\(hint)", at: pair.position)
    }
    for input in interface.inputs {
        if let given = givenValues[foldedBytes(input.name)] {
            guard given.value.firstExpression == nil, let scalar = given.value.scalar else { continue }
            do throws(CallInterface.TypeFault) {
                _ = try input.kind.value(scalar.expressionValue)
            } catch {
                list.error(
                    "call-input", "input \"\(input.name)\" is \(error.what), not a \(input.kind.rawValue)",
                    at: given.value.position)
            }
        } else if input.isRequired {
            list.error(
                "call-input", "\"\(file.name)\" requires input \"\(input.name)\", which \"with\" lacks",
                at: (job["with"] ?? uses).position)
        }
    }
    guard case .these(let items) = secrets.value else { return }
    let declared = interface.secrets.map(\.name)
    for pair in secrets.pairs where !declared.contains(pair.key.uppercased()) {
        list.error("call-secret", "\"\(file.name)\" has no secret \"\(pair.key)\"", at: pair.position)
    }
    for secret in interface.secrets where secret.isRequired && !items.contains(where: { $0.name == secret.name }) {
        list.error(
            "call-secret", "\"\(file.name)\" requires secret \"\(secret.name)\", which \"secrets\" lacks",
            at: (job["secrets"] ?? uses).position)
    }
}

/// The row of a call: one for each leg of its matrix. Nil when an error was noted.
func planCall(
    _ job: JobDraft, _ call: CallDraft, root: YAMLNode, leg: MatrixLeg?, _ contexts: LegContexts, index: Int,
    _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList
) -> JobPlan? {
    guard let file = call.file, let name = jobName(job, leg, contexts, &evaluator, &list),
        evaluator.charge(1 + call.with.utf8.count / PlanningLimits.stepBytes, at: job.node.position, &list)
    else { return nil }
    func json(_ value: ExpressionValue) -> String {
        var json = JSONWriter()
        json.value(value)
        return String(decoding: json.bytes, as: UTF8.self)
    }
    let needs = distinct(job.needs.map(\.text))
    let permissions = evaluator.permissions(of: job.node, in: root)
    let mayIdentify = evaluator.mayIdentify(job.node, in: root)
    let made = WorkflowCall(
        key: job.key, name: name, needs: needs, file: file, with: call.with, matrix: json(contexts.matrix),
        strategy: json(contexts.strategy), secrets: call.secrets, permissions: permissions, mayIdentify: mayIdentify,
        frame: evaluator.frame)
    var plan = JobPlan(
        key: job.key, name: name, needs: needs, runsOn: [], condition: job.condition, continueOnError: false,
        hasOutputs: false, stepNames: [], timeoutMinutes: nil, mayIdentify: mayIdentify, permissions: permissions,
        matrixIndex: index, definition: JobDefinition(workflow: [], key: job.key, name: name, needs: needs, job: []),
        payload: [])
    plan.standsFor = .call(made)
    plan.concurrency = job.concurrency.map { JobConcurrency($0, contexts) }
    plan.strategy = job.legStrategy
    return plan
}

extension PlanEvaluator {
    /// What the token of a job may do: in a called workflow no more than the caller's.
    func permissions(of job: YAMLNode, in root: YAMLNode) -> TokenPermissions {
        guard let frame else { return tokenPermissions(job, in: root) }
        // A callee that says nothing has what the caller has.
        guard job["permissions"] != nil || root["permissions"] != nil else { return frame.permissions }
        return tokenPermissions(job, in: root).limited(to: frame.permissions)
    }

    func mayIdentify(_ job: YAMLNode, in root: YAMLNode) -> Bool {
        guard let frame else { return Domain.mayIdentify(job, in: root) }
        guard job["permissions"] != nil || root["permissions"] != nil else { return frame.mayIdentify }
        return frame.mayIdentify && Domain.mayIdentify(job, in: root)
    }
}
