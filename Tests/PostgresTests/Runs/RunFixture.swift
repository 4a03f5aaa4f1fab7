import Domain
import TestSupport

@testable import Postgres

/// A repository of ann's in which runs are planned, and runners that take their jobs.
struct RunFixture {
    static let ann = AccountID(1)
    static let repository = RepositoryID(1)

    let database: Database
    let runs: RunStore
    let tasks: TaskStore
    let queries: RunQueries
    let claims: TaskClaims
    private let tokens = Seen<Void>()

    init() throws {
        let dsn = try PrivatePostgres.migratedDatabase()
        try Connection(dsn: dsn).script(
            "insert into account (name) values ('ann'); insert into repository (owner_id, name) values (1, 'app')")
        database = Database(dsn: dsn, size: 8)
        runs = RunStore(database: database, settings: .init(base: "http://localhost"))
        tasks = TaskStore(database: database, runs: runs)
        queries = RunQueries(database: database)
        let tokens = tokens
        claims = TaskClaims(database: database) {
            tokens.add(())
            let number = tokens.all.count
            return ("token\(number)", Array(repeating: UInt8(truncatingIfNeeded: number), count: 32))
        }
    }

    func script(_ sql: String) throws { try Connection(dsn: database.dsn).script(sql) }
    /// One text, by a query of the test's own.
    func text(_ sql: String) throws -> String {
        try database.readOne(Statement("text_\(sql.hashValue)", sql)).text(0)
    }

    static func job(
        _ key: String, needs: [String] = [], runsOn: [String] = ["x"], condition: String? = nil,
        hasOutputs: Bool = false, timeout: Int64? = nil, mayIdentify: Bool = false, steps: [String] = ["one", "two"]
    ) -> PlannedJob {
        PlannedJob(
            key: key, name: "job \(key)", needs: needs, runsOn: runsOn, condition: condition, continueOnError: false,
            hasOutputs: hasOutputs, timeoutSeconds: timeout, mayIdentify: mayIdentify,
            permissions: TokenPermissions(contents: .read), stepNames: steps, definition: nil,
            payload: #"{"jobs":{"\#(key)":{"steps":[{"run":"x"},{"run":"y"}]}}}"#)
    }

    @discardableResult
    func plan(
        _ jobs: [PlannedJob], event: String = "push", ref: String = "refs/heads/main", sha: String = "a",
        title: String = "t", by actor: AccountID? = Self.ann, in repository: RepositoryID = Self.repository,
        needsApproval: Bool = false
    ) throws -> RunID {
        var planned = PlannedRun(
            workflowID: "ci.yml", workflowPath: ".gitea/workflows/ci.yml", title: title, event: event, ref: ref,
            sha: String(repeating: sha, count: 40), payload: #"{"ref":"\#(ref)"}"#, problem: "", jobs: jobs)
        planned.needsApproval = needsApproval
        guard let reserved = try runs.reserve(1, in: repository).first,
            let run = try database.transaction({
                try runs.plan(planned, as: reserved, inbox: nil, actor: actor, in: $0)
            })
        else { throw Missing() }
        return run
    }
    struct Missing: Error {}

    func runner(
        _ name: String, labels: [String] = ["x"], ephemeral: Bool = false, scope: RunnerScope = .everything,
        canCancel: Bool = false
    ) throws -> Runner {
        let runner = try RunnerStore(database: database).register(
            name: name, version: "1", labels: labels, capabilities: canCancel ? ["cancelling"] : [],
            ephemeral: ephemeral, tokenHash: Array(repeating: 1, count: 32), scope: scope)
        guard let runner else { throw Missing() }
        return runner
    }

    func labelSets() throws -> [Int64] { try RunnerStore(database: database).labelSets(.all).map(\.id) }

    /// What the runner is given now.
    func claim(_ runner: Runner, capacity: Int = 1, key: String? = nil, handle: String? = nil) throws -> [Claimed] {
        let request = ClaimRequest(
            runner: runner, labelSets: try labelSets(), capacity: capacity, handle: handle, requestKey: key)
        if case .claimed(let claimed) = try claims.claim(request) { return claimed }
        return []
    }

    /// Status of each job of the run's latest attempt, by key.
    func statuses(of run: RunID) throws -> [String: Status] {
        guard let view = try queries.run(run, in: Self.repository) else { return [:] }
        return Dictionary(uniqueKeysWithValues: try queries.jobs(of: view).map { ($0.key, $0.status) })
    }
    func jobs(of run: RunID) throws -> [String: JobID] {
        guard let view = try queries.run(run, in: Self.repository) else { return [:] }
        return Dictionary(uniqueKeysWithValues: try queries.jobs(of: view).map { ($0.key, $0.id) })
    }

    @discardableResult
    func report(
        _ task: TaskID, by runner: Runner, _ conclusion: Conclusion? = nil, steps: [ReportedStep] = [],
        outputs: [(name: String, value: String)] = []
    ) throws -> ReportAnswer {
        try tasks.report(task, by: runner, conclusion: conclusion, steps: steps, outputs: outputs)
    }
}
