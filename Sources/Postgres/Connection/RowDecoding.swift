import Domain

/// What a column can be read as, checked against the type that PostgreSQL says it has.
public protocol ColumnValue {
    /// Type OIDs that are read as this (pg_type.dat).
    static var typeOIDs: [UInt32] { get }
    /// - Parameter row: its column `column` is not null and has one of the types above.
    static func read(_ row: Row, _ column: Int) throws -> Self
    /// What stands for a null; nil: there is nothing to stand for it.
    static var null: Self? { get }
}

extension ColumnValue {
    public static var null: Self? { nil }
}

/// A column is not what the code that asked for it believes.
public struct ColumnProblem: Error, Equatable, CustomStringConvertible {
    public let description: String
}

/// A statement that always gives a row gave none.
public struct NoRow: Error, Equatable, CustomStringConvertible {
    public let statement: String
    public var description: String { "query \(statement) gave no row" }
}

extension Row? {
    func orNone(of statement: Statement) throws -> Row {
        guard let self else { throw NoRow(statement: statement.name) }
        return self
    }
}

extension Row {
    /// The columns from `first` on, in order: `let (id, name) = try row.decode((RunID, String).self)`.
    ///
    /// - Throws: `ColumnProblem` for a column of another type, a null where none is expected, and a column that is not there.
    public func decode<each Column: ColumnValue>(
        _: (repeat each Column).Type, from first: Int = 0
    ) throws -> (repeat each Column) {
        var column = first - 1
        func next<Value: ColumnValue>(_: Value.Type) throws -> Value {
            column += 1
            return try value(column)
        }
        return (repeat try next((each Column).self))
    }

    /// One column.
    public func value<Value: ColumnValue>(_ column: Int, as _: Value.Type = Value.self) throws -> Value {
        guard columns.indices.contains(column) else {
            throw ColumnProblem(description: "a row of \(columns.count) columns has no column \(column)")
        }
        // Rows that tests make by hand have no types.
        if !types.isEmpty, !Value.typeOIDs.contains(types[column]) {
            throw ColumnProblem(description: "column \(column) has type \(types[column]), which is no \(Value.self)")
        }
        guard !isNull(column) else {
            guard let null = Value.null else {
                throw ColumnProblem(description: "column \(column) is null; expected \(Value.self)")
            }
            return null
        }
        return try Value.read(self, column)
    }

    /// A status as Gitea numbers it; one that a newer server wrote is an error, not some other status.
    public func status(_ column: Int) throws -> Status { try value(column) }
}

extension Int64: ColumnValue {
    public static var typeOIDs: [UInt32] { [20, 21, 23] }
    public static func read(_ row: Row, _ column: Int) -> Int64 { row.int(column) }
}

extension String: ColumnValue {
    public static var typeOIDs: [UInt32] { [18, 19, 25, 1042, 1043] }
    public static func read(_ row: Row, _ column: Int) -> String { row.text(column) }
}

extension Bool: ColumnValue {
    public static var typeOIDs: [UInt32] { [16] }
    public static func read(_ row: Row, _ column: Int) -> Bool { row.bool(column) }
}

extension Instant: ColumnValue {
    public static var typeOIDs: [UInt32] { [1184] }
    public static func read(_ row: Row, _ column: Int) throws -> Instant {
        guard let instant = row.instant(column) else { throw ColumnProblem(description: "column \(column) is no time") }
        return instant
    }
}

extension Status: ColumnValue {
    public static var typeOIDs: [UInt32] { Int64.typeOIDs }
    public static func read(_ row: Row, _ column: Int) throws -> Status {
        guard let status = Status(rawValue: row.int(column)) else {
            throw ColumnProblem(description: "column \(column) has the unknown status \(row.int(column))")
        }
        return status
    }
}

/// bytea, text[] and int8[]; a null is not an empty array.
extension Array: ColumnValue where Element: ColumnElement {
    public static var typeOIDs: [UInt32] { [Element.arrayOID] }
    public static func read(_ row: Row, _ column: Int) -> [Element] { Element.readAll(row, column) }
}

public protocol ColumnElement {
    static var arrayOID: UInt32 { get }
    static func readAll(_ row: Row, _ column: Int) -> [Self]
}
extension UInt8: ColumnElement {
    public static var arrayOID: UInt32 { 17 }
    public static func readAll(_ row: Row, _ column: Int) -> [UInt8] { row.bytes(column) }
}
extension String: ColumnElement {
    public static var arrayOID: UInt32 { 1009 }
    public static func readAll(_ row: Row, _ column: Int) -> [String] { row.texts(column) }
}
extension Int64: ColumnElement {
    public static var arrayOID: UInt32 { 1016 }
    public static func readAll(_ row: Row, _ column: Int) -> [Int64] { row.ints(column) }
}

extension Optional: ColumnValue where Wrapped: ColumnValue {
    public static var typeOIDs: [UInt32] { Wrapped.typeOIDs }
    public static func read(_ row: Row, _ column: Int) throws -> Wrapped? { try Wrapped.read(row, column) }
    public static var null: Wrapped?? { .some(nil) }
}

extension ColumnValue where Self: EntityID {
    public static var typeOIDs: [UInt32] { Int64.typeOIDs }
    public static func read(_ row: Row, _ column: Int) -> Self { Self(row.int(column)) }
}
extension AccountID: ColumnValue {}
extension ArtifactID: ColumnValue {}
extension AttemptID: ColumnValue {}
extension BlobID: ColumnValue {}
extension DeliveryID: ColumnValue {}
extension InboxID: ColumnValue {}
extension JobID: ColumnValue {}
extension RepositoryID: ColumnValue {}
extension WebhookID: ColumnValue {}
extension RunID: ColumnValue {}
extension RunnerID: ColumnValue {}
extension TaskID: ColumnValue {}
extension UploadID: ColumnValue {}
