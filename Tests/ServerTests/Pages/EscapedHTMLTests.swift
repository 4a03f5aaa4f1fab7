import Testing

@testable import Server
@testable import Web

@Suite("HTML is escaped byte by byte")
struct EscapedHTMLTests {
    static let escapes = ["<": "&lt;", ">": "&gt;", "&": "&amp;", "\"": "&quot;", "'": "&#39;"]
    /// Each joins the character before it into one of Swift's.
    static let marks = ["", "\u{301}", "\u{338}", "\u{200D}", "\u{FE0F}", "\u{20E3}", "\u{E0100}"]

    private struct SlicePage: PageModel {
        static let template = Template.job
        let rows: [LogRow]
    }
    private static let text = "<h1 title=\"{{time}}\">{{text}}</h1>"
    private static let block = "{{<Layout}}{{$body}}{{#rows}}\(text){{/rows}}{{/body}}{{/Layout}}"

    @Test("A7: each of the five is escaped, whatever mark stands behind it", arguments: escapes.keys.sorted(), marks)
    func marked(character: String, mark: String) throws {
        let row = LogRow(job: 1, number: 1, time: "a\(character)\(mark)b", text: "a\(character)\(mark)b", kind: "")
        let page = SlicePage(rows: [row])
        let expected = "a\(Self.escapes[character] ?? "")\(mark)b"
        // In a template, in a partial, and in a block that a layout draws: each has its own content type in swift-mustache.
        for text in ["{{#rows}}\(Self.text){{/rows}}", "{{#rows}}{{>LogRow}}{{/rows}}", Self.block] {
            let library = try TemplateLibrary(["Job": text, "LogRow": Self.text, "Layout": "{{$body}}{{/body}}"])
            #expect(try library.html(page).contains("<h1 title=\"\(expected)\">\(expected)</h1>"), "\(text)")
        }
    }

    @Test("A7: other text stays as it is")
    func plain() {
        #expect(EscapedHTML().escapeText("Grüße, 世界 👩‍👩‍👧 e\u{301}") == "Grüße, 世界 👩‍👩‍👧 e\u{301}")
    }

    @Test(
        "spells out what changes the direction of text or hides",
        arguments: [
            ("a\u{202E}gnp.exe", "a\\u{202e}gnp.exe"), ("a\u{200B}b", "a\\u{200b}b"), ("\u{1B}[31m", "\\u{1b}[31m"),
            ("\u{FEFF}x", "\\u{feff}x"), ("\u{85}", "\\u{85}"), ("\0", "\\u{0}"), ("a\r\n\tb", "a\r\n\tb"),
        ])
    func spelled(text: String, shown: String) { #expect(EscapedHTML().escapeText(text) == shown) }

    @Test("leaves the values of fields and addresses as they are, but for HTML's five")
    func fields() throws {
        let row = LogRow(job: 1, number: 1, time: "<\u{202E}", text: "", kind: "")
        for (template, shown) in [
            ("<input value=\"{{time}}\">", "<input value=\"&lt;\u{202E}\">"),
            (
                "<textarea rows=\"4\">\n{{time}}</textarea>{{time}}",
                "<textarea rows=\"4\">\n&lt;\u{202E}</textarea>&lt;\\u{202e}"
            ),
            ("<a title=\"{{time}}\" href=\"{{time}}\">", "<a title=\"&lt;\\u{202e}\" href=\"&lt;\u{202E}\">"),
        ] {
            let library = try TemplateLibrary(["Job": "{{#rows}}\(template){{/rows}}", "LogRow": "", "Layout": ""])
            #expect(try library.html(SlicePage(rows: [row])) == shown)
        }
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
