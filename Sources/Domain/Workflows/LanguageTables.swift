/// Answers about one part of the language for a case that stands alone: `millrace workflow table` reads a case a line and
/// writes an answer a line. Whoever compares us with another implementation needs neither a server nor a repository for it.
public enum LanguageTable: String, CaseIterable, Sendable {
    /// `{"expr":…,"contexts":{…}}` → `{"json":…}`
    case expressions = "expr"
    /// `{"mode":"include"|"ignore","patterns":[…],"inputs":[…]}` → `{"pass":…}`
    case patterns
    /// `{"matrix":…}` → `{"combos":[…],"names":[…]}`
    case matrix
    /// `{"on":…,"event":{"event":…}}` → `{"run":…}`
    case triggers

    /// Bytes of one case.
    public static let caseBytesMax = 16 * 1024 * 1024

    /// The answer to one line, itself one line: `{"error":…}` when the case cannot be read or has no answer.
    public func answer(_ line: String) -> String {
        var json = JSONWriter()
        do throws(CaseFault) {
            guard line.utf8.count <= Self.caseBytesMax else {
                throw CaseFault("the case has \(line.utf8.count) bytes; at most \(Self.caseBytesMax) are read")
            }
            let object = try LanguageCase(line)
            switch self {
            case .expressions: try answerExpression(object, &json)
            case .patterns: try answerPatterns(object, &json)
            case .matrix: try answerMatrix(object, &json)
            case .triggers: try answerTriggers(object, &json)
            }
        } catch {
            json = JSONWriter()
            json.object { json in
                json.key("error")
                json.string(error.message)
            }
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

/// The value of an expression, or of a text with `${{ }}` in it, as JSON in GitHub's form.
///
/// - Parameter contexts: a JSON object; its keys are the contexts that the expression may read.
public func evaluation(of text: String, contexts: String) throws(CaseFault) -> String {
    let values: ExpressionValue
    do throws(JSONFault) {
        values = try ExpressionValue(json: contexts)
    } catch {
        throw CaseFault("the contexts are no JSON: \(error.message)")
    }
    return try evaluated(text, values)
}

/// Why a case has no answer.
public struct CaseFault: Error, Equatable, Sendable {
    public let message: String
    init(_ message: String) { self.message = message }
}

/// One case: a JSON object, whose keys are asked for by name.
private struct LanguageCase {
    private let object: ExpressionObject

    init(_ line: String) throws(CaseFault) {
        let value: ExpressionValue
        do throws(JSONFault) {
            value = try ExpressionValue(json: line)
        } catch {
            throw CaseFault("the line is no JSON: \(error.message)")
        }
        try self.init(value, "the case")
    }

    init(_ value: ExpressionValue, _ what: String) throws(CaseFault) {
        guard case .object(let object) = value else { throw CaseFault("\(what) must be a JSON object") }
        self.object = object
    }

    /// Nil when it is absent or null.
    func value(_ key: String) -> ExpressionValue? {
        guard let value = object[key] else { return nil }
        if case .null = value { return nil }
        return value
    }

    func optionalText(_ key: String) throws(CaseFault) -> String? {
        guard let value = value(key) else { return nil }
        guard case .string(let text) = value else { throw CaseFault("\"\(key)\" must be a string") }
        return text
    }

    func text(_ key: String) throws(CaseFault) -> String {
        guard let text = try optionalText(key) else { throw CaseFault("\"\(key)\" is missing") }
        return text
    }

    func optionalTexts(_ key: String) throws(CaseFault) -> [String]? {
        guard let value = value(key) else { return nil }
        guard case .array(let array) = value else { throw CaseFault("\"\(key)\" must be a list of strings") }
        var texts: [String] = []
        for item in array.items {
            guard case .string(let text) = item else { throw CaseFault("\"\(key)\" must be a list of strings") }
            texts.append(text)
        }
        return texts
    }
}

// MARK: expressions

private func answerExpression(_ object: LanguageCase, _ json: inout JSONWriter) throws(CaseFault) {
    let text = try evaluated(try object.text("expr"), object.value("contexts") ?? .object([]))
    json.object { json in
        json.key("json")
        json.string(text)
    }
}

/// Status functions answer as in a job whose needs all succeeded.
private func evaluated(_ text: String, _ contexts: ExpressionValue) throws(CaseFault) -> String {
    guard case .object(let object) = contexts else { throw CaseFault("\"contexts\" must be a JSON object") }
    // Without a file there is no place where an expression must stand: none is null, as in GitHub's own vectors.
    guard !text.allSatisfy(\.isWhitespace) else { return "null" }
    let values = object.pairs.map { (key: $0.key.lowercased(), value: $0.value) }
    let scope = ExpressionScope(
        place: "the expression", contexts: values.map(\.key), hasStatusFunctions: true, hasFiles: true)
    let template: Template
    do throws(ExpressionFault) {
        template = hasExpression(text) ? try Template(text, scope) : Template(lone: try parseExpression(text, scope))
    } catch {
        throw CaseFault(error.message)
    }
    do throws(EvaluationFault) {
        let known = ExpressionContexts(
            Dictionary(values.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last }),
            status: .init(success: true, failure: false, cancelled: false))
        var budget = ExpressionBudget()
        return try template.value(in: known, &budget).json(bytesMax: ExpressionLimits.valueBytesMax)
    } catch {
        throw CaseFault(error.message)
    }
}

// MARK: patterns

private func answerPatterns(_ object: LanguageCase, _ json: inout JSONWriter) throws(CaseFault) {
    let mode = try object.text("mode")
    let texts = try object.optionalTexts("patterns") ?? []
    let inputs = try object.optionalTexts("inputs") ?? []
    guard texts.count <= WorkflowLimits.patternsMax else {
        throw CaseFault("\"patterns\" has more than \(WorkflowLimits.patternsMax) patterns")
    }
    var compiled: [Pattern] = []
    for text in texts {
        do throws(Pattern.Invalid) {
            compiled.append(try Pattern(text))
        } catch {
            throw CaseFault("invalid pattern \"\(quoted(text))\" at character \(error.offset + 1): \(error.message)")
        }
    }
    let passes: Bool
    switch mode {
    case _ where compiled.isEmpty: passes = true  // an empty list filters nothing
    case "include": passes = FilterList.including(compiled).passes(inputs)
    case "ignore": passes = FilterList.ignoring(compiled).passes(inputs)
    default: throw CaseFault("\"mode\" must be \"include\" or \"ignore\", not \"\(quoted(mode))\"")
    }
    json.object { json in
        json.key("pass")
        json.literal(passes ? "true" : "false")
    }
}

// MARK: matrix

private func answerMatrix(_ object: LanguageCase, _ json: inout JSONWriter) throws(CaseFault) {
    let text = Array(try object.text("matrix").utf8)
    var list = DiagnosticList(path: "matrix", source: text)
    var evaluator = PlanEvaluator(
        PlanContexts(), workBytes: PlanningLimits.fileStepsMax * PlanningLimits.stepBytes)
    let node: YAMLNode
    do throws(YAMLFault) {
        node = try yamlTree(text)
    } catch {
        throw CaseFault("matrix:\(error.position.line):\(error.position.column): \(error.message) [\(error.code)]")
    }
    let legs = evaluator.resolved(node, of: "matrix", .strategy, &list).flatMap { expandMatrix($0, &evaluator, &list) }
    guard let legs, list.errorCount == 0 else {
        throw CaseFault(list.all.first { $0.severity == .error }?.description ?? "the matrix cannot be expanded")
    }
    json.object { json in
        json.key("combos")
        json.array { json in
            // When everything is excluded the job runs once, without a matrix.
            if legs.isEmpty { json.object { _ in } }
            for leg in legs {
                json.object { json in
                    for pair in leg.values {
                        json.key(pair.key)
                        json.strict(pair.value)
                    }
                }
            }
        }
        json.key("names")
        json.array { json in
            if legs.isEmpty { json.string("job") }
            for leg in legs { json.string(cutJobName(legName("job", leg))) }
        }
    }
}

extension JSONWriter {
    /// A node as JSON that any reader takes: a number that JSON does not have is the string that expressions make of it.
    fileprivate mutating func strict(_ node: YAMLNode) {
        switch node.content {
        case .sequence(let items): array { json in items.forEach { json.strict($0) } }
        case .mapping(let pairs):
            object { json in
                for pair in pairs {
                    json.key(pair.key)
                    json.strict(pair.value)
                }
            }
        case .scalar(let scalar):
            if case .number(let number) = scalar.value, !number.isFinite {
                string(numberText(number))
            } else {
                self.node(node)
            }
        }
    }
}

// MARK: triggers

private func answerTriggers(_ object: LanguageCase, _ json: inout JSONWriter) throws(CaseFault) {
    let text = Array(try object.text("on").utf8)
    guard let given = object.value("event") else { throw CaseFault("\"event\" is missing") }
    let event = try LanguageCase(given, "\"event\"")
    var list = DiagnosticList(path: "on", source: text)
    let node: YAMLNode
    do throws(YAMLFault) {
        node = try yamlTree(text)
    } catch {
        throw CaseFault("on:\(error.position.line):\(error.position.column): \(error.message) [\(error.code)]")
    }
    let found = readTriggers(node, &list)
    let faults = list.all.filter { $0.severity == .error } + (found?.faults ?? [])
    guard let on = found, faults.isEmpty else {
        throw CaseFault(faults.first?.description ?? "\"on\" cannot be read")
    }
    let commit = EventCommit(
        message: try event.optionalText("message") ?? "", changedPaths: try event.optionalTexts("files"))
    var steps = PlanningLimits.fileStepsMax
    let decision = triggers(
        on, of: "", by: try repositoryEvent(event, firstCron: on[.schedule]?.schedules.first?.cron), commit, &steps)
    json.object { json in
        json.key("run")
        json.literal(decision == .runs ? "true" : "false")
        if case .skipped(let reason) = decision {
            json.key("reason")
            json.string(reason)
        }
    }
}

private func repositoryEvent(
    _ event: LanguageCase, firstCron: String?
) throws(CaseFault) -> RepositoryEvent {
    let text = try event.text("event")
    guard let name = EventName(rawValue: text) else { throw CaseFault("event \"\(quoted(text))\" is not known") }
    let action = try event.optionalText("action")
    let ref = try event.optionalText("ref") ?? "refs/heads/main"
    switch name {
    case .push:
        var isDeletion = false
        if let deleted = event.value("deleted") { isDeletion = deleted.isTruthy }
        return .push(
            .init(ref: wholeRef(ref), before: "1", after: isDeletion ? String(repeating: "0", count: 40) : "2"))
    case .create: return .create(ref: wholeRef(ref))
    case .delete: return .delete(ref: wholeRef(ref))
    case .pullRequest, .pullRequestTarget, .pullRequestReview, .pullRequestReviewComment:
        let base = shortRef(try event.optionalText("base_ref") ?? "main").name
        return .pullRequest(
            .init(
                name: name, type: action ?? name.defaultTypes?.first ?? "", number: 1,
                title: try event.optionalText("title") ?? "", headCommit: "2", baseBranch: base))
    case .workflowDispatch: return .workflowDispatch(.init(workflow: "", ref: ref, inputs: []))
    case .repositoryDispatch: return .repositoryDispatch(type: action ?? "")
    case .schedule:
        return .schedule(.init(cron: try event.optionalText("schedule") ?? firstCron ?? "", workflow: ""))
    case .workflowRun:
        return .workflowRun(
            .init(
                type: action ?? "completed", workflow: try event.optionalText("workflow") ?? "",
                headBranch: shortRef(try event.optionalText("head_branch") ?? "").name))
    case .release: return .release(type: action ?? "", tag: shortRef(ref).name)
    default: return .activity(name, type: action ?? "")
    }
}
