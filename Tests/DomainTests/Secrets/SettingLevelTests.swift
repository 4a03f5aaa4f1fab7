import Testing

@testable import Domain

@Suite("Levels of secrets and variables")
struct SettingLevelTests {
    static let owner = SettingLevel.owner(AccountID(4))
    static let repository = SettingLevel.repository(RepositoryID(4))

    private static func setting(_ level: SettingLevel, _ name: String, _ value: String) -> LeveledValue<String> {
        LeveledValue(level: level, name: SecretName(stored: name), value: value)
    }

    @Test(
        "the repository's wins over the owner's, that over the instance's, in any order",
        arguments: [
            ([SettingLevel.instance], "instance"), ([.instance, owner], "owner"), ([owner, .instance], "owner"),
            ([repository, .instance], "repository"), ([.instance, owner, repository], "repository"),
            ([repository, owner, .instance], "repository"), ([owner, repository], "repository"),
            ([.environment(EnvironmentID(1)), owner, repository], "environment"),
            ([repository, .environment(EnvironmentID(1))], "environment"),
        ])
    func precedence(levels: [SettingLevel], winner: String) {
        let settings = levels.map { level -> LeveledValue<String> in
            switch level {
            case .instance: Self.setting(level, "A", "instance")
            case .owner: Self.setting(level, "A", "owner")
            case .repository: Self.setting(level, "A", "repository")
            case .environment: Self.setting(level, "A", "environment")
            }
        }
        #expect(resolved(settings).map(\.value) == [winner])
    }

    @Test("each name is judged alone, and they come in order")
    func names() {
        let found = resolved([
            Self.setting(.instance, "B", "1"), Self.setting(Self.repository, "A", "2"),
            Self.setting(Self.owner, "B", "3"),
            Self.setting(.instance, "C", "4"),
        ])
        #expect(found.map { "\($0.name.text)=\($0.value)" } == ["A=2", "B=3", "C=4"])
        #expect(resolved([LeveledValue<Int>]()).isEmpty)
    }

    @Test("vars are looked up whatever their capitals are")
    func vars() {
        guard case .object(let vars) = varsContext([Self.setting(.instance, "REGION", "eu")]) else {
            Issue.record("vars is no object")
            return
        }
        #expect(vars["region"]?.text == "eu")
        #expect(vars["OTHER"] == nil)
    }

    @Test("no two rows have the same place")
    func places() {
        let levels = [
            SettingLevel.instance, Self.owner, Self.repository, .owner(AccountID(41)), .repository(RepositoryID(41)),
        ]
        let names = ["A", "1A", "_1_A", "A_1"].map { SecretName(stored: $0) }
        let places = levels.flatMap { level in names.map { level.place(of: $0) } }
        #expect(Set(places).count == levels.count * names.count)
        #expect(Self.repository.place(of: SecretName(stored: "A")) == "secret repository 4 A")
    }

    @Test(
        "a fork's run gets no secrets, unless it runs the base's own code",
        arguments: [
            ("push", false, true), ("pull_request", false, true), ("pull_request", true, false),
            ("pull_request_target", true, true), ("push", true, false), ("workflow_dispatch", true, false),
        ])
    func forks(event: String, isFromFork: Bool, gets: Bool) {
        #expect(receivesSecrets(event: event, isFromFork: isFromFork) == gets)
    }
}
