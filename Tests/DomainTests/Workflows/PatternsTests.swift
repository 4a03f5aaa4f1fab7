import Testing

@testable import Domain

@Suite("Filter patterns")
struct PatternsTests {
    @Test(
        "match whole inputs",
        arguments: [
            ("main", "main", true), ("main", "Main", false), ("main", "main2", false), ("*", "feature", true),
            ("*", "a/b", false),
            ("*", "", true), ("**", "a/b/c", true), ("**", ".hidden/x", true), ("*.js", "a.js", true),
            ("*.js", "d/a.js", false),
            ("**/*.js", "a.js", true), ("**/*.js", "d/e/a.js", true), ("docs/**", "docs/a/b", true),
            ("docs/**", "docs", false),
            ("**/docs/**", "docs/a", true), ("**/docs/**", "x/docs/a", true), ("**/docs/**", "xdocs/a", false),
            ("*.jsx?", "a.js", true), ("*.jsx?", "a.jsx", true), ("*.jsx?", "a.jsxx", false),
            ("v[12].[0-9]+", "v1.10", true),
            ("v[12].[0-9]+", "v3.1", false), ("v[12].[0-9]+", "v2.", false), ("[CB]at", "Cat", true),
            ("[CB]at", "Dat", false),
            ("a.b", "axb", false), ("a(b|c)$^", "a(b|c)$^", true), ("\\*", "*", true), ("\\*", "x", false),
            ("\\!a", "!a", true),
            ("a+", "aaa", true), ("a+", "", false), ("é*", "éa", true), ("**/", "", true), ("**/", "a/", true),
            ("**/", "/", false),
        ])
    func match(pattern: String, input: String, expected: Bool) throws {
        #expect(try Pattern(pattern).matches(input) == expected)
    }

    @Test(
        "faults have an offset",
        arguments: [
            ("", 0), ("!", 0), ("a[", 1), ("a[]", 1), ("[z-a]", 1), ("[!a]", 1), ("[a-]", 1), ("[0-z]", 1),
            ("[5-A]", 1), ("a\\", 1), ("*?", 1),
            ("a??", 2), ("a+?", 2),
        ])
    func invalid(pattern: String, offset: Int) {
        do throws(Pattern.Invalid) {
            _ = try Pattern(pattern)
            Issue.record("\(pattern) was accepted")
        } catch { #expect(error.offset == offset) }
    }

    @Test(
        "the last match decides; ignoring takes any",
        arguments: [
            (["a", "!a"], ["a"], false, true), (["!a", "**"], ["a"], true, true), (["!a"], ["b"], false, true),
            (["**", "!docs/**"], ["docs/a"], false, true), (["**", "!docs/**"], ["docs/a", "src/b"], true, true),
            (["docs/**"], ["docs/a", "docs/b"], true, true), (["docs/**"], [], false, true),
        ])
    func lists(texts: [String], inputs: [String], included: Bool, ignored: Bool) throws {
        let list = try texts.map { try Pattern($0) }
        #expect(patterns(list, include: inputs) == included)
        #expect(patterns(list, ignoreAll: inputs) == ignored)
    }

    @Test("an input that makes a backtracking matcher hang is answered")
    func linear() throws {
        let pattern = try Pattern(String(repeating: "**/a+", count: 40))
        #expect(!pattern.matches(String(repeating: "a/", count: 2000)))
    }
}
