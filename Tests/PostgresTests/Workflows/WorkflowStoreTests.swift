import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("The store of workflows")
struct WorkflowStoreTests {
    @Test("remembers which files are disabled, of each repository for itself")
    func disabled() throws {
        let dsn = try PrivatePostgres.migratedDatabase()
        try Connection(dsn: dsn).script(
            """
            insert into account (name) values ('ann');
            insert into repository (owner_id, name) values (1, 'a'), (1, 'b')
            """)
        let store = WorkflowStore(database: Database(dsn: dsn, size: 4))
        let (a, b) = (RepositoryID(1), RepositoryID(2))
        for _ in 0..<2 { try store.setDisabled(true, "ci.yml", in: a, by: AccountID(1)) }
        try store.setDisabled(false, "other.yml", in: a, by: nil)
        #expect(try store.disabled(in: a) == ["ci.yml"])
        #expect(try store.disabled(in: b).isEmpty)
        try store.setDisabled(false, "ci.yml", in: a, by: AccountID(1))
        #expect(try store.disabled(in: a).isEmpty)
        try store.setDisabled(true, "ci.yml", in: RepositoryID(9), by: nil)
        #expect(try store.disabled(in: RepositoryID(9)).isEmpty, "it is gone")
    }
}
