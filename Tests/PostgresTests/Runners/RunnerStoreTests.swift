import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Ephemeral runners")
struct RunnerStoreTests {
    @Test("one that was given a job is working, or spent; its job back in the queue unheard of, it may have another")
    func life() throws {
        let dsn = try PrivatePostgres.migratedDatabase()
        let connection = try Connection(dsn: dsn)
        try connection.script(try PrivatePostgres.fixture())
        try connection.script("call make_run(1, 6); update runner set ephemeral = true where id = 1")
        let database = Database(dsn: dsn, size: 2)
        let runners = RunnerStore(database: database)
        let runs = RunStore(database: database, settings: .init(base: "http://localhost"))
        #expect(try runners.ephemeralState(of: RunnerID(1)) == .unspent)
        try connection.script("call start_jobs(1, 1, 6); update runner set spent_at = now() where id = 1")
        #expect(try runners.ephemeralState(of: RunnerID(1)) == .working)
        // Never heard of: given back, in the same transaction that unspends its runner.
        _ = try TaskStore(database: database, runs: runs).sweepLost(limits: RecoveryLimits())
        #expect(try runners.ephemeralState(of: RunnerID(1)) == .unspent)
        try connection.script("update runner set spent_at = now() where id = 1")
        #expect(try runners.ephemeralState(of: RunnerID(1)) == .spent)
        #expect(try runners.ephemeralState(of: RunnerID(99)) == .spent)
    }
}
