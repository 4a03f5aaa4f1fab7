import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Concurrency groups")
struct GroupStoreTests {
    private let database: Database

    init() throws {
        let dsn = try PrivatePostgres.migratedDatabase()
        try Connection(dsn: dsn).script(
            """
            insert into account (name) values ('ann');
            insert into repository (owner_id, name) values (1, 'a'), (1, 'b');
            """)
        database = Database(dsn: dsn, size: 2)
    }

    private func enter(_ name: String, in repository: Int64 = 1) throws -> GroupEntry {
        try database.transaction {
            try GroupStore.enter(
                PlannedGroup(name: name, cancelsInProgress: false), in: RepositoryID(repository), in: $0)
        }
    }

    @Test("take turns one by one; names are a repository's own, and case does not count")
    func turns() throws {
        let first = try enter("deploy")
        #expect(first.turn == 1)
        #expect(try enter("deploy") == GroupEntry(first.group, turn: 2))
        #expect(try database.transaction { try GroupStore.enter(first.group, in: $0) }.turn == 3)
        #expect(try enter("Deploy") == GroupEntry(first.group, turn: 4))
        #expect(try database.transaction { try GroupStore.name(of: first.group, in: $0) } == "deploy")
        let others = try [enter("deploy", in: 2), enter("deploys")]
        for other in others { #expect(other.group != first.group && other.turn == 1) }
    }

    @Test("give a turn back when the transaction fails")
    func undone() throws {
        struct Refused: Error {}
        #expect(throws: Refused.self) {
            try database.transaction { tx in
                _ = try GroupStore.enter(
                    PlannedGroup(name: "deploy", cancelsInProgress: false), in: RepositoryID(1), in: tx)
                throw Refused()
            }
        }
        #expect(try enter("deploy").turn == 1)
    }

    @Test("go when no run is of them any more, those in use and those that somebody enters stay")
    func unused() throws {
        let (used, empty) = (try enter("used"), try enter("empty"))
        try Connection(dsn: database.dsn).script(
            """
            insert into run (repository_id, number, workflow_id, workflow_path, title, event, ref, sha, payload, status,
                             group_id)
            values (1, 1, 'w', 'w', 't', 'push', 'r', 's', '{}', 1, \(used.group))
            """)
        let entered = try database.transaction { tx in
            _ = try GroupStore.enter(empty.group, in: tx)
            return try Database(dsn: database.dsn, size: 1).transaction {
                try GroupStore.removeUnused(after: 0, limit: 10, in: $0).removed
            }
        }
        #expect(entered == 0)
        let gone = try database.transaction { try GroupStore.removeUnused(after: 0, limit: 1, in: $0) }
        #expect(gone.removed == 1 && gone.last == empty.group.number)
        #expect(try database.transaction { try GroupStore.removeUnused(after: 0, limit: 1, in: $0) }.removed == 0)
    }
}
