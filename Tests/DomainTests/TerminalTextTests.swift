import Domain
import Testing

@Suite("Text of others on a terminal")
struct TerminalTextTests {
    static let commands: [Unicode.Scalar] = [
        "\0", "\u{7}", "\u{8}", "\r", "\u{1B}", "\u{7F}", "\u{80}", "\u{9B}", "\u{9D}", "\u{9F}", "\u{61C}", "\u{200B}",
        "\u{200E}", "\u{200F}", "\u{2028}", "\u{202A}", "\u{202E}", "\u{2066}", "\u{2069}", "\u{FEFF}", "\u{E0041}",
    ]

    @Test("H17: what a terminal obeys is spelled out, also within one of Swift's characters", arguments: commands)
    func spelled(scalar: Unicode.Scalar) {
        let spelled = "\\u{\(String(scalar.value, radix: 16))}"
        #expect(harmless("a\(scalar)\u{301}b") == "a\(spelled)\u{301}b")
        #expect(harmlessField("a\(scalar)b") == "a\(spelled)b")
        #expect(!harmlessJSON("\"a\(scalar)b\"").unicodeScalars.contains(scalar) || scalar == "\r")
    }

    @Test("H17: lines and columns are a command's own; a field has none")
    func lines() {
        #expect(harmless("a\tb\nc") == "a\tb\nc")
        #expect(harmlessField("a\tb\nc\r\nd") == "a\\u{9}b\\u{a}c\\u{d}\\u{a}d")
    }

    @Test("H17: JSON stays JSON, with pairs for what is beyond 16 bits")
    func json() {
        #expect(harmlessJSON("{\"a\":\"\u{202E}\u{E0041}\u{9B}\"}\n") == "{\"a\":\"\\u202e\\udb40\\udc41\\u009b\"}\n")
    }

    @Test(
        "H17: names of people stay as they are", arguments: ["Grüße", "世界", "👩‍👩‍👧", "שלום", "नमस्ते", "می‌خواهم", "e\u{301}"])
    func names(name: String) {
        #expect(harmless(name) == name && harmlessField(name) == name && harmlessJSON(name) == name)
    }
}
