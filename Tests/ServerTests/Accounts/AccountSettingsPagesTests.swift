import TestSupport
import Testing

@testable import Server

@Suite("One's own settings")
struct SettingsPagesTests {
    private let app: TestApp
    private let session: [String: String]

    init() throws {
        app = try TestApp()
        session = try app.signIn(.ann)
    }

    @Test("show sessions, of which one can be ended, of oneself alone")
    func sessions() throws {
        let other = try app.signIn(.ann)
        let eve = try app.signIn(.eve)
        let page = app.ask("GET", "/-/settings/sessions", headers: session).text
        let ends = page.matches(of: #/action="(/-/settings/sessions/\d+/end)"/#).map { String($0.output.1) }
        #expect(ends.count == 2)
        #expect(try app.send(ends[0], headers: eve, token: "/-/settings/sessions").status == 404)
        #expect(
            try app.send(ends[0], headers: session, token: "/-/settings/sessions").header("Location")
                == "/-/settings/sessions")
        #expect(app.ask("GET", "/api/v1/user", headers: other).status == 401)
        let own = try app.send(ends[1], headers: session, token: "/-/settings/sessions")
        #expect(own.header("Location") == "/-/login")
        #expect(app.ask("GET", "/api/v1/user", headers: session).status == 401)
        #expect(app.ask("GET", "/api/v1/user", headers: eve).status == 200)
    }

    @Test("make a token with the chosen scopes, and show it once")
    func tokens() throws {
        let page = "/-/settings/tokens"
        let made = try app.send(
            page, [("name", "ci <1>"), ("scope", "write:repository"), ("scope", "read:user"), ("scope", "nonsense")],
            headers: session, token: page)
        #expect(made.status == 200)
        let secret = String(try #require(made.text.firstMatch(of: #/id="made">([0-9a-f]{40})</#)?.output.1))
        let told = app.ask("GET", "/api/v1/token", headers: ["Authorization": "token \(secret)"])
        #expect(told.text.contains("write:repository") && told.text.contains("read:user"))
        let list = app.ask("GET", page, headers: session).text
        #expect(!list.contains(secret) && list.contains("ci &lt;1&gt;"))
        // The name is taken, and stays in the field.
        let again = try app.send(page, [("name", "ci <1>"), ("scope", "all")], headers: session, token: page)
        #expect(
            again.status == 422 && again.text.contains("choose another")
                && again.text.contains("value=\"ci &lt;1&gt;\""))
        for fields in [[("name", "x")], [("scope", "all")], [("name", "x"), ("scope", "public-only")]] {
            #expect(try app.send(page, fields, headers: session, token: page).status == 422)
        }
        let delete = try #require(
            list.matches(of: #/action="(/-/settings/tokens/\d+/delete)"/#).last.map { String($0.output.1) })
        #expect(try app.send(delete, headers: session, token: page).status == 303)
        #expect(app.ask("GET", "/api/v1/token", headers: ["Authorization": "token \(secret)"]).status == 401)
    }

    @Test("are reached by no access token, which could make one that reaches further")
    func notByToken() {
        for path in ["/-/settings/tokens", "/-/settings/profile", "/-/settings/sessions", "/-/settings/password"] {
            #expect(app.ask("GET", path, as: .ann).status == 403)
        }
        let answer = app.send(
            "/-/settings/tokens", [("name", "x"), ("scope", "all")], headers: app.credentials(.reader))
        #expect(answer.status == 403)
    }

    @Test("change name and mail address, or say what is wrong beside the field")
    func profile() throws {
        let page = "/-/settings/profile"
        let saved = try app.send(
            page, [("full_name", " Ann Other "), ("email", "ann@other.example")], headers: session, token: page)
        #expect(saved.status == 303)
        #expect(try app.app.accounts.account(named: "ann")?.fullName == "Ann Other")
        let bad = try app.send(page, [("full_name", "X"), ("email", "no address")], headers: session, token: page)
        #expect(bad.status == 422 && bad.text.contains("no mail address") && bad.text.contains("value=\"no address\""))
        #expect(try app.app.accounts.account(named: "ann")?.email == "ann@other.example")
    }
}
