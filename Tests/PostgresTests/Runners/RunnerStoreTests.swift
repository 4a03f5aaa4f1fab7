import Domain
import Foundation
import Testing

@testable import Postgres

@Suite("Ephemeral runners")
struct RunnerStoreTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../..")

    @Test("one that was given a job is working, or spent; its job back in the queue unheard of, it may have another")
    func life() throws {
        let dsn = try PrivatePostgres.database()
        let folder = Self.root.appendingPathComponent("sql/migrations")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sql") }
        try Migrations(dsn: dsn).apply(
            try names.sorted().map {
                Migration(name: $0, sql: try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8))
            }
        ) { _ in }
        let connection = try Connection(dsn: dsn)
        let fixture = Self.root.appendingPathComponent("Tests/Isolation/fixture.sql")
        try connection.script(try String(contentsOf: fixture, encoding: .utf8))
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
