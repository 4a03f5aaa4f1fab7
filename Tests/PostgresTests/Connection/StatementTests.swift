import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Values and rows in binary")
struct StatementTests {
    /// What PostgreSQL understood of one parameter, as its own text, and what we read of it.
    private static func echo(_ value: Value, as type: String) throws -> Row {
        let connection = try Connection(dsn: try PrivatePostgres.database())
        let rows = try connection.run(Statement("echo", "select $1::\(type), $1::\(type)::text"), [value])
        return try #require(rows.first)
    }

    @Test("whole numbers", arguments: [0, 1, -1, 255, 256, -32_768, 1 << 40, .min, .max] as [Int64])
    func integers(number: Int64) throws {
        let row = try Self.echo(.int(number), as: "bigint")
        #expect(row.int(0) == number)
        #expect(row.text(1) == String(number))
    }

    @Test("int2 and int4 keep their sign")
    func narrowIntegers() throws {
        let connection = try Connection(dsn: try PrivatePostgres.database())
        let statement = Statement(
            "narrow",
            "select (-32768)::int2, 32767::int2, (-2147483648)::int4, 2147483647::int4, (-1)::int2, (-1)::int4")
        let row = try #require(try connection.run(statement, []).first)
        #expect((0..<6).map { row.int($0) } == [-32768, 32767, -2_147_483_648, 2_147_483_647, -1, -1])
    }

    static let textsKnown = [
        "", "plain", "Grüße, 世界 🏗️", "quote ' and \\ and \"", "two\nlines\ttab", "\u{FEFF}\u{10FFFF}",
    ]

    @Test("text", arguments: textsKnown)
    func text(text: String) throws {
        let row = try Self.echo(.text(text), as: "text")
        #expect(row.text(0) == text)
        #expect(row.text(1) == text)
    }

    @Test("a NUL in a text is PostgreSQL's error, not a shorter text")
    func nul() throws {
        let error = #expect(throws: PostgresError.self) { try Self.echo(.text("a\0b"), as: "text") }
        #expect(error?.sqlState == "22021")
    }

    @Test("bytes", arguments: [[], [0], [0, 255, 39, 92], Array(0...255)] as [[UInt8]])
    func bytes(bytes: [UInt8]) throws {
        let row = try Self.echo(.bytes(bytes), as: "bytea")
        #expect(row.bytes(0) == bytes)
        #expect(!row.isNull(0))
    }

    @Test("booleans", arguments: [true, false])
    func booleans(flag: Bool) throws {
        let row = try Self.echo(.bool(flag), as: "boolean")
        #expect(row.bool(0) == flag)
        #expect(row.text(1) == String(flag))
    }

    @Test(
        "arrays of text",
        arguments: [
            ([], "{}"), ([""], #"{""}"#), (["a", "b,c", "{}", "NULL", "ü 🏗️"], #"{a,"b,c","{}","NULL","ü 🏗️"}"#),
        ])
    func textArrays(elements: [String], text: String) throws {
        let row = try Self.echo(.texts(elements), as: "text[]")
        #expect(row.texts(0) == elements)
        #expect(row.text(1) == text)
    }

    @Test("arrays of numbers", arguments: [[], [7], [.min, -1, 0, 1, .max]] as [[Int64]])
    func intArrays(elements: [Int64]) throws {
        let row = try Self.echo(.ints(elements), as: "bigint[]")
        #expect(row.ints(0) == elements)
        #expect(row.text(1) == "{" + elements.map(String.init).joined(separator: ",") + "}")
    }

    static let nulls: [(value: Value, type: String)] = [
        (.null(.int), "bigint"), (.null(.text), "text"), (.null(.bytes), "bytea"), (.null(.bool), "boolean"),
        (.null(.texts), "text[]"), (.null(.ints), "bigint[]"),
    ]

    @Test("null of every type is null, not zero or empty", arguments: nulls.indices)
    func null(index: Int) throws {
        let row = try Self.echo(Self.nulls[index].value, as: Self.nulls[index].type)
        #expect(row.isNull(0))
        #expect(row.optionalInt(0) == nil)
        #expect(row.optionalText(0) == nil)
        #expect(row.microseconds(0) == nil)
    }

    @Test("optional values become values or nulls of their type")
    func optionals() {
        #expect(Value.optional(3 as Int64?) == .int(3))
        #expect(Value.optional(nil as Int64?) == .null(.int))
        #expect(Value.optional("a" as String?) == .text("a"))
        #expect(Value.optional(nil as String?) == .null(.text))
        #expect(Value.optional(nil as Bool?) == .null(.bool))
        #expect(Value.optional(nil as [UInt8]?) == .null(.bytes))
    }

    static let timesKnown: [(text: String, microseconds: Int64)] = [
        ("1970-01-01 00:00:00+00", 0), ("2000-01-01 00:00:00.000001+00", 946_684_800_000_001),
        ("1999-12-31 23:59:59.999999+00", 946_684_799_999_999), ("2026-11-24 14:03:01.5+01", 1_795_525_381_500_000),
        ("0001-01-01 00:00:00+00", -62_135_596_800_000_000),
    ]

    @Test("timestamptz as microseconds since 1970", arguments: timesKnown.indices)
    func times(index: Int) throws {
        let connection = try Connection(dsn: try PrivatePostgres.database())
        let statement = Statement("time", "select $1::text::timestamptz")
        let row = try #require(try connection.run(statement, [.text(Self.timesKnown[index].text)]).first)
        #expect(row.microseconds(0) == Self.timesKnown[index].microseconds)
        #expect(row.instant(0) == Instant(microseconds: Self.timesKnown[index].microseconds))
    }

    @Test("infinite times are the last and first instants, not a trap", arguments: ["infinity", "-infinity"])
    func infinity(text: String) throws {
        let connection = try Connection(dsn: try PrivatePostgres.database())
        let row = try #require(
            try connection.run(Statement("time", "select $1::text::timestamptz"), [.text(text)]).first)
        #expect(row.microseconds(0) == (text == "infinity" ? Int64.max : .min))
    }

    @Test("uuid in lower case with its dashes")
    func uuid() throws {
        let connection = try Connection(dsn: try PrivatePostgres.database())
        let statement = Statement("uuid", "select $1::text::uuid")
        let row = try #require(try connection.run(statement, [.text("00FF1234-5678-9ABC-DEF0-0123456789AB")]).first)
        #expect(row.uuid(0) == "00ff1234-5678-9abc-def0-0123456789ab")
    }

    @Test("a statement is prepared once a connection and takes new values, null among them")
    func reuse() throws {
        let connection = try Connection(dsn: try PrivatePostgres.database())
        let statement = Statement("twice", "select coalesce($1 * 2, -1)")
        let results = try [.int(4), .null(.int), .int(21)].map { try connection.run(statement, [$0]).first?.int(0) }
        #expect(results == [8, -1, 42])
        let prepared = Statement("count_prepared", "select count(*) from pg_prepared_statements where name = 'twice'")
        #expect(try connection.run(prepared, []).first?.int(0) == 1)
    }

    @Test("a statement that could not be prepared is prepared anew the next time")
    func preparedAfterFailure() throws {
        let connection = try Connection(dsn: try PrivatePostgres.database())
        let statement = Statement("late", "select n from late_table")
        #expect(throws: PostgresError.self) { try connection.run(statement, []) }
        try connection.script("create table late_table as select 5::bigint as n")
        #expect(try connection.run(statement, []).first?.int(0) == 5)
    }

    @Test("many rows in order")
    func rows() throws {
        let connection = try Connection(dsn: try PrivatePostgres.database())
        let rows = try connection.run(Statement("many", "select generate_series(1::bigint, $1)"), [.int(5000)])
        #expect(rows.map { $0.int(0) } == Array(1...5000))
    }
}
