import Domain
import Testing

@Suite("A registration token of the environment")
struct RegistrationTokenTests {
    static let gitea = "GITEA_RUNNER_REGISTRATION_TOKEN"
    static let file = "GITEA_RUNNER_REGISTRATION_TOKEN_FILE"
    static let own = "MILLRACE_RUNNER_REGISTRATION_TOKEN"

    @Test(
        "comes from the one variable that is set",
        arguments: [
            ([:], String?.none), ([gitea: ""], nil), ([gitea: "t"], gitea), ([file: "/f", gitea: ""], file),
            ([own: "t", "PATH": "/bin"], own),
        ])
    func source(environment: [String: String], variable: String?) throws {
        #expect(try PresetRegistration.source(environment)?.variable == variable)
    }

    @Test("is refused when two variables are set", arguments: [[gitea, file], [gitea, own]])
    func several(variables: [String]) {
        let environment = Dictionary(uniqueKeysWithValues: variables.map { ($0, "t") })
        #expect(throws: PresetRegistration.Invalid.several(variables)) {
            try PresetRegistration.source(environment)
        }
    }

    @Test("has at least 32 bytes, and is not repeated in the refusal")
    func length() throws {
        try PresetRegistration.check(String(repeating: "x", count: 32), of: Self.gitea)
        let short = String(repeating: "x", count: 31)
        let refusal = PresetRegistration.Invalid.tooShort(variable: Self.gitea, byteCount: 31)
        #expect(throws: refusal) { try PresetRegistration.check(short, of: Self.gitea) }
        #expect(!"\(refusal)".contains(short))
    }

    @Test(
        "is installed only when it is unknown",
        arguments: [
            (KnownRegistration?.none, Bootstrap.install),
            (KnownRegistration(scope: .everything, isActive: true), .nothing),
            (KnownRegistration(scope: .everything, isActive: false), .wasRotated),
            (KnownRegistration(scope: .owner(AccountID(1)), isActive: true), .isOfAnotherScope),
            (KnownRegistration(scope: .repository(RepositoryID(1)), isActive: false), .isOfAnotherScope),
        ])
    func step(known: KnownRegistration?, expected: Bootstrap) {
        #expect(bootstrap(known) == expected)
    }
}
