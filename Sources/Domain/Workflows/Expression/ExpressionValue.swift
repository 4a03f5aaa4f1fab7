/// A value of the expression language (workflows.md 11).
public enum ExpressionValue: Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array(ExpressionArray)
    case object(ExpressionObject)

    public static func array(_ items: [ExpressionValue]) -> ExpressionValue { .array(ExpressionArray(items)) }
    public static func object(_ pairs: [(key: String, value: ExpressionValue)]) -> ExpressionValue {
        .object(ExpressionObject(pairs))
    }
}

/// A class because `==` of two arrays asks whether they are the same one.
public final class ExpressionArray: Sendable {
    public let items: [ExpressionValue]
    /// Made by `.*`: what follows it applies to each item.
    let isFiltered: Bool

    public init(_ items: [ExpressionValue]) {
        self.items = items
        isFiltered = false
    }

    init(filtered items: [ExpressionValue]) {
        self.items = items
        isFiltered = true
    }
}

/// Pairs in order, looked up ignoring case. A class because `==` of two objects asks whether they are the same one.
public final class ExpressionObject: Sendable {
    public let pairs: [(key: String, value: ExpressionValue)]
    private let indexes: [[UInt8]: Int]

    /// Of keys that differ in case alone, the last one's value counts, in the place of the first.
    public init(_ pairs: [(key: String, value: ExpressionValue)]) {
        var kept: [(key: String, value: ExpressionValue)] = []
        kept.reserveCapacity(pairs.count)
        var indexes: [[UInt8]: Int] = [:]
        for pair in pairs {
            let folded = foldedBytes(pair.key)
            if let index = indexes[folded] {
                kept[index].value = pair.value
            } else {
                indexes[folded] = kept.count
                kept.append(pair)
            }
        }
        self.pairs = kept
        self.indexes = indexes
    }

    public subscript(key: String) -> ExpressionValue? { indexes[foldedBytes(key)].map { pairs[$0].value } }
}

extension ExpressionValue {
    /// False are `null`, `false`, `0`, `NaN` and `''`.
    public var isTruthy: Bool {
        switch self {
        case .null: false
        case .bool(let flag): flag
        case .number(let number): !(number == 0 || number.isNaN)
        case .string(let text): !text.isEmpty
        case .array, .object: true
        }
    }

    /// As a string: `true`, `1E+21`, `Array`.
    public var text: String {
        switch self {
        case .null: ""
        case .bool(let flag): flag ? "true" : "false"
        case .number(let number): numberText(number)
        case .string(let text): text
        case .array: "Array"
        case .object: "Object"
        }
    }

    /// As a number; not a number when it is none.
    var number: Double {
        switch self {
        case .null: 0
        case .bool(let flag): flag ? 1 : 0
        case .number(let number): number
        case .string(let text): expressionNumber(trimmed(text)) ?? .nan
        case .array, .object: .nan
        }
    }

    var isPrimitive: Bool {
        switch self {
        case .null, .bool, .number, .string: true
        case .array, .object: false
        }
    }

    /// Bytes that comparing it may look at.
    var comparedBytes: Int {
        if case .string(let text) = self { text.utf8.count } else { 0 }
    }

    /// The language's `==`: `1` equals `'1'`, `x` equals `X`, an array only itself.
    func isEqual(to other: ExpressionValue) -> Bool {
        switch (self, other) {
        case (.null, .null): true
        case (.string(let one), .string(let two)): sameIgnoringCase(one, two)
        case (.array(let one), .array(let two)): one === two
        case (.object(let one), .object(let two)): one === two
        default: number == other.number
        }
    }

    /// The language's `<`; false when either side is not a number.
    func isLess(than other: ExpressionValue) -> Bool {
        switch (self, other) {
        case (.string(let one), .string(let two)): foldedBytes(one).lexicographicallyPrecedes(foldedBytes(two))
        default: number < other.number
        }
    }
}

/// A number as an expression may write it: `-1.5e3`, `0xff`, `0o17`, `-Infinity`. The empty text is 0. Else nil.
func expressionNumber(_ text: String) -> Double? {
    switch text {
    case "": return 0
    case "NaN": return .nan
    case "Infinity", "+Infinity": return .infinity
    case "-Infinity": return -.infinity
    default: break
    }
    if let number = prefixedNumber(text) { return number }
    var body = text.utf8[...]
    let isNegative = body.first == UInt8(ascii: "-")
    if isNegative || body.first == UInt8(ascii: "+") { body = body.dropFirst() }
    return unsignedDecimal(body).map { isNegative ? -$0 : $0 }
}

private func trimmed(_ text: String) -> String {
    let scalars = text.unicodeScalars.drop { $0.properties.isWhitespace }
    guard let last = scalars.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
    return String(scalars[...last])
}
