import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("The store of data keys")
struct EncryptionKeyStoreTests {
    private let fixture: SecretFixture
    init() throws { fixture = try SecretFixture() }

    @Test("the newest seals; older ones go when nothing is sealed with them")
    func removal() throws {
        _ = try fixture.put("A", at: .instance, 1)
        let second = try fixture.makeKey()
        let third = try fixture.makeKey()
        #expect(try fixture.keys.newest()?.id == third)
        #expect(try fixture.keys.removeUnused() == [second])
        #expect(try fixture.keys.all().map(\.id) == [1, third])
        _ = try fixture.put("A", at: .instance, 2, key: third)
        #expect(try fixture.keys.removeUnused() == [1])
    }

    @Test("a key that a writer uses in the meantime is not removed under it")
    func writerInBetween() throws {
        try fixture.makeKey()
        let writer = try Connection(dsn: fixture.database.dsn)
        try writer.script("begin; insert into secret (name, key_id, sealed) values ('A', 1, '\\x01')")
        let removed = Seen<[Int64]>()
        let keys = fixture.keys
        atOnce(2) { number in
            if number == 0 {
                // It waits for the writer, whose row nobody else sees yet.
                if let ids = try? keys.removeUnused() { removed.add(ids) }
            } else {
                _ = try? becomesTrue {
                    try fixture.database.readOne(
                        Statement("t_waits", "select exists (select from pg_locks where not granted)")
                    ).bool(0)
                }
                try? writer.script("commit")
            }
        }
        #expect(removed.all == [[]])
        #expect(try fixture.settings().secrets.count == 1)
    }

    @Test("all keys get another wrapping, or none")
    func rewrap() throws {
        let server = ServerKeyStore(database: fixture.database)
        _ = try server.key("seal") { StoredServerKey(purpose: "seal", key: [5], wrappedBy: nil) }
        struct Broken: Error {}
        #expect(throws: Broken.self) {
            try fixture.keys.rewrap(
                { WrappedKey(id: $0.id, wrapped: [9], wrappedBy: "new") }, serverKeys: { _ in throw Broken() })
        }
        #expect(try fixture.keys.newest()?.wrapped == [1])
        let count = try fixture.keys.rewrap(
            { WrappedKey(id: $0.id, wrapped: [9], wrappedBy: "new") },
            serverKeys: { StoredServerKey(purpose: $0.purpose, key: [8], wrappedBy: "new") })
        #expect(count == 2)
        #expect(try fixture.keys.newest() == WrappedKey(id: 1, wrapped: [9], wrappedBy: "new"))
        #expect(try server.all() == [StoredServerKey(purpose: "seal", key: [8], wrappedBy: "new")])
    }
}
