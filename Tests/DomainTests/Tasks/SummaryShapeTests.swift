import Testing

@testable import Domain

@Suite("Which summaries are rendered")
struct SummaryShapeTests {
    private static func times(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    @Test(
        "as Markdown, and which are shown as text",
        arguments: [
            ("", true), ("# Title\n\n* a\n  * b\n    1. c\n\n> quote\n\n--------------------\n", true),
            ("| a | b |\n|---|---|\n" + times("| 1 | 2 |\n", 500), true), (times("word ", 3_000), true),
            (times("a\n", 1_999), true), (times("a\n", 2_001), false),
            (times("|", 64), true), (times("|", 65), false),
            (times("> ", 16) + "a", true), (times("> ", 17) + "a", false), (times("- ", 17) + "a", false),
            (times("1. ", 17) + "a", false), (times(">", 300), false),
            (times("x", SummaryShape.lineBytesMax + 1), false),
            (times("a b c d\n\n", SummaryShape.bytesMax / 8), false),
        ])
    func shape(text: String, isRendered: Bool) { #expect(SummaryShape.isRendered(text.utf8) == isRendered) }

    @Test("lines are counted for folding", arguments: [("", 1), ("a", 1), ("a\nb", 2), ("a\n", 2)])
    func lines(text: String, count: Int) { #expect(SummaryShape.lineCount(text.utf8) == count) }
}
