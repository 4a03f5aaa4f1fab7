import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("A18: rows read by type")
struct RowDecodingTests {
    private let database: Database
    init() throws { database = Database(dsn: try PrivatePostgres.database(), size: 1) }

    private func row(_ sql: String, _ name: String = #function) throws -> Row {
        try database.readOne(Statement("decode_\(name.hashValue.magnitude)_\(sql.hashValue.magnitude)", sql))
    }

    @Test("every kind, in order")
    func kinds() throws {
        let row = try row(
            """
            select 1::int2, 2::int4, 3::int8, 'text', true, '\\x00ff'::bytea, array['a', 'b'], array[4::int8], null::text,
                   timestamptz '1970-01-01 00:00:01+00', 6::int2
            """)
        let read = try row.decode(
            (Int64, Int64, JobID, String, Bool, [UInt8], [String], [Int64], String?, Instant, Status).self)
        #expect(read.0 == 1 && read.1 == 2 && read.2 == JobID(3) && read.3 == "text" && read.4)
        #expect(read.5 == [0, 255] && read.6 == ["a", "b"] && read.7 == [4] && read.8 == nil)
        #expect(read.9 == Instant(microseconds: 1_000_000) && read.10 == .running)
    }

    @Test("another type, a null, an unknown status and a column too many are errors that name the column")
    func problems() throws {
        let row = try row("select 'text', null::int8, 99::int2")
        #expect(throws: ColumnProblem(description: "column 0 has type 25, which is no Int64")) {
            try row.decode((Int64, Int64).self)
        }
        #expect(throws: ColumnProblem(description: "column 1 is null; expected RunID")) {
            try row.decode((String, RunID).self)
        }
        #expect(throws: ColumnProblem(description: "column 2 has the unknown status 99")) { try row.status(2) }
        #expect(throws: ColumnProblem(description: "a row of 3 columns has no column 3")) {
            try row.decode((Int64?, Int64?).self, from: 2)
        }
    }

    @Test("a statement that gave no row says its name")
    func none() throws {
        let nothing = Statement("gives_nothing", "select 1 where false")
        #expect(throws: NoRow(statement: "gives_nothing")) { try database.readOne(nothing) }
        #expect(throws: NoRow(statement: "gives_nothing")) { try database.transaction { try $0.one(nothing) } }
        #expect("\(NoRow(statement: "gives_nothing"))" == "query gives_nothing gave no row")
    }
}
