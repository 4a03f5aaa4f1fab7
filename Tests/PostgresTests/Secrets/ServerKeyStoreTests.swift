import TestSupport
import Testing

@testable import Postgres

@Suite("The store of server keys")
struct ServerKeyStoreTests {
    @Test("instances that ask for a shared key at once all get the same one")
    func sharedKey() throws {
        let store = ServerKeyStore(database: Database(dsn: try PrivatePostgres.migratedDatabase(), size: 8))
        let keys = Seen<StoredServerKey>()
        atOnce(8) { index in
            let fresh = StoredServerKey(
                purpose: "runtime", key: Array(repeating: UInt8(index), count: 32), wrappedBy: index < 4 ? nil : "m")
            if let key = try? store.key("runtime", orElse: { fresh }) { keys.add(key) }
        }
        #expect(keys.all.count == 8)
        #expect(Set(keys.all.map(\.key)).count == 1)
        let known = StoredServerKey(purpose: "other", key: [9], wrappedBy: nil)
        #expect(try store.key("other") { known } == known)
        #expect(try store.key("other") { StoredServerKey(purpose: "other", key: [8], wrappedBy: nil) } == known)
        #expect(try store.all().map(\.purpose) == ["other", "runtime"])
    }
}
