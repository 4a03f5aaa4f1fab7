import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("The store of variables")
struct VariableStoreTests {
    private let fixture: SecretFixture
    private let level = SettingLevel.repository(RepositoryID(1))
    init() throws { fixture = try SecretFixture() }

    private func create(_ name: String, _ value: String, at level: SettingLevel) throws -> SettingWrite {
        try fixture.variables.create(SecretName(stored: name), at: level, value: value, description: "")
    }
    private func rename(_ old: String, _ new: String) throws -> SettingWrite {
        try fixture.variables.update(
            SecretName(stored: old), at: level, to: SecretName(stored: new), value: "new", description: "d")
    }

    @Test("makes one of a name at each level, once")
    func create() throws {
        for level in SecretFixture.levels {
            #expect(try create("A", "1", at: level) == .created)
            #expect(try create("A", "2", at: level) == .exists)
            #expect(try fixture.variables.variable(SecretFixture.a, at: level)?.value == "1")
            #expect(try fixture.variables.count(level) == 1)
        }
        #expect(try create("A", "1", at: .repository(RepositoryID(9))) == .missing)
        let seen = Seen<SettingWrite>()
        atOnce(6) { _ in if let written = try? create("B", "1", at: level) { seen.add(written) } }
        #expect(seen.all.filter { $0 == .created }.count == 1 && seen.all.filter { $0 == .exists }.count == 5)
    }

    @Test("changes value and name, but not to a name that is taken")
    func update() throws {
        _ = try create("A", "1", at: level)
        _ = try create("B", "2", at: level)
        #expect(try rename("A", "B") == .exists)
        #expect(try fixture.variables.variable(SecretFixture.a, at: level)?.value == "1")
        #expect(try rename("A", "C") == .replaced)
        #expect(try rename("A", "D") == .missing)
        #expect(
            try fixture.variables.list(level, ListPart(limit: 9)).map { "\($0.name.text)=\($0.value)" } == [
                "B=2", "C=new",
            ])
        #expect(try fixture.variables.remove(SecretName(stored: "C"), at: level))
        #expect(try !fixture.variables.remove(SecretName(stored: "C"), at: level))
    }

    @Test("a level holds so many")
    func full() throws {
        try fixture.script(
            "insert into variable (name, value) select 'S' || n, '' from generate_series(1, \(SecretLimits.perLevelMax)) n"
        )
        #expect(try create("A", "1", at: .instance) == .full)
        #expect(try create("S1", "1", at: .instance) == .exists)
        try fixture.script(
            """
            insert into variable (repository_id, name, value)
            select 1, 'S' || n, repeat('x', \(SecretLimits.levelBytesMax / 4)) from generate_series(1, 4) n;
            update variable set value = substring(value from 6) where name = 'S1' and repository_id = 1
            """)
        #expect(try create("A", "123456", at: level) == .full)
        #expect(try create("A", "12345", at: level) == .created)
        #expect(try rename("A", "B") == .replaced)
        let longer = try fixture.variables.update(
            SecretName(stored: "B"), at: level, to: SecretName(stored: "B"), value: "123456", description: "")
        #expect(longer == .full)
        #expect(try fixture.variables.variable(SecretName(stored: "B"), at: level)?.value == "new")
    }
}
