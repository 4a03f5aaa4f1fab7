import Domain
import Foundation
import Postgres
import TestSupport
import Testing

@testable import Server

@Suite("Pages of runners and of the queue")
struct RunnerPagesTests {
    private static let form = ["Content-Type": "application/x-www-form-urlencoded"]
    private let app: TestApp

    init() throws { app = try TestApp() }

    private func post(_ path: String, _ body: String = "", as who: TestApp.Who = .ann) -> TestApp.Answer {
        app.ask("POST", path, as: who, headers: Self.form, body: body)
    }
    private func token(in page: TestApp.Answer) throws -> String {
        let found = try #require(page.text.firstMatch(of: /<code id="token">([0-9a-f]{40})<\/code>/))
        return String(found.1)
    }
    private func count(_ table: String) throws -> Int64 {
        try app.app.database.readOne(Statement("count_\(table)", "select count(*) from \(table)")).int(0)
    }

    @Test("a token is made by a button and by no GET, and stands in the command of each runner")
    func registration() throws {
        let path = "/ann/demo/settings/runners"
        #expect(app.ask("GET", path, as: .ann).text.contains("No runner is registered here."))
        #expect(try count("registration_token") == 0)
        let shown = post(path + "/token")
        #expect(shown.status == 200 && shown.header("Cache-Control") == "no-store")
        let token = try token(in: shown)
        for command in ["act_runner register", "forgejo-runner register", "millrace runner --url"] {
            #expect(shown.text.contains(command))
        }
        #expect(shown.text.ranges(of: "--token \(token)").count == 3)
        #expect(shown.text.contains(app.app.configuration.publicURL))
        #expect(try self.token(in: post(path + "/token")) == token, "the same, until it is replaced")
        #expect(try self.token(in: post(path + "/token", "replace=yes")) != token)
        #expect(post(path + "/token", as: .bob).status == 403)
        #expect(post("/-/runners/token").status == 403 && post("/-/runners/token", as: .root).status == 200)
        #expect(app.ask("GET", "/ann/demo/-/runners", as: .ann).header("Location") == path)
    }

    @Test("a runner is disabled, enabled, and removed by typing its name, where it is looked after")
    func changes() throws {
        let runner = try #require(
            try app.app.runners.register(
                name: "the <runner>", version: "1", labels: ["linux"], capabilities: [], ephemeral: false,
                tokenHash: [UInt8](repeating: 1, count: 32), scope: .repository(app.demo)))
        let path = "/ann/demo/settings/runners"
        let place = "\(path)/\(runner.id)"
        func state() throws -> Bool? {
            try app.app.runnerViews.runner(runner.id, in: .exactly(.repository(app.demo)))?.isDisabled
        }
        #expect(app.ask("GET", path, as: .ann).text.contains("the &lt;runner&gt;"))
        #expect(post(place + "/disable", as: .bob).status == 403)
        #expect(post("/ann/secret/settings/runners/\(runner.id)/disable").status == 404)
        let disabled = post(place + "/disable")
        #expect(disabled.status == 303 && disabled.header("Location") == "\(path)#runner-\(runner.id)")
        #expect(try state() == true)
        #expect(post(place + "/enable").status == 303)
        #expect(try state() == false)
        #expect(app.ask("GET", path + "?remove=\(runner.id)", as: .ann).text.contains("id=\"removal\""))
        let refused = post(place + "/remove", "name=the+%3Crunner%3E&typed=another")
        #expect(refused.status == 422 && refused.text.contains(RemovalPart.mismatch))
        #expect(post(place + "/remove", "name=the+%3Crunner%3E&typed=the+%3Crunner%3E").status == 303)
        #expect(try state() == nil)
        #expect(post(place + "/remove", "name=a&typed=a").status == 404)
    }

    @Test("the queue shows each what they may see, with the reason")
    func queue() throws {
        let connection = try Connection(dsn: app.dsn)
        for (repository, label) in [(app.demo, "open-label"), (app.secret, "secret-label")] {
            try connection.script(
                """
                insert into label_set (labels) values ('{\(label)}');
                insert into run (repository_id, number, workflow_id, workflow_path, title, event, ref, sha, payload, status)
                values (\(repository), 99, 'ci.yml', '.gitea/workflows/ci.yml', 'a push', 'push', 'refs/heads/main',
                        repeat('a', 40), '{}', 5);
                insert into attempt (run_id, number, status) select max(id), 1, 5 from run;
                insert into job (run_id, attempt_id, repository_id, owner_id, key, name, position, label_set_id, payload,
                                 status, queued_at, queue_key)
                select max(a.run_id), max(a.id), \(repository), (select owner_id from repository where id = \(repository)),
                       'b', 'b', 0, (select id from label_set where labels = '{\(label)}'), '', 5, now(), 1 from attempt a;
                """)
        }
        for (who, sees) in [
            (TestApp.Who.root, ["open-label", "secret-label"]), (.ann, ["open-label", "secret-label"]),
            (.carl, ["open-label", "secret-label"]), (.eve, ["open-label"]), (.anonymous, ["open-label"]),
        ] {
            let page = app.ask("GET", "/-/queue", as: who)
            #expect(page.status == 200)
            for label in ["open-label", "secret-label"] {
                #expect(page.text.contains(label) == sees.contains(label), "\(who) \(label)")
            }
            #expect(page.text.contains("no runner"))
        }
    }
}
