import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Keys of identity tokens")
struct IdentityKeyStoreTests {
    private let database: Database
    private let keys: IdentityKeyStore

    init() throws {
        database = Database(dsn: try PrivatePostgres.migratedDatabase(), size: 8)
        keys = IdentityKeyStore(database: database)
    }

    private func key(_ kid: String) -> FreshIdentityKey {
        FreshIdentityKey(kid: kid, modulus: [1, 2], exponent: [3], sealed: Array(kid.utf8))
    }

    @Test("instances that start at once agree on the first one")
    func first() throws {
        #expect(try keys.signing() == nil)
        atOnce(6) { index in try? keys.keepFirst(key("k\(index)")) }
        let signing = try #require(try keys.signing())
        #expect(signing.sealed == Array(signing.kid.utf8))
        #expect(try keys.published().map(\.kid) == [signing.kid])
        try keys.keepFirst(key("late"))
        #expect(try keys.signing()?.kid == signing.kid)
    }

    @Test("after a rotation the new one signs, the old one is published and its secret is gone")
    func rotation() throws {
        try keys.keepFirst(key("old"))
        try keys.rotate(to: key("new"))
        #expect(try keys.signing()?.kid == "new")
        #expect(try keys.published().map(\.kid) == ["new", "old"])
        #expect(try keys.published().map(\.modulus) == [[1, 2], [1, 2]])
        let secrets = Statement("secrets", "select count(*) from identity_key where sealed is not null")
        #expect(try database.readOne(secrets).int(0) == 1)
    }

    @Test("of rotations at once one comes last, and exactly one key signs")
    func rotationsAtOnce() throws {
        try keys.keepFirst(key("k"))
        let failures = Seen<String>()
        atOnce(6) { index in
            do { try keys.rotate(to: key("k\(index)")) } catch { failures.add("\(error)") }
        }
        #expect(failures.all == [])
        #expect(try keys.published().count == 7)
        #expect(try keys.signing().map { try keys.published()[0].kid == $0.kid } == true)
    }

    @Test("a retired one is published while a token of its may live, and then forgotten")
    func retired() throws {
        try keys.keepFirst(key("first"))
        try keys.rotate(to: key("second"))
        let age = "update identity_key set retired_at = now() - make_interval(secs => "
        let connection = try Connection(dsn: database.dsn)
        try connection.script(age + "\(IdentityLimits.retiredKeySeconds - 60)) where kid = 'first'")
        #expect(try keys.published().map(\.kid) == ["second", "first"])
        try connection.script(age + "\(IdentityLimits.retiredKeySeconds + 1)) where kid = 'first'")
        #expect(try keys.published().map(\.kid) == ["second"])
        try keys.rotate(to: key("third"))
        let kids = Statement("kids", "select kid from identity_key order by id")
        #expect(try database.read(kids).map { $0.text(0) } == ["second", "third"])
    }
}
