import TestSupport
import Testing

@testable import Server

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
