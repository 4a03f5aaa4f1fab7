import Testing

@testable import Domain

@Suite("Names of repositories")
struct RepositoryNameTests {
    @Test("taken", arguments: ["app", "App.X", "a", "-a", "a_b-c.d", String(repeating: "a", count: 100)])
    func taken(name: String) { #expect(whyNoRepositoryName(name) == nil) }

    @Test(
        "refused",
        arguments: [
            "", ".", "..", "...", "a b", "a/b", "ä", "a\u{0}", "app.git", "App.WIKI", "x.rss", "_x", "-",
            String(repeating: "a", count: 101), "a\n",
        ])
    func refused(name: String) { #expect(whyNoRepositoryName(name) != nil) }
}
