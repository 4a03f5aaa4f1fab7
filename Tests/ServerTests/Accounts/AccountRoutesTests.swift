import Domain
import Foundation
import Postgres
import TestSupport
import Testing

@testable import Server

@Suite("Accounts by REST")
struct AccountRoutesTests {
    private let app: TestApp

    init() throws { app = try TestApp() }

    private static func basic(_ name: String, _ secret: String) -> [String: String] {
        ["Authorization": "Basic " + Data("\(name):\(secret)".utf8).base64EncodedString()]
    }

    /// A person with a password, made as an administrator makes one.
    private func person(_ name: String, _ more: String = #""must_change_password":false"#) throws -> [String: String] {
        let body = #"{"username":"\#(name)","email":"\#(name)@example.com","password":"correct horse",\#(more)}"#
        #expect(app.ask("POST", "/api/v1/admin/users", as: .root, body: body).status == 201)
        return Self.basic(name, "correct horse")
    }

    private func token(_ scopes: String, of login: [String: String], _ name: String, more: String = "") throws -> String
    {
        let answer = app.ask(
            "POST", "/api/v1/users/\(name)/tokens", headers: login,
            body: #"{"name":"t\#(UUID().uuidString)","scopes":[\#(scopes)]\#(more)}"#)
        #expect(answer.status == 201, "\(answer.text)")
        return try #require((answer.json as? [String: Any])?["sha1"] as? String)
    }

    @Test("a token reaches as far as its scopes, and no further than what is public if it says so")
    func scopes() throws {
        let dan = try person("dan")
        let reader = ["Authorization": "token \(try token(#""read:user""#, of: dan, "dan"))"]
        #expect(app.ask("GET", "/api/v1/user", headers: reader).status == 200)
        let refused = app.ask("GET", "/api/v1/repos/ann/demo", headers: reader)
        #expect(refused.status == 403 && refused.text.contains("required=[read:repository], token scope=read:user"))
        // The scope is looked at before the repository: it says nothing about what exists.
        #expect(app.ask("GET", "/api/v1/repos/ann/secret", headers: reader).status == 403)
        #expect(app.ask("GET", "/api/v1/version", headers: reader).status == 200)
        // Pages ask for it as well, though none of them names a scope.
        #expect(app.ask("GET", "/ann/demo/actions", headers: reader).status == 403)
        #expect(app.ask("GET", "/ann/secret/actions/jobs/1/log", headers: reader).status == 403)
        let writer = ["Authorization": "token \(try token(#""write:repository""#, of: dan, "dan"))"]
        #expect(app.ask("GET", "/api/v1/repos/ann/secret", headers: writer).status == 404)
        #expect(
            app.ask("POST", "/api/v1/user/repos", headers: writer, body: #"{"name":"x"}"#).status == 403,
            "user and repository are both needed")
        let open = ["Authorization": "token \(try token(#""public-only","all""#, of: dan, "dan"))"]
        #expect(app.ask("GET", "/api/v1/repos/ann/demo", headers: open).status == 200)
        #expect(app.ask("GET", "/api/v1/user/actions/runners", headers: open).status == 403)
        #expect(
            app.ask("POST", "/api/v1/user/repos", headers: open, body: #"{"name":"hidden","private":true}"#).status
                < 500)
    }

    @Test("an access token has a name of its own, known scopes, and perhaps an end")
    func tokens() throws {
        let dan = try person("dan")
        let path = "/api/v1/users/dan/tokens"
        func make(_ body: String, _ headers: [String: String]) -> Int {
            app.ask("POST", path, headers: headers, body: body).status
        }
        #expect(make(#"{"name":"ci","scopes":["write:user","read:user","write:user"]}"#, dan) == 201)
        #expect(make(#"{"name":"ci","scopes":["all"]}"#, dan) == 400)
        #expect(make(#"{"name":"none"}"#, dan) == 400 && make(#"{"name":"none","scopes":["sudo"]}"#, dan) == 400)
        #expect(make(#"{"scopes":["all"]}"#, dan) == 422 && make(#"{"name":"","scopes":["all"]}"#, dan) == 422)
        #expect(make(#"{"name":"a\u0000b","scopes":["all"]}"#, dan) == 422)
        #expect(make(#"{"name":7,"scopes":["all"]}"#, dan) == 422 && make("{", dan) == 422 && make("", dan) == 422)
        #expect(make(#"{"name":"late","scopes":["all"],"expires_at":"soon"}"#, dan) == 422)
        let old = try token(#""all""#, of: dan, "dan", more: #","expires_at":"2001-01-01T00:00:00Z""#)
        #expect(app.ask("GET", "/api/v1/version", headers: ["Authorization": "token \(old)"]).status == 401)

        let list = app.ask("GET", path + "?limit=1", headers: dan)
        let first = try #require((list.json as? [[String: Any]])?.first)
        #expect(first["sha1"] as? String == "" && first["scopes"] as? [String] == ["write:user"])
        #expect(list.header("X-Total-Count") == "2" && list.header("Link")?.contains(#"rel="next""#) == true)
        // By itself a token lists none: Basic alone does, with the token as the password too.
        let all = try token(#""all""#, of: dan, "dan")
        #expect(app.ask("GET", path, headers: ["Authorization": "token \(all)"]).status == 401)
        #expect(app.ask("GET", path, headers: Self.basic("dan", all)).status == 200)
        #expect(app.ask("GET", path, headers: Self.basic(all, "x-oauth-basic")).status == 200)
        #expect(app.ask("GET", path).status == 401 && app.ask("GET", path, as: .eve).status == 403)
        let some = try token(#""write:user""#, of: dan, "dan")
        #expect(make(#"{"name":"more","scopes":["all"]}"#, Self.basic("dan", some)) == 403)
        // What one that ends makes ends as well.
        let ending = try token(#""all""#, of: dan, "dan", more: #","expires_at":"2999-01-01T00:00:00Z""#)
        for (name, end) in [("endless", ""), ("longer", #","expires_at":"3999-01-01T00:00:00Z""#)] {
            let made = app.ask(
                "POST", path, headers: Self.basic("dan", ending), body: #"{"name":"\#(name)","scopes":["all"]\#(end)}"#)
            #expect((made.json as? [String: Any])?["expires_at"] as? String == "2999-01-01T00:00:00Z")
        }
        #expect(make(#"{"name":"less","scopes":["read:user"]}"#, Self.basic("dan", some)) == 201)
        #expect(app.ask("DELETE", path + "/ci", headers: dan).status == 204)
        #expect(app.ask("DELETE", path + "/ci", headers: dan).status == 404)
        #expect(app.ask("GET", "/api/v1/token", headers: ["Authorization": "token \(all)"]).status == 200)
        #expect(app.ask("DELETE", "/api/v1/token", headers: ["Authorization": "token \(all)"]).status == 204)
        #expect(app.ask("GET", "/api/v1/user", headers: ["Authorization": "token \(all)"]).status == 401)
    }

    @Test("an administrator acts as somebody, with their rights; nobody else does")
    func sudo() throws {
        for headers in [["Sudo": "carl"], [:]] {
            let query = headers.isEmpty ? "?sudo=carl" : ""
            let answer = app.ask("GET", "/api/v1/user" + query, as: .root, headers: headers)
            #expect((answer.json as? [String: Any])?["login"] as? String == "carl")
            #expect(app.ask("GET", "/api/v1/admin/users" + query, as: .root, headers: headers).status == 403)
            for who in [TestApp.Who.ann, .anonymous, .job] {
                #expect(app.ask("GET", "/api/v1/version" + query, as: who, headers: headers).status == 403)
            }
        }
        for nobody in ["nobody", "guild", "%00"] {
            #expect(app.ask("GET", "/api/v1/user?sudo=\(nobody)", as: .root).status == 404)
        }
    }

    @Test("who must change their password does that first; who is disabled does nothing")
    func barred() throws {
        let dan = try person("dan", #""full_name":"Dan""#)
        #expect(app.ask("GET", "/api/v1/user", headers: dan).status == 403)
        #expect(
            app.ask("POST", "/api/v1/user/password", headers: dan, body: #"{"new_password":"short"}"#).status == 422)
        let change = app.ask("POST", "/api/v1/user/password", headers: dan, body: #"{"new_password":"battery staple"}"#)
        #expect(change.status == 204)
        #expect(app.ask("GET", "/api/v1/user", headers: dan).status == 401)
        let now = Self.basic("dan", "battery staple")
        #expect(app.ask("GET", "/api/v1/user", headers: now).status == 200)
        let own = ["Authorization": "token \(try token(#""all""#, of: now, "dan"))"]
        #expect(
            app.ask("POST", "/api/v1/user/password", headers: own, body: #"{"new_password":"12345678"}"#).status == 401)
        for edit in [#"{"prohibit_login":true}"#, #"{"prohibit_login":false,"active":false}"#] {
            #expect(app.ask("PATCH", "/api/v1/admin/users/dan", as: .root, body: edit).status == 200)
            for headers in [now, own] {
                #expect(app.ask("GET", "/api/v1/repos/ann/demo", headers: headers).status == 403)
            }
        }
        #expect(app.ask("PATCH", "/api/v1/admin/users/root", as: .root, body: #"{"admin":false}"#).status == 403)
    }

    @Test(
        "people that cannot be are refused, and nothing is made of them",
        arguments: [
            #"{}"#, #"{"username":"dan"}"#, #"{"username":"","email":"d@e"}"#, #"{"username":"dan","email":"nowhere"}"#,
            #"{"username":"api","email":"d@e"}"#, #"{"username":"d/an","email":"d@e"}"#,
            #"{"username":"dan","email":"d@e","password":"short"}"#,
            #"{"username":"dan","email":"d@e","visibility":"secret"}"#,
            #"{"username":"dan","email":"d@e","full_name":"\u0000"}"#,
            #"{"username":["dan"],"email":"d@e"}"#, #"[]"#, "null", "{", #"{"username":"ANN","email":"d@e"}"#,
        ])
    func badPeople(body: String) throws {
        #expect(app.ask("POST", "/api/v1/admin/users", as: .root, body: body).status == 422)
        #expect(app.ask("GET", "/api/v1/users/dan", as: .root).status == 404)
    }

    @Test("of two that take one name at once, one gets it")
    func atTheSameTime() throws {
        let answers = Seen<Int>()
        atOnce(4) { index in
            let path = index % 2 == 0 ? "/api/v1/admin/users" : "/api/v1/orgs"
            answers.add(
                app.ask("POST", path, as: .root, body: #"{"username":"dan","email":"d@example.com"}"#).status)
        }
        #expect(answers.all.sorted() == [201, 422, 422, 422])
    }

    @Test("mail addresses and rights of people are theirs and administrators' to see; private ones are nobody's else")
    func seen() throws {
        func user(_ name: String, as who: TestApp.Who) -> [String: Any]? {
            app.ask("GET", "/api/v1/users/\(name)", as: who).json as? [String: Any]
        }
        #expect(user("root", as: .root)?["is_admin"] as? Bool == true)
        #expect(user("root", as: .ann)?["is_admin"] as? Bool == false)
        #expect(user("ann", as: .ann)?["email"] as? String == "ann@example.com")
        #expect(user("ann", as: .eve)?["email"] as? String == "ann@noreply.localhost")
        #expect(
            app.ask("PATCH", "/api/v1/admin/users/ann", as: .root, body: #"{"visibility":"limited"}"#).status == 200)
        #expect(
            app.ask("GET", "/api/v1/users/ann").status == 404
                && app.ask("GET", "/api/v1/users/ann", as: .eve).status == 200)
        #expect(app.ask("GET", "/api/v1/repos/ann/demo").status == 404)
        #expect(app.ask("GET", "/api/v1/users/search?q=ann", as: .eve).text.contains("\"login\":\"ann\""))
        #expect(!app.ask("GET", "/api/v1/users/search?q=ann").text.contains("\"login\":\"ann\""))
        #expect(app.ask("GET", "/api/v1/users/search?uid=x", as: .root).text.contains("\"data\":[]"))
    }

    @Test("an organization is its owners', and its members see more of it than others")
    func organizations() throws {
        #expect(
            app.ask("POST", "/api/v1/orgs", as: .bob, body: #"{"username":"works","visibility":"private"}"#).status
                == 201)
        #expect(app.ask("GET", "/api/v1/orgs/works", as: .carl).status == 404)
        #expect(app.ask("GET", "/api/v1/orgs/guild/members", as: .carl).status == 403)
        let teams = app.ask("GET", "/api/v1/orgs/works/teams", as: .bob)
        let owners = try #require((teams.json as? [[String: Any]])?.first)
        #expect(owners["name"] as? String == "Owners" && owners["permission"] as? String == "owner")
        let made = app.ask(
            "POST", "/api/v1/orgs/works/teams", as: .bob,
            body: #"{"name":"readers","permission":"read","includes_all_repositories":true}"#)
        let team = try #require((made.json as? [String: Any])?["id"] as? Int)
        #expect(app.ask("POST", "/api/v1/orgs/works/teams", as: .bob, body: #"{"name":"READERS"}"#).status == 422)
        #expect(
            app.ask("POST", "/api/v1/orgs/works/teams", as: .bob, body: #"{"name":"x","permission":"owner"}"#).status
                == 422)
        #expect(app.ask("PUT", "/api/v1/teams/\(team)/members/carl", as: .bob).status == 204)
        #expect(app.ask("GET", "/api/v1/orgs/works", as: .carl).status == 200)
        #expect(app.ask("GET", "/api/v1/orgs/works/members/carl", as: .carl).status == 204)
        #expect(app.ask("PUT", "/api/v1/teams/\(team)/members/eve", as: .carl).status == 403)
        // The maker of a repository reaches it, whatever the team shows.
        #expect(
            app.ask(
                "PATCH", "/api/v1/teams/\(team)", as: .bob,
                body: #"{"can_create_org_repo":true,"includes_all_repositories":false}"#
            ).status == 200)
        #expect(
            app.ask("POST", "/api/v1/orgs/works/repos", as: .carl, body: #"{"name":"mine","private":true}"#).status
                == 201)
        #expect(app.ask("GET", "/api/v1/repos/works/mine", as: .carl).status == 200)
        #expect(app.ask("DELETE", "/api/v1/repos/works/mine", as: .bob).status == 204)
        #expect(app.ask("GET", "/api/v1/orgs/works/actions/runners", as: .carl).status == 403)
        #expect(app.ask("GET", "/api/v1/orgs/works/actions/runners", as: .bob).status == 200)
        #expect(app.ask("DELETE", "/api/v1/orgs/works/members/bob", as: .bob).status == 422)
        #expect(app.ask("DELETE", "/api/v1/admin/users/bob", as: .root).status == 422)
        #expect(app.ask("DELETE", "/api/v1/orgs/works", as: .carl).status == 403)
        #expect(app.ask("DELETE", "/api/v1/orgs/works", as: .bob).status == 204)
        #expect(app.ask("GET", "/api/v1/teams/\(team)", as: .root).status == 404)
    }

    @Test("who owns repositories is deleted by purge alone, and then with what is theirs")
    func purge() throws {
        #expect(app.ask("DELETE", "/api/v1/admin/users/ann", as: .root).status == 422)
        #expect(app.ask("GET", "/api/v1/users/ann").status == 200)
        let dan = try person("dan")
        #expect(app.ask("POST", "/api/v1/user/repos", headers: dan, body: #"{"name":"app"}"#).status == 201)
        #expect(app.ask("POST", "/api/v1/orgs", headers: dan, body: #"{"username":"works"}"#).status == 201)
        #expect(app.ask("POST", "/api/v1/orgs/works/repos", headers: dan, body: #"{"name":"app"}"#).status == 201)
        #expect(app.ask("DELETE", "/api/v1/admin/users/dan?purge=maybe", as: .root).status == 400)
        #expect(app.ask("DELETE", "/api/v1/admin/users/dan?purge=true", as: .root).status == 204)
        for path in ["users/dan", "orgs/works", "repos/dan/app", "repos/works/app"] {
            #expect(app.ask("GET", "/api/v1/" + path, as: .root).status == 404, "\(path)")
        }
        #expect(app.ask("GET", "/api/v1/user", headers: dan).status == 401)
    }
}
