import Domain
import Foundation
import TestSupport
import Testing

@testable import Postgres

@Suite("Runs of concurrency groups")
struct RunGroupsTests {
    private let database: Database
    private let runs: RunStore
    private let waits: WaitQueries

    init() throws {
        let dsn = try PrivatePostgres.migratedDatabase()
        try Connection(dsn: dsn).script(
            "insert into account (name) values ('ann'); insert into repository (owner_id, name) values (1, 'a'), (1, 'b');"
        )
        database = Database(dsn: dsn, size: 4)
        runs = RunStore(database: database, settings: .init(base: "http://localhost"))
        waits = WaitQueries(database: database)
    }

    private func plan(
        _ group: String? = "deploy", cancels: Bool = false, in repository: Int64 = 1, jobs: Int = 1
    ) throws -> RunID {
        let reserved = try runs.reserve(1, in: RepositoryID(repository))[0]
        var run = PlannedRun(
            workflowID: "ci.yml", workflowPath: "ci.yml", title: "t", event: "push", ref: "r", sha: "1", payload: "{}",
            problem: "",
            jobs: (0..<jobs).map { number in
                PlannedJob(
                    key: "j\(number)", name: "j", needs: [], runsOn: ["linux"], condition: nil, continueOnError: false,
                    hasOutputs: false, timeoutSeconds: nil, stepNames: ["s"], payload: "{}")
            })
        run.group = group.map { PlannedGroup(name: $0, cancelsInProgress: cancels) }
        let made = try database.transaction { try runs.plan(run, as: reserved, inbox: nil, actor: nil, in: $0) }
        return try #require(made)
    }

    private static let status = Statement("test_status", "select status from run where id = $1")
    private func status(_ run: RunID) throws -> Status { try database.readOne(Self.status, .int(run.number)).status(0) }
    private static let groupOf = Statement("test_group", "select coalesce(group_id, 0) from run where id = $1")
    private func group(_ run: RunID) throws -> GroupID {
        GroupID(try database.readOne(Self.groupOf, .int(run.number)).int(0))
    }
    private static let jobOf = Statement("test_job", "select id from job where run_id = $1 order by id desc limit 1")
    private func job(_ run: RunID) throws -> JobID { JobID(try database.readOne(Self.jobOf, .int(run.number)).int(0)) }
    private func end(_ run: RunID) throws { try runs.apply(.forceCancelRequested, to: run) }

    @Test("one runs, one waits: the newest, the one between is cancelled; the end of the first lets the last in")
    func turns() throws {
        let first = try plan()
        let second = try plan()
        #expect(try status(first) == .waiting)
        #expect(try status(second) == .blocked)
        #expect(try runs.wake(group(first)) == 0)
        let third = try plan()
        #expect(try runs.wake(group(first)) == 1)
        #expect(try [first, second, third].map(status) == [.waiting, .cancelled, .blocked])
        try end(first)
        #expect(try status(third) == .blocked)
        #expect(try runs.wake(group(first)) == 1)
        #expect(try status(third) == .waiting)
        #expect(try runs.wake(group(first)) == 0)
    }

    @Test("cancel-in-progress ends the holder, and the newcomer starts")
    func cancelInProgress() throws {
        let first = try plan()
        let second = try plan(cancels: true)
        #expect(try runs.wake(group(first)) == 2)
        #expect(try [first, second].map(status) == [.cancelled, .waiting])
    }

    @Test("groups are a repository's own; a run without one waits for nobody")
    func scope() throws {
        let all = try [plan(), plan("docs"), plan(in: 2), plan(nil), plan(nil)]
        #expect(try all.map(status) == Array(repeating: .waiting, count: 5))
    }

    @Test("a run without jobs fails, and takes no turn")
    func noJobs() throws {
        let broken = try plan(jobs: 0)
        #expect(try status(broken) == .failure)
        #expect(try group(broken) == GroupID(0))
        #expect(try status(plan()) == .waiting)
    }

    @Test("a rerun comes last, and is not cancelled for what the attempt before it was")
    func rerun() throws {
        let first = try plan()
        try end(first)
        let second = try plan()
        #expect(try status(second) == .waiting)
        _ = try runs.rerun(first, .all, by: nil)
        #expect(try status(first) == .blocked)
        #expect(try runs.wake(group(first)) == 0)
        try end(second)
        #expect(try runs.wake(group(first)) == 1)
        #expect(try status(first) == .waiting)
    }

    @Test("the sweep finds what nobody was told of, and repairs no run that waits for its turn")
    func sweep() throws {
        let first = try plan()
        let second = try plan()
        try Connection(dsn: database.dsn).script("update run set created_at = '2020-01-01'")
        #expect(try runs.repair() == [])
        #expect(try runs.wakeGroups() == 0)
        try end(first)
        #expect(try runs.wakeGroups() == 1)
        #expect(try status(second) == .waiting)
    }

    @Test(
        "a run waits for its group as long as it takes: its jobs are not abandoned, once let in they are as any others")
    func abandoned() throws {
        let first = try plan()
        let second = try plan()
        let limits = RecoveryLimits()
        func grow() throws {
            try Connection(dsn: database.dsn).script(
                "update job set queued_at = now() - interval '9 days', changed_at = now() - interval '9 days' where status = 7"
            )
        }
        try grow()
        #expect(try runs.cancelAbandoned(limits: limits) == [])
        #expect(try [first, second].map(status) == [.waiting, .blocked])
        // As if the event that lets its job go had been lost.
        try Connection(dsn: database.dsn).script("update run set held_attempt = latest_attempt where id = \(second)")
        #expect(try runs.cancelAbandoned(limits: limits) == [job(second)])
    }

    @Test("millrace verify tells of a group that two hold, and of a run that began before its turn")
    func verified() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let sql = try String(
            contentsOf: root.appendingPathComponent("sql/checks/i10_one_run_holds_a_group.sql"), encoding: .utf8)
        func findings() throws -> [String] {
            try Verification(database: database).run(InvariantCheck(name: "i10", sql: sql)).findings
        }
        _ = try plan()
        let second = try plan()
        #expect(try findings() == [])
        let broken = try Connection(dsn: database.dsn)
        try broken.script("update job set status = 5, queued_at = now() where run_id = \(second)")
        #expect(
            try findings() == ["run \(second) waits for its concurrency group and its job \(job(second)) is 5"])
        try broken.script("update run set held_attempt = 1")
        #expect(try findings() == ["concurrency group \(group(second)) is held by 2 runs and jobs"])
    }

    @Test("why names the group and the run that holds it")
    func why() throws {
        let first = try plan()
        let second = try plan()
        let reason = try waits.why(job: job(second), in: RepositoryID(1))
        #expect(reason?.kind == .group)
        #expect(reason?.words.contains("\"deploy\" and waits for run #1") == true)
        #expect(try waits.why(job: job(first), in: RepositoryID(1))?.kind == .scope)
    }

    /// What was sent until now: notifications come in the order of the commits.
    private func heard(_ listening: Connection) throws -> [String] {
        try Connection(dsn: database.dsn).script("notify \(RunStore.groupChannel), 'that is all'")
        var heard: [String] = []
        for _ in 0..<300 where heard.last != "that is all" {
            heard += try listening.notifications(waitMilliseconds: 100).map(\.payload)
        }
        #expect(heard.last == "that is all")
        return heard.dropLast()
    }

    @Test("an end and a newcomer are told of to whoever listens")
    func told() throws {
        let listening = try Connection(dsn: database.dsn)
        try listening.script("listen \(RunStore.groupChannel)")
        let first = try plan()
        let group = try group(first)
        #expect(try heard(listening) == [])
        _ = try plan()
        #expect(try heard(listening) == ["\(group)"])
        try end(first)
        #expect(try heard(listening) == ["\(group)"])
    }

    @Test("many newcomers at once: one holds, one waits, the others are cancelled")
    func crowd() async throws {
        let group = try group(plan())
        let made = try await withThrowingTaskGroup(of: RunID.self) { tasks in
            for _ in 0..<8 { tasks.addTask { try plan() } }
            return try await tasks.reduce(into: []) { $0.append($1) }
        }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<3 { tasks.addTask { try runs.wake(group) } }
            try await tasks.waitForAll()
        }
        let statuses = try made.map(status)
        #expect(statuses.count { $0 == .cancelled } == 7)
        #expect(statuses.count { $0 == .blocked } == 1)
    }
}
