import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Variables of environments")
struct EnvironmentVariableStoreTests {
    private let fixture: SecretFixture
    private static let level = SettingLevel.environment(EnvironmentID(1))
    init() throws {
        fixture = try SecretFixture()
        try fixture.script("insert into environment (repository_id, name, key) values (1, 'prod', 'PROD')")
    }
    private func create(_ name: String, _ value: String) throws -> SettingWrite {
        try fixture.variables.create(SecretName(stored: name), at: Self.level, value: value, description: "d")
    }

    @Test("are made once, changed, renamed and removed")
    func life() throws {
        #expect(try create("A", "1") == .created)
        #expect(try create("A", "2") == .exists)
        #expect(try create("B", "3") == .created)
        let (a, b) = (SecretName(stored: "A"), SecretName(stored: "B"))
        #expect(
            try fixture.variables.update(a, at: Self.level, to: b, value: "x", description: "") == .exists)
        let c = SecretName(stored: "C")
        #expect(try fixture.variables.update(a, at: Self.level, to: c, value: "x", description: "") == .replaced)
        #expect(try fixture.variables.update(a, at: Self.level, to: a, value: "x", description: "") == .missing)
        #expect(try fixture.variables.list(Self.level, ListPart(limit: 9)).map(\.value) == ["3", "x"])
        #expect(try fixture.variables.variable(c, at: Self.level)?.level == Self.level)
        #expect(try fixture.variables.count(Self.level) == 2)
        #expect(try fixture.variables.remove(c, at: Self.level) && !fixture.variables.remove(c, at: Self.level))
    }

    @Test("win over all others for jobs of the environment")
    func nearest() throws {
        _ = try create("A", "near")
        for level in SecretFixture.levels {
            _ = try fixture.variables.create(SecretFixture.a, at: level, value: "far", description: "")
        }
        let settings = try fixture.database.transaction {
            try JobSettings.all(
                of: RepositoryID(1), owner: AccountID(1), environment: EnvironmentID(1), withSecrets: true, in: $0)
        }
        #expect(resolved(settings.variables).map(\.value) == ["near"])
        #expect(try resolved(fixture.settings().variables).map(\.value) == ["far"])
    }
}
