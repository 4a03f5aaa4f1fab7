/// `environment` of a job as written.
struct EnvironmentTexts: Equatable, Sendable {
    let name: String
    /// Empty when absent.
    let url: String
}

/// `environment: name` or `{name, url}`, its expressions checked, not evaluated; nil when it is absent or an error was noted. The
/// address may read what only the runner has, so nothing of it is checked.
func readEnvironment(_ job: YAMLNode, _ list: inout DiagnosticList) -> EnvironmentTexts? {
    guard let node = job["environment"]?.value, !node.isNull else { return nil }
    var name = node
    var url = ""
    if node.scalar == nil {
        guard let pairs = node.pairs else {
            list.type(node, of: "environment", expected: "a string or a mapping")
            return nil
        }
        let known = ["name", "url", "deployment"]
        for pair in pairs where !known.contains(pair.key) {
            list.unknownKey(pair, in: "\"environment\"", known: known)
        }
        guard let written = node["name"]?.value, !written.isNull else {
            list.error("missing-key", "\"environment\" has no \"name\"", at: node.position)
            return nil
        }
        name = written
        if let address = node["url"]?.value, !address.isNull {
            guard let scalar = address.scalar else {
                list.type(address, of: "url", expected: "a string")
                return nil
            }
            url = scalarText(scalar)
            guard list.isWithin(url, WorkflowLimits.nameBytesMax, "\"url\" of \"environment\"", at: address.position)
            else { return nil }
        }
    }
    guard let scalar = name.scalar else {
        list.type(name, of: "name", expected: "a string")
        return nil
    }
    let text = scalarText(scalar)
    guard list.isWithin(text, WorkflowLimits.nameBytesMax, "the name of \"environment\"", at: name.position) else {
        return nil
    }
    do throws(ExpressionFault) {
        _ = try Template(text, JobEnvironment.scope)
    } catch {
        list.expression(error, in: name)
        return nil
    }
    if !hasExpression(text), !text.isEmpty, let why = whyNoEnvironmentName(text) {
        list.error("type", why, at: name.position)
        return nil
    }
    return EnvironmentTexts(name: text, url: url)
}
