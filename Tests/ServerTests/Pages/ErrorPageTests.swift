import TestSupport
import Testing

@testable import Server

@Suite("Pages of failures")
struct ErrorPageTests {
    private static let browser = ["Accept": "text/html,application/xhtml+xml"]

    @Test("name what was looked for and lead to the nearest thing that exists and may be seen")
    func missing() throws {
        let app = try TestApp()
        let page = app.ask("GET", "/ann/secret/actions/runs/999", as: .ann, headers: Self.browser)
        #expect(page.status == 404)
        #expect(page.text.contains("run 999 does not exist"))
        #expect(page.text.contains("href=\"/ann/secret/actions\""))
        let hidden = app.ask("GET", "/ann/secret/nothing", as: .eve, headers: Self.browser)
        #expect(hidden.status == 404 && hidden.text.contains("href=\"/\""))
        #expect(!hidden.text.contains("href=\"/ann/secret"), "eve learns that it exists")
    }

    @Test("are text for programs")
    func programs() throws {
        let app = try TestApp()
        #expect(app.ask("GET", "/ann/secret/actions/runs/999", as: .ann).text == "run 999 does not exist\n")
        #expect(app.ask("GET", "/api/v1/nothing", headers: Self.browser).text.hasPrefix("{"))
    }

    @Test(
        "show hostile addresses harmless",
        arguments: ["/%3Cscript%3E/%22%27", "/%00/%00/x", "/\(String(repeating: "a", count: 8000))"])
    func hostile(path: String) throws {
        let page = try TestApp().ask("GET", path, headers: Self.browser)
        #expect(page.status == 404 || page.status == 401 || page.status == 303)
        #expect(!page.text.contains("<script>"))
    }
}
