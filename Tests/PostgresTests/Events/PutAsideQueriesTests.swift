import Domain
import Foundation
import TestSupport
import Testing

@testable import Postgres

@Suite("What was given up and needs a person")
struct PutAsideQueriesTests {
    private let database: Database

    init() throws {
        let dsn = try PrivatePostgres.databaseWithRun(jobs: 3)
        try Connection(dsn: dsn).script("call start_jobs(1, 3, 6)")
        database = Database(dsn: dsn, size: 2)
    }
    private func counts() throws -> [Int64] {
        let counts = try PutAsideQueries(database: database).counts()
        return [counts.pushes, counts.jobs, counts.logs]
    }
    private func script(_ sql: String) throws { try Connection(dsn: database.dsn).script(sql) }

    @Test("is counted by kind, and not what only waits or failed by itself")
    func counted() throws {
        #expect(try counts() == [0, 0, 0])
        try script(
            """
            insert into inbox (repository_id, ref, before, after, state, problem)
            select 1, 'refs/heads/a', repeat('0', 40), repeat('1', 40), s, '' from unnest(array['quarantined', 'confirmed']) s;
            update job set status = 2, stopped_at = now(), problem = 'this job cannot be prepared: no payload' where id = 1;
            update job set status = 2, stopped_at = now(), problem = 'its runner was lost' where id = 2;
            update task set log_seal_due_at = 'infinity' where id = 1;
            update task set log_seal_due_at = now() where id = 2;
            update task set log_seal_due_at = 'infinity', log_sealed_at = now() where id = 3
            """)
        #expect(try counts() == [1, 1, 1])
    }

    @Test("is the same that `millrace verify` lists")
    func sameAsCheck() throws {
        try script(
            """
            insert into inbox (repository_id, ref, before, after, state, problem)
            select 1, 'refs/heads/a', repeat('0', 40), repeat('1', 40), 'quarantined', '' from generate_series(1, 2);
            update job set status = 2, stopped_at = now(), problem = 'this job cannot be prepared: no payload' where id = 1
            """)
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
        let sql = try String(contentsOf: root.appendingPathComponent("sql/checks/put_aside.sql"), encoding: .utf8)
        let listed = try Verification(database: database).run(InvariantCheck(name: "put_aside", sql: sql)).findings
        #expect(listed.count == 3)
        #expect(try counts() == [2, 1, 0])
    }
}
