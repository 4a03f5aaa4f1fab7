import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Jobs at their environments")
struct DeploymentStoreTests {
    private let database: Database
    private let runs: RunStore
    private let waits: WaitQueries
    private let environments: EnvironmentStore
    private let deployments: DeploymentQueries

    init() throws {
        let dsn = try PrivatePostgres.migratedDatabase()
        try Connection(dsn: dsn).script(
            "insert into account (name) values ('ann'), ('bob'); insert into repository (owner_id, name) values (1, 'a');"
        )
        database = Database(dsn: dsn, size: 4)
        runs = RunStore(database: database, settings: .init(base: "http://localhost"))
        waits = WaitQueries(database: database)
        environments = EnvironmentStore(database: database)
        deployments = DeploymentQueries(database: database)
    }

    @discardableResult
    private func plan(
        _ names: String..., ref: String = "refs/heads/main", by actor: AccountID? = nil, inbox: InboxID? = nil
    )
        throws -> RunID
    {
        let reserved = try runs.reserve(1, in: RepositoryID(1))[0]
        let jobs = names.enumerated().map { number, name in
            var job = PlannedJob(
                key: "j\(number)", name: "j", needs: [], runsOn: ["linux"], condition: nil, continueOnError: false,
                hasOutputs: false, timeoutSeconds: nil, stepNames: ["s"], payload: "{}")
            job.environment = JobEnvironment(stored: #"{"name":"\#(name)","url":"u"}"#)
            return job
        }
        let run = PlannedRun(
            workflowID: "ci.yml", workflowPath: "ci.yml", title: "t", event: "push", ref: ref, sha: "1", payload: "{}",
            problem: "", jobs: jobs)
        return try #require(
            try database.transaction { try runs.plan(run, as: reserved, inbox: inbox, actor: actor, in: $0) })
    }
    private func put(
        _ name: String, wait: Int64 = 0, reviewers: [Int64] = [], preventsSelf: Bool = false, rule: Int64 = 0
    ) throws {
        _ = try environments.put(
            name, in: RepositoryID(1),
            EnvironmentEdit(
                waitMinutes: wait, preventsSelfReview: preventsSelf,
                reviewers: reviewers.map { EnvironmentEdit.ReviewerID(isTeam: false, id: $0) }, branchRule: rule))
    }
    private static let states = Statement("test_states", "select key || ' ' || status from job order by id")
    private func states() throws -> [String] { try database.read(Self.states).map { $0.text(0) } }
    private static let problem = Statement("test_problem", "select problem from job where id = $1")
    private func problem(_ job: Int64) throws -> String { try database.readOne(Self.problem, .int(job)).text(0) }
    private func review(_ run: RunID, _ state: ReviewState = .approved, by account: Int64 = 2) throws
        -> [PendingReview]?
    {
        let ids = try deployments.pending(of: run, seenBy: nil).map(\.environment)
        return try runs.review(
            run,
            DeploymentReview(
                environments: ids.isEmpty ? [EnvironmentID(1)] : ids, state: state, comment: "c",
                reviewer: AccountID(account), reviewerName: "bob"))
    }
    private func why(_ job: Int64) throws -> Reason? { try waits.why(job: JobID(job), in: RepositoryID(1)) }

    @Test("one that nobody knows is made, without rules; an empty name is none")
    func unknown() throws {
        try plan("Staging", "", "staging")
        #expect(try states() == ["j0 5", "j1 5", "j2 5"])
        #expect(try environments.list(of: RepositoryID(1), ListPart(limit: 9)).map(\.name) == ["Staging"])
    }

    @Test("a review lets a job start, once; whoever is no reviewer changes nothing")
    func approve() throws {
        try put("prod", reviewers: [2])
        let run = try plan("prod", "free")
        #expect(try states() == ["j0 7", "j1 5"])
        #expect(
            try why(1)
                == Reason(.environment, "waiting for bob to approve it for the environment \"prod\""))
        let pending = try deployments.pending(of: run, seenBy: AccountID(2))
        #expect(pending.map(\.name) == ["prod"] && pending.map(\.mayReview) == [true])
        #expect(try deployments.pending(of: run, seenBy: AccountID(1)).map(\.mayReview) == [false])
        #expect(throws: ReviewRefusal.noReviewer(environment: "prod")) { try review(run, by: 1) }
        #expect(try review(run)?.map(\.job) == [JobID(1)])
        #expect(try states() == ["j0 5", "j1 5"])
        #expect(throws: ReviewRefusal.nothingWaits) { try review(run) }
        #expect(try deployments.pending(of: run, seenBy: nil).isEmpty)
        #expect(try review(RunID(99)) == nil)
    }

    @Test("a rejection fails the job with who rejected it; a rerun asks again")
    func reject() throws {
        try put("prod", reviewers: [2])
        let run = try plan("prod")
        _ = try review(run, .rejected)
        #expect(try states() == ["j0 2"])
        #expect(try problem(1) == "bob rejected it for the environment \"prod\": c")
        _ = try runs.rerun(run, .failed, by: nil)
        #expect(try states() == ["j0 2", "j0 7"])
        _ = try review(run)
        #expect(try states() == ["j0 2", "j0 5"])
    }

    @Test("who started a run may not approve it where the environment says so")
    func selfReview() throws {
        try put("prod", reviewers: [1, 2], preventsSelf: true)
        let run = try plan("prod", by: AccountID(1))
        #expect(throws: ReviewRefusal.ownRun(environment: "prod")) { try review(run, by: 1) }
        #expect(try deployments.pending(of: run, seenBy: AccountID(1)).map(\.mayReview) == [false])
        #expect(try review(run, by: 2)?.count == 1)
    }

    private func inbox(_ columns: String, _ values: String) throws -> InboxID {
        try Connection(dsn: database.dsn).script(
            "insert into inbox (repository_id, event, \(columns)) values (1, '{}', \(values))")
        return InboxID(try database.readOne(Statement("test_inbox", "select max(id) from inbox")).int(0))
    }

    @Test("what a job's token or a run's end starts counts as started by whoever started that")
    func startedByJobs() throws {
        try put("prod", reviewers: [1, 2], preventsSelf: true)
        let first = try plan("", by: AccountID(1))
        try Connection(dsn: database.dsn).script(
            "insert into task (job_id, status, token_hash) select id, 6, sha256('x') from job where run_id = \(first)")
        let dispatch = try inbox("kind, task_id", "'workflow_dispatch', (select max(id) from task)")
        let second = try plan("prod", inbox: dispatch)
        let ended = try inbox("kind", "'workflow_run'")
        try Connection(dsn: database.dsn).script(
            "update inbox set event = '{\"workflow_run\":{\"id\":\(second)}}' where id = \(ended)")
        let third = try plan("prod", inbox: ended)
        for run in [second, third] {
            #expect(throws: ReviewRefusal.ownRun(environment: "prod")) { try review(run, by: 1) }
            #expect(try deployments.pending(of: run, seenBy: AccountID(1)).map(\.mayReview) == [false])
            #expect(try deployments.pending(of: run, seenBy: AccountID(2)).map(\.mayReview) == [true])
        }
        #expect(try review(third, by: 2)?.count == 1)
        // Nobody knows any more: it may be anybody.
        try Connection(dsn: database.dsn).script("delete from inbox")
        #expect(throws: ReviewRefusal.unknownStarter(environment: "prod")) { try review(second, by: 2) }
        #expect(try deployments.pending(of: second, seenBy: AccountID(2)).map(\.mayReview) == [false])
    }

    @Test("the wait timer holds a job back until it has run out, and the sweep starts it, once")
    func timer() throws {
        try put("slow", wait: 10)
        try plan("slow")
        #expect(try states() == ["j0 7"])
        #expect(try why(1)?.kind == .timer)
        #expect(try why(1)?.words.contains("waiting for the environment \"slow\" until 20") == true)
        try runs.openGates()
        try Connection(dsn: database.dsn).script(
            "update run set created_at = '2020-01-01'; update job set changed_at = now() - interval '9 days'")
        #expect(try runs.repair() == [] && runs.cancelAbandoned(limits: RecoveryLimits()) == [])
        #expect(try states() == ["j0 7"])
        try Connection(dsn: database.dsn).script(
            "update deployment set wait_until = now() - interval '1 s', due_at = now() - interval '1 s'")
        try runs.openGates()
        #expect(try states() == ["j0 5"])
        let due = Statement("test_due", "select count(*) from deployment where due_at is not null")
        #expect(try database.readOne(due).int(0) == 0)
    }

    @Test("a branch that may not use it fails the job with words")
    func branches() throws {
        try put("prod", rule: 2)
        let id = try #require(try environments.environment("prod", in: RepositoryID(1))).id
        _ = try environments.add(BranchPolicy(pattern: "main", kind: .branch), to: id)
        try plan("prod", ref: "refs/heads/topic")
        try plan("prod")
        #expect(try states() == ["j0 2", "j0 5"])
        #expect(try problem(1).hasPrefix("\"topic\" may not use the environment \"prod\""))
    }

    @Test("jobs that wait for an environment which is removed fail; those of the limit too")
    func removed() throws {
        try put("prod", reviewers: [2])
        try plan("prod")
        #expect(try environments.remove("Prod", in: RepositoryID(1)))
        try runs.openGates()
        #expect(try states() == ["j0 2"])
        #expect(try problem(1).contains("was removed while the job waited"))
        try Connection(dsn: database.dsn).script(
            "insert into environment (repository_id, name, key) select 1, 'e' || n, 'E' || n from generate_series(1, 100) n"
        )
        try plan("another")
        #expect(try problem(2).contains("has 100 environments"))
    }

    @Test("an environment removed while the sweep looks at its job is not forgotten")
    func removedMeanwhile() throws {
        try put("prod", wait: 1, reviewers: [2])
        let run = try plan("prod")
        try Connection(dsn: database.dsn).script("update deployment set due_at = now() - interval '1 s'")
        let due = try #require(try DeploymentStore.due(in: database).first)
        try runs.apply(.woken, to: run)
        #expect(try environments.remove("prod", in: RepositoryID(1)))
        try DeploymentStore.settle(due, in: database)
        try runs.openGates()
        #expect(try states() == ["j0 2"])
    }

    @Test("many reviews at once: one decides")
    func together() async throws {
        try put("prod", reviewers: [2])
        let run = try plan("prod")
        let counts = try await withThrowingTaskGroup(of: Int.self) { tasks in
            for number in 0..<4 {
                tasks.addTask {
                    do {
                        return try review(run, number % 2 == 0 ? .approved : .rejected)?.count ?? 0
                    } catch is ReviewRefusal {
                        return 0
                    }
                }
            }
            return try await tasks.reduce(0, +)
        }
        #expect(counts == 1)
        let kinds = Statement("test_kinds", "select count(*) from event where kind like 'deployment%'")
        #expect(try database.readOne(kinds).int(0) == 1)
    }

    @Test("a cancel ends what waits; a review then finds nothing")
    func cancel() throws {
        try put("prod", reviewers: [2])
        let run = try plan("prod")
        try runs.apply(.cancelRequested, to: run)
        #expect(try states() == ["j0 3"])
        #expect(throws: ReviewRefusal.nothingWaits) { try review(run) }
    }
}
