import Domain
import Foundation
import Postgres
import TestSupport
import Testing

@testable import Server
@testable import Web

@Suite("Workflows over REST")
struct WorkflowRoutesTests {
    private static let base = "/api/v1/repos/ann/demo/actions/workflows"
    private static let dispatched = """
        name: By hand
        on: {workflow_dispatch: {inputs: {level: {type: number, default: 1}, pick: {type: choice, options: [a, b]}, must: {required: true}}}}
        jobs: {j: {runs-on: "${{ inputs.level > 2 && 'big' || 'small' }}", steps: [run: x]}}
        """
    private let app: TestApp

    init() throws {
        app = try TestApp()
        try RepositoryFiles(configuration: app.app.configuration).create(app.demo)
    }

    /// A commit with these workflow files, and refs that point to it.
    private func commit(_ files: [String: String], to refs: [String] = ["refs/heads/main"]) throws {
        let directory = RepositoryFiles(configuration: app.app.configuration).directory(app.demo)
        func git(_ arguments: [String], _ input: String = "") throws -> String {
            let answer = try GitProgram.answer(
                ["-c", "user.name=ann", "-c", "user.email=ann@example.com"] + arguments, in: directory,
                input: Array(input.utf8), bytesMax: 1 << 20, deadline: GitProgram.deadline(seconds: 20))
            guard answer.status == 0 else { throw Failure(.fault, answer.complaint) }
            return GitProgram.firstLine(answer.bytes)
        }
        var lines = ""
        for (name, text) in files {
            lines += "100644 blob \(try git(["hash-object", "-w", "--stdin"], text))\t\(name)\n"
        }
        let folder = try git(["mktree"], lines)
        let middle = try git(["mktree"], "040000 tree \(folder)\tworkflows\n")
        let root = try git(["mktree"], "040000 tree \(middle)\t.gitea\n")
        let commit = try git(["commit-tree", root, "-m", "Change"])
        for ref in refs { _ = try git(["update-ref", ref, commit]) }
    }

    private func dispatch(_ file: String, _ body: String, query: String = "", as who: TestApp.Who = .bob)
        -> TestApp.Answer
    {
        app.ask("POST", Self.base + "/\(file)/dispatches\(query)", as: who, body: body)
    }
    private func runs() throws -> Int64 {
        try app.app.database.readOne(
            Statement("t_count_runs", "select count(*) from run where workflow_id <> 'ci.yml'")
        )
        .value(0)
    }

    @Test("an empty repository has none; files are listed by name, unreadable ones by their file name")
    func list() throws {
        let empty = try #require(app.ask("GET", Self.base, as: .carl).json as? [String: Any])
        #expect(empty["total_count"] as? Int == 0 && (empty["workflows"] as? [Any])?.isEmpty == true)
        try commit(["b.yml": Self.dispatched, "a.yaml": "on: [", "c.yml": "on: push", "no.txt": "x"])
        for _ in 0..<2 {
            let list = try #require(app.ask("GET", Self.base, as: .carl).json as? [String: Any])
            let workflows = try #require(list["workflows"] as? [[String: Any]])
            #expect(workflows.compactMap { $0["id"] as? String } == ["a.yaml", "b.yml", "c.yml"])
            #expect(workflows.compactMap { $0["name"] as? String } == ["a.yaml", "By hand", "c.yml"])
            #expect(workflows[1]["path"] as? String == ".gitea/workflows/b.yml")
        }
        #expect(app.ask("GET", Self.base).status == 401, "a token is needed")
        #expect(app.ask("GET", Self.base + "/b.yml", as: .carl).text.contains(#""name":"By hand""#))
        for missing in ["/no.txt", "/x.yml", "/%00", "/a/b.yml"] {
            #expect(app.ask("GET", Self.base + missing, as: .carl).status == 404, "\(missing)")
        }
    }

    @Test("a disabled one says so and is not dispatched; both are idempotent")
    func disabled() throws {
        try commit(["b.yml": Self.dispatched])
        for _ in 0..<2 { #expect(app.ask("PUT", Self.base + "/b.yml/disable", as: .bob).status == 204) }
        #expect(app.ask("GET", Self.base + "/b.yml", as: .carl).text.contains("disabled_manually"))
        #expect(dispatch("b.yml", #"{"ref":"main","inputs":{"must":"x"}}"#).status == 403)
        for _ in 0..<2 { #expect(app.ask("PUT", Self.base + "/b.yml/enable", as: .bob).status == 204) }
        #expect(dispatch("b.yml", #"{"ref":"main","inputs":{"must":"x"}}"#).status == 204)
        #expect(app.ask("PUT", Self.base + "/x.yml/disable", as: .bob).status == 404)
        #expect(app.ask("PUT", Self.base + "/b.yml/disable", as: .carl).status == 403)
    }

    @Test("a dispatch makes the run before it answers, at a branch, a tag or a whole ref")
    func dispatch() throws {
        try commit(["b.yml": Self.dispatched], to: ["refs/heads/main", "refs/heads/x/y", "refs/tags/v1"])
        for (ref, whole) in [
            ("main", "refs/heads/main"), ("refs/heads/x/y", "refs/heads/x/y"), ("v1", "refs/tags/v1"),
            ("refs/tags/v1", "refs/tags/v1"),
        ] {
            let body = "{\"ref\":\"\(ref)\",\"inputs\":{\"must\":\"a b\",\"level\":3,\"more\":true}}"
            let answer = dispatch("b.yml", body, query: "?return_run_details=true")
            #expect(answer.status == 200, "\(answer.text)")
            let run = try #require((answer.json as? [String: Any])?["workflow_run_id"] as? Int64)
            let row = try app.app.database.readOne(
                Statement(
                    "t_run",
                    "select ref, event, payload::jsonb->'inputs'->>'level', inputs, actor_id, status from run where id = $1"
                ),
                .int(run))
            #expect(row.text(0) == whole && row.text(1) == "workflow_dispatch" && row.text(2) == "3")
            let inputs = try ExpressionValue(json: row.text(3))
            guard case .object(let values) = inputs, case .number(3)? = values["level"] else {
                return #expect(Bool(false), "\(row.text(3))")
            }
            #expect(row.int(4) == 2 && row.int(5) == Status.waiting.rawValue)
        }
        let form = app.ask(
            "POST", Self.base + "/b.yml/dispatches", as: .bob,
            headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: "ref=main&inputs%5Bmust%5D=a+b&inputs[pick]=b")
        #expect(form.status == 204, "\(form.text)")
    }

    @Test(
        "what cannot be started is refused in words, and starts nothing",
        arguments: [
            ("b.yml", #"{"inputs":{"must":"x"}}"#, 422), ("b.yml", #"{"ref":"","inputs":{"must":"x"}}"#, 422),
            ("b.yml", "", 422), ("b.yml", "[]", 422), ("b.yml", #"{"ref":5}"#, 422),
            ("b.yml", #"{"ref":"main","inputs":[]}"#, 422), ("b.yml", #"{"ref":"main","inputs":{"must":["x"]}}"#, 422),
            ("b.yml", #"{"ref":"main"}"#, 422), ("b.yml", #"{"ref":"main","inputs":{"must":"x","pick":"c"}}"#, 422),
            ("b.yml", #"{"ref":"main","inputs":{"must":"x","level":"high"}}"#, 422),
            ("b.yml", #"{"ref":"main","inputs":{"must":"x\u0000"}}"#, 422), ("b.yml", #"{"ref":"ma\u0000in"}"#, 422),
            ("b.yml", #"{"ref":"nowhere","inputs":{"must":"x"}}"#, 404), ("b.yml", #"{"ref":"refs/pull/1/head"}"#, 404),
            ("b.yml", #"{"ref":"main^"}"#, 404), ("b.yml", #"{"ref":"-x"}"#, 404), ("b.yml", #"{"ref":"main\n"}"#, 404),
            ("x.yml", #"{"ref":"main"}"#, 404), ("%00", #"{"ref":"main"}"#, 404), ("push.yml", #"{"ref":"main"}"#, 422),
            ("bad.yml", #"{"ref":"main"}"#, 422), ("choice.yml", #"{"ref":"main"}"#, 422),
        ])
    func refused(file: String, body: String, status: Int) throws {
        try commit([
            "b.yml": Self.dispatched, "push.yml": "on: push", "bad.yml": "on: [",
            "choice.yml": "on: {workflow_dispatch: {inputs: {a: {type: choice}}}}",
        ])
        let answer = dispatch(file, body)
        #expect(answer.status == status, "\(answer.text)")
        #expect(try runs() == 0)
        #expect(try app.app.inbox.latest(of: app.demo).isEmpty)
    }

    @Test("readers may not, nor ask for a workflow of elsewhere")
    func access() throws {
        try commit(["b.yml": Self.dispatched])
        let body = #"{"ref":"main","inputs":{"must":"x"}}"#
        #expect(dispatch("b.yml", body, as: .carl).status == 403)
        #expect(dispatch("b.yml", body, as: .anonymous).status == 401)
        #expect(dispatch("b.yml", body, query: "?scoped_workflow_source_repo_id=1").status == 404)
        #expect(dispatch("b.yml", body, query: "?scoped_workflow_source_repo_id=0").status == 204)
    }

    @Test("many at once make as many runs")
    func atOnceDispatched() throws {
        try commit(["b.yml": Self.dispatched])
        let app = app
        let seen = Seen<Int>()
        atOnce(5) { number in
            seen.add(
                app.ask(
                    "POST", Self.base + "/b.yml/dispatches", as: .bob,
                    body: "{\"ref\":\"main\",\"inputs\":{\"must\":\"\(number)\"}}"
                ).status)
        }
        #expect(seen.all == [204, 204, 204, 204, 204])
        #expect(try runs() == 5)
    }

    @Test("runs are listed of one file, with the filters of runs; without file and run there is no list")
    func listOfRuns() throws {
        try commit([
            "b.yml": Self.dispatched, "c.yml": "on: workflow_dispatch\njobs: {j: {runs-on: x, steps: [run: x]}}",
        ])
        func list(_ file: String, _ query: String = "") -> (status: Int, total: Int?) {
            let answer = app.ask("GET", Self.base + "/\(file)/runs\(query)", as: .carl)
            return (answer.status, (answer.json as? [String: Any])?["total_count"] as? Int)
        }
        #expect(list("b.yml") == (200, 0))
        for _ in 0..<2 { _ = dispatch("b.yml", #"{"ref":"main","inputs":{"must":"x"}}"#) }
        _ = dispatch("c.yml", #"{"ref":"main"}"#)
        #expect(list("b.yml") == (200, 2))
        #expect(list("c.yml") == (200, 1))
        #expect(list("b.yml", "?event=push") == (200, 0))
        #expect(list("b.yml", "?status=queued&branch=main&actor=bob") == (200, 2))
        #expect(list("b.yml", "?nothing=1").status == 400)
        #expect(list("b.yml", "?scoped_workflow_source_repo_id=4").status == 404)
        #expect(list("x.yml").status == 404 && list("%00").status == 404)
        try commit(["c.yml": "on: push"])
        #expect(list("b.yml") == (200, 2), "the file is gone, its runs are there")
    }
}
