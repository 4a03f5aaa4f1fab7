extension JSONWriter {
    /// Text as the author wrote it: the runner evaluates the expressions in it.
    mutating func node(_ node: YAMLNode) {
        switch node.content {
        case .sequence(let items): array { json in items.forEach { json.node($0) } }
        case .mapping(let pairs):
            object { json in
                for pair in pairs {
                    json.key(pair.key)
                    json.node(pair.value)
                }
            }
        case .scalar(let scalar):
            switch scalar.value {
            case .null: literal("null")
            case .bool(let flag): literal(flag ? "true" : "false")
            case .number(let number): literal(jsonNumber(number))
            case .string: string(scalar.text)
            }
        }
    }

    /// Text that no longer has expressions: `${{` in it means itself.
    mutating func data(_ text: String) { string(withoutExpressions(text)) }
    mutating func dataKey(_ text: String) { key(withoutExpressions(text)) }
}

/// The text with every `${{` as an expression that gives it (Gitea writes the same).
func withoutExpressions(_ text: String) -> String {
    guard hasExpression(text) else { return text }
    return String(decoding: withoutExpressions(Array(text.utf8)), as: UTF8.self)
}

/// The same for JSON: `${{` stands only in its strings, where none of the three is escaped.
func withoutExpressions(_ text: [UInt8]) -> [UInt8] {
    guard text.contains(UInt8(ascii: "$")) else { return text }
    var bytes: [UInt8] = []
    var rest = text[...]
    while let first = rest.first {
        if rest.starts(with: "${{".utf8) {
            bytes.append(contentsOf: "${{ '$' }}{{".utf8)
            rest = rest.dropFirst(3)
        } else {
            bytes.append(first)
            rest = rest.dropFirst()
        }
    }
    return bytes
}
