/// The JSON text of a value: members in the order of its declaration (those of a dictionary have none), absent ones left out, `JSONNull` where null must stand.
///
/// - Throws: what the value's own `encode` throws.
public func jsonText(_ value: some Encodable) throws -> [UInt8] {
    var writer = JSONWriter()
    try JSONTree.of(value).write(to: &writer)
    return writer.bytes
}

/// A member that is null when there is no value; plain optionals are left out.
public struct JSONNull<Value: Encodable & Sendable>: Encodable, Sendable {
    public let value: Value?
    public init(_ value: Value?) { self.value = value }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let value { try container.encode(value) } else { try container.encodeNil() }
    }
}

/// Text that is JSON already, such as a stored payload: it stands as it is.
public struct JSONVerbatim: Encodable, Sendable {
    public let text: String
    public init(_ text: String) { self.text = text }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// What `Codable` says of a value, before it is text.
enum JSONTree {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case verbatim(String)
    case array(JSONItems)
    case object(JSONMemberList)

    static func of(_ value: some Encodable) throws -> JSONTree {
        switch value {
        case let text as String: return .string(text)
        case let flag as Bool: return .bool(flag)
        case let number as any BinaryInteger: return .number("\(number)")
        case let number as any BinaryFloatingPoint:
            let number = Double(number)
            // JSON has no word for these; payloads, which runners read as YAML, are written by JSONWriter itself.
            guard number.isFinite else { throw NotJSON(description: "the number \(number) cannot stand in JSON") }
            return .number(jsonNumber(number))
        case let verbatim as JSONVerbatim: return .verbatim(verbatim.text)
        default:
            let slot = JSONSlot()
            try value.encode(to: TreeEncoder(slot: slot))
            return slot.tree ?? .object(JSONMemberList())
        }
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.literal("null")
        case .bool(let flag): writer.literal(flag ? "true" : "false")
        case .number(let text), .verbatim(let text): writer.literal(text)
        case .string(let text): writer.string(text)
        case .array(let items): writer.array { writer in items.trees.forEach { $0.write(to: &writer) } }
        case .object(let members):
            writer.object { writer in
                for member in members.members {
                    writer.key(member.key)
                    member.tree.write(to: &writer)
                }
            }
        }
    }
}

/// A value that JSON cannot say.
struct NotJSON: Error, CustomStringConvertible { let description: String }

/// Containers of `Codable` are handles to one place, so trees that grow are references.
final class JSONItems { var trees: [JSONTree] = [] }
final class JSONMemberList { var members: [(key: String, tree: JSONTree)] = [] }
private final class JSONSlot { var tree: JSONTree? }

private struct TreeEncoder: Encoder {
    let slot: JSONSlot
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        let members: JSONMemberList
        if case .object(let begun) = slot.tree { members = begun } else { members = JSONMemberList() }
        slot.tree = .object(members)
        return KeyedEncodingContainer(MemberContainer(members: members))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        let items = JSONItems()
        slot.tree = .array(items)
        return ItemContainer(items: items)
    }
    func singleValueContainer() -> any SingleValueEncodingContainer { ValueContainer(slot: slot) }
}

private struct MemberContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let members: JSONMemberList
    let codingPath: [any CodingKey] = []

    func encodeNil(forKey key: Key) { members.members.append((key.stringValue, .null)) }
    func encode(_ value: some Encodable, forKey key: Key) throws {
        members.members.append((key.stringValue, try JSONTree.of(value)))
    }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        let nested = JSONMemberList()
        members.members.append((key.stringValue, .object(nested)))
        return KeyedEncodingContainer(MemberContainer<Nested>(members: nested))
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        let items = JSONItems()
        members.members.append((key.stringValue, .array(items)))
        return ItemContainer(items: items)
    }
    // Classes that inherit their coding are not written here; what they said would be lost.
    func superEncoder() -> any Encoder { preconditionFailure("answers are structs and enums, not subclasses") }
    func superEncoder(forKey key: Key) -> any Encoder { superEncoder() }
}

private struct ItemContainer: UnkeyedEncodingContainer {
    let items: JSONItems
    let codingPath: [any CodingKey] = []
    var count: Int { items.trees.count }

    func encodeNil() { items.trees.append(.null) }
    func encode(_ value: some Encodable) throws { items.trees.append(try JSONTree.of(value)) }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        let nested = JSONMemberList()
        items.trees.append(.object(nested))
        return KeyedEncodingContainer(MemberContainer<Nested>(members: nested))
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        let nested = JSONItems()
        items.trees.append(.array(nested))
        return ItemContainer(items: nested)
    }
    func superEncoder() -> any Encoder { preconditionFailure("answers are structs and enums, not subclasses") }
}

private struct ValueContainer: SingleValueEncodingContainer {
    let slot: JSONSlot
    let codingPath: [any CodingKey] = []

    func encodeNil() { slot.tree = .null }
    func encode(_ value: some Encodable) throws { slot.tree = try JSONTree.of(value) }
}
