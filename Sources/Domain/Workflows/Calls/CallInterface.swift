/// What a workflow declares below `on.workflow_call`: what callers give it and get from it (workflows.md 13).
struct CallInterface {
    struct Input {
        enum Kind: String { case string, boolean, number }
        let name: String
        let kind: Kind
        let isRequired: Bool
        /// May have expressions; nil when it has none.
        let fallback: YAMLNode?
        let position: Position
    }
    struct Secret {
        let name: String
        let isRequired: Bool
    }
    struct Output {
        let name: String
        let value: YAMLNode
    }
    private(set) var inputs: [Input] = []
    private(set) var secrets: [Secret] = []
    private(set) var outputs: [Output] = []

    /// Nil when the workflow cannot be called.
    ///
    /// - Parameters:
    ///   - on: the value of `on`.
    ///   - list: takes what is wrong below `workflow_call`.
    init?(_ on: YAMLNode, _ list: inout DiagnosticList) {
        let name = EventName.workflowCall.rawValue
        if let scalar = on.scalar {
            guard scalar.text == name else { return nil }
            return
        }
        if let items = on.items {
            guard items.contains(where: { $0.scalar?.text == name }) else { return nil }
            return
        }
        guard let body = on[name]?.value else { return nil }
        guard !body.isNull else { return }
        guard body.pairs != nil else {
            list.type(body, of: name, expected: "a mapping")
            return
        }
        for pair in Self.pairs(of: "inputs", in: body, &list) { readInput(pair, &list) }
        for pair in Self.pairs(of: "secrets", in: body, &list) {
            let isRequired = pair.value["required"]?.value.scalar?.value == .bool(true)
            secrets.append(Secret(name: pair.key.uppercased(), isRequired: isRequired))
        }
        for pair in Self.pairs(of: "outputs", in: body, &list) {
            guard let value = pair.value["value"]?.value, value.scalar != nil else {
                list.error("call-output", "output \"\(pair.key)\" has no \"value\"", at: pair.position)
                continue
            }
            check(value, &list)
            outputs.append(Output(name: pair.key, value: value))
        }
    }

    private static func pairs(of key: String, in body: YAMLNode, _ list: inout DiagnosticList) -> [YAMLPair] {
        guard let node = body[key]?.value, !node.isNull else { return [] }
        guard let pairs = node.pairs else {
            list.type(node, of: key, expected: "a mapping")
            return []
        }
        guard pairs.count <= CallLimits.declaredMax else {
            list.error(
                "too-large", "\"\(key)\" has \(pairs.count) items; at most \(CallLimits.declaredMax) are allowed",
                at: node.position)
            return []
        }
        return pairs
    }

    private mutating func readInput(_ pair: YAMLPair, _ list: inout DiagnosticList) {
        guard let text = pair.value["type"]?.value.scalar?.text else {
            return list.error("call-input", "input \"\(pair.key)\" has no \"type\"", at: pair.position)
        }
        guard let kind = Input.Kind(rawValue: text) else {
            return list.error(
                "call-input",
                "input \"\(pair.key)\" has the type \"\(quoted(text))\"; it must be string, boolean or number",
                at: pair.value["type"]?.value.position ?? pair.position)
        }
        let fallback = pair.value["default"]?.value
        if let fallback, fallback.firstExpression == nil, !fallback.isNull {
            do throws(TypeFault) {
                _ = try kind.value(fallback.expressionValue)
            } catch {
                list.error(
                    "call-input", "default of input \"\(pair.key)\" is \(error.what), not a \(text)",
                    at: fallback.position)
            }
        }
        inputs.append(
            Input(
                name: pair.key, kind: kind,
                isRequired: pair.value["required"]?.value.scalar?.value == .bool(true),
                fallback: fallback.flatMap { $0.isNull ? nil : $0 }, position: pair.position))
    }

    private func check(_ value: YAMLNode, _ list: inout DiagnosticList) {
        do throws(ExpressionFault) {
            _ = try Template(value.scalar.map(scalarText) ?? "", .callOutput)
        } catch {
            list.expression(error, in: value)
        }
    }

    /// A value of another type than the input has.
    struct TypeFault: Error { let what: String }
}

extension CallInterface.Input.Kind {
    /// The value by this type. Only a string takes a value of another type, by its text: `'true'` is no boolean.
    func value(_ given: ExpressionValue) throws(CallInterface.TypeFault) -> ExpressionValue {
        switch (self, given) {
        case (.boolean, .bool), (.number, .number), (.string, .string): return given
        case (.string, .bool), (.string, .number): return .string(given.text)
        case (.string, .null): return .string("")
        case (.boolean, .null): return .bool(false)
        case (.number, .null): return .number(0)
        case (_, .array): throw CallInterface.TypeFault(what: "a list")
        case (_, .object): throw CallInterface.TypeFault(what: "a mapping")
        case (_, .string(let text)): throw CallInterface.TypeFault(what: "the string \"\(quoted(text))\"")
        case (_, .bool): throw CallInterface.TypeFault(what: "a boolean")
        case (_, .number): throw CallInterface.TypeFault(what: "a number")
        }
    }
}
