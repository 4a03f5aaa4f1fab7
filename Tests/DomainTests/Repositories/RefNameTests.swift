import Testing

@testable import Domain

@Suite("Names of branches and tags")
struct RefNameTests {
    @Test("as git takes them", arguments: ["main", "feature/a-b", "v1.0", "a@b", "ü", "a/b/c", "x.lockx"])
    func taken(name: String) { #expect(whyNoRefName(name) == nil) }

    @Test(
        "what git does not take, or takes for an option, is refused",
        arguments: [
            "", "-x", "--upload-pack=touch", "HEAD", "@", "a..b", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b",
            "a@{1}", ".a", "a/.b", "a.lock", "a.lock/b", "a.", "/a", "a/", "a//b", "a\u{0}b", "a\nb", "a\u{7F}",
            String(repeating: "a", count: 251),
        ])
    func refused(name: String) { #expect(whyNoRefName(name) != nil) }

    @Test(
        "ids of commits",
        arguments: [
            ("abcd", true), ("ABCD12", true), (String(repeating: "a", count: 40), true), ("abc", false),
            ("main", false), (String(repeating: "a", count: 65), false), ("", false),
        ])
    func ids(text: String, isID: Bool) { #expect(looksLikeCommitID(text) == isID) }
}
