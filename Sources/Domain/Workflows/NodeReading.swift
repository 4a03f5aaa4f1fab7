extension YAMLNode {
    var scalar: YAMLScalar? {
        guard case .scalar(let scalar) = content else { return nil }
        return scalar
    }
    var isNull: Bool { scalar?.value == .null }
    var items: [YAMLNode]? {
        guard case .sequence(let items) = content else { return nil }
        return items
    }
    var pairs: [YAMLPair]? {
        guard case .mapping(let pairs) = content else { return nil }
        return pairs
    }
    subscript(key: String) -> YAMLPair? { pairs?.first { sameScalars($0.key, key) } }

    /// The first scalar in it with an expression, for "not yet" diagnostics.
    var firstExpression: YAMLNode? {
        switch content {
        case .scalar(let scalar): hasExpression(scalar.text) ? self : nil
        case .sequence(let items): items.lazy.compactMap(\.firstExpression).first
        case .mapping(let pairs):
            pairs.lazy.compactMap { pair in
                hasExpression(pair.key)
                    ? YAMLNode(position: pair.position, content: .scalar(YAMLScalar(string: pair.key)))
                    : pair.value.firstExpression
            }.first
        }
    }
    var kind: String {
        switch content {
        case .sequence: "a sequence"
        case .mapping: "a mapping"
        case .scalar(let scalar):
            switch scalar.value {
            case .null: "nothing"
            case .bool: "a boolean"
            case .number: "a number"
            case .string: "a string"
            }
        }
    }
}

func hasExpression(_ text: String) -> Bool {
    var matched = 0
    for byte in text.utf8 {
        switch (matched, byte) {
        case (_, UInt8(ascii: "$")): matched = 1
        case (1, UInt8(ascii: "{")): matched = 2
        case (2, UInt8(ascii: "{")): return true
        default: matched = 0
        }
    }
    return false
}

/// Equality of scalars, not of canonical equivalents: two keys that only look alike are two keys (workflows.md 17.4).
func sameScalars(_ one: String, _ other: String) -> Bool { one.utf8.elementsEqual(other.utf8) }

/// The known key nearest to a mistyped one, when it is near enough to be meant.
func nearest(_ text: String, among known: [String]) -> String? {
    guard text.utf8.count <= 64 else { return nil }
    let best = known.map { (key: $0, distance: editDistance(Array(text.lowercased().utf8), Array($0.utf8))) }
        .min { $0.distance < $1.distance }
    guard let best, best.distance <= max(1, text.utf8.count / 3) else { return nil }
    return best.key
}

private func editDistance(_ one: [UInt8], _ other: [UInt8]) -> Int {
    var row = Array(0...other.count)
    for (i, a) in one.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, b) in other.enumerated() {
            let here = min(row[j] + 1, row[j + 1] + 1, diagonal + (a == b ? 0 : 1))
            diagonal = row[j + 1]
            row[j + 1] = here
        }
    }
    return row[other.count]
}

extension DiagnosticList {
    mutating func type(_ node: YAMLNode, of name: String, expected: String) {
        error("type", "\"\(name)\" must be \(expected), not \(node.kind)", at: node.position)
    }
    mutating func notYet(_ name: String, at node: YAMLNode) {
        error(
            "not-yet",
            "this version of Millrace cannot evaluate the expression in \"\(name)\" yet; write the value itself",
            at: node.position)
    }
    mutating func unknownKey(_ pair: YAMLPair, in place: String, known: [String]) {
        let hint =
            !hasRoomForWarning
            ? "" : nearest(pair.key, among: known).map { "did you mean \"\($0)\"?" } ?? "it is ignored"
        warning("unexpected-key", "unexpected key \"\(pair.key)\" in \(place); \(hint)", at: pair.position)
    }
    /// A string, or a sequence of scalars, by their text. Nil when an error was noted.
    mutating func strings(_ node: YAMLNode, of name: String) -> [(text: String, node: YAMLNode)]? {
        if let scalar = node.scalar, scalar.value != .null { return [(scalar.text, node)] }
        guard let items = node.items else {
            type(node, of: name, expected: "a string or a sequence of strings")
            return nil
        }
        var out: [(text: String, node: YAMLNode)] = []
        for item in items {
            guard let scalar = item.scalar, scalar.value != .null else {
                type(item, of: name, expected: "a sequence of strings")
                return nil
            }
            out.append((scalar.text, item))
        }
        return out
    }
}
