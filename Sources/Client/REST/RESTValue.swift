import Foundation

/// JSON of an answer as it came: commands show a few of its members, `--json` all.
package enum RESTValue: Codable, Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([RESTValue])
    case object([String: RESTValue])

    package init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let flag = try? value.decode(Bool.self) {
            self = .bool(flag)
        } else if let integer = try? value.decode(Int64.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .string(text)
        } else if let items = try? value.decode([RESTValue].self) {
            self = .array(items)
        } else {
            self = .object(try value.decode([String: RESTValue].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let flag): try container.encode(flag)
        case .integer(let integer): try container.encode(integer)
        case .number(let number): try container.encode(number)
        case .string(let text): try container.encode(text)
        case .array(let items): try container.encode(items)
        case .object(let members): try container.encode(members)
        }
    }

    package subscript(name: String) -> RESTValue? {
        if case .object(let members) = self { return members[name] }
        return nil
    }
    package var items: [RESTValue]? {
        if case .array(let items) = self { return items }
        return nil
    }
    package var integer: Int64? {
        if case .integer(let integer) = self { return integer }
        return nil
    }
    package var isTrue: Bool { self == .bool(true) }

    /// A member as a person reads it; "-" when it is absent, null or empty. Members of members are named with a dot.
    package func text(_ name: String) -> String {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        guard let value = self[parts[0]] else { return "-" }
        return parts.count == 2 ? value.text(parts[1]) : value.words
    }

    private var words: String {
        switch self {
        case .null: "-"
        case .bool(let flag): flag ? "yes" : "no"
        case .integer(let integer): "\(integer)"
        case .number(let number): "\(number)"
        case .string(let text): text.isEmpty ? "-" : text
        case .array(let items):
            items.isEmpty ? "-" : items.map { $0["name"].map(\.words) ?? $0.words }.joined(separator: ",")
        case .object: "-"
        }
    }
}
