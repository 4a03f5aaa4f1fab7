import Testing

@testable import Domain

@Suite("Text without case")
struct TextFoldingTests {
    @Test(
        "scalar by scalar, without a locale and without canonical equivalence",
        arguments: [
            ("abc", "ABC", true), ("É", "é", true), ("ß", "SS", false), ("ﬁ", "FI", false), ("σ", "ς", true),
            ("ı", "I", false), ("\u{212A}", "K", false), ("\u{e9}", "e\u{301}", false), ("e\u{301}", "E\u{301}", true),
            ("a", "ab", false), ("", "", true), ("aé", "Aé", true), ("aé", "ab", false), ("[", "{", false),
            ("Ǆ", "ǆ", true), ("ǅ", "ǆ", true),
        ])
    func equality(one: String, other: String, isSame: Bool) {
        #expect(sameIgnoringCase(one, other) == isSame)
        #expect(sameIgnoringCase(other, one) == isSame)
        #expect((foldedBytes(one) == foldedBytes(other)) == isSame)
    }

    @Test(
        "a part is found wherever it is",
        arguments: [
            ("aabaab", "aab", true), ("aabaaab", "aaab", true), ("ababac", "abac", true), ("aaa", "aaaa", false),
            ("", "", true), ("a", "", true), ("", "a", false), ("xay", "a", true), ("abcabd", "abd", true),
            ("abcabcabd", "abcabd", true), ("abab", "abb", false),
        ])
    func parts(text: String, part: String, isThere: Bool) {
        #expect(contains(Array(text.utf8), Array(part.utf8)) == isThere)
    }
}
