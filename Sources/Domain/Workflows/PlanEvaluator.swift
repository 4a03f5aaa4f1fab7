/// What is known when a run is planned. Expressions that read anything else are refused, not guessed.
public struct PlanContexts: Sendable {
    /// Also the context `gitea`.
    public var github: ExpressionValue?
    public var vars: ExpressionValue?
    public var inputs: ExpressionValue?
    /// Results and outputs of the needed jobs: known only when a deferred job is planned.
    var needs: ExpressionValue?
    /// What a called workflow's jobs have from their caller.
    var frame: CallFrame?
    /// The files that the workflow calls; nil when they are not looked up.
    var called: CalledFiles?
    /// The called file that is looked at before it is called; the frame tells it later.
    var place: CallReference?
    /// Nobody is to run it: what is not known is left as it is written, and jobs that call workflows are listed.
    public var isOutline = false
    /// Whether plans have payloads; listing the jobs of an outline needs none.
    public var makesPayloads = true

    public init(
        github: ExpressionValue? = nil, vars: ExpressionValue? = nil, inputs: ExpressionValue? = nil
    ) {
        self.github = github
        self.vars = vars
        self.inputs = inputs
    }

    public static let unknown = PlanContexts()
}

/// A scalar with its text taken apart.
struct ScalarTemplate {
    let template: Template
    let node: YAMLNode

    var hasExpression: Bool { !template.expressions.isEmpty }
}

/// Evaluates what the server decides when it plans a run, and notes what is wrong with it (workflows.md 1, 14).
/// One budget serves the whole file: a matrix multiplies its expressions.
struct PlanEvaluator {
    private let known: ExpressionContexts
    private let knownNames: Set<String>
    private let knowsNeeds: Bool
    /// What a called workflow's jobs have from their caller.
    let frame: CallFrame?
    let called: CalledFiles?
    /// This server's address; nil when there is no server.
    let base: String?
    /// The called file that is read; nil for the workflow at the top.
    let place: CallReference?
    /// The job that is read needs others, of which nothing is known yet.
    private var awaitsNeeds = false
    let isOutline: Bool
    let makesPayloads: Bool
    /// Expressions are parsed and none is evaluated: the job is told of as it is written.
    var isAsWritten = false
    private var budget: ExpressionBudget
    private var hasToldOfBudget = false

    /// - Parameter workBytes: what all of the file's planning may cost, in bytes made or looked at.
    init(_ contexts: PlanContexts, workBytes: Int) {
        budget = ExpressionBudget(workBytes: workBytes)
        let given = [
            "github": contexts.github, "gitea": contexts.github, "vars": contexts.vars, "inputs": contexts.inputs,
            // Of a job that needs nothing it is empty.
            "needs": contexts.needs ?? .object([]),
        ].compactMapValues { $0 }
        known = ExpressionContexts(given)
        knownNames = Set(given.keys)
        knowsNeeds = contexts.needs != nil
        frame = contexts.frame
        called = contexts.called
        if let called {
            base = called.base
        } else if case .object(let github)? = contexts.github, !contexts.isOutline {
            base = github["server_url"].map {
                $0.text.utf8.last == UInt8(ascii: "/") ? String($0.text.dropLast()) : $0.text
            }
        } else {
            base = nil
        }
        place = contexts.frame?.file ?? contexts.place
        isOutline = contexts.isOutline
        makesPayloads = contexts.makesPayloads
    }

    /// From here on expressions of this job are looked at.
    mutating func begin(needs count: Int) { awaitsNeeds = count > 0 && !knowsNeeds }

    /// Whether a value is told by a context that is not known yet.
    func isKnown(_ context: String) -> Bool {
        // The contexts of a leg are made by the planner itself.
        if context == "matrix" || context == "strategy" { return true }
        return knownNames.contains(context) && !(awaitsNeeds && context == "needs")
    }

    var workBytes: Int { budget.workBytes }
    /// The file has used up what it may cost: nothing of it is planned.
    var isSpent: Bool { budget.isSpent }

    /// Charges steps before they are taken. False, with one error noted, when the file may not take them.
    mutating func charge(_ steps: Int, at position: Position, _ list: inout DiagnosticList) -> Bool {
        let (bytes, isOver) = steps.multipliedReportingOverflow(by: PlanningLimits.stepBytes)
        do throws(EvaluationFault) {
            try budget.spend(isOver ? .max : bytes)
            return true
        } catch {
            tellOfBudget(at: position, &list)
            return false
        }
    }

    private mutating func tellOfBudget(at position: Position, _ list: inout DiagnosticList) {
        guard !hasToldOfBudget else { return }
        hasToldOfBudget = true
        list.error(
            "planning-cost",
            "planning this file takes more than the \(PlanningLimits.fileStepsMax) steps that a file may take, or than its "
                + "push has left; use fewer matrix values, \"include\" items, aliases or expressions",
            at: position)
    }

    /// Takes a scalar apart; nil when an error was noted.
    ///
    /// - Parameter key: as messages call it.
    func template(
        _ node: YAMLNode, of key: String, _ scope: ExpressionScope, _ list: inout DiagnosticList
    ) -> ScalarTemplate? {
        guard let found = parsed(node, scope, &list) else { return nil }
        guard isAsWritten || canEvaluate(found) else {
            list.notYet(key, at: node)
            return nil
        }
        return found
    }

    /// The same for a key that the runner can evaluate if the server cannot yet; nil then as well.
    func templateIfKnown(
        _ node: YAMLNode, _ scope: ExpressionScope, _ list: inout DiagnosticList
    ) -> ScalarTemplate? {
        parsed(node, scope, &list).flatMap { canEvaluate($0) && !readsUnknownNeeds($0) ? $0 : nil }
    }

    /// Parses every expression in it, so that its author hears of a typo before anything runs.
    func check(_ node: YAMLNode, _ scope: ExpressionScope, _ list: inout DiagnosticList) {
        switch node.content {
        case .scalar(let scalar): if hasExpression(scalar.text) { _ = parsed(node, scope, &list) }
        case .sequence(let items): for item in items { check(item, scope, &list) }
        case .mapping(let pairs):
            for pair in pairs {
                if hasExpression(pair.key), !isInsert(pair.key) {
                    _ = parsed(YAMLNode(position: pair.position, scalar: pair.key), scope, &list)
                }
                check(pair.value, scope, &list)
            }
        }
    }

    private func parsed(
        _ node: YAMLNode, _ scope: ExpressionScope, _ list: inout DiagnosticList
    ) -> ScalarTemplate? {
        do throws(ExpressionFault) {
            return ScalarTemplate(template: try Template(node.scalar.map(scalarText) ?? "", scope), node: node)
        } catch {
            list.expression(error, in: node)
            return nil
        }
    }

    /// Of a job that needs nothing too: what it asks for in vain is for the runner to tell.
    private func readsUnknownNeeds(_ text: ScalarTemplate) -> Bool {
        !knowsNeeds
            && text.template.expressions.contains { expression in
                expression.contains { if case .context("needs") = $0 { true } else { false } }
            }
    }

    private func canEvaluate(_ text: ScalarTemplate) -> Bool {
        text.template.expressions.allSatisfy { expression in
            !expression.contains { node in
                guard case .context(let name) = node else { return false }
                return !isKnown(name)
            }
        }
    }

    /// The value for one leg; nil when an error was noted.
    mutating func value(
        _ text: ScalarTemplate, of key: String, in leg: LegContexts? = nil, _ list: inout DiagnosticList
    ) -> ExpressionValue? {
        var contexts = known
        if text.hasExpression, let leg {
            contexts["matrix"] = leg.matrix
            contexts["strategy"] = leg.strategy
        }
        do throws(EvaluationFault) {
            let value = try text.template.value(in: contexts, &budget)
            if case .string(let text) = value, hasNUL(text) {
                throw EvaluationFault(message: "its value has a NUL character")
            }
            return value
        } catch {
            list.error("expr-value", "\"\(key)\" cannot be evaluated: \(error.message)", at: text.node.position)
            if isSpent { tellOfBudget(at: text.node.position, &list) }
            return nil
        }
    }

    /// A node with all expressions in it replaced by their values; nil when an error was noted.
    ///
    /// An array that an expression gives inside of a sequence is spliced into it; the key `${{ insert }}` takes in the
    /// pairs of its value (workflows.md 9).
    mutating func resolved(
        _ node: YAMLNode, of key: String, _ scope: ExpressionScope, _ list: inout DiagnosticList
    ) -> YAMLNode? {
        guard node.firstExpression != nil else { return node }
        if isAsWritten {
            check(node, scope, &list)
            return node
        }
        switch node.content {
        case .scalar:
            guard let text = template(node, of: key, scope, &list), let value = value(text, of: key, &list) else {
                return nil
            }
            return self.node(value, of: key, at: node.position, &list)
        case .sequence(let items):
            var out: [YAMLNode] = []
            for item in items {
                guard let found = resolved(item, of: key, scope, &list) else { return nil }
                out += item.scalar == nil ? [found] : found.items ?? [found]
            }
            return YAMLNode(position: node.position, content: .sequence(out))
        case .mapping(let pairs):
            var out: [YAMLPair] = []
            for pair in pairs {
                guard let found = resolved(pair, of: key, scope, &list) else { return nil }
                out += found
            }
            guard checkKeys(out, &list) else { return nil }
            return YAMLNode(position: node.position, content: .mapping(out))
        }
    }

    private mutating func resolved(
        _ pair: YAMLPair, of name: String, _ scope: ExpressionScope, _ list: inout DiagnosticList
    ) -> [YAMLPair]? {
        guard let value = resolved(pair.value, of: pair.key, scope, &list) else { return nil }
        guard hasExpression(pair.key) else { return [YAMLPair(key: pair.key, position: pair.position, value: value)] }
        if isInsert(pair.key) {
            if value.pairs == nil { list.type(value, of: pair.key, expected: "a mapping") }
            return value.pairs
        }
        let node = YAMLNode(position: pair.position, scalar: pair.key)
        guard let text = template(node, of: name, scope, &list), let key = self.value(text, of: name, &list) else {
            return nil
        }
        return [YAMLPair(key: key.text, position: pair.position, value: value)]
    }

    private func checkKeys(_ pairs: [YAMLPair], _ list: inout DiagnosticList) -> Bool {
        var seen: Set<[UInt8]> = []
        guard let twice = pairs.first(where: { !seen.insert(foldedBytes($0.key)).inserted }) else { return true }
        list.error("duplicate-key", "key \"\(twice.key)\" is there twice after evaluation", at: twice.position)
        return false
    }

    private mutating func node(
        _ value: ExpressionValue, of key: String, at position: Position, _ list: inout DiagnosticList
    ) -> YAMLNode? {
        do throws(EvaluationFault) {
            let node = try YAMLNode(value, at: position, &budget)
            list.noteNUL(in: node)
            return node
        } catch {
            list.error("expr-value", "\"\(key)\" cannot be evaluated: \(error.message)", at: position)
            return nil
        }
    }
}

/// `${{ insert }}`
func isInsert(_ key: String) -> Bool {
    guard key.hasPrefix("${{"), key.hasSuffix("}}") else { return false }
    return key.dropFirst(3).dropLast(2).split(whereSeparator: \.isWhitespace).elementsEqual(["insert"])
}

/// What the expressions of one leg see beside the contexts of the run.
struct LegContexts {
    let matrix: ExpressionValue
    let strategy: ExpressionValue

    /// - Parameter strategy: the job's, without expressions.
    init(_ leg: MatrixLeg?, index: Int, count: Int, strategy: YAMLNode?) {
        matrix = leg.map { .object($0.values.map { (key: $0.key, value: $0.value.expressionValue) }) } ?? .null
        func setting(_ key: String) -> ExpressionValue? {
            strategy?[key].flatMap { $0.value.isNull ? nil : $0.value.expressionValue }
        }
        self.strategy = .object([
            (key: "fail-fast", value: setting("fail-fast") ?? .bool(true)),
            (key: "job-index", value: .number(Double(index))), (key: "job-total", value: .number(Double(count))),
            (key: "max-parallel", value: setting("max-parallel") ?? .number(Double(count))),
        ])
    }
}
