import Domain
import Foundation
import Postgres
import TestSupport
import Testing

@testable import Server
@testable import Web

@Suite("Repositories over REST")
struct RepositoryRoutesTests {
    private let app: TestApp

    init() throws { app = try TestApp() }

    private func members(_ answer: TestApp.Answer) -> [String: Any] { answer.json as? [String: Any] ?? [:] }
    private func names(_ answer: TestApp.Answer) -> [String] {
        (answer.json as? [[String: Any]] ?? []).compactMap { $0["full_name"] as? String }
    }

    @Test("bad input makes nothing")
    func badInput() throws {
        for (body, status) in [
            ("", 422), ("[]", 422), ("{}", 422), (#"{"name": 5}"#, 422), (#"{"name": ""}"#, 422),
            (#"{"name": "a b"}"#, 422), (#"{"name": ".."}"#, 422), (#"{"name": "a.git"}"#, 422),
            (#"{"name": "a\u0000"}"#, 422), (#"{"name": "\#(String(repeating: "a", count: 101))"}"#, 422),
            (#"{"name": "x", "default_branch": "--upload-pack=x"}"#, 422),
            (#"{"name": "x", "description": "\u0000"}"#, 422), (#"{"name": "x", "auto_init": "yes"}"#, 422),
            (#"{"name": "x", "description": "\#(String(repeating: "d", count: 2049))"}"#, 422),
            (#"{"name": "x", "license": "MIT"}"#, 422), (#"{"name": "x", "object_format_name": "sha256"}"#, 422),
            (#"{"name": "DEMO"}"#, 409),
        ] {
            let answer = app.ask("POST", "/api/v1/user/repos", as: .ann, body: body)
            #expect(answer.status == status, "\(body): \(answer.status) \(answer.text)")
            #expect(members(answer)["message"] is String)
        }
        #expect(names(app.ask("GET", "/api/v1/user/repos", as: .ann)) == ["ann/demo", "ann/secret"])
        #expect(app.ask("POST", "/api/v1/user/repos", body: #"{"name": "x"}"#).status == 401)
        #expect(app.ask("POST", "/api/v1/user/repos", as: .job, body: #"{"name": "x"}"#).status == 403)
    }

    @Test("two who make the same at once: one is made")
    func race() async {
        let app = app
        let answers = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<6 {
                group.addTask { app.ask("POST", "/api/v1/user/repos", as: .ann, body: #"{"name": "race"}"#).status }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.filter { $0 == 201 }.count == 1 && answers.filter { $0 == 409 }.count == 5, "\(answers)")
    }

    @Test("a repository is made, changed and found under its old names")
    func rename() throws {
        let made = app.ask(
            "POST", "/api/v1/user/repos", as: .ann,
            body: #"{"name": "fresh", "private": true, "description": "d", "default_branch": "dev", "auto_init": true}"#
        )
        #expect(made.status == 201)
        let facts = members(made)
        #expect(facts["full_name"] as? String == "ann/fresh" && facts["default_branch"] as? String == "dev")
        #expect(facts["private"] as? Bool == true && facts["empty"] as? Bool == false)
        #expect((facts["permissions"] as? [String: Bool]) == ["admin": true, "push": true, "pull": true])
        let path = "/api/v1/repos/ann/fresh"
        #expect(app.ask("PATCH", path, as: .ann, body: #"{"default_branch": "none"}"#).status == 422)
        #expect(app.ask("PATCH", path, as: .ann, body: #"{"name": "DEMO"}"#).status == 409)
        #expect(app.ask("PATCH", path, as: .ann, body: #"{"name": "a b"}"#).status == 422)
        #expect(app.ask("PATCH", path, as: .ann, body: #"{"has_actions": false}"#).status == 200)
        #expect(app.ask("PATCH", path, as: .eve, body: #"{"name": "x"}"#).status == 404)
        let changed = app.ask(
            "PATCH", path, as: .ann,
            body: #"{"name": "Newer", "private": false, "website": "https://x", "archived": true, "has_issues": true}"#)
        #expect(changed.status == 200 && members(changed)["archived"] as? Bool == true)
        let moved = app.ask("GET", path + "/actions/runs?page=2&limit=1", as: .eve)
        #expect(moved.status == 301)
        #expect(moved.header("Location")?.hasSuffix("/api/v1/repos/ann/Newer/actions/runs?page=2&limit=1") == true)
        #expect(app.ask("PATCH", path, as: .ann, body: "{}").status == 307)
        #expect(app.ask("GET", "/ann/fresh/actions").header("Location")?.hasSuffix("/ann/Newer/actions") == true)
        // Hidden, its old name tells nothing either.
        #expect(app.ask("PATCH", "/api/v1/repos/ann/newer", as: .ann, body: #"{"private": true}"#).status == 200)
        #expect(app.ask("GET", path, as: .eve).status == 404)
        #expect(app.ask("GET", path, as: .carl).status == 404)
        #expect(app.ask("GET", path).status == 404)
        // Another one takes the old name.
        #expect(app.ask("POST", "/api/v1/user/repos", as: .ann, body: #"{"name": "fresh"}"#).status == 201)
        #expect(app.ask("GET", path, as: .eve).status == 200)
    }

    @Test("a transfer goes to whoever the caller may give to")
    func transfer() throws {
        let path = "/api/v1/repos/ann/secret/transfer"
        #expect(app.ask("POST", path, as: .ann, body: "{}").status == 422)
        #expect(app.ask("POST", path, as: .ann, body: #"{"new_owner": "nobody"}"#).status == 404)
        #expect(app.ask("POST", path, as: .ann, body: #"{"new_owner": "bob\u0000"}"#).status == 422)
        #expect(app.ask("POST", path, as: .ann, body: #"{"new_owner": "eve"}"#).status == 403)
        #expect(app.ask("POST", path, as: .bob, body: #"{"new_owner": "bob"}"#).status == 403)
        let answer = app.ask("POST", path, as: .root, body: #"{"new_owner": "eve"}"#)
        #expect(answer.status == 202 && members(answer)["full_name"] as? String == "eve/secret")
        #expect(app.ask("GET", "/api/v1/repos/eve/secret", as: .eve).status == 200)
        #expect(app.ask("GET", "/api/v1/repos/eve/secret", as: .ann).status == 404)
        #expect(app.ask("GET", "/api/v1/repos/ann/secret", as: .ann).status == 404)
        #expect(app.ask("GET", "/api/v1/repos/ann/secret", as: .eve).status == 301)
        let connection = try Connection(dsn: app.dsn)
        let owners = try connection.run(
            Statement(
                "test_owners",
                "select distinct j.owner_id <> r.owner_id from job j join repository r on r.id = j.repository_id"), [])
        #expect(owners.map { $0.bool(0) } == [false])
    }

    @Test("a deleted one is nobody's at once; its runs end, then it goes")
    func delete() throws {
        let path = "/api/v1/repos/ann/secret"
        let id = app.secret
        let (token, _) = try app.liveTask(.job)
        #expect(app.ask("DELETE", path, as: .bob).status == 403)
        #expect(app.ask("DELETE", path, as: .eve).status == 404)
        #expect(app.ask("DELETE", path, as: .ann).status == 204)
        #expect(app.ask("DELETE", path, as: .ann).status == 404)
        #expect(app.ask("GET", path, as: .root).status == 404)
        #expect(app.ask("GET", "/api/v1/repositories/\(id)", as: .root).status == 404)
        #expect(try app.app.tasks.liveTask(tokenHash: Token.hash(token)) == nil, "its jobs were not cancelled")
        #expect(app.ask("POST", "/api/v1/user/repos", as: .ann, body: #"{"name": "secret"}"#).status == 201)
        // The logs of its jobs are not sealed yet.
        #expect(try app.app.repositories.deleted(limit: 10) == [id])
        try Connection(dsn: app.dsn).script("update task set log_sealed_at = now() where status <= 4")
        try RemoveRepositories(app: app.app).sweep()
        #expect(try app.app.repositories.deleted(limit: 10) == [])
        #expect(try !app.app.runs.hasRuns(id))
        // Without runs it goes with the call.
        #expect(app.ask("DELETE", "/api/v1/repos/ann/secret", as: .ann).status == 204)
        #expect(try app.app.repositories.deleted(limit: 10) == [])
    }

    @Test("what an instance left that was killed right after it deleted one is taken away by the next sweep")
    func killedInTheMiddle() throws {
        let made = app.ask("POST", "/api/v1/user/repos", as: .ann, body: #"{"name": "gone", "auto_init": true}"#)
        let id = RepositoryID((members(made)["id"] as? NSNumber)?.int64Value ?? 0)
        let directory = RepositoryFiles(configuration: app.app.configuration).directory(id)
        #expect(FileManager.default.fileExists(atPath: directory + "/HEAD"))
        #expect(try app.app.repositories.delete(id))
        // Half of its files went.
        try FileManager.default.removeItem(atPath: directory + "/refs")
        try RemoveRepositories(app: app.app).sweep()
        #expect(!FileManager.default.fileExists(atPath: directory))
        #expect(try app.app.repositories.deleted(limit: 10) == [])
        // Nothing is left to do, and nothing fails.
        try RemoveRepositories(app: app.app).remove(id)
    }

    @Test("a team that had a repository sees it no longer when another owner has it")
    func teams() throws {
        let connection = try Connection(dsn: app.dsn)
        try connection.script(
            """
            insert into team (organization_id, name, permission) select id, 'readers', 'read' from account where name = 'guild';
            insert into team_member (team_id, account_id)
            select t.id, a.id from team t, account a where t.name = 'readers' and a.name = 'eve';
            update repository set owner_id = (select id from account where name = 'guild') where id = \(app.secret);
            insert into team_repository (team_id, repository_id) select id, \(app.secret) from team where name = 'readers';
            """)
        #expect(names(app.ask("GET", "/api/v1/user/repos", as: .eve)) == ["guild/secret", "eve/other"])
        #expect(app.ask("GET", "/api/v1/repos/guild/secret", as: .eve).status == 200)
        let transfer = app.ask(
            "POST", "/api/v1/repos/guild/secret/transfer", as: .root, body: #"{"new_owner": "ann"}"#)
        #expect(transfer.status == 202)
        #expect(names(app.ask("GET", "/api/v1/user/repos", as: .eve)) == ["eve/other"])
        #expect(app.ask("GET", "/api/v1/repos/ann/secret", as: .eve).status == 404)
    }

    @Test("lists show what their reader sees, and refuse what they do not know")
    func lists() {
        #expect(names(app.ask("GET", "/api/v1/users/ann/repos")) == ["ann/demo"])
        #expect(names(app.ask("GET", "/api/v1/users/ann/repos", as: .carl)) == ["ann/demo", "ann/secret"])
        #expect(names(app.ask("GET", "/api/v1/users/ann/repos", as: .root)) == ["ann/demo", "ann/secret"])
        #expect(names(app.ask("GET", "/api/v1/user/repos", as: .carl)) == ["ann/demo", "ann/secret"])
        #expect(names(app.ask("GET", "/api/v1/user/repos", as: .eve)) == ["eve/other"])
        #expect(app.ask("GET", "/api/v1/users/nobody/repos").status == 404)
        #expect(app.ask("GET", "/api/v1/orgs/ann/repos").status == 404)
        #expect(app.ask("GET", "/api/v1/orgs/guild/repos", as: .root).text == "[]")
        let found = app.ask("GET", "/api/v1/repos/search?q=E&limit=1&sort=alpha&order=desc", as: .root)
        #expect(((members(found)["data"] as? [[String: Any]])?.first?["name"] as? String) == "secret")
        #expect(members(found)["ok"] as? Bool == true && found.header("X-Total-Count") == "3")
        #expect(found.header("Link")?.contains("page=2") == true)
        for bad in ["sort=stars", "order=up", "mode=x", "q=a%00", "team_id=1", "starredBy=1"] {
            let status = app.ask("GET", "/api/v1/repos/search?\(bad)").status
            #expect(status == 422 || status == 400, "\(bad): \(status)")
        }
        for none in ["mode=fork", "uid=-5", "uid=x", "topic=true&q=a"] {
            #expect(app.ask("GET", "/api/v1/repos/search?\(none)").text.contains(#""data":[]"#), "\(none)")
        }
    }

    @Test("collaborators are let in, asked about and put out")
    func collaborators() {
        let path = "/api/v1/repos/ann/secret/collaborators"
        #expect(app.ask("PUT", path + "/eve", as: .ann, body: #"{"permission": "owner"}"#).status == 422)
        #expect(app.ask("PUT", path + "/nobody", as: .ann, body: #"{"permission": "read"}"#).status == 404)
        #expect(app.ask("PUT", path + "/guild", as: .ann, body: #"{"permission": "read"}"#).status == 422)
        #expect(app.ask("PUT", path + "/ann", as: .ann, body: #"{"permission": "read"}"#).status == 422)
        #expect(app.ask("PUT", path + "/eve", as: .bob, body: #"{"permission": "read"}"#).status == 403)
        #expect(app.ask("GET", path + "/eve", as: .ann).status == 404)
        #expect(app.ask("PUT", path + "/eve", as: .ann, body: #"{"permission": "admin"}"#).status == 204)
        #expect(app.ask("GET", path + "/EVE", as: .ann).status == 204)
        #expect(app.ask("GET", path, as: .eve).header("X-Total-Count") == "3")
        let permission = app.ask("GET", path + "/eve/permission", as: .eve)
        #expect(members(permission)["permission"] as? String == "admin")
        #expect(app.ask("GET", path + "/eve/permission", as: .carl).status == 403)
        #expect(members(app.ask("GET", path + "/ann/permission", as: .ann))["role_name"] as? String == "owner")
        #expect(app.ask("DELETE", path + "/eve", as: .ann).status == 204)
        #expect(app.ask("GET", path, as: .eve).status == 404)
    }
}
