import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Collaborators")
struct CollaboratorStoreTests {
    @Test("are put, changed, listed and removed")
    func all() throws {
        let dsn = try PrivatePostgres.migratedDatabase()
        try Connection(dsn: dsn).script("insert into account (name) values ('ann'), ('bob'), ('eve')")
        let database = Database(dsn: dsn, size: 2)
        let store = CollaboratorStore(database: database)
        let repositories = RepositoryStore(database: database)
        let id = try repositories.create(owner: AccountID(1), name: "app", isPrivate: false)
        let (bob, eve) = (AccountID(2), AccountID(3))
        try store.put(eve, "read", in: id)
        try store.put(bob, "write", in: id)
        try store.put(eve, "admin", in: id)
        #expect(try store.permission(of: eve, in: id) == .admin)
        #expect(try store.list(of: id, ListPart(limit: 10)).map(\.name) == ["bob", "eve"])
        #expect(try store.list(of: id, ListPart(limit: 1, offset: 1)).map(\.id) == [eve])
        #expect(try store.count(of: id) == 2)
        try store.remove(eve, from: id)
        #expect(try store.permission(of: eve, in: id) == nil)
        // Of what is deleted nobody becomes one.
        _ = try repositories.delete(id)
        try store.put(eve, "admin", in: id)
        #expect(try store.permission(of: eve, in: id) == nil)
    }
}
