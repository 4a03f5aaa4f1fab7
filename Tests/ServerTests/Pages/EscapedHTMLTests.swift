import Mustache
import Testing

@testable import Server
@testable import Web

@Suite("HTML is escaped byte by byte")
struct EscapedHTMLTests {
    static let escapes = ["<": "&lt;", ">": "&gt;", "&": "&amp;", "\"": "&quot;", "'": "&#39;"]
    /// Each joins the character before it into one of Swift's.
    static let marks = ["", "\u{301}", "\u{338}", "\u{200D}", "\u{FE0F}", "\u{20E3}", "\u{E0100}"]

    @Test("A7: each of the five is escaped, whatever mark stands behind it", arguments: escapes.keys.sorted(), marks)
    func marked(character: String, mark: String) throws {
        let page = try Templates.page("<h1 title=\"{{name}}\">{{name}}</h1>")
        let html = page.render(["title": "t", "name": "a\(character)\(mark)b"] as [String: String])
        let expected = "a\(Self.escapes[character] ?? "")\(mark)b"
        #expect(html.contains("<h1 title=\"\(expected)\">\(expected)</h1>"))
    }

    @Test("A7: other text stays as it is")
    func plain() {
        #expect(EscapedHTML().escapeText("Grüße, 世界 👩‍👩‍👧 e\u{301}") == "Grüße, 世界 👩‍👩‍👧 e\u{301}")
    }

    @Test("A6, H22: pages cannot be framed, lead nowhere else, and tell no address")
    func headers() {
        let headers = Response.html(200, "").headers
        func value(_ name: String) -> String { headers.first { $0.name == name }?.value ?? "" }
        for directive in ["frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "object-src 'none'"] {
            #expect(value("Content-Security-Policy").contains(directive))
        }
        #expect(value("Referrer-Policy") == "same-origin")
        #expect(value("X-Content-Type-Options") == "nosniff")
    }
}
