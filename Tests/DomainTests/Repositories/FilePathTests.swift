import Testing

@testable import Domain

@Suite("Paths of files in a repository")
struct FilePathTests {
    @Test(
        "taken",
        arguments: ["a", "a/b/c.txt", ".gitignore", ".gitea/workflows/ci.yml", "ü b", "-x", "a:b", "git", "...a"])
    func taken(path: String) { #expect(whyNoFilePath(path) == nil) }

    @Test(
        "refused",
        arguments: [
            "", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", ".git", ".GIT/config", "a/.Git/x", ".git./x", ".git ",
            ".git::$INDEX_ALLOCATION/x", "GIT~1/x", ".g\u{200C}it/x", "a\\.git\\x", "a\u{0}b", "a\nb", "a\rb",
            String(repeating: "a", count: 256), String(repeating: "a/", count: 48) + "a",
            String(repeating: String(repeating: "b", count: 200) + "/", count: 21) + "c",
        ])
    func refused(path: String) { #expect(whyNoFilePath(path) != nil) }
}
