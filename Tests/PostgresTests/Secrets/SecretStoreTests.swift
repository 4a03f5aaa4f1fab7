import Domain
import TestSupport
import Testing

@testable import Postgres

/// A database with an owner (1), a repository (1) and one data key (1).
struct SecretFixture {
    static let levels: [SettingLevel] = [.instance, .owner(AccountID(1)), .repository(RepositoryID(1))]
    static let a = SecretName(stored: "A")
    let database: Database
    let keys: EncryptionKeyStore
    let secrets: SecretStore
    let variables: VariableStore

    init() throws {
        let dsn = try PrivatePostgres.migratedDatabase()
        try Connection(dsn: dsn).script(
            "insert into account (name) values ('ann'); insert into repository (owner_id, name) values (1, 'app')")
        database = Database(dsn: dsn, size: 8)
        keys = EncryptionKeyStore(database: database)
        secrets = SecretStore(database: database)
        variables = VariableStore(database: database)
        try makeKey()
    }

    @discardableResult
    func makeKey() throws -> Int64 {
        let id = try keys.nextID()
        try keys.keep(WrappedKey(id: id, wrapped: [UInt8(id)], wrappedBy: "master"))
        return id
    }

    func put(_ name: String, at level: SettingLevel, _ sealed: UInt8, key: Int64 = 1) throws -> SettingWrite {
        try secrets.put(SecretName(stored: name), at: level, sealed: [sealed], key: key, description: "d\(sealed)")
    }

    func settings(withSecrets: Bool = true) throws -> JobSettings {
        try database.transaction {
            try JobSettings.all(of: RepositoryID(1), owner: AccountID(1), withSecrets: withSecrets, in: $0)
        }
    }
    func script(_ sql: String) throws { try Connection(dsn: database.dsn).script(sql) }
}

@Suite("The store of secrets")
struct SecretStoreTests {
    private let fixture: SecretFixture
    init() throws { fixture = try SecretFixture() }

    @Test("keeps one secret of a name at each level, and replaces it")
    func put() throws {
        for (number, level) in SecretFixture.levels.enumerated() {
            #expect(try fixture.put("A", at: level, UInt8(number)) == .created)
        }
        #expect(try fixture.put("A", at: .owner(AccountID(1)), 9) == .replaced)
        #expect(try fixture.secrets.count(.owner(AccountID(1))) == 1)
        #expect(try fixture.secrets.list(.owner(AccountID(1)), ListPart(limit: 5)).map(\.description) == ["d9"])
        let found = try fixture.settings().secrets
        #expect(Set(found.map(\.value.sealed)) == [[0], [9], [2]])
        #expect(found.allSatisfy { $0.value.key == WrappedKey(id: 1, wrapped: [1], wrappedBy: "master") })
    }

    @Test("lists by name, in parts; removes once")
    func list() throws {
        for name in ["B", "_X", "A", "C1"] { _ = try fixture.put(name, at: .instance, 1) }
        let names = try fixture.secrets.list(.instance, ListPart(limit: 3)).map(\.name.text)
        #expect(names == ["A", "B", "C1"])
        #expect(
            try fixture.secrets.list(.instance, ListPart(limit: 3, offset: 3)).map(\.name.text) == ["_X"])
        #expect(try fixture.secrets.remove(SecretFixture.a, at: .instance))
        #expect(try !fixture.secrets.remove(SecretFixture.a, at: .instance))
        #expect(try !fixture.secrets.remove(SecretName(stored: "B"), at: .owner(AccountID(1))))
    }

    @Test("tells when the owner, the repository or the data key is gone, and when a level is full")
    func refused() throws {
        #expect(try fixture.put("A", at: .repository(RepositoryID(9)), 1) == .missing)
        #expect(try fixture.put("A", at: .owner(AccountID(9)), 1) == .missing)
        #expect(try fixture.put("A", at: .instance, 1, key: 9) == .keyIsGone)
        try fixture.script(
            """
            insert into secret (name, key_id, sealed)
            select 'S' || n, 1, '\\x00' from generate_series(1, \(SecretLimits.perLevelMax)) n
            """)
        #expect(try fixture.put("A", at: .instance, 1) == .full)
        #expect(try fixture.put("S1", at: .instance, 1) == .replaced)
        #expect(try fixture.put("A", at: .owner(AccountID(1)), 1) == .created)
    }

    @Test("a level has so many bytes, also by what is replaced")
    func bytes() throws {
        let level = SettingLevel.owner(AccountID(1))
        try fixture.script(
            """
            insert into secret (owner_id, name, key_id, sealed)
            select 1, 'S' || n, 1, decode(repeat('00', \(SecretLimits.levelBytesMax / 4)), 'hex') from generate_series(1, 4) n;
            update secret set sealed = substring(sealed from 2) where name = 'S1'
            """)
        #expect(try fixture.put("A", at: level, 1) == .created)
        #expect(try fixture.put("A", at: level, 2) == .replaced)
        let two = try fixture.secrets.put(SecretFixture.a, at: level, sealed: [1, 2], key: 1, description: "")
        #expect(two == .full)
        #expect(try fixture.put("B", at: level, 1) == .full)
        #expect(try fixture.put("S1", at: level, 1) == .replaced)
        #expect(try fixture.put("B", at: level, 1) == .created)
    }

    @Test("of writers of one name at once, one makes it")
    func atOnceWritten() throws {
        let seen = Seen<SettingWrite>()
        atOnce(6) { number in
            if let written = try? fixture.put("A", at: .instance, UInt8(number)) { seen.add(written) }
        }
        #expect(seen.all.filter { $0 == .created }.count == 1)
        #expect(seen.all.filter { $0 == .replaced }.count == 5)
    }

    @Test("seals again what older keys seal, batch by batch; a batch that fails changes nothing")
    func rotation() throws {
        for number in 0..<5 { _ = try fixture.put("S\(number)", at: .instance, UInt8(number)) }
        let key = try fixture.makeKey()
        struct Broken: Error {}
        var count = 0
        #expect(throws: Broken.self) {
            try fixture.secrets.resealSome(with: key, limit: 3) { _ in
                count += 1
                if count == 2 { throw Broken() }
                return [99]
            }
        }
        #expect(try fixture.settings().secrets.allSatisfy { $0.value.key.id == 1 && $0.value.sealed != [99] })
        #expect(try fixture.secrets.resealSome(with: key, limit: 3) { $0.value.sealed + [7] } == 3)
        #expect(try fixture.secrets.hasStale(before: key))
        #expect(try fixture.secrets.resealSome(with: key, limit: 3) { $0.value.sealed + [7] } == 2)
        #expect(try !fixture.secrets.hasStale(before: key))
        #expect(
            Set(try fixture.settings().secrets.map(\.value.sealed)) == [[0, 7], [1, 7], [2, 7], [3, 7], [4, 7]])
    }

    @Test("goes with its repository and its owner")
    func cascade() throws {
        for level in SecretFixture.levels { _ = try fixture.put("A", at: level, 1) }
        try fixture.script("delete from repository where id = 1")
        #expect(try fixture.secrets.count(.repository(RepositoryID(1))) == 0)
        #expect(try fixture.secrets.count(.owner(AccountID(1))) == 1)
        try fixture.script("delete from account where id = 1")
        #expect(try fixture.secrets.count(.owner(AccountID(1))) == 0)
        #expect(try fixture.secrets.count(.instance) == 1)
    }
}
