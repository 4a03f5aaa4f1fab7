/// JSON for the runner, which reads it as YAML (workflows.md 15): compact, non-ASCII raw, `/` not escaped.
/// Quoted strings cannot be taken for other types, and no indentation can go wrong.
struct PayloadJSON {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    mutating func object(_ body: (inout PayloadJSON) -> Void) { nest("{", "}", body) }
    mutating func array(_ body: (inout PayloadJSON) -> Void) { nest("[", "]", body) }

    private mutating func nest(_ open: String, _ close: String, _ body: (inout PayloadJSON) -> Void) {
        separate()
        raw(open)
        needsComma = false
        body(&self)
        raw(close)
        needsComma = true
    }

    mutating func key(_ key: String) {
        string(key)
        raw(":")
        needsComma = false
    }

    /// A key with its value, written before.
    mutating func member(_ bytes: [UInt8]) {
        separate()
        self.bytes.append(contentsOf: bytes)
        needsComma = true
    }

    mutating func string(_ text: String) {
        separate()
        raw("\"")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): raw("\\\"")
            case UInt8(ascii: "\\"): raw("\\\\")
            case 0x0A: raw("\\n")
            case 0x09: raw("\\t")
            case 0x0D: raw("\\r")
            case 0..<0x20, 0x7F: raw("\\u00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16))
            default: bytes.append(byte)
            }
        }
        raw("\"")
        needsComma = true
    }

    mutating func literal(_ text: String) {
        separate()
        raw(text)
        needsComma = true
    }

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

    private mutating func separate() { if needsComma { raw(",") } }
    private mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }
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

/// `10`, not `10.0`. What JSON cannot say is written as YAML says it, which the runner's reader takes.
private func jsonNumber(_ number: Double) -> String {
    if number.isNaN { return ".nan" }
    if number.isInfinite { return number < 0 ? "-.inf" : ".inf" }
    if let whole = Int64(exactly: number) { return String(whole) }
    return "\(number)"
}
