import Domain
import Postgres
import TestSupport
import Testing

@testable import Server

/// The pages of runs, asked in process; what a browser makes of them: Tests/Clients/test_pages_runs.py.
@Suite("Pages of runs")
struct RunPagesTests {
    private let app: TestApp
    private let database: Database

    init() throws {
        app = try TestApp()
        database = Database(dsn: app.dsn, size: 1)
    }

    private func script(_ sql: String) throws { try Connection(dsn: app.dsn).script(sql) }
    private func page(_ path: String, as who: TestApp.Who = .ann) -> String {
        let answer = app.ask("GET", "/ann/demo/actions\(path)", as: who)
        return answer.status == 200 ? answer.text : "status \(answer.status)"
    }

    /// A red run of two jobs and a matrix, in its second attempt.
    private func run() throws {
        try script(
            """
            insert into label_set (labels) values ('{x}') on conflict do nothing;
            insert into run (repository_id, number, workflow_id, workflow_path, title, event, ref, sha, actor_id, payload, status,
                             latest_attempt, workflow_name, started_at, stopped_at)
            select \(app.demo), 1, 'ci.yml', '.gitea/workflows/ci.yml', 'Tune <it>', 'push', 'refs/heads/main', repeat('a', 40),
                   owner_id, '{"head_commit":{"message":"Subject & more\\n\\nbody"}}', 2, 2, 'CI', now() - interval '2 min', now()
              from repository where id = \(app.demo);
            insert into attempt (run_id, number, status, started_at, stopped_at)
            select id, n, 2, now() - interval '2 min', now() from run, generate_series(1, 2) n where repository_id = \(app.demo);
            insert into job (run_id, attempt_id, repository_id, owner_id, key, name, position, label_set_id, payload, status, needs,
                             queued_at, started_at, stopped_at)
            select r.id, a.id, r.repository_id, r.actor_id, case when n < 6 then 'test' else 'build' end,
                   case when n < 6 then 'test (' || n || ')' else 'build' end, n, (select min(id) from label_set), '',
                   case when n = 3 then 2 else 1 end, '{}', now() - interval '2 min', now() - interval '1 min', now()
              from run r join attempt a on a.run_id = r.id, generate_series(1, 6) n where r.repository_id = \(app.demo);
            """)
    }

    private func number(_ sql: String) throws -> Int64 {
        try database.readOne(Statement("test_\(sql.utf8.reduce(0) { ($0 &* 31) &+ Int($1) })", sql)).int(0)
    }

    @Test("of a repository without a run teach what makes one")
    func lesson() {
        let html = page("")
        #expect(
            html.contains("No run yet") && html.contains("runs-on: ubuntu-latest") && html.contains("git push origin"))
        #expect(!html.contains("<form class=\"filters\""))
    }

    @Test("show the list with filters, and an empty one with words")
    func list() throws {
        try run()
        let html = page("")
        for words in ["Tune &lt;it&gt;", "CI #1", "push by ann", "aaaaaaa", "1 run<", "branch=main", "2 m"] {
            #expect(html.contains(words), "\(words)")
        }
        #expect(page("?status=failure&branch=main&event=push&actor=ANN&workflow=ci.yml").contains("Tune &lt;it&gt;"))
        for query in ["?status=success", "?status=odd", "?branch=other", "?actor=%00"] {
            let empty = page(query)
            #expect(!empty.contains("Tune &lt;it&gt;") && empty.contains("Show all runs"), "\(query)")
        }
        #expect(page("/rows?branch=main").hasPrefix("<div id=\"runs\""))
    }

    @Test("show a run: graph, jobs, attempts and buttons for whom they are")
    func show() throws {
        try run()
        let id = try number("select max(id) from run where repository_id = \(app.demo)")
        let html = page("/runs/\(id)")
        for words in [
            "“Subject &amp; more”", "test ×5", "5 jobs: 1 failure, 4 success", "attempt 2 of 2", "Attempt 2 against 1",
            "Re-run failed jobs", "id=\"graph\"", "waited 1 m, ran 1 m",
        ] {
            #expect(html.contains(words), "\(words)")
        }
        #expect(
            !page("/runs/\(id)", as: .carl).contains("Re-run")
                && !page("/runs/\(id)", as: .anonymous).contains("Re-run"))
        let first = try number(
            "select max(id) from job where run_id = \(id) and name = 'test (1)' and attempt_id = (select max(id) from attempt)"
        )
        #expect(page("/runs/\(id)?open=\(first)").contains("test (5), success"))
        #expect(page("/runs/\(id)/attempts/1").contains("attempt 1 of 2"))
        for path in ["/runs/\(id)/attempts/3", "/runs/0", "/runs/x", "/runs/99999999999999999999", "/runs/0/workflow"] {
            #expect(page(path) == "status 404", "\(path)")
        }
        #expect(page("/runs/\(id)/workflow").contains("not in the repository any more"))
    }

    @Test("show annotations and summaries of tasks")
    func findings() throws {
        try run()
        try script(
            """
            insert into task (job_id, status, token_hash, stopped_at)
            select max(id), 2, sha256('a'), now() from job where repository_id = \(app.demo) and name = 'build';
            update job set task_id = (select max(id) from task) where id = (select job_id from task order by id desc limit 1);
            insert into annotation (task_id, log_row, kind, title, file, line, col, message)
            select id, 4, 2, '', '', 0, 0, 'careful' from task order by id desc limit 1;
            insert into annotation (task_id, log_row, kind, title, file, line, col, message)
            select id, 9, 1, 'T', 'a.c', 3, 0, '<b>' from task order by id desc limit 1;
            insert into job_summary (task_id, step, content) select id, -1, '# Well <b>' from task order by id desc limit 1;
            """)
        let id = try number("select max(id) from run where repository_id = \(app.demo)")
        let html = page("/runs/\(id)")
        let errors = html.ranges(of: "a.c:3")
        let warnings = html.ranges(of: "careful")
        #expect(errors.count == 1 && warnings.count == 1 && errors[0].lowerBound < warnings[0].lowerBound)
        #expect(html.contains("#L10") && html.contains("<h3>Well </h3>") && html.contains("&lt;b&gt;"))
    }

    @Test("of insights say what they are made of")
    func insights() throws {
        #expect(page("/insights").contains("No run of this repository ended in the last 30 days"))
        try run()
        let html = page("/insights?days=7")
        for words in ["Made of all 1 runs", "ci.yml / build", "0.0 %", "class=\"chart\""] {
            #expect(html.contains(words), "\(words)")
        }
        for query in ["?days=8", "?days=x", "?workflow=%00", "?workflow=none"] {
            #expect(!page("/insights\(query)").contains("status"))
        }
    }
}
