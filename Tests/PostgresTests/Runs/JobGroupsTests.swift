import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Jobs of concurrency groups")
struct JobGroupsTests {
    private let database: Database
    private let runs: RunStore
    private let waits: WaitQueries

    init() throws {
        let dsn = try PrivatePostgres.migratedDatabase()
        try Connection(dsn: dsn).script(
            "insert into account (name) values ('ann'); insert into repository (owner_id, name) values (1, 'a');")
        database = Database(dsn: dsn, size: 4)
        runs = RunStore(database: database, settings: .init(base: "http://localhost"))
        waits = WaitQueries(database: database)
    }

    private func job(
        _ key: String = "j", group: String? = nil, cancels: Bool = false, queue: String = "", needs: [String] = [],
        max: Int64? = nil, condition: String? = nil
    ) throws -> PlannedJob {
        var job = PlannedJob(
            key: key, name: "\(key)!", needs: needs, runsOn: ["linux"], condition: condition, continueOnError: false,
            hasOutputs: false, timeoutSeconds: nil, stepNames: ["s"], payload: "{}")
        job.strategy.maxParallel = max
        job.concurrency = try group.map { name in
            let text =
                #"{"group":"\#(name)","cancels":"\#(cancels)","queue":"\#(queue)","matrix":null,"strategy":null}"#
            return try #require(JobConcurrency(stored: text))
        }
        return job
    }

    @discardableResult
    private func plan(_ jobs: [PlannedJob], group: String? = nil, needsApproval: Bool = false) throws -> RunID {
        let reserved = try runs.reserve(1, in: RepositoryID(1))[0]
        var run = PlannedRun(
            workflowID: "ci.yml", workflowPath: "ci.yml", title: "t", event: "push", ref: "r", sha: "1", payload: "{}",
            problem: "", jobs: jobs)
        run.group = group.map { PlannedGroup(name: $0, cancelsInProgress: false) }
        run.needsApproval = needsApproval
        return try #require(
            try database.transaction { try runs.plan(run, as: reserved, inbox: nil, actor: nil, in: $0) })
    }

    private static let states = Statement(
        "test_states",
        "select r.number || ' ' || j.key || ' ' || j.status from job j join run r on r.id = j.run_id order by j.id")
    /// "1 j 5": the run's number, the job's key and status.
    private func states() throws -> [String] { try database.read(Self.states).map { $0.text(0) } }
    private static let problem = Statement("test_problem", "select problem from job where id = $1")
    private func problem(_ job: Int64) throws -> String { try database.readOne(Self.problem, .int(job)).text(0) }
    private static let runProblem = Statement("test_run_problem", "select problem from run where id = $1")
    private func problem(_ run: RunID) throws -> String {
        try database.readOne(Self.runProblem, .int(run.number)).text(0)
    }
    private func end(_ job: Int64, of run: RunID) throws {
        try runs.apply(.job(JobID(job), .forceCancelRequested), to: run)
    }

    @Test("one runs, one waits; the end of one lets the next in; whoever is passed says for whom")
    func turns() throws {
        let first = try plan([job(group: "deploy"), job("other")])
        #expect(try states() == ["1 j 7", "1 other 5"])
        #expect(try runs.enterGroup(JobID(1)) == 1)
        #expect(try states() == ["1 j 5", "1 other 5"])
        let second = try plan([job(group: "Deploy")])
        #expect(try runs.enterGroup(JobID(3)) == 0)
        try plan([job(group: "DEPLOY")])
        #expect(try runs.enterGroup(JobID(4)) == 1)
        #expect(try states() == ["1 j 5", "1 other 5", "2 j 3", "3 j 7"])
        #expect(try problem(3) == "superseded by job \"j!\" of run #3 in concurrency group \"deploy\"")
        try end(1, of: first)
        #expect(try runs.wakeGroups() == 1)
        #expect(try states() == ["1 j 3", "1 other 5", "2 j 3", "3 j 5"])
        #expect(try problem(second) == "")
    }

    @Test("cancel-in-progress cancels the job that holds the group, and not its run")
    func cancels() throws {
        try plan([job(group: "g"), job("k", needs: ["j"], condition: "always()")])
        try runs.enterGroup(JobID(1))
        try plan([job(group: "g", cancels: true)])
        #expect(try runs.enterGroup(JobID(3)) == 2)
        #expect(try states() == ["1 j 3", "1 k 5", "2 j 5"])
    }

    @Test("queue: max keeps all who wait, in order")
    func queues() throws {
        let made = try (1...4).map { _ in try plan([job(group: "g", queue: "max")]) }
        for job in 1...4 { try runs.enterGroup(JobID(Int64(job))) }
        #expect(try states() == ["1 j 5", "2 j 7", "3 j 7", "4 j 7"])
        for number in 0..<3 {
            try end(Int64(number + 1), of: made[number])
            #expect(try runs.wakeGroups() == 1)
            #expect(try states()[number + 1] == "\(number + 2) j 5")
        }
    }

    @Test("runs and jobs share the names: a run waits for a job, and a job for a run")
    func shared() throws {
        let first = try plan([job(group: "g")])
        try runs.enterGroup(JobID(1))
        let second = try plan([job("r")], group: "G")
        #expect(try states() == ["1 j 5", "2 r 7"])
        #expect(
            try waits.why(job: JobID(2), in: RepositoryID(1))?.words
                == "its run is in the concurrency group \"g\" and waits for job \"j!\" of run #1, which holds it, to end"
        )
        try end(1, of: first)
        #expect(try runs.wakeGroups() == 1)
        #expect(try states() == ["1 j 3", "2 r 5"])
        try plan([job(group: "g")])
        try runs.enterGroup(JobID(3))
        #expect(
            try waits.why(job: JobID(3), in: RepositoryID(1))?.words
                == "it is in the concurrency group \"g\" and waits for run #2, which holds it, to end")
        // The newcomer supersedes it, and says so.
        try plan([job("r")], group: "g")
        #expect(try runs.wakeGroups() == 1)
        #expect(try problem(3) == "superseded by run #4 in concurrency group \"g\"")
        try runs.apply(.forceCancelRequested, to: second)
        #expect(try runs.wakeGroups() == 1)
        #expect(try states() == ["1 j 3", "2 r 3", "3 j 3", "4 r 5"])
    }

    @Test("a job of its own run's group fails with words, instead of waiting for itself")
    func deadlock() throws {
        try plan([job(group: "Deploy")], group: "deploy")
        #expect(try states() == ["1 j 2"])
        #expect(try problem(1).contains("is that of its own run"))
    }

    @Test("a rerun asks anew; the jobs of the attempt before leave their group")
    func rerun() throws {
        let run = try plan([job(group: "g")])
        try runs.enterGroup(JobID(1))
        try end(1, of: run)
        _ = try runs.rerun(run, .all, by: nil)
        #expect(try states() == ["1 j 3", "1 j 7"])
        #expect(try runs.wakeGroups() == 1)
        #expect(try states() == ["1 j 3", "1 j 5"])
    }

    @Test("the sweep finds wishes that nobody heard of; neither it nor others repair or abandon what waits for a group")
    func sweep() throws {
        let first = try plan([job(group: "g")])
        try plan([job(group: "g", max: 1), job(group: "g", max: 1)])
        try Connection(dsn: database.dsn).script(
            "update run set created_at = '2020-01-01'; update job set changed_at = now() - interval '9 days' where status = 7"
        )
        #expect(try runs.repair() == [])
        #expect(try runs.cancelAbandoned(limits: RecoveryLimits()) == [])
        #expect(try runs.wakeGroups() == 1)
        #expect(try states() == ["1 j 5", "2 j 7", "2 j 7"])
        #expect(try runs.repair() == [])
        #expect(
            try waits.why(job: JobID(3), in: RepositoryID(1))?.words
                == "\"max-parallel\" of its matrix is 1, and 1 leg is at work: \"j!\"; it starts when one ends")
        try end(1, of: first)
        #expect(try runs.wakeGroups() == 1)
        #expect(try states() == ["1 j 3", "2 j 5", "2 j 7"])
    }

    @Test("a run that awaits its approval takes no turn; approved, it comes last; a rerun of it waits again")
    func approval() throws {
        let awaiting = try plan([job("r")], group: "g", needsApproval: true)
        let second = try plan([job("r")], group: "g")
        #expect(try states() == ["1 r 7", "2 r 5"])
        #expect(try runs.wakeGroups() == 0)
        #expect(try runs.approve(awaiting, by: nil))
        #expect(try states() == ["1 r 7", "2 r 5"])
        try runs.apply(.forceCancelRequested, to: second)
        #expect(try runs.wakeGroups() == 1)
        #expect(try states() == ["1 r 5", "2 r 3"])
        let other = try plan([job("r")], group: "h", needsApproval: true)
        try runs.apply(.forceCancelRequested, to: other)
        _ = try runs.rerun(other, .all, by: nil)
        #expect(try plan([job("r")], group: "h") == RunID(4))
        #expect(try states().suffix(2) == ["3 r 7", "4 r 5"])
    }

    @Test("a superseded run keeps the reason, and a rerun forgets it")
    func superseded() throws {
        let first = try plan([job("r")], group: "g")
        let second = try plan([job("r")], group: "g")
        let third = try plan([job("r")], group: "G")
        #expect(try runs.wakeGroups() == 1)
        #expect(try problem(second) == "superseded by run #3 in concurrency group \"g\"")
        #expect(try problem(2) == "superseded by run #3 in concurrency group \"g\"")
        #expect(try problem(first) == "" && problem(third) == "")
        _ = try runs.rerun(second, .all, by: nil)
        #expect(try problem(second) == "")
    }

    @Test("many newcomers at once: one holds, one waits, the others are cancelled; a group in use is not removed")
    func crowd() async throws {
        for _ in 0..<9 { try plan([job(group: "g")]) }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for job in 1...9 { tasks.addTask { try runs.enterGroup(JobID(Int64(job))) } }
            for _ in 0..<2 { tasks.addTask { try runs.wakeGroups() } }
            try await tasks.waitForAll()
        }
        try runs.wakeGroups()
        let all = try states().map { $0.suffix(1) }
        #expect(all.count { $0 == "5" } == 1 && all.count { $0 == "7" } == 1 && all.count { $0 == "3" } == 7)
        #expect(try runs.removeUnusedGroups(after: 0, limit: 10).removed == 0)
        for run in 1...9 { try runs.apply(.forceCancelRequested, to: RunID(Int64(run))) }
        #expect(try runs.removeUnusedGroups(after: 0, limit: 10).removed == 1)
    }
}
