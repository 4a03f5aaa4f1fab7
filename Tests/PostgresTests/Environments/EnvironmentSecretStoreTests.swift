import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Secrets of environments")
struct EnvironmentSecretStoreTests {
    private let fixture: SecretFixture
    private static let level = SettingLevel.environment(EnvironmentID(1))
    init() throws {
        fixture = try SecretFixture()
        try fixture.script(
            "insert into environment (repository_id, name, key) values (1, 'prod', 'PROD'), (1, 'test', 'TEST')")
    }

    private func settings(_ environment: Int64?, withSecrets: Bool = true) throws -> JobSettings {
        try fixture.database.transaction {
            try JobSettings.all(
                of: RepositoryID(1), owner: AccountID(1), environment: environment.map(EnvironmentID.init),
                withSecrets: withSecrets, in: $0)
        }
    }

    @Test("win over the repository's for jobs of the environment, and are nobody else's")
    func nearest() throws {
        _ = try fixture.put("A", at: .repository(RepositoryID(1)), 1)
        #expect(try fixture.put("A", at: Self.level, 2) == .created)
        #expect(try fixture.put("A", at: Self.level, 3) == .replaced)
        _ = try fixture.put("A", at: .environment(EnvironmentID(2)), 4)
        #expect(try resolved(settings(1).secrets).map(\.value.sealed) == [[3]])
        #expect(try resolved(settings(1).secrets).map(\.level) == [Self.level])
        #expect(try resolved(settings(nil).secrets).map(\.value.sealed) == [[1]])
        #expect(try settings(1, withSecrets: false).secrets.isEmpty)
        #expect(try fixture.secrets.list(Self.level, ListPart(limit: 5)).map(\.description) == ["d3"])
        #expect(try fixture.secrets.count(Self.level) == 1)
        #expect(try fixture.put("A", at: .environment(EnvironmentID(9)), 4) == .missing)
        #expect(try fixture.put("A", at: Self.level, 4, key: 77) == .keyIsGone)
        #expect(try fixture.secrets.remove(SecretFixture.a, at: Self.level))
        #expect(try !fixture.secrets.remove(SecretFixture.a, at: Self.level))
    }

    @Test("are sealed anew by a rotation, and keep their key until then")
    func rotation() throws {
        _ = try fixture.put("A", at: Self.level, 1)
        let key = try fixture.makeKey()
        #expect(try fixture.secrets.hasStale(before: key))
        #expect(try fixture.keys.removeUnused() == [])
        var levels: [SettingLevel] = []
        let count = try fixture.secrets.resealSome(with: key, limit: 10) { secret in
            levels.append(secret.level)
            return [8]
        }
        #expect(count == 1 && levels == [Self.level])
        #expect(try !fixture.secrets.hasStale(before: key))
        #expect(try fixture.keys.removeUnused() == [1])
        #expect(try settings(1).secrets.map(\.value.sealed) == [[8]])
    }

    @Test("a level has no more than its limit")
    func full() throws {
        try fixture.script(
            "insert into environment_secret (environment_id, name, key_id, sealed) select 1, 'N' || n, 1, '\\x01' from generate_series(1, \(SecretLimits.perLevelMax)) n"
        )
        #expect(try fixture.put("A", at: Self.level, 1) == .full)
    }
}
