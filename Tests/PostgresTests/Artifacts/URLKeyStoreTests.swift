import Domain
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Postgres

@Suite("The keys of signed addresses")
struct URLKeyStoreTests {
    private static let age = Statement(
        "age", "update url_key set created_at = created_at - make_interval(secs => $2::bigint) where id = $1")
    private static let secrets = Statement("secrets", "select count(sealed), count(*) from url_key")

    private static func database() throws -> Database {
        let dsn = try PrivatePostgres.database()
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../sql/migrations/0021_url_keys.sql")
        try Migrations(dsn: dsn).apply([
            Migration(name: "0021_url_keys.sql", sql: try String(contentsOf: file, encoding: .utf8))
        ]) { _ in }
        return Database(dsn: dsn, size: 4)
    }

    @Test("many that make the first one at once make one")
    func first() throws {
        let database = try Self.database()
        let store = URLKeyStore(database: database)
        let failures = Mutex(0)
        atOnce(4) { _ in
            do { try store.keepFirst(id: try store.nextID(), sealed: [1]) } catch { failures.withLock { $0 += 1 } }
        }
        #expect(failures.withLock { $0 } == 0)
        #expect(try store.live().count == 1)
    }

    @Test("a new one is known everywhere after a minute, and the one before is retired when its last address is over")
    func rotate() throws {
        let database = try Self.database()
        let store = URLKeyStore(database: database)
        let old = try store.nextID()
        try store.keepFirst(id: old, sealed: [1])
        try database.write(Self.age, .int(old), .int(1_000_000))
        let new = try store.nextID()
        try store.keep(id: new, sealed: [2])
        #expect(try store.live().map(\.id) == [old, new])
        #expect(try store.live().map(\.isKnownEverywhere) == [true, false])
        #expect(try store.live().map(\.sealed) == [[1], [2]])
        #expect(try store.retire() == [])
        try database.write(Self.age, .int(new), .int(SignedURLLimits.keySettlesSeconds + 1))
        #expect(try store.live().map(\.isKnownEverywhere) == [true, true])
        #expect(try store.retire() == [])
        try database.write(Self.age, .int(new), .int(SignedURLLimits.keyLastsSeconds))
        #expect(try store.retire() == [old])
        #expect(try store.retire() == [])
        #expect(try store.live().map(\.id) == [new])
        let row = try #require(try database.read(Self.secrets).first)
        #expect(row.int(0) == 1 && row.int(1) == 2, "the retired one's secret is gone, its row says when")
    }
}
