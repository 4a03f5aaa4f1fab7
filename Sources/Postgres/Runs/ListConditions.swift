import Domain

/// The conditions of a list, put together for the filters that are set.
///
/// Each set of filters is a statement of its own, with plain comparisons: "null or equal" would leave PostgreSQL, once it
/// has made a plan for all values, with no index that fits any of them.
struct ListConditions {
    private(set) var texts: [String] = []
    private(set) var values: [Value] = []
    private(set) var name: String

    /// - Parameter name: of the statement; each condition adds its mark.
    init(_ name: String) { self.name = name }

    /// - Returns: the parameter's text, `$3`.
    mutating func parameter(_ value: Value) -> String {
        values.append(value)
        return "$\(values.count)"
    }

    /// - Parameter text: makes the condition of the parameter's text.
    mutating func add(_ mark: String, _ value: Value, _ text: (String) -> String) {
        name += "_" + mark
        texts.append(text(parameter(value)))
    }

    /// A condition without a parameter.
    mutating func add(_ mark: String, _ text: String) {
        name += "_" + mark
        texts.append(text)
    }

    mutating func note(_ mark: String) { name += "_" + mark }

    /// After `where`.
    var all: String { texts.isEmpty ? "true" : texts.joined(separator: " and ") }
}

/// How many rows a list has (docs/adr/0029).
public struct ListTotal: Equatable, Sendable {
    public let rows: Int64
    /// False: at least so many; nobody counts on.
    public let isWhole: Bool

    public init(rows: Int64, isWhole: Bool = true) {
        self.rows = rows
        self.isWhole = isWhole
    }
}

public enum ListLimits {
    /// Rows that are counted for a total: about a millisecond.
    public static let countedMax: Int64 = 10_000
}
