import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Instances")
struct InstanceStoreTests {
    private let database: Database
    private let instances: InstanceStore

    init() throws {
        database = Database(dsn: try PrivatePostgres.migratedDatabase(), size: 2)
        instances = InstanceStore(database: database)
    }

    @Test("tell of themselves, and the last word counts")
    func told() throws {
        let began = Instant(microseconds: 1_700_000_000_000_000)
        try instances.tell("b", startedAt: began, sweeps: [])
        try instances.tell("a", startedAt: began, sweeps: [("logs", ""), ("runs", "it \"broke\", {twice}")])
        try instances.tell("b", startedAt: began.adding(seconds: 5), sweeps: [("logs", "")])
        let found = try instances.instances()
        #expect(found.map(\.name) == ["a", "b"])
        #expect(found[0].sweeps.map(\.problem) == ["", "it \"broke\", {twice}"])
        #expect(found[1].startedAt == began.adding(seconds: 5) && found[1].sweeps.map(\.name) == ["logs"])
    }

    @Test("count what there is")
    func counts() throws {
        let accounts = AccountStore(database: database)
        let before = try instances.counts(onlineSeconds: 60)
        let ann = try accounts.create(name: "ann", email: "", password: nil).id
        _ = try accounts.create(name: "bob", email: "", password: nil)
        var edit = AccountEdit()
        edit.isActive = false
        _ = try accounts.edit(ann, edit)
        let after = try instances.counts(onlineSeconds: 60)
        #expect(after.people == before.people + 2 && after.disabled == before.disabled + 1)
        #expect(after.repositories == before.repositories && after.databaseBytes > 0)
        #expect(try instances.unfinishedRuns().isEmpty)
    }
}
