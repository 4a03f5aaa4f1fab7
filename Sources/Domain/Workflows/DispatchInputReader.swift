private let inputKeys = ["description", "required", "default", "type", "options", "deprecationMessage"]

/// Reads `inputs` of `workflow_dispatch` (workflows.md 6). What cannot be read is left out, with an error.
func readDispatchInputs(_ node: YAMLNode, _ list: inout DiagnosticList) -> [DispatchInput] {
    guard !node.isNull else { return [] }
    guard let pairs = node.pairs else {
        list.type(node, of: "inputs", expected: "a mapping of inputs")
        return []
    }
    if pairs.count > DispatchLimits.inputsMax {
        list.error(
            "dispatch-input", "there are \(pairs.count) inputs; at most \(DispatchLimits.inputsMax) are allowed",
            at: pairs[DispatchLimits.inputsMax].position)
    }
    return pairs.compactMap { readInput($0, &list) }
}

private func readInput(_ pair: YAMLPair, _ list: inout DiagnosticList) -> DispatchInput? {
    let node = pair.value
    guard node.isNull || node.pairs != nil else {
        list.type(node, of: pair.key, expected: "a mapping that describes the input")
        return nil
    }
    for key in node.pairs ?? [] where !inputKeys.contains(key.key) {
        list.unknownKey(key, in: "input \"\(pair.key)\"", known: inputKeys)
    }
    let written = node["type"]?.value
    let text = written.flatMap { $0.isNull ? nil : $0.scalar?.text } ?? "string"
    guard let kind = DispatchInput.Kind(rawValue: text) else {
        list.error(
            "dispatch-input",
            "input \"\(pair.key)\" has the type \"\(quoted(text))\", which is not known; there are boolean, choice, environment, number, string",
            at: written?.position ?? pair.position)
        return nil
    }
    var isRequired = false
    if let required = node["required"]?.value, !required.isNull {
        if case .bool(let flag) = required.scalar?.value {
            isRequired = flag
        } else {
            list.type(required, of: "required", expected: "a boolean")
        }
    }
    guard let options = readOptions(of: pair, kind, &list) else { return nil }
    var fallback: String?
    if let written = node["default"]?.value, !written.isNull {
        guard let scalar = written.scalar else {
            list.type(written, of: "default", expected: "a string, a number or a boolean")
            return nil
        }
        fallback = kind == .boolean ? scalarText(scalar) : scalar.text
        if let fault = fault(of: scalar, kind, options) {
            list.error("dispatch-input", "default of input \"\(pair.key)\" \(fault)", at: written.position)
        }
    }
    return DispatchInput(
        name: pair.key, kind: kind, isRequired: isRequired, fallback: fallback, options: options.map(\.text),
        description: node["description"]?.value.scalar.map(scalarText) ?? "")
}

/// Nil when an error was noted.
private func readOptions(
    of pair: YAMLPair, _ kind: DispatchInput.Kind, _ list: inout DiagnosticList
) -> [(text: String, node: YAMLNode)]? {
    guard kind == .choice else { return [] }
    let written = pair.value["options"]
    var options: [(text: String, node: YAMLNode)] = []
    if let written, !written.value.isNull {
        guard let found = list.strings(written.value, of: "options") else { return nil }
        options = found
    }
    guard !options.isEmpty else {
        list.error(
            "dispatch-input", "input \"\(pair.key)\" is a choice and has no options",
            at: written?.position ?? pair.position)
        return nil
    }
    var seen: Set<[UInt8]> = []
    for option in options where !seen.insert(Array(option.text.utf8)).inserted {
        list.error(
            "dispatch-input", "input \"\(pair.key)\" has the option \"\(quoted(option.text))\" twice",
            at: option.node.position)
    }
    return options
}

/// What a default cannot be. Expressions are left to whoever evaluates them.
private func fault(
    of scalar: YAMLScalar, _ kind: DispatchInput.Kind, _ options: [(text: String, node: YAMLNode)]
) -> String? {
    guard !hasExpression(scalar.text) else { return nil }
    switch kind {
    case .string, .environment: return nil
    case .boolean:
        return ["true", "false"].contains(scalarText(scalar))
            ? nil : "must be true or false, not \"\(quoted(scalar.text))\""
    case .number:
        return scalar.expressionValue.number.isFinite && !scalar.text.isEmpty
            ? nil : "must be a number, not \"\(quoted(scalar.text))\""
    case .choice:
        return options.contains { sameScalars($0.text, scalar.text) }
            ? nil : "is \"\(quoted(scalar.text))\", which is none of its options"
    }
}
