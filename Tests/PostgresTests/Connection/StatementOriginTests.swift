import TestSupport
import Testing

@testable import Postgres

@Suite("For whom a statement is")
struct StatementOriginTests {
    private static let name = Statement("test_name", "select current_setting('application_name')")
    private static let fails = Statement("test_fails", "select 1 / (length(current_setting('application_name')) - 41)")
    private let id = String(repeating: "a1", count: 16)
    private let database: Database

    init() throws { database = Database(dsn: try PrivatePostgres.database(), size: 1) }

    private func told(_ id: String?) throws -> String {
        try StatementOrigin.$requestID.withValue(id) { try database.readOne(Self.name).text(0) }
    }

    @Test("is told with a statement of its own, and forgotten by the next")
    func single() throws {
        #expect(try told(nil) == "millrace")
        #expect(try told(id) == "millrace \(id)")
        #expect(try told(id) == "millrace \(id)")
        #expect(try told(String(id.reversed())) == "millrace \(String(id.reversed()))")
        #expect(try told(nil) == "millrace")
    }

    @Test("is told when a transaction begins, and undone when it ends, however it ends")
    func transaction() throws {
        struct Undo: Error {}
        for undone in [false, true] {
            do {
                try StatementOrigin.$requestID.withValue(id) {
                    try database.transaction { tx in
                        #expect(try tx.one(Self.name).text(0) == "millrace \(id)")
                        if undone { throw Undo() }
                    }
                }
            } catch is Undo {}
            #expect(try told(nil) == "millrace")
        }
    }

    @Test("a statement that fails leaves a connection that can be used, and a name that is told again")
    func failure() throws {
        // 41 characters: "millrace " and 32 digits.
        for _ in 0..<3 {
            #expect(throws: PostgresError.self) {
                try StatementOrigin.$requestID.withValue(id) { try database.readOne(Self.fails) }
            }
            #expect(try told(id) == "millrace \(id)")
        }
        let error = #expect(throws: PostgresError.self) {
            try StatementOrigin.$requestID.withValue(String(id.reversed())) { try database.readOne(Self.fails) }
        }
        #expect(error?.sqlState == "22012")
        #expect(error?.statement == "test_fails")
        #expect(try told(nil) == "millrace")
    }

    @Test("many requests at once each have their own")
    func many() throws {
        let wide = Database(dsn: database.dsn, size: 4)
        let ids = (0..<16).map { String(repeating: String($0, radix: 16), count: 32) }
        atOnce(16) { index in
            for _ in 0..<50 {
                let found = try? StatementOrigin.$requestID.withValue(ids[index]) {
                    try wide.readOne(Self.name).text(0)
                }
                #expect(found == "millrace \(ids[index])")
            }
        }
    }
}
