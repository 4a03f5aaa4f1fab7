/// `concurrency` as written: each value as text, with `${{ }}`.
struct ConcurrencyTexts: Equatable, Sendable {
    let group: String
    /// Empty when absent.
    let cancels: String
    let queue: String

    /// Whether any of its expressions names this context.
    func reads(_ context: String, _ scope: ExpressionScope) -> Bool {
        [group, cancels, queue].contains { text in
            ((try? Template(text, scope))?.expressions ?? []).contains { expression in
                expression.contains { if case .context(context) = $0 { true } else { false } }
            }
        }
    }
}

/// `concurrency` of a workflow or of a job, its expressions checked, not evaluated; nil when it is absent or an error was noted.
struct ConcurrencyDraft {
    let texts: ConcurrencyTexts
    let group: YAMLNode
    let cancels: YAMLNode?
    let queue: YAMLNode?

    init?(_ place: YAMLNode, _ scope: ExpressionScope, _ list: inout DiagnosticList) {
        guard let node = place["concurrency"]?.value, !node.isNull else { return nil }
        if node.scalar != nil {
            group = node
            cancels = nil
            queue = nil
        } else {
            guard let pairs = node.pairs else {
                list.type(node, of: "concurrency", expected: "a string or a mapping")
                return nil
            }
            let known = ["group", "cancel-in-progress", "queue"]
            for pair in pairs where !known.contains(pair.key) {
                list.unknownKey(pair, in: "\"concurrency\"", known: known)
            }
            guard let group = node["group"]?.value, !group.isNull else {
                list.error("missing-key", "\"concurrency\" has no \"group\"", at: node.position)
                return nil
            }
            self.group = group
            cancels = node["cancel-in-progress"]?.value
            queue = node["queue"]?.value
        }
        var texts: [String] = []
        for (key, value) in [("group", group), ("cancel-in-progress", cancels), ("queue", queue)] {
            guard let text = Self.text(value, of: key, scope, &list) else { return nil }
            texts.append(text)
        }
        self.texts = ConcurrencyTexts(group: texts[0], cancels: texts[1], queue: texts[2])
        // What needs no evaluation is told at the push.
        guard !texts.contains(where: hasExpression) else { return }
        let verdict = groupVerdict(
            group: .string(texts[0]), cancels: .string(texts[1]), queue: .string(texts[2]))
        if case .fault(let why) = verdict {
            list.error("type", "\"concurrency\": \(why)", at: node.position)
            return nil
        }
    }

    private static func text(
        _ node: YAMLNode?, of key: String, _ scope: ExpressionScope, _ list: inout DiagnosticList
    ) -> String? {
        guard let node, !node.isNull else { return "" }
        guard let scalar = node.scalar else {
            list.type(node, of: key, expected: key == "cancel-in-progress" ? "a boolean" : "a string")
            return nil
        }
        let text = scalarText(scalar)
        guard list.isWithin(text, WorkflowLimits.nameBytesMax, "\"\(key)\" of \"concurrency\"", at: node.position)
        else {
            return nil
        }
        do throws(ExpressionFault) {
            _ = try Template(text, scope)
            return text
        } catch {
            list.expression(error, in: node)
            return nil
        }
    }
}

/// The workflow's group; nil when it has none, when an error was noted, and when what it reads is not known here.
func readWorkflowGroup(
    _ root: YAMLNode, _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList
) -> PlannedGroup? {
    guard let draft = ConcurrencyDraft(root, .concurrency, &list) else { return nil }
    var values: [ExpressionValue] = []
    for (key, node) in [("group", draft.group), ("cancel-in-progress", draft.cancels), ("queue", draft.queue)] {
        guard let node, !node.isNull else {
            values.append(.null)
            continue
        }
        guard let text = evaluator.templateIfKnown(node, .concurrency, &list),
            let value = evaluator.value(text, of: key, &list)
        else { return nil }
        values.append(value)
    }
    switch groupVerdict(group: values[0], cancels: values[1], queue: values[2]) {
    case .none: return nil
    case .group(let group): return group
    case .fault(let why):
        list.error("type", "\"concurrency\": \(why)", at: draft.group.position)
        return nil
    }
}
