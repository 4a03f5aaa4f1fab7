import Testing

@testable import Domain

@Suite("Names of secrets and variables")
struct SecretNameTests {
    @Test(
        "are letters, digits and _, in capitals",
        arguments: [
            ("DEPLOY_KEY", "DEPLOY_KEY"), ("deploy_key", "DEPLOY_KEY"), ("_x9", "_X9"), ("a", "A"), ("cI_", "CI_"),
            ("GITHUBX", "GITHUBX"), ("MY_GITHUB_", "MY_GITHUB_"), ("FORGEJO_X", "FORGEJO_X"),
        ])
    func sound(text: String, stored: String) throws {
        #expect(try SecretName(text).text == stored)
    }

    @Test(
        "are refused",
        arguments: [
            ("", SecretName.Invalid.empty), ("9A", .malformed), ("A-B", .malformed), ("A B", .malformed),
            ("A\0", .malformed), ("Ä", .malformed), ("A\n", .malformed), ("ſecret", .malformed), ("A/B", .malformed),
            ("GITHUB_TOKEN", .reserved("GITHUB_")), ("github_token", .reserved("GITHUB_")),
            ("Gitea_Token", .reserved("GITEA_")), ("GITEA_", .reserved("GITEA_")), ("ci", .reserved("CI")),
            (String(repeating: "A", count: 256), .tooLong(byteCount: 256)),
        ])
    func refused(text: String, why: SecretName.Invalid) {
        #expect(throws: why) { try SecretName(text) }
        #expect(!why.words.isEmpty)
    }

    @Test("have at most 255 bytes")
    func longest() throws { #expect(try SecretName(String(repeating: "a", count: 255)).text.utf8.count == 255) }
}
