import Domain
import Foundation
import Postgres
import TestSupport
import Testing

@testable import Server

@Suite("Log-in by a page")
struct LoginRoutesTests {
    private static let password = "correct horse"
    private static let browser = ["Accept": "text/html,*/*"]
    private let app: TestApp

    init() throws {
        app = try TestApp()
        var edit = AccountEdit()
        edit.password = try AccountFields.password(Self.password)
        let ann = try #require(try app.app.accounts.account(named: "ann"))
        _ = try app.app.accounts.edit(ann.id, edit)
    }

    /// The cookie that an answer sets, as a browser sends it back; "" for one that is taken away.
    private func cookie(_ name: String, _ answer: TestApp.Answer) -> String? {
        let set = answer.headers.last { $0.name == "Set-Cookie" && $0.value.contains(name + "=") }?.value
        guard let set else { return nil }
        return set.contains("Max-Age=0") ? "" : String(set.prefix { $0 != ";" })
    }

    private func logIn(
        _ user: String = "ann", _ password: String = Self.password, to: String = "", headers: [String: String] = [:]
    ) throws -> TestApp.Answer {
        let form = app.ask("GET", "/-/login?to=\(percentEncoded(to))", headers: headers)
        let visitor = try #require(cookie("millrace_visitor", form))
        let token = try #require(form.text.firstMatch(of: #/name="_token" value="([0-9a-f]+)"/#)?.output.1)
        let sent = try #require(form.text.firstMatch(of: #/name="to" value="([^"]*)"/#)?.output.1)
        return app.send(
            "/-/login", [("user_name", user), ("password", password), ("to", String(sent)), ("_token", String(token))],
            headers: headers.merging(["Cookie": visitor]) { $1 })
    }

    @Test("gives a cookie that pages and the API take for who logged in")
    func works() throws {
        let answer = try logIn(to: "/ann/secret/actions?page=1")
        #expect(answer.status == 303 && answer.header("Location") == "/ann/secret/actions?page=1")
        let set = try #require(answer.headers.first { $0.value.hasPrefix("millrace_session=") }?.value)
        #expect(set.contains("; HttpOnly; SameSite=Lax") && set.contains("Path=/") && !set.contains("Secure"))
        let headers = ["Cookie": try #require(cookie("millrace_session", answer))]
        #expect(app.ask("GET", "/ann/secret/actions", headers: headers).status == 200)
        #expect(app.ask("GET", "/api/v1/user", headers: headers).text.contains("\"ann\""))
        #expect(app.ask("GET", "/-/login?to=/x", headers: headers).header("Location") == "/x")
    }

    @Test("with TLS the cookie is of this host alone, and sent with TLS alone")
    func secure() throws {
        let request = app.request("GET", "/-/login", nginx: ["REQUEST_SCHEME": "https"])
        let set = SessionCookie.session.set("abc", seconds: 60, for: request)
        #expect(set == "__Host-millrace_session=abc; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60")
        // A cookie of before, or one that came without TLS, does not count.
        let other = app.request(
            "GET", "/", headers: ["Cookie": "millrace_session=x; __Host-millrace_session=y"],
            nginx: ["REQUEST_SCHEME": "https"])
        #expect(SessionCookie.session.value(in: other) == "y")
    }

    @Test(
        "with a wrong name or password says the same of both, beside the form, and keeps the name",
        arguments: [("ann", "wrong"), ("nobody", password), ("", ""), ("ann", ""), ("guild", password)])
    func wrong(user: String, password: String) throws {
        let answer = try logIn(user, password, to: "/x")
        #expect(answer.status == 401)
        #expect(answer.text.contains("The user name or the password is wrong."))
        #expect(answer.text.contains("value=\"\(user)\"") && answer.text.contains("name=\"to\" value=\"/x\""))
        #expect(cookie("millrace_session", answer) == nil)
        #expect(answer.header("WWW-Authenticate") == nil)
    }

    @Test("is throttled as Basic is")
    func throttled() throws {
        for _ in 0..<GuessLimits.freeOfAccount { #expect(try logIn("ann", "wrong").status == 401) }
        let answer = try logIn("ann", "wrong again")
        #expect(answer.status == 429 && answer.text.contains("too many wrong passwords"))
    }

    @Test(
        "never goes on to another site",
        arguments: [
            "//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "/-/login", "/-/logout",
        ])
    func elsewhere(to: String) throws {
        #expect(try logIn(to: to).header("Location") == "/")
    }

    @Test("needs the token of its own form and the cookie that goes with it")
    func token() throws {
        let form = app.ask("GET", "/-/login")
        let token = try #require(form.text.firstMatch(of: #/name="_token" value="([0-9a-f]+)"/#)?.output.1)
        let fields = [("user_name", "ann"), ("password", Self.password)]
        for (more, headers) in [
            ([], ["Cookie": try #require(cookie("millrace_visitor", form))]), ([("_token", String(token))], [:]),
            ([("_token", String(token))], ["Cookie": "millrace_visitor=" + String(repeating: "a", count: 64)]),
        ] as [([(String, String)], [String: String])] {
            let answer = app.send("/-/login", fields + more, headers: headers)
            #expect(answer.status == 403 && answer.text.contains("out of date"))
            #expect(cookie("millrace_session", answer) == nil)
        }
    }

    @Test("makes a secret that nobody knew, and ends the session that the browser had")
    func fixation() throws {
        let planted = "millrace_session=" + String(repeating: "b", count: 64)
        let first = try #require(cookie("millrace_session", try logIn(headers: ["Cookie": planted])))
        #expect(first != planted)
        let form = app.ask("GET", "/-/login")
        let visitor = try #require(cookie("millrace_visitor", form))
        let token = try #require(form.text.firstMatch(of: #/name="_token" value="([0-9a-f]+)"/#)?.output.1)
        let answer = app.send(
            "/-/login", [("user_name", "ann"), ("password", Self.password), ("_token", String(token))],
            headers: ["Cookie": "\(first); \(visitor)"])
        #expect(answer.status == 303)
        #expect(app.ask("GET", "/api/v1/user", headers: ["Cookie": first]).status == 401)
    }

    @Test("pages ask nobody's browser to log in, and never by Basic")
    func nobody() throws {
        let page = app.ask("GET", "/ann/secret/actions?page=2", headers: Self.browser)
        #expect(page.status == 303)
        #expect(page.header("Location") == "/-/login?to=%2Fann%2Fsecret%2Factions%3Fpage%3D2")
        // Programs, other methods and the API are told.
        for (method, path, headers) in [
            ("GET", "/ann/secret/actions", [:]), ("POST", "/-/settings/sessions/end-others", Self.browser),
            ("GET", "/api/v1/user", Self.browser), ("GET", "/ann/secret/actions", ["Authorization": "Basic eDp5"]),
            ("GET", "/ann/secret/actions", Self.browser.merging(["Authorization": "token x"]) { $1 }),
        ] as [(String, String, [String: String])] {
            let answer = app.ask(method, path, headers: headers)
            #expect(answer.status == 401 && answer.header("WWW-Authenticate") == nil, "\(method) \(path) \(headers)")
        }
    }

    @Test(
        "cookies that are no session's are nobody's, and are taken away",
        arguments: [
            "x", "", String(repeating: "a", count: 64), String(repeating: "z", count: 64),
            String(repeating: "a", count: 5000), "\"", "%00",
        ])
    func garbage(value: String) {
        let headers = Self.browser.merging(["Cookie": "other=1; millrace_session=\(value)"]) { $1 }
        let answer = app.ask("GET", "/ann/secret/actions", headers: headers)
        #expect(answer.status == 303)
        #expect(cookie("millrace_session", answer) == "")
        #expect(app.ask("GET", "/ann/demo/actions", headers: headers).status == 200)
    }

    @Test("log-out ends the session, and needs its token")
    func out() throws {
        let headers = try app.signIn(.ann)
        #expect(app.send("/-/logout", [], headers: headers).status == 403)
        #expect(app.ask("GET", "/api/v1/user", headers: headers).status == 200)
        let answer = try app.send("/-/logout", headers: headers, token: "/-/settings/profile")
        #expect(answer.status == 303 && cookie("millrace_session", answer) == "")
        #expect(app.ask("GET", "/api/v1/user", headers: headers).status == 401)
        // Once more, as a second tab would.
        #expect(app.send("/-/logout", [], headers: headers).status == 303)
    }

    @Test("a session ends with the password, and with the account's leave to log in")
    func ended() throws {
        let ann = try #require(try app.app.accounts.account(named: "ann"))
        for change in [
            { $0.password = StoredPassword(hash: [2], salt: [2]) }, { $0.prohibitsLogin = true },
        ] as [(inout AccountEdit) -> Void] {
            let headers = try app.signIn(.ann)
            #expect(app.ask("GET", "/ann/secret/actions", headers: headers).status == 200)
            var edit = AccountEdit()
            change(&edit)
            _ = try app.app.accounts.edit(ann.id, edit)
            #expect(app.ask("GET", "/ann/secret/actions", headers: headers).status == 401)
        }
    }

    @Test("whoever must change the password is led to the page that does, and goes on from there")
    func owed() throws {
        let ann = try #require(try app.app.accounts.account(named: "ann"))
        var edit = AccountEdit()
        edit.mustChangePassword = true
        _ = try app.app.accounts.edit(ann.id, edit)
        let answer = try logIn(to: "/ann/secret/actions")
        let change = "/-/settings/password?to=%2Fann%2Fsecret%2Factions"
        #expect(answer.header("Location") == change)
        let headers = Self.browser.merging(["Cookie": try #require(cookie("millrace_session", answer))]) { $1 }
        #expect(app.ask("GET", "/ann/secret/actions", headers: headers).header("Location") == change)
        #expect(app.ask("GET", "/api/v1/user", headers: headers).status == 403)
        #expect(app.ask("GET", "/-/settings/tokens", headers: headers).status == 303)
        func send(_ old: String, _ new: String, _ again: String) throws -> TestApp.Answer {
            try app.send(
                "/-/settings/password", [("old", old), ("new", new), ("again", again), ("to", "/ann/secret/actions")],
                headers: headers, token: change)
        }
        #expect(try send("wrong", "battery staple", "battery staple").text.contains("not your current password"))
        #expect(try send(Self.password, "short", "short").text.contains("It has 5 bytes"))
        #expect(try send(Self.password, Self.password, Self.password).text.contains("choose another"))
        #expect(try send(Self.password, "battery staple", "battery stable").status == 422)
        let done = try send(Self.password, "battery staple", "battery staple")
        #expect(done.status == 303 && done.header("Location") == "/ann/secret/actions")
        // This browser goes on with a new secret.
        #expect(app.ask("GET", "/ann/secret/actions", headers: headers).status == 303)
        let fresh = ["Cookie": try #require(cookie("millrace_session", done))]
        #expect(app.ask("GET", "/ann/secret/actions", headers: fresh).status == 200)
        #expect(try logIn("ann", "battery staple").status == 303)
    }

    @Test("a page costs no statement for who asks, once that is known")
    func remembered() throws {
        let headers = try app.signIn(.ann)
        app.app.caches.credentials.listening()
        #expect(app.ask("GET", "/-/settings/profile", headers: headers).status == 200)
        let before = app.app.database.statementCount
        #expect(app.ask("GET", "/-/settings/profile", headers: headers).status == 200)
        #expect(app.app.database.statementCount == before)
        // What ends it is heard.
        let ann = try #require(try app.app.accounts.account(named: "ann"))
        try app.app.sessions.endAll(of: ann.id, but: 0)
        app.app.caches.credentials.forget(account: ann.id.number)
        #expect(app.ask("GET", "/-/settings/profile", headers: headers).status == 401)
    }

    @Test("a secret that is an hour old is replaced by the next page, once, and the old one serves a while")
    func renewed() throws {
        let headers = Self.browser.merging(try app.signIn(.ann)) { $1 }
        #expect(cookie("millrace_session", app.ask("GET", "/", headers: headers)) == nil)
        let connection = try Connection(dsn: app.dsn)
        try connection.script("update session set renewed_at = renewed_at - interval '2 hours'")
        // Neither a script nor the API takes a cookie for the browser.
        #expect(cookie("millrace_session", app.ask("GET", "/api/v1/user", headers: headers)) == nil)
        let fresh = try #require(cookie("millrace_session", app.ask("GET", "/ann/secret/actions", headers: headers)))
        #expect(cookie("millrace_session", app.ask("GET", "/ann/secret/actions", headers: headers)) == nil)
        #expect(app.ask("GET", "/ann/secret/actions", headers: headers).status == 200)
        #expect(app.ask("GET", "/ann/secret/actions", headers: ["Cookie": fresh]).status == 200)
        try connection.script("update session set confirmed_at = confirmed_at - interval '2 minutes'")
        #expect(app.ask("GET", "/ann/secret/actions", headers: headers).status == 303)
        #expect(app.ask("GET", "/ann/secret/actions", headers: ["Cookie": fresh]).status == 200)
    }
}
