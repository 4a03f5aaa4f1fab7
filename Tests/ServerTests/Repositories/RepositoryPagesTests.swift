import TestSupport
import Testing

@testable import Server

@Suite("Pages that lead to runs")
struct RepositoryPagesTests {
    private static let browser = ["Accept": "text/html"]

    @Test("the dashboard shows one's own repositories, and those of everybody to nobody")
    func dashboard() throws {
        let app = try TestApp()
        let mine = app.ask("GET", "/", as: .ann, headers: Self.browser)
        #expect(mine.status == 200 && mine.text.contains("href=\"/ann/secret\""))
        let nobody = app.ask("GET", "/", headers: Self.browser)
        #expect(nobody.status == 200 && !nobody.text.contains("/ann/secret"))
        #expect(!app.ask("GET", "/", as: .eve, headers: Self.browser).text.contains("/ann/secret"))
    }

    @Test("an owner's page shows what the viewer sees")
    func owner() throws {
        let app = try TestApp()
        #expect(app.ask("GET", "/ann", as: .ann).text.contains("href=\"/ann/secret\""))
        #expect(!app.ask("GET", "/ann", as: .eve).text.contains("/ann/secret"))
        #expect(app.ask("GET", "/nobody-is-called-so").status == 404)
        #expect(app.ask("GET", "/%00").status == 404)
        #expect(app.ask("GET", "/ann?page=99999999999999999999", as: .ann).status == 200)
    }

    @Test("an empty repository's page says how to push a first workflow; a hidden one is not there")
    func empty() throws {
        let app = try TestApp()
        let page = app.ask("GET", "/ann/secret", as: .ann, headers: Self.browser)
        #expect(page.status == 200, "\(page.text)")
        #expect(page.text.contains("git remote add origin") || page.text.contains("<h2>Branches</h2>"))
        #expect(app.ask("GET", "/ann/secret", as: .eve).status == 404)
    }
}
