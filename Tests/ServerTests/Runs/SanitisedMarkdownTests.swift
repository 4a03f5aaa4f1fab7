import Domain
import Testing

@testable import Server

@Suite("Markdown of strangers")
struct SanitisedMarkdownTests {
    private static func html(_ text: String) -> String? {
        SanitisedHTML(markdown: Array(text.utf8), headingsBelow: 2)?.renderText
    }

    @Test(
        "is drawn as GitHub draws it",
        arguments: [
            ("# One\n\n###### Six", "<h3>One</h3><h6>Six</h6>"),
            ("a *b* **c** ~~d~~ `e<f>`", "<p>a <em>b</em> <strong>c</strong> <del>d</del> <code>e&lt;f&gt;</code></p>"),
            ("* a\n* b", "<ul><li>a</li><li>b</li></ul>"), ("3. a", "<ol start=\"3\"><li>a</li></ol>"),
            ("* a\n\n* b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>"),
            ("- [x] done\n- [ ] open", "<ul><li>☑ done</li><li>☐ open</li></ul>"),
            ("|a|b|\n|-|-|\n|1|2|", "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>"),
            ("```sh\na <b>\n```", "<pre><code>a &lt;b&gt;\n</code></pre>"),
            ("> q", "<blockquote><p>q</p></blockquote>"),
            ("a  \nb\n\n---", "<p>a<br>b</p><hr>"),
            (
                "https://example.com/a",
                "<p><a href=\"https://example.com/a\" rel=\"nofollow noopener\">https://example.com/a</a></p>"
            ),
            ("[m](mailto:a@b.example)", "<p><a href=\"mailto:a@b.example\" rel=\"nofollow noopener\">m</a></p>"),
            ("", ""),
        ])
    func drawn(text: String, expected: String) { #expect(Self.html(text) == expected) }

    @Test(
        "does no harm",
        arguments: [
            ("<script>alert(1)</script>", ""), ("a <img src=x onerror=alert(1)> b", "<p>a  b</p>"),
            ("<details open ontoggle=alert(1)>x</details>", ""), ("<!-- c -->", ""),
            ("[x](javascript:alert(1))", "<p>x</p>"), ("[x](JaVaScRiPt:alert(1))", "<p>x</p>"),
            ("[x](data:text/html,<b>)", "<p>x</p>"), ("[x](vbscript:a)", "<p>x</p>"), ("[x](/relative)", "<p>x</p>"),
            ("[x](//elsewhere.example)", "<p>x</p>"), ("[x](java&#10;script:alert(1))", "<p>x</p>"),
            (
                "[x](https://a.example/\"onclick=alert(1))",
                "<p><a href=\"https://a.example/&quot;onclick=alert(1)\" rel=\"nofollow noopener\">x</a></p>"
            ),
            (
                "![alt](https://a.example/i.png)",
                "<p><a href=\"https://a.example/i.png\" rel=\"nofollow noopener\">image alt</a></p>"
            ),
            ("![alt](javascript:a)", "<p>alt</p>"),
            (
                "[![alt](https://a.example/i.png)](https://b.example)",
                "<p><a href=\"https://b.example\" rel=\"nofollow noopener\">alt</a></p>"
            ),
            ("```\"><script>\nx\n```", "<pre><code>x\n</code></pre>"),
            ("`<b>`&lt;i&gt;", "<p><code>&lt;b&gt;</code>&lt;i&gt;</p>"),
            ("a\u{202e}b", "<p>a\\u{202e}b</p>"), ("a\u{0}b", "<p>a\u{FFFD}b</p>"),
        ])
    func harmless(text: String, expected: String) {
        let html = Self.html(text)
        #expect(html?.trimmingPrefix("\n").description == expected)
    }

    @Test("that is no UTF-8 is repaired")
    func broken() {
        #expect(SanitisedHTML(markdown: [0x61, 0xFF, 0x62], headingsBelow: 2)?.renderText == "<p>a\u{FFFD}b</p>")
    }

    @Test(
        "that would cost a square of its size is drawn in bounds, or not at all",
        arguments: [
            "*a ", "**a _b ", "[", "[a](", "![[]()", "<", "a<!--", "a<?", "a<![CDATA[", "`a``b```c", ">", "> > > > a\n",
            "- ", "www.a", "a@",
            "~a~~b", "|", "[a]: b\n", "&amp", "\\", "a|\n", "* a\n  ", "1. ", "*_", "<a@b", "http://", "a**b", "]",
            "![", "\t",
        ])
    func costly(part: String) throws {
        let text = String(repeating: part, count: SummaryShape.bytesMax / part.utf8.count)
        guard let html = Self.html("a|b\n-|-\n" + text) ?? Self.html(String(text.prefix(16_000))) else { return }
        #expect(html.utf8.count < 1024 * 1024)
        // Each element that is begun is ended.
        for name in ["p", "em", "strong", "a", "li", "ul", "table", "tr", "td", "blockquote"] {
            let begun = html.ranges(of: "<\(name)>").count + html.ranges(of: "<\(name) ").count
            #expect(begun == html.ranges(of: "</\(name)>").count, "\(name)")
        }
    }
}
