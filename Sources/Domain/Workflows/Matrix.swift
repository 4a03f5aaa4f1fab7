/// One combination of a job's matrix (workflows.md 9).
struct MatrixLeg: Sendable {
    /// All values of the leg, extras of `include` too, in order.
    var values: [YAMLPair]
    /// The values shown in the name: without extras.
    let shown: [YAMLPair]
}

/// Expands a matrix without expressions. The first key varies slowest.
///
/// - Returns: the legs; empty when everything is excluded, and the job then runs once without a matrix.
///   Nil when an error was noted.
/// - Source: actions/runner `MatrixBuilder.cs`.
func expandMatrix(_ matrix: YAMLNode, _ list: inout DiagnosticList) -> [MatrixLeg]? {
    guard let pairs = matrix.pairs else {
        list.type(matrix, of: "matrix", expected: "a mapping")
        return nil
    }
    let vectors = pairs.filter { $0.key != "include" && $0.key != "exclude" }
    let errorsBefore = list.errorCount
    guard pairs.count <= WorkflowLimits.matrixKeysMax else {
        list.error("matrix-limit", "matrix has more than \(WorkflowLimits.matrixKeysMax) keys", at: matrix.position)
        return nil
    }
    var count = 1
    for vector in vectors {
        guard let items = vector.value.items else {
            list.type(vector.value, of: vector.key, expected: "a sequence of values")
            continue
        }
        if items.isEmpty {
            list.error(
                "matrix-empty", "matrix key \"\(vector.key)\" does not contain any values", at: vector.value.position)
        }
        let (product, isOver) = count.multipliedReportingOverflow(by: max(items.count, 1))
        count = isOver ? .max : product
        guard count <= WorkflowLimits.jobsMax else {
            let message = "matrix makes more than \(WorkflowLimits.jobsMax) jobs"
            list.error("matrix-limit", message, at: matrix.position)
            return nil
        }
    }
    let excludes = entries(matrix["exclude"], of: "exclude", &list)
    let includes = entries(matrix["include"], of: "include", &list)
    for item in excludes {
        for pair in item where !vectors.contains(where: { sameIgnoringCase($0.key, pair.key) }) {
            list.error(
                "matrix-exclude-key", "key \"\(pair.key)\" of \"exclude\" does not match any key within the matrix",
                at: pair.position)
        }
    }
    if vectors.isEmpty, includes.isEmpty, list.errorCount == errorsBefore {
        list.error("matrix-empty", "matrix does not contain any values", at: matrix.position)
    }
    guard list.errorCount == errorsBefore else { return nil }

    var combinations: [[YAMLPair]] = vectors.isEmpty ? [] : [[]]
    for vector in vectors {
        combinations = combinations.flatMap { combination in
            (vector.value.items ?? []).map {
                combination + [YAMLPair(key: vector.key, position: vector.position, value: $0)]
            }
        }
    }
    combinations.removeAll { combination in
        excludes.contains { item in !item.isEmpty && item.allSatisfy { holds($0, in: combination) } }
    }
    var legs = combinations.map { MatrixLeg(values: $0, shown: $0) }
    var added: [MatrixLeg] = []
    for item in includes {
        let filter = item.filter { pair in vectors.contains { sameIgnoringCase($0.key, pair.key) } }
        let extra = item.filter { pair in !vectors.contains { sameIgnoringCase($0.key, pair.key) } }
        var hasMatched = false
        for index in legs.indices where filter.allSatisfy({ holds($0, in: legs[index].shown) }) {
            hasMatched = true
            for pair in extra {
                legs[index].values.removeAll { sameIgnoringCase($0.key, pair.key) }
                legs[index].values.append(pair)
            }
        }
        if !hasMatched {
            let inOrder = vectors.compactMap { vector in filter.first { sameIgnoringCase($0.key, vector.key) } } + extra
            added.append(MatrixLeg(values: inOrder, shown: inOrder))
        }
    }
    legs += added
    guard legs.count <= WorkflowLimits.jobsMax else {
        list.error("matrix-limit", "matrix makes more than \(WorkflowLimits.jobsMax) jobs", at: matrix.position)
        return nil
    }
    return legs
}

private func entries(_ pair: YAMLPair?, of name: String, _ list: inout DiagnosticList) -> [[YAMLPair]] {
    guard let pair, !pair.value.isNull else { return [] }
    guard let items = pair.value.items else {
        list.type(pair.value, of: name, expected: "a sequence of mappings")
        return []
    }
    guard items.count <= WorkflowLimits.jobsMax else {
        list.error("matrix-limit", "\"\(name)\" has more than \(WorkflowLimits.jobsMax) items", at: pair.value.position)
        return []
    }
    return items.compactMap { item in
        guard let pairs = item.pairs else {
            list.type(item, of: name, expected: "a sequence of mappings")
            return nil
        }
        guard pairs.count <= WorkflowLimits.matrixKeysMax else {
            list.error("matrix-limit", "item has more than \(WorkflowLimits.matrixKeysMax) keys", at: item.position)
            return nil
        }
        return pairs
    }
}

private func holds(_ wanted: YAMLPair, in combination: [YAMLPair]) -> Bool {
    combination.contains { sameIgnoringCase($0.key, wanted.key) && covers($0.value, wanted.value) }
}

/// Do all leaves that `wanted` names equal those of `value`, as expressions compare them?
private func covers(_ value: YAMLNode, _ wanted: YAMLNode) -> Bool {
    switch (value.content, wanted.content) {
    case (.scalar(let one), .scalar(let other)): one.expressionValue.isEqual(to: other.expressionValue)
    case (.sequence(let one), .sequence(let other)): one.count == other.count && zip(one, other).allSatisfy(covers)
    case (.mapping(let one), .mapping(let other)): other.allSatisfy { holds($0, in: one) }
    default: false
    }
}

/// The name of a leg whose job's `name` has no expression: `test (1, linux)`.
func legName(_ base: String, _ leg: MatrixLeg) -> String {
    var segments: [String] = []
    func collect(_ node: YAMLNode) {
        switch node.content {
        case .scalar(let scalar):
            let text = scalarText(scalar)
            if !text.isEmpty { segments.append(text) }
        case .sequence(let items): items.forEach(collect)
        case .mapping(let pairs): pairs.forEach { collect($0.value) }
        }
    }
    leg.shown.forEach { collect($0.value) }
    return segments.isEmpty ? base : "\(base) (\(segments.joined(separator: ", ")))"
}

/// A scalar as an expression turns it into a string.
func scalarText(_ scalar: YAMLScalar) -> String { scalar.expressionValue.text }

/// Cut as actions/runner's `JobNameBuilder` does: 97 characters and `...`.
func cutJobName(_ name: String) -> String {
    guard name.count > WorkflowLimits.jobNameCharactersMax else { return name }
    return name.prefix(WorkflowLimits.jobNameCharactersMax - 3) + "..."
}
