import Domain

/// One named SQL text. The name is also the prepared statement's name and its name in logs and metrics.
public struct Statement: Sendable {
    public let name: String
    public let sql: String
    /// Whether PostgreSQL is told for which request it is (`StatementOrigin`), which costs it a second statement.
    let tellsOrigin: Bool

    public init(_ name: String, _ sql: String, tellsOrigin: Bool = true) {
        self.name = name
        self.sql = sql
        self.tellsOrigin = tellsOrigin
    }
}

/// A parameter as libpq wants it: binary where the type has a simple binary form.
public enum Value: Sendable, Equatable {
    /// SQL null of a type: a statement is prepared with the types of its first call, and the next value may not be null.
    case null(Kind)
    case int(Int64)
    case text(String)
    case bytes([UInt8])
    case bool(Bool)
    case texts([String])
    case ints([Int64])

    public enum Kind: UInt32, Sendable {
        case bool = 16
        case bytes = 17
        case int = 20
        case text = 25
        case texts = 1009
        case ints = 1016
    }

    /// A list as PostgreSQL reads it from text (`{"a","b"}`), for lists of lists.
    static func literal(_ texts: [String]) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "{")]
        for (index, text) in texts.enumerated() {
            bytes.append(contentsOf: (index == 0 ? "\"" : ",\"").utf8)
            for byte in text.utf8 {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
                bytes.append(byte)
            }
            bytes.append(UInt8(ascii: "\""))
        }
        return String(decoding: bytes + [UInt8(ascii: "}")], as: UTF8.self)
    }

    public static func optional(_ text: String?) -> Value { text.map(Value.text) ?? .null(.text) }
    public static func optional(_ number: Int64?) -> Value { number.map(Value.int) ?? .null(.int) }
    public static func optional(_ flag: Bool?) -> Value { flag.map { Value.bool($0) } ?? .null(.bool) }
    public static func optional(_ bytes: [UInt8]?) -> Value { bytes.map(Value.bytes) ?? .null(.bytes) }
}

extension Value {
    /// PostgreSQL's type number, so that the server never has to guess one.
    var oid: UInt32 {
        switch self {
        case .null(let kind): kind.rawValue
        case .int: Kind.int.rawValue
        case .text: Kind.text.rawValue
        case .bytes: Kind.bytes.rawValue
        case .bool: Kind.bool.rawValue
        case .texts: Kind.texts.rawValue
        case .ints: Kind.ints.rawValue
        }
    }

    /// The binary wire form; nil is SQL null.
    var wire: [UInt8]? {
        switch self {
        case .null: nil
        case .int(let number): Self.bigEndian(number)
        case .text(let text): Array(text.utf8)
        case .bytes(let bytes): bytes
        case .bool(let flag): [flag ? 1 : 0]
        case .texts(let texts): Self.array(texts.map { Array($0.utf8) }, elementOID: 25)
        case .ints(let numbers): Self.array(numbers.map { Self.bigEndian($0) }, elementOID: 20)
        }
    }

    static func bigEndian<T: FixedWidthInteger>(_ number: T) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }

    /// array_send: dimensions, flags, element type, then length, lower bound, and each element behind its length.
    private static func array(_ elements: [[UInt8]], elementOID: UInt32) -> [UInt8] {
        guard !elements.isEmpty else { return bigEndian(Int32(0)) + bigEndian(Int32(0)) + bigEndian(elementOID) }
        var out = bigEndian(Int32(1)) + bigEndian(Int32(0)) + bigEndian(elementOID)
        out += bigEndian(Int32(elements.count)) + bigEndian(Int32(1))
        for element in elements { out += bigEndian(Int32(element.count)) + element }
        return out
    }
}

/// One row of a binary result.
///
/// `decode` reads columns in order and checks their types; the readers by number below trust the caller.
public struct Row: Sendable {
    let columns: [[UInt8]?]
    /// Type OIDs of the columns, shared by all rows of a result; empty for rows that were made by hand.
    let types: [UInt32]

    init(columns: [[UInt8]?], types: [UInt32] = []) {
        self.columns = columns
        self.types = types
    }

    public func isNull(_ column: Int) -> Bool { columns[column] == nil }

    /// int2, int4 and int8 alike; null reads as 0: ask `isNull` where that matters.
    public func int(_ column: Int) -> Int64 {
        guard let bytes = columns[column] else { return 0 }
        let unsigned = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        switch bytes.count {
        case 2: return Int64(Int16(truncatingIfNeeded: unsigned))
        case 4: return Int64(Int32(truncatingIfNeeded: unsigned))
        default: return Int64(truncatingIfNeeded: unsigned)
        }
    }

    public func optionalInt(_ column: Int) -> Int64? { isNull(column) ? nil : int(column) }
    public func text(_ column: Int) -> String { columns[column].map { String(decoding: $0, as: UTF8.self) } ?? "" }
    public func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }
    public func bytes(_ column: Int) -> [UInt8] { columns[column] ?? [] }
    public func bool(_ column: Int) -> Bool { columns[column] == [1] }

    /// timestamptz: binary microseconds since 2000-01-01 UTC, given back since 1970-01-01.
    public func microseconds(_ column: Int) -> Int64? {
        guard let since2000 = optionalInt(column) else { return nil }
        // PostgreSQL writes -infinity and infinity as the ends of the range; they are not to become times, or a trap.
        if since2000 == .min || since2000 == .max { return since2000 }
        return since2000 + 946_684_800_000_000
    }

    public func instant(_ column: Int) -> Instant? { microseconds(column).map(Instant.init(microseconds:)) }

    /// uuid as 8-4-4-4-12 lower-case hex.
    public func uuid(_ column: Int) -> String { uuidText(bytes(column)) }

    /// text[] without nulls.
    public func texts(_ column: Int) -> [String] {
        elements(column).map { String(decoding: $0, as: UTF8.self) }
    }

    /// int8[] without nulls.
    public func ints(_ column: Int) -> [Int64] {
        elements(column).map { Int64(truncatingIfNeeded: $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }) }
    }

    /// The elements of an array of one dimension, as array_send writes it.
    private func elements(_ column: Int) -> [ArraySlice<UInt8>] {
        guard let bytes = columns[column], bytes.count >= 20 else { return [] }
        func word(_ at: Int) -> Int {
            guard at + 4 <= bytes.count else { return -1 }
            return Int(Int32(truncatingIfNeeded: bytes[at..<(at + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }))
        }
        var out: [ArraySlice<UInt8>] = []
        var at = 20
        for _ in 0..<max(0, word(12)) {
            let length = word(at)
            at += 4
            guard length >= 0, at + length <= bytes.count else { break }
            out.append(bytes[at..<(at + length)])
            at += length
        }
        return out
    }
}
