import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("What a page of runs offers")
struct RunChoicesTests {
    private let database: Database
    private let views: RunQueries
    private static let here = RepositoryID(1)

    init() throws {
        let dsn = try PrivatePostgres.migratedDatabase()
        try Connection(dsn: dsn).script(
            """
            insert into account (name) values ('ann'), ('bob');
            insert into repository (owner_id, name, is_private) values (1, 'app', false), (1, 'other', false);
            insert into label_set (labels) values ('{x}');
            insert into run (repository_id, number, workflow_id, workflow_path, title, event, ref, sha, actor_id, payload, status,
                             workflow_name)
            values (1, 1, 'b.yml', 'p', 't', 'push', 'refs/heads/main', 's', 1, '{"a":1}', 1, 'Old'),
                   (1, 2, 'a.yml', 'p', 't', 'push', 'refs/tags/v1', 's', 2, '{}', 2, ''),
                   (1, 3, 'b.yml', 'p', 't', 'schedule', 'refs/heads/dev', 's', null, '{}', 7, 'New'),
                   (2, 1, 'c.yml', 'p', 't', 'release', 'refs/heads/x', 's', 2, '{}', 5, '');
            insert into attempt (run_id, number, status, started_at, stopped_at)
            select id, 1, status, to_timestamp(10 * id), to_timestamp(20 * id) from run;
            insert into job (run_id, attempt_id, repository_id, owner_id, key, name, position, label_set_id, payload, status, queued_at)
            values (3, 3, 1, 1, 'a', 'a', 0, 1, '', 1, null), (3, 3, 1, 1, 'b', 'b', 1, 1, '', 7, null),
                   (3, 3, 1, 1, 'c', 'c', 2, 1, '', 5, now());
            """)
        database = Database(dsn: dsn, size: 2)
        views = RunQueries(database: database)
    }

    @Test("workflows and events once each, with the newest name, of this repository alone")
    func choices() throws {
        let workflows = try views.workflowChoices(of: Self.here)
        #expect(workflows.map(\.file) == ["a.yml", "b.yml"])
        #expect(workflows.map(\.name) == ["", "New"])
        #expect(try views.eventChoices(of: Self.here) == ["push", "schedule"])
        let recent = try views.recentChoices(of: Self.here)
        #expect(recent.branches == ["dev", "main"] && recent.actors == ["ann", "bob"])
        #expect(try views.workflowChoices(of: RepositoryID(9)).isEmpty)
    }

    @Test("counts by status, each up to a limit")
    func counts() throws {
        let counts = try views.statusCounts(of: Self.here, Status.allCases)
        #expect(counts[.success] == 1 && counts[.failure] == 1 && counts[.blocked] == 1 && counts[.waiting] == 0)
    }

    @Test("the first job that waits, of runs that have one")
    func waiting() throws {
        #expect(try views.firstWaiting(of: [RunID(1), RunID(3)]) == [RunID(3): JobID(2)])
        #expect(try views.firstWaiting(of: []).isEmpty)
    }

    @Test("how long the workflow's green runs before this one took, and its event when it is small")
    func history() throws {
        let newest = try #require(try views.run(RunID(3), in: Self.here))
        #expect(try views.greenDurations(before: newest) == [10_000_000])
        #expect(try views.payload(of: RunID(1), bytesMax: 100) == "{\"a\":1}")
        #expect(try views.payload(of: RunID(1), bytesMax: 3) == nil)
        #expect(newest.workflowName == "New" && newest.latestAttempt == 1)
    }
}
