/// A type that stands in an answer or a body: its example gives the schema, so the two cannot differ.
public protocol Described: Encodable, Sendable {
    /// A value with every member that there may be and one item in every list.
    static var example: Self { get }
    /// The name below `components/schemas` of the OpenAPI document.
    static var schemaName: String { get }
}

extension Described {
    public static var schemaName: String { String(describing: Self.self) }
}

/// A bare array, as Gitea's lists of secrets, repositories, users are.
extension Array: Described where Element: Described {
    public static var example: [Element] { [Element.example] }
    public static var schemaName: String { Element.schemaName + "Array" }
}

/// How a document writes schemas.
public enum SchemaDialect: Sendable {
    /// JSON Schema 2020-12.
    case openAPI31
    /// What Gitea serves, and generators of its clients read.
    case swagger2

    fileprivate var place: String {
        switch self {
        case .openAPI31: "#/components/schemas/"
        case .swagger2: "#/definitions/"
        }
    }

    /// A type that may also be null.
    fileprivate func type(_ name: String, _ more: String = "", orNull: Bool) -> String {
        switch (self, orNull) {
        case (_, false): "{\"type\":\"\(name)\"\(more)}"
        case (.openAPI31, true): "{\"type\":[\"\(name)\",\"null\"]\(more)}"
        case (.swagger2, true): "{\"type\":\"\(name)\"\(more),\"x-nullable\":true}"
        }
    }

    fileprivate func orNull(_ reference: String) -> String {
        switch self {
        case .openAPI31: "{\"anyOf\":[\(reference),{\"type\":\"null\"}]}"
        // A sibling of $ref is ignored.
        case .swagger2: "{\"allOf\":[\(reference)],\"x-nullable\":true}"
        }
    }
}

/// The schemas of described types, each under its name.
public struct SchemaCollection: Sendable {
    private let dialect: SchemaDialect
    /// Schemas as JSON text, in the order they were met.
    public private(set) var schemas: [(name: String, json: String)] = []
    private var types: [String: ObjectIdentifier] = [:]

    public init(_ dialect: SchemaDialect) { self.dialect = dialect }

    /// Two types of one name: one of them needs a `schemaName` of its own.
    public struct Clash: Error, CustomStringConvertible { public let description: String }

    /// The reference to a type's schema, which is added with those it is made of.
    public mutating func reference(to type: any Described.Type) throws -> String {
        let name = type.schemaName
        guard types[name, default: ObjectIdentifier(type)] == ObjectIdentifier(type) else {
            throw Clash(description: "two types are called \"\(name)\" in the API's document; give one a schemaName")
        }
        types[name] = ObjectIdentifier(type)
        if !schemas.contains(where: { $0.name == name }) {
            let place = schemas.count
            schemas.append((name, "{}"))
            let sketch = SchemaSketch()
            try type.example.encode(to: sketch)
            schemas[place] = (name, try json(sketch))
        }
        return "{\"$ref\":\"\(dialect.place)\(name)\"}"
    }

    private mutating func json(_ sketch: SchemaSketch) throws -> String {
        switch sketch.shape {
        case .members:
            var properties: [String] = []
            for member in sketch.members {
                properties.append("\"\(member.name)\":\(try json(of: member.value))")
            }
            let required = sketch.members.filter { !$0.isOptional }.map { "\"\($0.name)\"" }
            let list = required.isEmpty ? "" : ",\"required\":[\(required.joined(separator: ","))]"
            return "{\"type\":\"object\",\"properties\":{\(properties.joined(separator: ","))}\(list)}"
        case .items:
            return "{\"type\":\"array\",\"items\":\(try sketch.members.first.map { try json(of: $0.value) } ?? "{}")}"
        case .value: return try sketch.members.first.map { try json(of: $0.value) } ?? "{}"
        }
    }

    private mutating func json(of value: (any Encodable)?, orNull: Bool = false) throws -> String {
        switch value {
        case nil: return dialect == .openAPI31 ? "{\"type\":\"null\"}" : "{\"x-nullable\":true}"
        case is String: return dialect.type("string", orNull: orNull)
        case is Bool: return dialect.type("boolean", orNull: orNull)
        case is any BinaryInteger: return dialect.type("integer", ",\"format\":\"int64\"", orNull: orNull)
        case is Double: return dialect.type("number", orNull: orNull)
        case is JSONVerbatim: return "{}"
        case let described as any Described:
            let reference = try reference(to: type(of: described))
            return orNull ? dialect.orNull(reference) : reference
        case .some(let other):
            let sketch = SchemaSketch()
            try other.encode(to: sketch)
            guard other is any JSONNullable else { return try json(sketch) }
            return try json(of: sketch.members.first?.value, orNull: true)
        }
    }
}

/// What a value's `encode` says about its own shape.
private final class SchemaSketch: Encoder {
    enum Shape { case members, items, value }
    struct Member {
        let name: String
        let value: (any Encodable)?
        let isOptional: Bool
    }
    var shape = Shape.value
    var members: [Member] = []
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    func add(_ name: String, _ value: (any Encodable)?, isOptional: Bool) {
        members.append(Member(name: name, value: value, isOptional: isOptional))
    }
    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        shape = .members
        return KeyedEncodingContainer(SketchMembers(sketch: self))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        shape = .items
        return SketchItems(sketch: self)
    }
    func singleValueContainer() -> any SingleValueEncodingContainer { SketchValue(sketch: self) }
}

/// Types whose value may be null.
private protocol JSONNullable {}
extension JSONNull: JSONNullable {}

private struct SketchMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let sketch: SchemaSketch
    let codingPath: [any CodingKey] = []

    func encodeNil(forKey key: Key) { sketch.add(key.stringValue, nil, isOptional: false) }
    func encode(_ value: some Encodable, forKey key: Key) { sketch.add(key.stringValue, value, isOptional: false) }
    // What `Codable` calls for optionals; each kind of value has a requirement of its own.
    func encodeIfPresent(_ value: String?, forKey key: Key) { sketch.add(key.stringValue, value, isOptional: true) }
    func encodeIfPresent(_ value: Bool?, forKey key: Key) { sketch.add(key.stringValue, value, isOptional: true) }
    func encodeIfPresent(_ value: Int?, forKey key: Key) { sketch.add(key.stringValue, value, isOptional: true) }
    func encodeIfPresent(_ value: Int64?, forKey key: Key) { sketch.add(key.stringValue, value, isOptional: true) }
    func encodeIfPresent(_ value: Double?, forKey key: Key) { sketch.add(key.stringValue, value, isOptional: true) }
    func encodeIfPresent<Value: Encodable>(_ value: Value?, forKey key: Key) {
        sketch.add(key.stringValue, value, isOptional: true)
    }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { KeyedEncodingContainer(SketchMembers<Nested>(sketch: SchemaSketch())) }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        SketchItems(sketch: SchemaSketch())
    }
    func superEncoder() -> any Encoder { SchemaSketch() }
    func superEncoder(forKey key: Key) -> any Encoder { SchemaSketch() }
}

private struct SketchItems: UnkeyedEncodingContainer {
    let sketch: SchemaSketch
    let codingPath: [any CodingKey] = []
    var count: Int { sketch.members.count }

    func encodeNil() { sketch.add("", nil, isOptional: false) }
    func encode(_ value: some Encodable) { sketch.add("", value, isOptional: false) }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        KeyedEncodingContainer(SketchMembers<Nested>(sketch: SchemaSketch()))
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { SketchItems(sketch: SchemaSketch()) }
    func superEncoder() -> any Encoder { SchemaSketch() }
}

private struct SketchValue: SingleValueEncodingContainer {
    let sketch: SchemaSketch
    let codingPath: [any CodingKey] = []

    func encodeNil() { sketch.add("", nil, isOptional: false) }
    func encode(_ value: some Encodable) { sketch.add("", value, isOptional: false) }
}
