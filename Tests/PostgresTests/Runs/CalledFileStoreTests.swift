import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Files of called workflows")
struct CalledFileStoreTests {
    @Test("are kept with the run, whatever characters they have, and go with it")
    func kept() throws {
        let database = Database(dsn: try PrivatePostgres.migratedDatabase(), size: 1)
        _ = try database.write(
            Statement(
                "called_world",
                """
                with a as (insert into account (name) values ('ann') returning id),
                     p as (insert into repository (owner_id, name) select id, 'app' from a returning id)
                insert into run (repository_id, number, workflow_id, workflow_path, title, event, ref, sha, payload, status)
                select id, 1, 'ci.yml', 'ci.yml', '', 'push', 'r', 's', '{}', 1 from p returning id
                """))
        let texts = ["./a.yml": "on: push\n# \\x00 \u{1F600} '", "ann/app/b.yml@v1": ""]
        let files = texts.map { PlannedRun.CalledFile(name: $0.key, text: Array($0.value.utf8)) }
        try database.transaction { try CalledFileStore.put(files, of: RunID(1), in: $0) }
        let found = try database.transaction { try CalledFileStore.files(of: RunID(1), in: $0) }
        #expect(found == texts.mapValues { Array($0.utf8) })
        #expect(try database.transaction { try CalledFileStore.files(of: RunID(2), in: $0) } == [:])
        _ = try database.write(Statement("called_gone", "delete from run returning id"))
        #expect(try database.transaction { try CalledFileStore.files(of: RunID(1), in: $0) } == [:])
    }
}
