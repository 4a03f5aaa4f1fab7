import TestSupport
import Testing

@testable import Postgres

@Suite("A connection to PostgreSQL")
struct ConnectionTests {
    private static let one = Statement("connection_one", "select 1::int8")

    @Test("is healthy while it can take a statement, and not inside of a transaction or after its end")
    func health() throws {
        let dsn = try PrivatePostgres.database()
        let connection = try Connection(dsn: dsn)
        #expect(connection.isHealthy && !connection.isTransactionFailed)
        try connection.script("begin")
        #expect(!connection.isHealthy)
        #expect(throws: PostgresError.self) { try connection.script("select 1 / 0") }
        #expect(connection.isTransactionFailed)
        try connection.script("rollback")
        #expect(connection.isHealthy && !connection.isTransactionFailed)
        try endOtherBackends(of: dsn)
        #expect(throws: PostgresError.self) { try connection.run(Self.one, []) }
        #expect(!connection.isHealthy)
    }

    @Test("prepares a statement once, and counts each that it runs")
    func prepared() throws {
        let connection = try Connection(dsn: try PrivatePostgres.database())
        let prepared = Statement(
            "prepared_names", "select count(*) from pg_prepared_statements where name = 'connection_one'")
        for _ in 0..<3 { #expect(try connection.run(Self.one, []).first?.int(0) == 1) }
        #expect(try connection.run(prepared, []).first?.int(0) == 1)
        #expect(connection.statementCount == 4)
    }

    @Test("a failed statement has its state and its name, and the next one works")
    func failure() throws {
        let connection = try Connection(dsn: try PrivatePostgres.database())
        let error = #expect(throws: PostgresError.self) {
            try connection.run(Statement("divides", "select 1 / $1::int8"), [.int(0)])
        }
        #expect(error?.sqlState == "22012")
        #expect(error?.statement == "divides")
        let unprepared = #expect(throws: PostgresError.self) {
            try connection.run(Statement("wrong", "selec 1"), [])
        }
        #expect(unprepared?.sqlState == "42601")
        #expect(try connection.run(Self.one, []).first?.int(0) == 1)
    }

    @Test("of a script of several statements the first failure is told")
    func script() throws {
        let connection = try Connection(dsn: try PrivatePostgres.database())
        let error = #expect(throws: PostgresError.self) {
            try connection.script("select 1; select 1/0; select nothing")
        }
        #expect(error?.sqlState == "22012")
        try connection.script("")
        #expect(connection.isHealthy)
    }

    @Test("an answer that is overdue gives the connection up for good")
    func overdue() throws {
        let connection = try Connection(dsn: try PrivatePostgres.database(), answerMilliseconds: 200)
        let error = #expect(throws: PostgresError.self) { try connection.script("select pg_sleep(60)") }
        #expect(error?.isOverdue == true)
        #expect(!connection.isHealthy)
        let next = #expect(throws: PostgresError.self) { try connection.run(Self.one, []) }
        #expect(next?.isUnavailable == true)
    }

    @Test("hears what is notified on its channels, and its own beat one at a time")
    func notifications() throws {
        let dsn = try PrivatePostgres.database()
        let (listening, other) = (try Connection(dsn: dsn), try Connection(dsn: dsn))
        try listening.script("listen a")
        try other.script("notify a, 'x'; notify b, 'y'; notify a, 'z'")
        var heard: [String] = []
        let isThere = try becomesTrue {
            heard += try listening.notifications(waitMilliseconds: 100).map { "\($0.channel) \($0.payload)" }
            return heard.count == 2
        }
        #expect(isThere)
        #expect(heard == ["a x", "a z"])
        try listening.script("listen beat")
        #expect(try listening.sendBeat("beat"))
        #expect(try !listening.sendBeat("beat"), "the one before has not been answered yet")
        var beats = 0
        let hasBeaten = try becomesTrue {
            beats += try listening.notifications(waitMilliseconds: 100).count { $0.channel == "beat" }
            return beats == 1
        }
        #expect(hasBeaten)
    }

    @Test("there is none to nowhere, and the words say why")
    func nowhere() {
        let error = #expect(throws: PostgresError.self) { try Connection(dsn: "host=/nowhere dbname=x") }
        #expect(error?.isUnavailable == true)
        #expect(error?.message.contains("/nowhere") == true)
        #expect(throws: PostgresError.self) { try Connection(dsn: "host") }
    }
}
