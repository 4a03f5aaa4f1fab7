import Foundation
import TestSupport
import Testing

@testable import Postgres

@Suite("What PostgreSQL refuses")
struct PostgresErrorTests {
    private static let schema = """
        create table item (id bigint primary key, size bigint constraint item_size_positive check (size > 0), parent bigint references item);
        insert into item values (1, 1, null);
        """
    private static let insert = Statement("item_insert", "insert into item values ($1, $2, $3)")

    private static func refused(_ values: [Value]) throws -> PostgresError? {
        let connection = try Connection(dsn: try PrivatePostgres.database())
        try connection.script(schema)
        return #expect(throws: PostgresError.self) { try connection.run(insert, values) }
    }

    @Test("a second row with a key is a unique violation, with the statement's name")
    func unique() throws {
        let error = try Self.refused([.int(1), .int(1), .null(.int)])
        #expect(error?.sqlState == "23505")
        #expect(error?.isUniqueViolation == true)
        #expect(error?.isUnavailable == false)
        #expect(error?.statement == "item_insert")
        #expect(error?.description.hasSuffix("(SQLSTATE 23505, query item_insert)") == true)
    }

    @Test("check and foreign key violations name the constraint")
    func check() throws {
        let check = try Self.refused([.int(2), .int(0), .null(.int)])
        #expect(check?.sqlState == "23514")
        #expect(check?.message.contains("item_size_positive") == true)
        let foreign = try Self.refused([.int(2), .int(1), .int(99)])
        #expect(foreign?.sqlState == "23503")
    }

    @Test("a mistake in the text is 42601, a missing table 42P01")
    func text() throws {
        let connection = try Connection(dsn: try PrivatePostgres.database())
        let syntax = #expect(throws: PostgresError.self) { try connection.run(Statement("bad", "selekt 1"), []) }
        #expect(syntax?.sqlState == "42601")
        let missing = #expect(throws: PostgresError.self) { try connection.script("select * from nowhere") }
        #expect(missing?.sqlState == "42P01")
        #expect(missing?.statement == "")
        #expect(try connection.run(Statement("good", "select 1::bigint"), []).first?.int(0) == 1)
    }

    @Test("nobody listening: unavailable, with the place in the message")
    func refusedConnection() {
        let error = #expect(throws: PostgresError.self) {
            try Connection(dsn: "host=/tmp/nowhere-\(getpid()) dbname=x")
        }
        #expect(error?.sqlState == "08006")
        #expect(error?.isUnavailable == true)
        #expect(error?.message.contains("/tmp/nowhere-\(getpid())") == true)
        #expect(error?.message.contains("\n") == false)
    }

    @Test("a database that does not exist says its name")
    func missingDatabase() throws {
        let dsn = try PrivatePostgres.database().replacing("dbname=test_", with: "dbname=missing_")
        let error = #expect(throws: PostgresError.self) { try Connection(dsn: dsn) }
        #expect(error?.message.contains("missing_") == true)
    }

    @Test("a statement over its time is cancelled and leaves the connection usable")
    func timeout() throws {
        let connection = try Connection(dsn: try PrivatePostgres.database())
        try connection.script("set statement_timeout = '50ms'")
        let error = #expect(throws: PostgresError.self) {
            try connection.run(Statement("sleep", "select pg_sleep(60)"), [])
        }
        #expect(error?.sqlState == "57014")
        #expect(error?.isUnavailable == false)
        #expect(connection.isHealthy)
    }

    @Test("a row that somebody has locked: lock not available, at once with nowait")
    func lock() throws {
        let dsn = try PrivatePostgres.database()
        let first = try Connection(dsn: dsn)
        let second = try Connection(dsn: dsn)
        try first.script(Self.schema)
        try first.script("begin; select * from item where id = 1 for update")
        let error = #expect(throws: PostgresError.self) {
            try second.script("select * from item where id = 1 for update nowait")
        }
        #expect(error?.isLockNotAvailable == true)
    }

    @Test("a backend that was ended: unavailable, and the connection is not healthy")
    func ended() throws {
        let dsn = try PrivatePostgres.database()
        let connection = try Connection(dsn: dsn)
        try endOtherBackends(of: dsn)
        let error = #expect(throws: PostgresError.self) { try connection.run(Statement("one", "select 1"), []) }
        #expect(error?.isUnavailable == true)
        #expect(!connection.isHealthy)
    }

    static let states: [(state: String, unavailable: Bool, serialization: Bool)] = [
        ("08006", true, false), ("57P01", true, false), ("57P03", true, false), ("53300", true, false),
        ("40001", false, true), ("40P01", false, true), ("57014", false, false), ("23505", false, false),
        ("ML002", false, false),
    ]

    @Test("which states may pass", arguments: states.indices)
    func classes(index: Int) {
        let (state, unavailable, serialization) = Self.states[index]
        let error = PostgresError(sqlState: state, message: "", statement: "")
        #expect(error.isUnavailable == unavailable)
        #expect(error.isSerializationFailure == serialization)
    }
}
