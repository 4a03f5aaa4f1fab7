import Domain
import Postgres
import TestSupport
import Testing

@testable import Server

@Suite("Administration")
struct AdminPagesTests {
    @Test("shows how the server does, to administrators")
    func overview() throws {
        let app = try TestApp()
        let store = InstanceStore(database: app.app.database)
        try store.tell(
            "other", startedAt: Instant(microseconds: 0), sweeps: [("logs", ""), ("runs", "it <broke>")])
        let page = app.ask("GET", "/-/admin", headers: try app.signIn(.root))
        #expect(page.status == 200)
        for words in ["Repositories", "it &lt;broke&gt;", "2 known", "spool", "Database", "Runs running"] {
            #expect(page.text.contains(words), "\(words)")
        }
        #expect(app.ask("GET", "/-/admin", headers: try app.signIn(.ann)).status == 403)
    }

    @Test("disables and enables people, but not oneself")
    func people() throws {
        let app = try TestApp()
        let root = try app.signIn(.root)
        let eve = try app.signIn(.eve)
        let list = app.ask("GET", "/-/admin/users?q=ev", headers: root).text
        #expect(list.contains("/-/admin/users/eve/disable") && !list.contains("/carl/"))
        #expect(!app.ask("GET", "/-/admin/users", headers: root).text.contains("/root/disable"))
        func send(_ path: String) throws -> Int {
            try app.send("/-/admin/users/\(path)", headers: root, token: "/-/admin/users").status
        }
        #expect(try send("eve/disable") == 303)
        #expect(app.ask("GET", "/-/settings/profile", headers: eve).status == 401)
        #expect(app.ask("GET", "/api/v1/user", as: .eve).status == 403)
        #expect(try send("eve/enable") == 303)
        #expect(app.ask("GET", "/api/v1/user", as: .eve).status == 200)
        #expect(try send("root/disable") == 403 && send("nobody/disable") == 404 && send("guild/disable") == 404)
        // By no access token, and by nobody else.
        #expect(app.send("/-/admin/users/eve/disable", [], headers: app.credentials(.root)).status == 403)
        let ann = try app.signIn(.ann)
        #expect(
            try app.send("/-/admin/users/eve/disable", headers: ann, token: "/-/settings/profile").status == 403)
    }
}
