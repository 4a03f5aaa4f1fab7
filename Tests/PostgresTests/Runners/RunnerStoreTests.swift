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

@Suite("Runners as they are stored")
struct RunnerWritingTests {
    private let database: Database
    private let runners: RunnerStore

    init() throws {
        let dsn = try PrivatePostgres.databaseWithRun(jobs: 2)
        database = Database(dsn: dsn, size: 4)
        runners = RunnerStore(database: database)
    }
    private func script(_ sql: String) throws { try Connection(dsn: database.dsn).script(sql) }
    private func runner(_ id: Int64) throws -> Runner {
        let uuid = try database.readOne(Statement("uuid_of", "select uuid from runner where id = $1"), .int(id)).uuid(0)
        return try #require(try runners.runner(uuid: uuid))
    }
    private func register(_ scope: RunnerScope = .everything, ephemeral: Bool = false) throws -> Runner {
        try #require(
            try runners.register(
                name: "r", version: "1", labels: ["a", "b"], capabilities: ["cancelling"], ephemeral: ephemeral,
                tokenHash: Array(repeating: 5, count: 32), scope: scope))
    }

    @Test("what was registered is read back, and what it declares replaces it")
    func declared() throws {
        let made = try register(.owner(AccountID(1)))
        #expect(try runners.runner(uuid: made.uuid) == made)
        #expect(made.scope == .owner(AccountID(1)) && made.labels == ["a", "b"] && made.canCancel)
        let declared = try #require(try runners.declare(made, version: "2", labels: ["c"], capabilities: []))
        #expect(declared.labels == ["c"] && declared.version == "2" && !declared.canCancel)
        #expect(try runners.runner(uuid: made.uuid) == declared)
        #expect(try runners.runner(uuid: "00000000-0000-0000-0000-000000000000") == nil)
    }

    @Test("hearing is written down once for several instances; a report always")
    func heard() throws {
        let times = Statement(
            "times", "select last_online is not null, last_active is not null from runner where id = $1")
        try runners.markHeard(online: [RunnerID(1)], active: [])
        #expect(try database.readOne(times, .int(1)).bool(0))
        #expect(try !database.readOne(times, .int(1)).bool(1))
        let online = Statement("online", "select last_online::text from runner where id = 1")
        let first = try database.readOne(online).text(0)
        try runners.markHeard(online: [RunnerID(1)], active: [])
        #expect(try database.readOne(online).text(0) == first, "another instance wrote it a moment ago")
        try runners.markHeard(online: [], active: [RunnerID(1)])
        #expect(try database.readOne(online).text(0) != first)
        #expect(try database.readOne(times, .int(1)).bool(1))
        #expect(try !database.readOne(times, .int(2)).bool(0))
    }

    @Test("a disabled runner, and an ephemeral one that had its job, is admitted to none")
    func admitted() throws {
        let (plain, ephemeral) = (try runner(1), try register(ephemeral: true))
        func isAdmitted(_ runner: Runner) throws -> Bool {
            let claimant = Claimant(
                id: runner.id, uuid: runner.uuid, scope: runner.scope, canCancel: runner.canCancel,
                isEphemeral: runner.ephemeral)
            return try database.transaction { try RunnerStore.admit(claimant, in: $0) }
        }
        #expect(try isAdmitted(plain) && isAdmitted(ephemeral))
        try database.transaction { try RunnerStore.spend(ephemeral.id, in: $0) }
        #expect(try !isAdmitted(ephemeral))
        #expect(try runners.setDisabled(true, plain.id, in: .all, by: AccountID(1)))
        #expect(try !isAdmitted(plain))
        #expect(try runners.setDisabled(false, plain.id, in: .all, by: AccountID(1)))
        #expect(try isAdmitted(plain))
    }

    @Test("is disabled and removed only where it is registered, and told each time that something changed")
    func listings() throws {
        let elsewhere = RunnerListing.exactly(.owner(AccountID(1)))
        let here = RunnerListing.exactly(.repository(RepositoryID(1)))
        let events = Statement(
            "events", "select count(*) from event where kind in ('runner_changed', 'runner_removed')")
        #expect(try !runners.setDisabled(true, RunnerID(1), in: elsewhere, by: nil))
        #expect(try !runners.remove(RunnerID(1), in: elsewhere, by: nil))
        #expect(try database.readOne(events).int(0) == 0)
        #expect(try runners.setDisabled(true, RunnerID(1), in: here, by: nil))
        #expect(try runners.setDisabled(true, RunnerID(1), in: here, by: nil), "it is so already")
        #expect(try database.readOne(events).int(0) == 1)
        #expect(try runners.remove(RunnerID(1), in: here, by: nil))
        #expect(try !runners.remove(RunnerID(1), in: here, by: nil))
        #expect(try database.readOne(events).int(0) == 2)
    }

    @Test("an operator's secret is kept, found again, and not taken by another one that begins like it")
    func preset() throws {
        let secret = try PresetRunner(secret: String(repeating: "ab", count: 20))
        func keep(_ hash: UInt8, scope: RunnerScope = .everything, labels: [String] = ["a"]) throws -> String {
            switch try runners.keepPreset(
                secret, tokenHash: Array(repeating: hash, count: 32), name: "p", labels: labels, scope: scope)
            {
            case .kept(let runner): "kept \(runner.labels.joined())"
            case .isElsewhere: "elsewhere"
            case .isTaken: "taken"
            }
        }
        #expect(try keep(1) == "kept a")
        #expect(try keep(1, labels: ["b"]) == "kept b")
        #expect(try keep(1, scope: .owner(AccountID(1))) == "elsewhere")
        #expect(try keep(2) == "taken")
    }

    @Test("spent ones go when their last word is said or its time is over, orphans after a day, no others")
    func useless() throws {
        _ = try register()  // declared by nobody, yet young
        try script(
            """
            call start_jobs(1, 2, 6);
            update runner set ephemeral = true, spent_at = now() - interval '1 hour', declared_at = now() where id = 1
            """)
        #expect(try runners.removeUseless(graceSeconds: 60) == 0, "its job runs")
        try script("update task set status = 1, stopped_at = now(), log_closed_at = null")
        #expect(try runners.removeUseless(graceSeconds: 60) == 0, "its log may still come")
        try script("update task set log_closed_at = now()")
        #expect(try runners.removeUseless(graceSeconds: 60) == 1)
        try script(
            "update runner set created_at = now() - interval '2 days', declared_at = case id when 2 then now() end")
        #expect(try runners.removeUseless(graceSeconds: 60) == 1)
        let left = Statement("left", "select coalesce(string_agg(id::text, ' ' order by id), '') from runner")
        #expect(try database.readOne(left).text(0) == "2")
    }

    @Test("label sets by what is asked for")
    func labelSets() throws {
        try script("insert into label_set (labels) values ('{a}'), ('{b,c}')")
        #expect(try runners.labelSets(.all).map(\.labels) == [["linux"], ["a"], ["b", "c"]])
        #expect(try runners.labelSets(.above(1)).map(\.id) == [2, 3])
        #expect(try runners.labelSets(.only(2)) == [LabelSet(id: 2, labels: ["a"])])
        #expect(try runners.labelSets(.only(9)) == [])
    }
}
