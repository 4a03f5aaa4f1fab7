import Domain
import Postgres
import TestSupport
import Testing

@testable import Server

@Suite("Environments over REST")
struct EnvironmentRoutesTests {
    private static let mounts = ["/api/v1/repos/ann/secret", "/api/v3/repos/ann/secret"]
    private let app: TestApp
    init() throws { app = try TestApp() }

    private func object(_ answer: TestApp.Answer) -> [String: Any] { answer.json as? [String: Any] ?? [:] }
    private func account(_ name: String) throws -> Int64 {
        try #require(try app.app.accounts.account(named: name)).id.number
    }

    @Test("are made, shown, listed, changed and removed, by both mounts", arguments: mounts)
    func life(base: String) throws {
        let all = base + "/environments"
        let bob = try account("bob")
        let body =
            #"{"wait_timer":30,"prevent_self_review":true,"reviewers":[{"type":"User","id":\#(bob)}],"deployment_branch_policy":{"protected_branches":false,"custom_branch_policies":true}}"#
        let made = app.ask("PUT", all + "/eu%2Fwest", as: .ann, body: body)
        #expect(made.status == 200, "\(made.text)")
        #expect(object(made)["name"] as? String == "eu/west")
        let rules = object(made)["protection_rules"] as? [[String: Any]] ?? []
        #expect(rules.compactMap { $0["type"] as? String } == ["wait_timer", "required_reviewers", "branch_policy"])
        #expect(rules.first?["wait_timer"] as? Int == 30 && rules.first?["reviewers"] == nil)
        let reviewer = (rules[1]["reviewers"] as? [[String: Any]])?.first?["reviewer"] as? [String: Any]
        #expect(reviewer?["login"] as? String == "bob")
        let shown = app.ask("GET", all + "/EU%2FWEST", as: .carl)
        #expect(shown.status == 200 && object(shown)["id"] as? Int == object(made)["id"] as? Int)
        // What is not sent is as if there were no such rule.
        let bare = app.ask("PUT", all + "/eu%2fwest", as: .ann)
        #expect((object(bare)["protection_rules"] as? [Any])?.isEmpty == true)
        #expect(object(bare)["deployment_branch_policy"] is [String: Any] == false)
        _ = app.ask("PUT", all + "/a", as: .ann, body: "{}")
        let list = app.ask("GET", all + (base.contains("v3") ? "?per_page=1" : "?limit=1"), as: .ann)
        #expect(object(list)["total_count"] as? Int == 2 && list.header("Link")?.contains("page=2") == true)
        #expect(app.ask("DELETE", all + "/a", as: .bob).status == 403)
        #expect(app.ask("DELETE", all + "/a", as: .ann).status == 204)
        for method in ["GET", "DELETE"] { #expect(app.ask(method, all + "/a", as: .ann).status == 404) }
        #expect(app.ask("PUT", all + "/a", as: .bob, body: "{}").status == 403)
        #expect(app.ask("GET", all, as: .eve).status == 404)
    }

    @Test(
        "what cannot be set is 422, and nothing is made",
        arguments: [
            "no JSON", #"{"wait_timer":"3"}"#, #"{"wait_timer":-1}"#, #"{"wait_timer":43201}"#,
            #"{"reviewers":[{"type":"Robot","id":1}]}"#, #"{"reviewers":[{"type":"User","id":99999}]}"#,
            #"{"reviewers":[{"type":"Team","id":1}]}"#, #"{"reviewers":[{"id":1}]}"#,
            #"{"reviewers":[{"type":"User","id":1},{"type":"User","id":1}]}"#,
            #"{"reviewers":[\#((1...7).map { #"{"type":"User","id":\#($0)}"# }.joined(separator: ","))]}"#,
            #"{"deployment_branch_policy":{"protected_branches":true,"custom_branch_policies":true}}"#,
            #"{"deployment_branch_policy":{"protected_branches":false,"custom_branch_policies":false}}"#, "[]",
        ])
    func refused(body: String) {
        let path = Self.mounts[0] + "/environments/new"
        let answer = app.ask("PUT", path, as: .ann, body: body)
        #expect(answer.status == 422, "\(answer.status) \(answer.text)")
        #expect(app.ask("GET", path, as: .ann).status == 404)
    }

    @Test("names that no environment can have", arguments: [("%00", 422), (String(repeating: "x", count: 256), 422)])
    func names(name: String, status: Int) {
        let path = Self.mounts[0] + "/environments/" + name
        #expect(app.ask("PUT", path, as: .ann, body: "{}").status == status)
        #expect(app.ask("GET", path, as: .ann).status == 404)
    }

    @Test("patterns of branches and tags", arguments: mounts)
    func policies(base: String) throws {
        let one = base + "/environments/prod"
        let all = one + "/deployment-branch-policies"
        _ = app.ask("PUT", one, as: .ann)
        #expect(app.ask("POST", all, as: .ann, body: #"{"name":"main"}"#).status == 422)
        _ = app.ask(
            "PUT", one, as: .ann,
            body: #"{"deployment_branch_policy":{"protected_branches":false,"custom_branch_policies":true}}"#)
        let made = app.ask("POST", all, as: .ann, body: #"{"name":"release/*"}"#)
        #expect(made.status == 200 && object(made)["type"] as? String == "branch")
        #expect(app.ask("POST", all, as: .ann, body: #"{"name":"release/*"}"#).status == 409)
        #expect(app.ask("POST", all, as: .ann, body: #"{"name":"release/*","type":"tag"}"#).status == 200)
        for body in [
            #"{"name":""}"#, #"{"name":"[a"}"#, #"{"name":"a","type":"x"}"#, #"{"name":1}"#, #"{"name":"\u0000"}"#,
        ] {
            #expect(app.ask("POST", all, as: .ann, body: body).status == 422, "\(body)")
        }
        let id = object(made)["id"] as? Int ?? 0
        #expect(
            object(app.ask("PUT", "\(all)/\(id)", as: .ann, body: #"{"name":"main"}"#))["name"] as? String == "main")
        #expect(object(app.ask("GET", all, as: .carl))["total_count"] as? Int == 2)
        #expect(app.ask("DELETE", "\(all)/\(id)", as: .bob).status == 403)
        #expect(app.ask("DELETE", "\(all)/\(id)", as: .ann).status == 204)
        for path in ["\(all)/\(id)", all + "/x"] { #expect(app.ask("DELETE", path, as: .ann).status == 404) }
    }

    @Test("secrets and variables of an environment")
    func settings() throws {
        let one = Self.mounts[0] + "/environments/prod"
        #expect(app.ask("PUT", one + "/secrets/A", as: .ann, body: #"{"data":"x"}"#).status == 404)
        _ = app.ask("PUT", one, as: .ann)
        #expect(app.ask("PUT", one + "/secrets/A", as: .ann, body: #"{"data":"x"}"#).status == 201)
        #expect(app.ask("PUT", one + "/secrets/A", as: .bob, body: #"{"data":"x"}"#).status == 403)
        #expect(app.ask("GET", one + "/secrets", as: .ann).header("X-Total-Count") == "1")
        #expect(app.ask("GET", Self.mounts[0] + "/actions/secrets", as: .ann).text == "[]")
        #expect(app.ask("POST", one + "/variables/B", as: .ann, body: #"{"value":"x"}"#).status == 201)
        #expect(app.ask("POST", one + "/variables/B", as: .ann, body: #"{"value":"x"}"#).status == 409)
        let github = Self.mounts[1] + "/environments/prod"
        #expect(app.ask("GET", github + "/secrets/public-key", as: .ann).status == 200)
        #expect(object(app.ask("GET", github + "/secrets", as: .ann))["total_count"] as? Int == 1)
        #expect(object(app.ask("GET", github + "/variables/b", as: .ann))["value"] as? String == "x")
        #expect(app.ask("PATCH", github + "/variables/b", as: .ann, body: #"{"value":"y"}"#).status == 204)
        #expect(app.ask("DELETE", github + "/secrets/A", as: .ann).status == 204)
    }

    // MARK: reviews

    /// A run of `ann/secret` with one job for the environment.
    private func plan(_ environment: String) throws -> RunID {
        var job = PlannedJob(
            key: "a", name: "a", needs: [], runsOn: ["nobody"], condition: nil, continueOnError: false,
            hasOutputs: false, timeoutSeconds: nil, stepNames: [], payload: "{}")
        job.environment = JobEnvironment(stored: #"{"name":"\#(environment)","url":""}"#)
        let planned = PlannedRun(
            workflowID: "ci.yml", workflowPath: ".gitea/workflows/ci.yml", title: "t", event: "push",
            ref: "refs/heads/main", sha: String(repeating: "b", count: 40), payload: "{}", problem: "", jobs: [job])
        let reserved = try #require(try app.app.runs.reserve(3, in: app.secret).last)
        return try #require(
            try Database(dsn: app.dsn, size: 1).transaction {
                try app.app.runs.plan(planned, as: reserved, inbox: nil, actor: nil, in: $0)
            })
    }
    private func environment() throws -> Int {
        let body = #"{"reviewers":[{"type":"User","id":\#(try account("bob"))}]}"#
        return try #require(
            object(app.ask("PUT", Self.mounts[0] + "/environments/prod", as: .ann, body: body))["id"] as? Int)
    }

    @Test("what waits is shown to all who may see it, and approved by its reviewers alone", arguments: mounts)
    func approve(base: String) throws {
        let id = try environment()
        let run = try plan("prod")
        let path = "\(base)/actions/runs/\(run)/pending_deployments"
        func waiting(_ who: TestApp.Who) -> [[String: Any]] {
            app.ask("GET", path, as: who).json as? [[String: Any]] ?? []
        }
        #expect(waiting(.bob).first?["current_user_can_approve"] as? Bool == true)
        #expect(waiting(.carl).first?["current_user_can_approve"] as? Bool == false)
        #expect((waiting(.ann).first?["environment"] as? [String: Any])?["name"] as? String == "prod")
        let jobs = app.ask("GET", "\(base)/actions/runs/\(run)/jobs", as: .ann)
        #expect(jobs.text.contains("\"status\":\"waiting\""), "\(jobs.text)")
        let yes = #"{"environment_ids":[\#(id)],"state":"approved","comment":"go"}"#
        #expect(app.ask("POST", path, as: .ann, body: yes).status == 403)
        #expect(app.ask("POST", path, as: .eve, body: yes).status == 404)
        #expect(app.ask("POST", path, body: yes).status == 401 || app.ask("POST", path, body: yes).status == 404)
        for body in [
            #"{"environment_ids":[],"state":"approved"}"#, #"{"environment_ids":[\#(id)],"state":"maybe"}"#,
            #"{"environment_ids":[\#(id + 1)],"state":"approved"}"#, #"{"environment_ids":["x"],"state":"approved"}"#,
            "x",
            #"{"environment_ids":[\#(id)],"state":"approved","comment":"\u0000"}"#,
        ] {
            #expect(app.ask("POST", path, as: .bob, body: body).status == 422, "\(body)")
        }
        let answer = app.ask("POST", path, as: .bob, body: yes)
        #expect(answer.status == 200, "\(answer.text)")
        #expect((answer.json as? [[String: Any]])?.first?["environment"] as? String == "prod")
        #expect(app.ask("POST", path, as: .bob, body: yes).status == 422)
        #expect(waiting(.bob).isEmpty)
        #expect(app.ask("GET", "\(base)/actions/runs/9999/pending_deployments", as: .bob).status == 404)
    }

    @Test("the page of the run has buttons, and what they send decides")
    func page() throws {
        let id = try environment()
        let run = try plan("prod")
        let page = "/ann/secret/actions/runs/\(run)"
        let owners = app.ask("GET", page, as: .ann).text
        #expect(owners.contains("Waiting for the environment prod") && owners.contains("bob may let its jobs start"))
        #expect(!owners.contains("\(page)/environments/\(id)/rejected"), "no reviewer")
        let shown = app.ask("GET", page, as: .bob).text
        #expect(shown.contains("\(page)/environments/\(id)/rejected"))
        let pressed = app.ask("POST", "\(page)/environments/\(id)/rejected", as: .bob)
        #expect(pressed.status == 303 && pressed.header("Location") == page, "\(pressed.status) \(pressed.text)")
        let ended = app.ask("GET", page, as: .ann).text
        #expect(ended.contains("bob rejected it for the environment") && !ended.contains("Approve"))
    }
}
