import Domain
import Testing

@Suite("Percent coding")
struct PercentCodingTests {
    @Test(
        "leaves the unreserved characters alone",
        arguments: [
            ("azAZ09-._~", "azAZ09-._~"), ("a b/c?d", "a%20b%2Fc%3Fd"), ("é", "%C3%A9"), ("\u{0}\n", "%00%0A"),
            ("", ""),
            ("%+", "%25%2B"),
        ])
    func encoded(text: String, code: String) {
        #expect(percentEncoded(text) == code)
        #expect(percentDecoded(Substring(code), plusIsSpace: true) == text)
    }

    @Test(
        "is read leniently: what is no code stays, bytes that are no UTF-8 are repaired",
        arguments: [
            ("%c3%a9", "é"), ("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("a%2", "a%2"), ("%%41", "%A"),
            ("%ff", "\u{FFFD}"),
            ("a+b", "a+b"), ("%2B", "+"), ("%41%", "A%"),
        ])
    func decoded(code: String, text: String) { #expect(percentDecoded(Substring(code), plusIsSpace: false) == text) }

    @Test("a plus is a space in queries alone")
    func plus() {
        #expect(percentDecoded("a+b%20c", plusIsSpace: true) == "a b c")
        #expect(percentDecoded("a+b%20c", plusIsSpace: false) == "a+b c")
    }
}
