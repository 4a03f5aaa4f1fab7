/// Contexts that a key may read when the server does not evaluate it but a runner does (workflows.md 14).
extension ExpressionScope {
    private static let ofRun = ["github", "gitea", "vars", "inputs"]
    private static let ofLeg = ofRun + ["needs", "strategy", "matrix"]
    private static let ofRunner = ["forgejo", "forge", "job", "runner", "env", "steps"]

    private static func written(_ key: String, _ contexts: [String], hasFiles: Bool = false) -> ExpressionScope {
        ExpressionScope(place: "\"\(key)\"", contexts: contexts, hasStatusFunctions: false, hasFiles: hasFiles)
    }

    static let workflowEnv = written("env", ofRun + ["secrets"])
    static let jobEnv = written("env", ofLeg + ["secrets"])
    static let jobDefaults = written("defaults", ofLeg + ["env"])
    static let jobOutputs = written("outputs", ofLeg + ofRunner + ["secrets"], hasFiles: true)
    static let environmentURL = written("url", ofLeg + ofRunner)
    static let container = written("container", ofLeg)
    static let services = written("services", ofLeg)
    static let credentials = written("credentials", ofLeg + ["secrets", "env"])
    static let containerEnv = written("env", ofLeg + ["secrets", "job", "runner", "env"])

    static func step(_ key: String) -> ExpressionScope {
        written(key, ofLeg + ofRunner + ["secrets"], hasFiles: true)
    }

    /// GitHub does not have `secrets` here; runners do, and Gitea's users rely on it.
    static let stepCondition = ExpressionScope(
        place: "\"if\" of a step", contexts: ofLeg + ofRunner + ["secrets"], hasStatusFunctions: true, hasFiles: true)
}

/// Parses all expressions that only the runner evaluates, each with the contexts of its key, so that an author hears of a typo
/// when the file is pushed and not when the step is reached.
struct ExpressionCheck {
    private var evaluator: PlanEvaluator
    private(set) var list: DiagnosticList

    static func workflow(_ root: YAMLNode, _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList) {
        var check = ExpressionCheck(evaluator: evaluator, list: list)
        check.node(root["env"]?.value, .workflowEnv)
        // GitHub allows none here; runners evaluate them like a job's.
        check.node(root["defaults"]?.value, .jobDefaults)
        (evaluator, list) = (check.evaluator, check.list)
    }

    static func job(_ job: YAMLNode, _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList) {
        var check = ExpressionCheck(evaluator: evaluator, list: list)
        check.node(job["env"]?.value, .jobEnv)
        // Its name is read by the server; only the runner knows the address.
        check.node(job["environment"]?.value["url"]?.value, .environmentURL)
        check.node(job["defaults"]?.value, .jobDefaults)
        check.node(job["outputs"]?.value, .jobOutputs)
        check.container(job["container"]?.value, .container)
        if let services = job["services"]?.value {
            if let pairs = services.pairs {
                for pair in pairs { check.container(pair.value, .services) }
            } else {
                check.node(services, .services)
            }
        }
        for step in job["steps"]?.value.items ?? [] { check.step(step) }
        (evaluator, list) = (check.evaluator, check.list)
    }

    private mutating func container(_ node: YAMLNode?, _ scope: ExpressionScope) {
        guard let pairs = node?.pairs else { return self.node(node, scope) }
        for pair in pairs {
            switch pair.key {
            case "credentials": self.node(pair.value, .credentials)
            case "env": self.node(pair.value, .containerEnv)
            default: self.node(pair.value, scope)
            }
        }
    }

    private mutating func step(_ step: YAMLNode) {
        for pair in step.pairs ?? [] {
            if pair.key == "if" {
                condition(pair.value)
            } else {
                node(pair.value, .step(pair.key))
            }
        }
    }

    /// With or without `${{ }}`.
    private mutating func condition(_ node: YAMLNode) {
        guard let scalar = node.scalar, scalar.value != .null else {
            if node.scalar == nil { list.type(node, of: "if", expected: "a string or a boolean") }
            return
        }
        let text = scalarText(scalar)
        guard !text.allSatisfy(\.isWhitespace), charge(text, at: node.position) else { return }
        do throws(ExpressionFault) {
            guard hasExpression(text) else {
                _ = try parseExpression(text, .stepCondition)
                return
            }
            let template = try Template(text, .stepCondition)
            if template.hasText { list.constantCondition(at: node.position) }
        } catch {
            list.expression(error, in: node)
        }
    }

    private mutating func node(_ node: YAMLNode?, _ scope: ExpressionScope) {
        guard let node else { return }
        switch node.content {
        case .scalar(let scalar): text(scalar.text, node, scope)
        case .sequence(let items): for item in items { self.node(item, scope) }
        case .mapping(let pairs):
            for pair in pairs {
                if !isInsert(pair.key) { text(pair.key, YAMLNode(position: pair.position, scalar: pair.key), scope) }
                self.node(pair.value, scope)
            }
        }
    }

    private mutating func text(_ text: String, _ node: YAMLNode, _ scope: ExpressionScope) {
        guard hasExpression(text), charge(text, at: node.position) else { return }
        do throws(ExpressionFault) {
            _ = try Template(text, scope)
        } catch {
            list.expression(error, in: node)
        }
    }

    private mutating func charge(_ text: String, at position: Position) -> Bool {
        evaluator.charge(1 + text.utf8.count / PlanningLimits.stepBytes, at: position, &list)
    }
}

extension Template {
    /// Text outside of `${{ }}`, which makes any value a string that is not empty.
    var hasText: Bool { parts.count > expressions.count }
}

extension DiagnosticList {
    mutating func constantCondition(at position: Position) {
        warning(
            "if-constant", "condition is always true: text outside of \"${{ }}\" makes it a non-empty string",
            at: position)
    }
}
