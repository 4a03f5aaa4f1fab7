import Testing

@testable import Domain

@Suite("Badges")
struct BadgeTests {
    @Test(
        "say the status of the newest run",
        arguments: Status.allCases.map { ($0, "\($0)") } + [(nil, "no status")] as [(Status?, String)])
    func message(status: Status?, words: String) {
        let badge = Badge(workflow: "ci", status: status)
        #expect(badge.message == words)
        #expect(badge.svg.contains("<title>ci: \(words)</title>"))
    }

    @Test(
        "show names harmless",
        arguments: [
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"), ("\"'&", "&quot;&#39;&amp;"),
            ("a\u{0}b", "a\\u{0}b"), ("\u{202E}evil", "\\u{202e}evil"), ("\u{FFFE}", ""), ("日本", "日本"),
        ])
    func hostile(name: String, shown: String) {
        #expect(Badge(workflow: name, status: .success).svg.contains("<title>\(shown): success</title>"))
    }

    @Test("are wide enough for their words, and no wider than a limit")
    func width() {
        #expect(Badge.width("") == 10)
        #expect(Badge.width("iii") < Badge.width("mmm"))
        let long = Badge(workflow: String(repeating: "W", count: 100_000), status: .success)
        #expect(long.label.utf8.count <= BadgeLimits.labelBytesMax)
    }
}
