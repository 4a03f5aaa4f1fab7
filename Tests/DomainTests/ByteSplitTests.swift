import Domain
import Testing

@Suite("Text split by bytes")
struct ByteSplitTests {
    @Test(
        "A19: CRLF ends a line, and a mark hides no separator",
        arguments: [
            ("a\r\nb\r\n", ["a", "b"]), ("a\n\nb", ["a", "b"]), ("", []), ("\r\n", []), ("a\rb", ["a\rb"]),
            ("secret\r\nrest", ["secret", "rest"]),
        ])
    func lines(text: String, expected: [String]) { #expect(text.textLines == expected) }

    @Test("A19: parts of a path")
    func parts() {
        let path = "../\u{301}x/y"
        #expect(path.split(byte: "/").count == 3)
        #expect(path.split(byte: "/").first == "..")
        #expect("a  b".split(byte: " ", omittingEmptySubsequences: false) == ["a", "", "b"])
        #expect("a b c".split(byte: " ", maxSplits: 1) == ["a", "b c"])
    }
}
