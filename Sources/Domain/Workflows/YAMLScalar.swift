/// A scalar and what the YAML 1.2 core schema says it is (workflows.md 3.1).
///
/// YAML 1.1, which Yams speaks, would make `on`, `yes` and `1:30` something else than strings.
public struct YAMLScalar: Equatable, Sendable {
    public enum Style: Sendable {
        case plain, quoted, block
    }
    public enum Value: Equatable, Sendable {
        case null
        case bool(Bool)
        case number(Double)
        case string
    }
    public let text: String
    public let style: Style
    public let value: Value

    init(string: String) {
        text = string
        style = .quoted
        value = .string
    }

    /// Nil when the tag is not a core tag or the text does not fit it.
    init?(text: String, style: Style, tag: String) {
        self.text = text
        self.style = style
        let core = "tag:yaml.org,2002:"
        switch tag {
        case "": value = style == .plain ? coreValue(text) : .string
        case "!", core + "str": value = .string
        case core + "null", core + "bool", core + "int", core + "float":
            let found = coreValue(text)
            switch (tag.dropFirst(core.count), found) {
            case ("null", .null), ("bool", .bool), ("float", .number): value = found
            case ("int", .number(let number)) where number == number.rounded() && number.isFinite: value = found
            default: return nil
            }
        default: return nil
        }
    }
}

/// What a plain scalar means in the core schema: numbers are doubles, `010` is ten.
func coreValue(_ text: String) -> YAMLScalar.Value {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    case ".nan", ".NaN", ".NAN": return .number(.nan)
    default: break
    }
    if let number = prefixedNumber(text) { return .number(number) }
    var body = text.utf8[...]
    let isNegative = body.first == UInt8(ascii: "-")
    if isNegative || body.first == UInt8(ascii: "+") { body = body.dropFirst() }
    if [".inf", ".Inf", ".INF"].contains(String(body)) { return .number(isNegative ? -.infinity : .infinity) }
    return unsignedDecimal(body).map { .number(isNegative ? -$0 : $0) } ?? .string
}
