/// `fail-fast` and `max-parallel` of an evaluated `strategy`, and the strategy with both as a runner reads them: a boolean and a
/// whole number, unquoted, or not at all (workflows.md 9, 15).
///
/// An expression may give text (`inputs` of type string, `vars`), which counts by its value. A number is truncated; what is not
/// above 0, or no number, limits nothing (Gitea).
func readLegStrategy(_ strategy: YAMLNode, _ list: inout DiagnosticList) -> (node: YAMLNode, strategy: LegStrategy) {
    guard let pairs = strategy.pairs else { return (strategy, LegStrategy()) }
    var found = LegStrategy()
    var kept: [YAMLPair] = []
    for pair in pairs {
        switch pair.key {
        case "fail-fast":
            guard let flag = readFailFast(pair.value, &list) else { continue }
            found.failFast = flag
            kept.append(pair.with(flag ? "true" : "false"))
        case "max-parallel":
            found.maxParallel = readMaxParallel(pair.value, &list)
            if let most = found.maxParallel { kept.append(pair.with("\(most)")) }
        default: kept.append(pair)
        }
    }
    return (YAMLNode(position: strategy.position, content: .mapping(kept)), found)
}

private func readFailFast(_ node: YAMLNode, _ list: inout DiagnosticList) -> Bool? {
    guard !node.isNull else { return nil }
    switch node.scalar?.value {
    case .bool(let flag): return flag
    case .string where node.scalar?.text == "true": return true
    case .string where node.scalar?.text == "false": return false
    default:
        list.type(node, of: "fail-fast", expected: "a boolean")
        return nil
    }
}

private func readMaxParallel(_ node: YAMLNode, _ list: inout DiagnosticList) -> Int64? {
    guard !node.isNull else { return nil }
    guard let scalar = node.scalar else {
        list.type(node, of: "max-parallel", expected: "a number")
        return nil
    }
    let number = scalar.expressionValue.number.rounded(.towardZero)
    guard number >= 1 else {
        list.warning(
            "max-parallel", "\"max-parallel\" is \"\(quoted(scalar.text))\" and limits nothing; give a number above 0",
            at: node.position)
        return nil
    }
    return Int64(min(number, Double(Int32.max)))
}

extension YAMLPair {
    /// The same key with a plain scalar.
    fileprivate func with(_ text: String) -> YAMLPair {
        guard let scalar = YAMLScalar(text: text, style: .plain, tag: "") else { return self }
        return YAMLPair(
            key: key, position: position, value: YAMLNode(position: value.position, content: .scalar(scalar)))
    }
}
