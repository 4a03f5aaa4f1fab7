import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Statuses of commits")
struct CommitStatusStoreTests {
    private let database: Database
    private let store: CommitStatusStore
    private static let app = RepositoryID(1)
    private static let sha = String(repeating: "a", count: 40)

    init() throws {
        let dsn = try PrivatePostgres.migratedDatabase()
        try Connection(dsn: dsn).script(
            """
            insert into account (name) values ('ann'), ('bob');
            insert into repository (owner_id, name) values (1, 'app'), (2, 'other');
            insert into label_set (labels) values ('{linux}');
            """)
        database = Database(dsn: dsn, size: 2)
        store = CommitStatusStore(database: database)
    }

    /// A run with one job for each status, in one attempt.
    private func run(
        _ workflow: String, name: String = "", event: String = "push", attempt: Int = 1, _ jobs: [(String, Status)]
    ) throws {
        let connection = try Connection(dsn: database.dsn)
        try connection.script(
            """
            insert into run (repository_id, number, workflow_id, workflow_path, title, event, ref, sha, payload, status,
                             latest_attempt, workflow_name)
            select 1, coalesce(max(number), 0) + 1, '\(workflow)', '\(workflow)', '', '\(event)', 'refs/heads/main',
                   '\(Self.sha)', '{}', 6, \(attempt), '\(name)' from run;
            insert into attempt (run_id, number, status) select max(id), \(attempt), 6 from run;
            """)
        for (position, job) in jobs.enumerated() {
            let isLive = [Status.running, .cancelling].contains(job.1)
            guard !isLive else { continue }
            try connection.script(
                """
                insert into job (run_id, attempt_id, repository_id, owner_id, key, name, position, label_set_id, payload, status,
                                 queued_at, started_at, stopped_at)
                select a.run_id, a.id, 1, 1, '\(job.0)', '\(job.0)', \(position), 1, '', \(job.1.rawValue), now(), now(),
                       now() + interval '65 seconds'
                  from attempt a order by a.id desc limit 1
                """)
        }
    }

    private func shown(_ views: [CommitStatusView]) -> [String] { views.map { "\($0.context): \($0.state.rawValue)" } }
    private var all: ListPart { ListPart(limit: 50) }

    @Test("follow the jobs of the latest attempt; the newest run of a workflow counts")
    func jobs() throws {
        try run("ci.yml", name: "CI", [("build", .failure), ("lint", .skipped)])
        #expect(try CommitState.combined(store.latestStates(of: Self.sha, in: Self.app).map(\.state)) == .failure)
        try run("ci.yml", name: "CI", [("build", .success), ("lint", .skipped)])
        try run("other.yml", name: "CI", [("build", .waiting)])
        try run("pages.yml", [("deploy", .success)])
        try run("ci.yml", name: "CI", event: "schedule", [("build", .failure)])
        let latest = try store.latest(of: Self.sha, in: Self.app, all)
        #expect(
            shown(latest) == [
                "pages.yml / deploy (push): success", "CI / build (push): pending", "CI / lint (push): skipped",
                "CI / build (push): success",
            ])
        #expect(latest.last?.origin == .job(JobID(3), run: RunID(2), .success, seconds: 65))
        let states = try store.latestStates(of: Self.sha, in: Self.app)
        #expect(CommitState.combined(states.map(\.state)) == .pending && states.reduce(0) { $0 + $1.count } == 4)
        // Of all, the one before as well.
        #expect(try store.count(of: Self.sha, in: Self.app, state: nil) == 6)
        #expect(try store.count(of: Self.sha, in: Self.app, state: .failure) == 1)
        try Connection(dsn: database.dsn).script(
            "update run set latest_attempt = 2 where id = 3; insert into attempt (run_id, number, status) values (3, 2, 5)"
        )
        #expect(try store.latest(of: Self.sha, in: Self.app, all).count == 3)
    }

    @Test("of programs are kept, the newest of a context counting, and bounded")
    func told() throws {
        func tell(_ state: CommitState, _ context: String) throws -> Int64? {
            try store.tell(
                state, of: Self.sha, in: Self.app, context: context, description: "d", target: "https://x",
                by: AccountID(2))?.id
        }
        let first = try #require(try tell(.pending, "a"))
        #expect(first % 2 == 0)
        _ = try tell(.success, "b")
        _ = try tell(.success, "a")
        #expect(shown(try store.latest(of: Self.sha, in: Self.app, all)) == ["a: success", "b: success"])
        for order in CommitStatusStore.Order.allCases {
            let found = try store.list(of: Self.sha, in: Self.app, state: nil, order, all)
            let isFalling = [.recentupdate, .highestindex].contains(order)
            #expect(found.map(\.id).first == (isFalling ? first + 4 : first), "\(order)")
        }
        #expect(shown(try store.list(of: Self.sha, in: Self.app, state: .pending, .oldest, all)) == ["a: pending"])
        #expect(try store.count(of: Self.sha, in: RepositoryID(2), state: nil) == 0)
        guard case .told("https://x", "d", let creator) = try store.latest(of: Self.sha, in: Self.app, all)[0].origin
        else {
            Issue.record("a program's status has no target")
            return
        }
        #expect(creator?.name == "bob")
        try Connection(dsn: database.dsn).script(
            """
            insert into commit_status (repository_id, sha, context, state)
            select 1, '\(Self.sha)', 'x' || n, 'success' from generate_series(4, \(CommitStatusLimits.perCommitMax)) n
            """)
        #expect(try tell(.success, "one more") == nil)
    }

    @Test("are found by indexes among 20 000 runs and as many statuses")
    func plan() throws {
        let connection = try Connection(dsn: database.dsn)
        try connection.script(
            """
            insert into run (repository_id, number, workflow_id, workflow_path, title, event, ref, sha, payload, status)
            select 1, n, 'ci.yml', 'ci.yml', '', 'push', 'refs/heads/main', md5(n::text) || '00000000', '{}', 1
              from generate_series(1, 20000) n;
            insert into attempt (run_id, number, status) select id, 1, 1 from run;
            insert into job (run_id, attempt_id, repository_id, owner_id, key, name, position, label_set_id, payload, status)
            select a.run_id, a.id, 1, 1, 'b', 'b', 0, 1, '', 1 from attempt a;
            insert into commit_status (repository_id, sha, context, state)
            select 1, sha, 'a', 'success' from run;
            analyze;
            """)
        for statement in CommitStatusStore.explained {
            let values: [Value] = [.int(1), .text(Self.sha)]
            let more: [Value] =
                statement.sql.contains("$5")
                ? [.null(.text), .int(50), .int(0)]
                : statement.sql.contains("$4")
                    ? [.int(50), .int(0)] : statement.sql.contains("$3") ? [.null(.text)] : []
            let plan = try connection.run(
                Statement("explain_" + statement.name, "explain " + statement.sql), values + more
            )
            .map { $0.text(0) }.joined(separator: "\n")
            for table in ["run", "job", "commit_status", "attempt"] {
                #expect(!plan.contains("Seq Scan on \(table) "), "\(statement.name): \(plan)")
            }
        }
    }
}
