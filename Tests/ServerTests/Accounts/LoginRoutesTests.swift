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

@Suite("Changes that another site asks a browser for")
struct ForgedRequestTests {
    private let app: TestApp
    private let session: [String: String]

    init() throws {
        app = try TestApp()
        session = try app.signIn(.ann)
    }

    @Test(
        "a form from elsewhere is refused, whatever else it has, and whoever is logged in",
        arguments: [
            ["Sec-Fetch-Site": "cross-site"], ["Sec-Fetch-Site": "same-site"], ["Origin": "https://elsewhere.example"],
            ["Origin": "null"], ["Origin": "http://127.0.0.1:3001"],
            ["Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:3000"],
        ])
    func elsewhere(headers: [String: String]) throws {
        let path = "/-/settings/sessions/end-others"
        let answer = try app.send(
            path, headers: session.merging(headers) { $1 }, token: "/-/settings/sessions")
        #expect(answer.status == 403 && answer.text.contains("another site"))
        #expect(app.send(path, [], headers: headers).status == 403)
        #expect(app.ask("DELETE", "/api/v1/repos/ann/demo", headers: session.merging(headers) { $1 }).status == 403)
        #expect(app.ask("GET", "/api/v1/repos/ann/demo", as: .ann).status == 200)
    }

    @Test("a form of our page is taken with its token, and with no other")
    func token() throws {
        let path = "/-/settings/sessions/end-others"
        for headers in [
            [:], ["Sec-Fetch-Site": "same-origin"], ["Origin": "http://127.0.0.1:3000"],
            ["Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:3000"],
        ] {
            let headers = session.merging(headers) { $1 }
            #expect(try app.send(path, headers: headers, token: "/-/settings/sessions").status == 303)
            for bad in [[], [("_token", "")], [("_token", String(repeating: "0", count: 128))]] as [[(String, String)]]
            {
                let answer = app.send(path, bad, headers: headers)
                #expect(answer.status == 403 && answer.text.contains("form"))
            }
        }
        // Of another session, even of the same person.
        let other = try app.signIn(.ann)
        let html = app.ask("GET", "/-/settings/sessions", headers: other).text
        let token = try #require(html.firstMatch(of: #/name="_token" value="([0-9a-f]+)"/#)?.output.1)
        #expect(app.send(path, [("_token", String(token))], headers: session).status == 403)
        #expect(app.send(path, [("_token", String(token))], headers: other).status == 303)
    }

    @Test("tokens look different in each answer")
    func masked() throws {
        let texts = (0..<2).map { _ in
            app.ask("GET", "/-/settings/sessions", headers: session).text.firstMatch(
                of: #/name="_token" value="([0-9a-f]+)"/#)?.output.1
        }
        #expect(texts[0] != nil && texts[0] != texts[1])
    }

    @Test("the API takes a session's cookie for reading from our pages, and for changes with a token")
    func api() throws {
        let path = "/api/v1/repos/ann/secret"
        #expect(app.ask("GET", path, headers: session).status == 200)
        let read = { (site: String) in
            app.ask("GET", path, headers: session.merging(["Sec-Fetch-Site": site]) { $1 }).status
        }
        #expect(read("same-origin") == 200 && read("cross-site") == 404 && read("same-site") == 404)
        let edit = { (headers: [String: String]) in
            app.ask("PATCH", path, headers: session.merging(headers) { $1 }, body: "{\"description\":\"x\"}").status
        }
        let html = app.ask("GET", "/-/settings/sessions", headers: session).text
        let token = String(try #require(html.firstMatch(of: #/name="_token" value="([0-9a-f]+)"/#)?.output.1))
        #expect(edit(["X-CSRF-Token": token]) == 200)
        #expect(edit([:]) == 403 && edit(["X-CSRF-Token": "x"]) == 403)
        #expect(edit(["X-CSRF-Token": token, "Origin": "https://elsewhere.example"]) == 403)
        // A token of the API is nobody's habit: no header is asked for.
        let headers = ["Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"]
        #expect(app.ask("PATCH", path, as: .ann, headers: headers, body: "{\"description\":\"y\"}").status == 200)
    }

    @Test("git takes no cookie")
    func git() {
        let request = app.request(
            "GET", "/_auth/git", headers: session,
            nginx: ["MILLRACE_ORIGINAL_URI": "/ann/secret/info/refs?service=git-upload-pack"])
        #expect(app.router.handle(request).status == 401)
    }
}

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
