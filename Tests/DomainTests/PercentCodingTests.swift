import Testing

@testable import Domain

@Suite("Percent signs")
struct PercentCodingTests {
    @Test(
        "are read once, and stay where they mean nothing",
        arguments: [
            ("", false, ""), ("a%20b", false, "a b"), ("a+b", false, "a+b"), ("a+b", true, "a b"), ("%2B+", true, "+ "),
            ("%", false, "%"), ("%4", false, "%4"), ("%zz", false, "%zz"), ("%2520", false, "%20"),
            ("%C3%A9", false, "é"), ("%C3", false, "\u{FFFD}"), ("%00", false, "\0"), ("é%65", false, "ée"),
        ])
    func decoding(_ text: String, plusIsSpace: Bool, _ expected: String) {
        #expect(percentDecoded(Substring(text), plusIsSpace: plusIsSpace) == expected)
    }

    @Test(
        "stand for all but unreserved characters",
        arguments: [
            ("", ""), ("aZ09-._~", "aZ09-._~"), ("a b/c?d&e=f+g%", "a%20b%2Fc%3Fd%26e%3Df%2Bg%25"), ("é", "%C3%A9"),
            ("\0\n", "%00%0A"),
        ])
    func encoding(_ text: String, _ expected: String) {
        #expect(percentEncoded(text) == expected)
        #expect(percentDecoded(Substring(percentEncoded(text)), plusIsSpace: true) == text)
    }
}
