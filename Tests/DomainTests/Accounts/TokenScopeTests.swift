import Domain
import Testing

@Suite("Scopes of an access token")
struct TokenScopeTests {
    private static let categories = [
        "activitypub", "admin", "misc", "notification", "organization", "package", "issue", "repository", "user",
    ]

    @Test(
        "are stored normalised",
        arguments: [
            (["all"], "all"), (["all", "read:user"], "all"), (["read:user", "read:user"], "read:user"),
            (["read:repository", "write:repository"], "write:repository"),
            (["write:user", "read:repository"], "read:repository,write:user"),
            (["read:repository", "public-only"], "public-only,read:repository"),
            (["public-only", "all"], "public-only,all"), (categories.map { "write:" + $0 }, "all"),
            (
                categories.dropLast().map { "write:" + $0 } + ["read:user"],
                (categories.dropLast().map { "write:" + $0 } + ["read:user"]).joined(separator: ",")
            ), ([], ""),
            (["public-only"], "public-only"),
        ])
    func normalised(words: [String], expected: String) throws {
        let scopes = try TokenScopes(words)
        #expect(scopes.stored == expected)
        #expect(TokenScopes(stored: expected) == scopes)
        #expect(scopes.isEmpty == ["", "public-only"].contains(expected))
    }

    @Test(
        "of an unknown word are none",
        arguments: ["", "repo", "read:", "read:repos", "ALL", "write:all", "sudo", "read:user "])
    func unknown(word: String) {
        #expect(throws: TokenScopes.Unknown(word: word)) { try TokenScopes(["all", word]) }
        #expect(TokenScopes(stored: "read:misc,\(word)").stored == "read:misc")
    }

    private struct Reach: Sendable {
        let stored: String
        let wanted: ScopeCategory
        let isWrite: Bool
        let isAllowed: Bool

        init(_ stored: String, _ wanted: ScopeCategory, write: Bool, _ isAllowed: Bool) {
            self.stored = stored
            self.wanted = wanted
            isWrite = write
            self.isAllowed = isAllowed
        }
    }
    private static let reaches: [Reach] = [
        Reach("read:repository", .repository, write: false, true),
        Reach("read:repository", .repository, write: true, false),
        Reach("write:repository", .repository, write: false, true),
        Reach("write:repository", .repository, write: true, true),
        Reach("write:user", [.user, .repository], write: true, false),
        Reach("write:user,write:repository", [.user, .repository], write: true, true),
        Reach("write:user,read:repository", [.user, .repository], write: true, false),
        Reach("public-only,read:user", .user, write: false, true), Reach("read:misc", [], write: true, true),
        Reach("all", .admin, write: true, true), Reach("", .misc, write: false, false),
    ]

    @Test("reach as far as they say", arguments: reaches.indices)
    func reach(index: Int) {
        let row = Self.reaches[index]
        let refusal = TokenScopes(stored: row.stored).refusal(of: row.wanted, isWrite: row.isWrite)
        #expect((refusal == nil) == row.isAllowed, "\(row)")
    }

    @Test("a refusal names what is needed and what there is")
    func words() {
        let words = TokenScopes(stored: "read:user").refusal(of: [.repository, .user], isWrite: true)
        #expect(words?.contains("required=[write:repository write:user], token scope=read:user") == true)
    }

    @Test("a token makes none broader than itself")
    func covers() {
        let some = TokenScopes(stored: "public-only,write:repository")
        #expect(TokenScopes.all.covers(some) && !some.covers(.all))
        #expect(some.covers(TokenScopes(stored: "public-only,read:repository")))
        #expect(!some.covers(TokenScopes(stored: "read:repository")))
    }
}
