/// One combination of a job's matrix (workflows.md 9).
struct MatrixLeg: Sendable {
    /// All values of the leg, extras of `include` too, in order.
    let values: [YAMLPair]
    /// The values shown in the name: without extras.
    let shown: [YAMLPair]
}

/// Expands a matrix without expressions. The first key varies slowest.
///
/// Keys are numbers while it works and each value of a vector is compared with each item of `include` and `exclude`
/// once, not once a leg: 250 legs with 250 items of 8 keys took 38 s, and take milliseconds. What is left is charged to
/// the evaluator's budget before it is done.
///
/// - Returns: the legs; empty when everything is excluded, and the job then runs once without a matrix.
///   Nil when an error was noted.
/// - Source: actions/runner `MatrixBuilder.cs`.
func expandMatrix(
    _ matrix: YAMLNode, _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList
) -> [MatrixLeg]? {
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
    let keys = MatrixKeys(vectors.map(\.key))
    for item in excludes {
        for pair in item where keys.vector(of: pair.key) == nil {
            list.error(
                "matrix-exclude-key", "key \"\(pair.key)\" of \"exclude\" does not match any key within the matrix",
                at: pair.position)
        }
    }
    if vectors.isEmpty, includes.isEmpty, list.errorCount == errorsBefore {
        list.error("matrix-empty", "matrix does not contain any values", at: matrix.position)
    }
    guard list.errorCount == errorsBefore else { return nil }
    var expansion = MatrixExpansion(vectors: vectors, keys: keys)
    guard
        expansion.exclude(excludes, at: matrix.position, &evaluator, &list),
        let legs = expansion.include(includes, at: matrix.position, &evaluator, &list)
    else { return nil }
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

/// Keys of a matrix as numbers; case does not count.
private struct MatrixKeys {
    private var numbers: [[UInt8]: Int] = [:]
    let vectorCount: Int

    init(_ vectors: [String]) {
        vectorCount = vectors.count
        for (index, key) in vectors.enumerated() { numbers[foldedBytes(key)] = index }
    }

    /// The place of the vector with this key.
    func vector(of key: String) -> Int? { numbers[foldedBytes(key)].flatMap { $0 < vectorCount ? $0 : nil } }

    /// The number of any key, given when it is seen first.
    mutating func number(of key: String) -> Int {
        let folded = foldedBytes(key)
        if let known = numbers[folded] { return known }
        // Two vectors may have one folded key, so the number is not the count of the table.
        let fresh = vectorCount + numbers.count
        numbers[folded] = fresh
        return fresh
    }
    var numberMax: Int { vectorCount + numbers.count }
}

private struct MatrixExpansion {
    /// Steps of one pair of one leg.
    private static let pairSteps = 8
    private let vectors: [YAMLPair]
    private var keys: MatrixKeys
    /// For each combination the place of its value in each vector.
    private var combinations: [[Int]]

    init(vectors: [YAMLPair], keys: MatrixKeys) {
        self.vectors = vectors
        self.keys = keys
        var combinations: [[Int]] = vectors.isEmpty ? [] : [[]]
        for vector in vectors {
            let places = (vector.value.items ?? []).indices
            combinations = combinations.flatMap { combination in places.map { combination + [$0] } }
        }
        self.combinations = combinations
    }

    /// The conditions that an item puts on vectors, each with the values that fulfil it.
    private func filter(
        _ item: [YAMLPair], _ evaluator: inout PlanEvaluator, at position: Position, _ list: inout DiagnosticList
    ) -> [(vector: Int, fits: [Bool])]? {
        var found: [(vector: Int, fits: [Bool])] = []
        for pair in item {
            guard let vector = keys.vector(of: pair.key) else { continue }
            var fits: [Bool] = []
            for value in vectors[vector].value.items ?? [] {
                guard evaluator.charge(comparedSteps(value, pair.value), at: position, &list) else { return nil }
                fits.append(covers(value, pair.value))
            }
            found.append((vector, fits))
        }
        return found
    }

    mutating func exclude(
        _ items: [[YAMLPair]], at position: Position, _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList
    ) -> Bool {
        for item in items where !item.isEmpty {
            guard let filter = filter(item, &evaluator, at: position, &list),
                evaluator.charge(combinations.count * max(1, filter.count), at: position, &list)
            else { return false }
            combinations.removeAll { combination in filter.allSatisfy { $0.fits[combination[$0.vector]] } }
        }
        return true
    }

    mutating func include(
        _ items: [[YAMLPair]], at position: Position, _ evaluator: inout PlanEvaluator, _ list: inout DiagnosticList
    ) -> [MatrixLeg]? {
        typealias Extra = (key: Int, pair: YAMLPair)
        var matched: [[Int]] = Array(repeating: [], count: combinations.count)
        var extras: [[Extra]] = []
        var added: [MatrixLeg] = []
        for (place, item) in items.enumerated() {
            guard let filter = filter(item, &evaluator, at: position, &list) else { return nil }
            var extra: [Extra] = []
            for pair in item where keys.vector(of: pair.key) == nil { extra.append((keys.number(of: pair.key), pair)) }
            extras.append(extra)
            guard evaluator.charge(combinations.count * (filter.count + 1), at: position, &list) else { return nil }
            var hasMatched = false
            for index in combinations.indices where filter.allSatisfy({ $0.fits[combinations[index][$0.vector]] }) {
                hasMatched = true
                matched[index].append(place)
            }
            guard !hasMatched else { continue }
            let inOrder = vectors.indices.compactMap { vector in
                item.first { keys.vector(of: $0.key) == vector }
            }
            let values = inOrder + extra.map(\.pair)
            added.append(MatrixLeg(values: values, shown: values))
        }
        // A pair that a leg gets is about 100 bytes, copied twice; the search for costly files found these to weigh most.
        let pairs = matched.reduce(0) { $0 + vectors.count + $1.reduce(0) { $0 + extras[$1].count } }
        guard evaluator.charge(pairs * Self.pairSteps, at: position, &list) else { return nil }
        // The last item that sets a key counts, so a leg is filled from its last item to its first.
        var setBy = Array(repeating: -1, count: keys.numberMax)
        var legs: [MatrixLeg] = []
        for (index, combination) in combinations.enumerated() {
            let shown = zip(vectors, combination).map { vector, place in
                YAMLPair(key: vector.key, position: vector.position, value: (vector.value.items ?? [])[place])
            }
            var backwards: [YAMLPair] = []
            for place in matched[index].reversed() {
                for extra in extras[place].reversed() where setBy[extra.key] != index {
                    setBy[extra.key] = index
                    backwards.append(extra.pair)
                }
            }
            legs.append(MatrixLeg(values: shown + backwards.reversed(), shown: shown))
        }
        return legs + added
    }
}

/// Steps that a comparison may take: nodes of what is asked for, and 32 bytes of text each.
private func comparedSteps(_ value: YAMLNode, _ wanted: YAMLNode) -> Int {
    switch (value.content, wanted.content) {
    case (.scalar(let one), .scalar(let other)):
        1 + min(one.text.utf8.count, other.text.utf8.count) / PlanningLimits.stepBytes
    case (.sequence(let one), .sequence(let other)):
        one.count == other.count ? 1 + zip(one, other).reduce(0) { $0 + comparedSteps($1.0, $1.1) } : 1
    // Each key is looked for among all.
    case (.mapping(let one), .mapping(let other)):
        1 + one.count * other.count + other.reduce(0) { $0 + wholeSteps($1.value) }
    default: 1
    }
}

private func wholeSteps(_ node: YAMLNode) -> Int {
    switch node.content {
    case .scalar(let scalar): 1 + scalar.text.utf8.count / PlanningLimits.stepBytes
    case .sequence(let items): items.reduce(1) { $0 + wholeSteps($1) }
    case .mapping(let pairs): pairs.reduce(1) { $0 + pairs.count + wholeSteps($1.value) }
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

/// The name of a leg whose job's `name` has no expression: `test (1, linux)`. What the cut would drop is not collected.
func legName(_ base: String, _ leg: MatrixLeg) -> String {
    var segments: [String] = []
    var bytes = 0
    func collect(_ node: YAMLNode) {
        guard bytes <= WorkflowLimits.jobNameBytesMax else { return }
        switch node.content {
        case .scalar(let scalar):
            let text = cut(scalarText(scalar), bytesMax: WorkflowLimits.jobNameBytesMax)
            guard !text.isEmpty else { return }
            bytes += text.utf8.count
            segments.append(text)
        case .sequence(let items): items.forEach(collect)
        case .mapping(let pairs): pairs.forEach { collect($0.value) }
        }
    }
    leg.shown.forEach { collect($0.value) }
    return segments.isEmpty ? base : "\(base) (\(segments.joined(separator: ", ")))"
}

/// A scalar as an expression turns it into a string.
func scalarText(_ scalar: YAMLScalar) -> String { scalar.expressionValue.text }

/// Cut as actions/runner's `JobNameBuilder` does: 97 characters and `...`. A character may have any number of marks, so
/// bytes are bounded first.
func cutJobName(_ name: String) -> String {
    let bounded = cut(name, bytesMax: WorkflowLimits.jobNameBytesMax)
    guard bounded.count > WorkflowLimits.jobNameCharactersMax || bounded.utf8.count < name.utf8.count else {
        return name
    }
    return bounded.prefix(WorkflowLimits.jobNameCharactersMax - 3) + "..."
}
