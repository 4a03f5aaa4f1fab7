import Domain
import Postgres
import TestSupport
import Testing

@testable import Server

/// What the client tests cannot bring about: runs that wait for an approval, and lists of many repositories.
@Suite("REST of runs")
struct RunRoutesTests {
    private static let base = "/api/v1/repos/ann/secret/actions"

    private func plan(_ app: TestApp, needsApproval: Bool = false) throws -> RunID {
        let job = PlannedJob(
            key: "a", name: "a", needs: [], runsOn: ["nobody"], condition: nil, continueOnError: false,
            hasOutputs: false,
            timeoutSeconds: nil, mayIdentify: false, permissions: TokenPermissions(contents: .read), stepNames: [],
            definition: nil, payload: "{}")
        var planned = PlannedRun(
            workflowID: "ci.yml", workflowPath: ".gitea/workflows/ci.yml", title: "t", event: "push",
            ref: "refs/heads/main", sha: String(repeating: "b", count: 40), payload: "{}", problem: "", jobs: [job])
        planned.needsApproval = needsApproval
        // The first two numbers are those of runs that every `TestApp` has.
        let reserved = try #require(try app.app.runs.reserve(3, in: app.secret).last)
        return try #require(
            try Database(dsn: app.dsn, size: 1).transaction {
                try app.app.runs.plan(planned, as: reserved, inbox: nil, actor: nil, in: $0)
            })
    }

    private func member(_ name: String, of answer: TestApp.Answer) -> String? {
        (answer.json as? [String: Any])?[name] as? String
    }

    @Test("a run that waits for an approval says so, and starts by it; again it is 200, for others 409")
    func approve() throws {
        let app = try TestApp()
        let waiting = try plan(app, needsApproval: true)
        let other = try plan(app)
        #expect(member("status", of: app.ask("GET", "\(Self.base)/runs/\(waiting)", as: .ann)) == "waiting")
        let jobs = app.ask("GET", "\(Self.base)/runs/\(waiting)/jobs", as: .ann)
        #expect(jobs.text.contains("\"status\":\"waiting\""), "\(jobs.text)")
        #expect(app.ask("POST", "\(Self.base)/runs/\(waiting)/approve", as: .carl).status == 403)
        #expect(app.ask("POST", "\(Self.base)/runs/\(waiting)/approve", as: .eve).status == 404)
        for _ in 0..<2 {
            let answer = app.ask("POST", "\(Self.base)/runs/\(waiting)/approve", as: .bob)
            #expect(answer.status == 200 && member("status", of: answer) == "queued", "\(answer.text)")
        }
        #expect(app.ask("POST", "\(Self.base)/runs/\(other)/approve", as: .bob).status == 409)
        #expect(app.ask("POST", "\(Self.base)/runs/999/approve", as: .bob).status == 404)
        #expect(app.ask("POST", "\(Self.base)/runs/x/approve", as: .bob).status == 404)
    }

    @Test("a run is deleted once it is done")
    func delete() throws {
        let app = try TestApp()
        let run = try plan(app)
        let early = app.ask("DELETE", "\(Self.base)/runs/\(run)", as: .bob)
        #expect(early.status == 400 && member("message", of: early) == "this workflow run is not done")
        #expect(app.ask("POST", "\(Self.base)/runs/\(run)/cancel", as: .bob).status == 200)
        let late = app.ask("POST", "\(Self.base)/runs/\(run)/force-cancel", as: .bob)
        #expect(late.status == 409 && member("message", of: late) == "run is already completed")
        #expect(app.ask("DELETE", "\(Self.base)/runs/\(run)", as: .carl).status == 403)
        #expect(app.ask("DELETE", "/api/v1/repos/ann/demo/actions/runs/\(run)", as: .bob).status == 404)
        #expect(app.ask("DELETE", "\(Self.base)/runs/\(run)", as: .bob).status == 204)
        #expect(app.ask("DELETE", "\(Self.base)/runs/\(run)", as: .bob).status == 404)
    }

    @Test(
        "a filter that is not served, or says nothing, is refused",
        arguments: [
            ("runs?state=success", 400), ("runs?status=nonsense", 400), ("runs?status=success&status=x", 400),
            ("runs?branch=%00", 400), ("runs?actor=nobody", 200), ("jobs?sort=name", 422), ("jobs?order=up", 422),
            ("jobs?branch=main", 400), ("jobs?sort=id&order=desc", 200), ("tasks?status=success", 400),
            ("tasks?page=2", 200), ("runs/0/jobs", 400), ("runs/x/jobs", 400), ("runs/999/jobs", 404),
        ])
    func filters(path: String, status: Int) throws {
        let app = try Self.shared.get()
        #expect(app.ask("GET", "\(Self.base)/\(path)", as: .ann).status == status)
    }
    private static let shared = Result { try TestApp() }

    @Test("a list of many rows asks PostgreSQL as often as one of few")
    func statements() throws {
        let app = try TestApp()
        for _ in 0..<2 { _ = try plan(app) }
        let job = try plan(app)
        let paths =
            ["/runs", "/jobs", "/tasks", "/artifacts", "/runs/\(job)/jobs", "/runs/\(job)/artifacts", "/queue"]
            .map { Self.base + $0 }
            + ["/user/actions/runs", "/user/actions/jobs", "/user/actions/queue", "/user/actions/runners"]
            .map { "/api/v1" + $0 }
        func asked(_ path: String, _ limit: Int) -> Int {
            let query = path.hasSuffix("queue") ? "" : "?limit=\(limit)"
            _ = app.ask("GET", path + query, as: .ann)
            let before = app.app.database.statementCount
            #expect(app.ask("GET", path + query, as: .ann).status == 200, "\(path)")
            return app.app.database.statementCount - before
        }
        let few = paths.map { asked($0, 1) }
        for _ in 0..<40 { _ = try plan(app) }
        #expect(paths.map { asked($0, 50) } == few)
    }

    @Test("the lists of a site, a user and an organization have what their readers may read")
    func levels() throws {
        let app = try Self.shared.get()
        func total(_ path: String, _ who: TestApp.Who) -> Int? {
            (app.ask("GET", "/api/v1" + path, as: who).json as? [String: Any])?["total_count"] as? Int
        }
        for list in ["runs", "jobs"] {
            #expect(total("/admin/actions/\(list)", .root) == 3, "\(list)")
            #expect(total("/user/actions/\(list)", .ann) == 2)
            #expect(total("/user/actions/\(list)", .eve) == 1)
            #expect(total("/user/actions/\(list)", .bob) == 0)
            #expect(app.ask("GET", "/api/v1/repos/ann/demo/actions/\(list)").status == 401)
            #expect(app.ask("GET", "/api/v1/orgs/guild/actions/\(list)", as: .eve).status == 403)
            #expect(app.ask("GET", "/api/v1/admin/actions/\(list)", as: .ann).status == 403)
        }
    }
}
