import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Picking a job")
struct JobPickingTests {
    @Test("takes the first in the queue of the scope, and by handle that one alone")
    func first() throws {
        let dsn = try PrivatePostgres.migratedDatabase()
        try Connection(dsn: dsn).script(
            """
            insert into account (name) values ('ann');
            insert into repository (owner_id, name) values (1, 'a'), (1, 'b');
            insert into label_set (labels) values ('{x}');
            insert into run (repository_id, number, workflow_id, workflow_path, title, event, ref, sha, payload, status)
            values (1, 1, 'w', 'w', 't', 'push', 'r', 's', '{}', 5), (2, 1, 'w', 'w', 't', 'push', 'r', 's', '{}', 5);
            insert into attempt (run_id, number, status) values (1, 1, 5), (2, 1, 5);
            insert into job (run_id, attempt_id, repository_id, owner_id, key, name, position, label_set_id, step_names, payload,
                             status, queued_at, queue_key)
            select n % 2 + 1, n % 2 + 1, n % 2 + 1, 1, 'j' || n, 'j', n, 1, '{s}', '', 5, now(), 10 - n
              from generate_series(1, 4) n;
            """)
        let database = Database(dsn: dsn, size: 1)
        func picked(_ scope: RunnerScope, handle: String? = nil) throws -> Int64? {
            try database.transaction {
                try JobStore.pick(labelSets: [1], scope: scope, handle: handle, in: $0)?.job.number
            }
        }
        #expect(try picked(.everything) == 4)
        #expect(try picked(.repository(RepositoryID(2))) == 3)
        #expect(try picked(.owner(AccountID(2))) == nil)
        #expect(try picked(.everything, handle: "no handle") == nil)
        #expect(try JobStore.anyWaiting(labelSets: [1], scope: .repository(RepositoryID(1)), in: database))
        #expect(try !JobStore.anyWaiting(labelSets: [2], scope: .everything, in: database))
    }
}
