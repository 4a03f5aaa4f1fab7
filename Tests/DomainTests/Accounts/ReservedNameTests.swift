import Domain
import Testing

@Suite("Reserved names")
struct ReservedNameTests {
    @Test(
        "H22: names of routes and of the server are nobody's, however they are written",
        arguments: [
            "api", "API", "ghost", "millrace-actions", "-", "_live", "twirp", "user", "login", "assets", "_static",
            ".well-known", "healthz", "app.git", "x-access-token", "gitea-actions", "dot.",
        ])
    func accounts(name: String) { #expect(whyReserved(account: name) != nil) }

    @Test("H22: others are free", arguments: ["ann", "actions", "root", "apis", "my-api", "a.b", "admin", "ghosts"])
    func free(name: String) { #expect(whyReserved(account: name) == nil) }

    @Test(
        "H22: names of a repository that its owner's pages have", arguments: ["-", ".", "..", "_x", "a.git", "a.wiki"])
    func repositories(name: String) { #expect(whyReserved(repository: name) != nil) }

    @Test("H22: other repositories are free", arguments: ["app", "api", "checkout", ".github", "a-b", "user"])
    func freeRepositories(name: String) { #expect(whyReserved(repository: name) == nil) }
}
