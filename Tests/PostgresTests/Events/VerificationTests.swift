import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Verification of what is stored")
struct VerificationTests {
    private let database: Database
    private let verification: Verification

    init() throws {
        let dsn = try PrivatePostgres.databaseWithRun(jobs: 2)
        try Connection(dsn: dsn).script(
            """
            insert into event (run_id, kind, status) values (1, 'run_status', 5);
            insert into event (run_id, job_id, kind, status)
            select 1, n, 'job_status', s from generate_series(1, 2) n, unnest(array[7, 5]) s order by n, s desc
            """)
        database = Database(dsn: dsn, size: 2)
        verification = Verification(database: database)
    }
    private func script(_ sql: String) throws { try Connection(dsn: database.dsn).script(sql) }
    private func findings() throws -> [String] { try verification.replay { _ in }.findings }

    @Test("a run whose events lead to its rows has no finding, and is counted")
    func sound() throws {
        let counts = Seen<Int>()
        #expect(try verification.replay { counts.add($0) }.findings == [])
        #expect(counts.all == [1])
    }

    @Test("a row that no event led to is told")
    func moved() throws {
        try script("call start_jobs(2, 2, 6)")
        let found = try findings()
        #expect(found.contains { $0.contains("job 2") }, "\(found)")
        #expect(found.contains { $0.hasPrefix("run 1 is waiting, its jobs make it running") }, "\(found)")
    }

    @Test("a move that is not allowed is told")
    func forbidden() throws {
        try script(
            """
            insert into event (run_id, job_id, kind, status) values (1, 1, 'job_status', 1), (1, 1, 'job_status', 5)
            """)
        #expect(try findings().contains { $0.hasPrefix("run 1: ") && $0.contains("job 1") })
    }

    @Test("a run from before events had a status is passed over")
    func old() throws {
        try script("delete from event; call start_jobs(1, 2, 6)")
        #expect(try findings() == [])
    }

    @Test("a check's rows are its findings, the first hundred")
    func checks() throws {
        let many = InvariantCheck(name: "many", sql: "select 'row ' || n from generate_series(1, 300) n order by n")
        let result = try verification.run(many)
        #expect(result.name == "many")
        #expect(result.findings.count == Verification.findingsMax)
        #expect(result.findings.first == "row 1")
        #expect(try verification.run(InvariantCheck(name: "none", sql: "select 'x' where false")).findings == [])
    }

    @Test("a check cannot write")
    func readOnly() throws {
        let error = #expect(throws: PostgresError.self) {
            try verification.run(InvariantCheck(name: "writes", sql: "delete from event returning kind"))
        }
        #expect(error?.sqlState == "25006")
    }
}
