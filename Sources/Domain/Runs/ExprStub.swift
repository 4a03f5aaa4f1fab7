public struct JSONFault: Error {}
public enum ExpressionValue: Sendable {
    case null
    case bool(Bool)
    case string(String)
    case box([String])
    public static func object(_ pairs: [(key: String, value: ExpressionValue)]) -> ExpressionValue { .box(pairs.map(\.key)) }
    public init(json: String) throws(JSONFault) { self = .null }
}
