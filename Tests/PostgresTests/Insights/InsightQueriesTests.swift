import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Samples for insights")
struct InsightQueriesTests {
    private let queries: InsightQueries
    private static let here = RepositoryID(1)

    init() throws {
        let dsn = try PrivatePostgres.migratedDatabase()
        // Run n was made on day n; run 4 runs still, run 5 is another repository's.
        try Connection(dsn: dsn).script(
            """
            insert into account (name) values ('ann');
            insert into repository (owner_id, name, is_private) values (1, 'app', false), (1, 'other', false);
            insert into label_set (labels) values ('{x}');
            insert into run (repository_id, number, workflow_id, workflow_path, title, event, ref, sha, payload, status, created_at)
            select case n when 5 then 2 else 1 end, n, case n % 2 when 1 then 'a.yml' else 'b.yml' end, 'p', 't', 'push', 'r', 's' || n,
                   '{}', case n when 4 then 6 else 1 end, to_timestamp(n * 86400) from generate_series(1, 5) n;
            insert into attempt (run_id, number, status, started_at, stopped_at)
            select id, 1, case when id = 4 then 6 else 2 end, created_at + interval '5 s',
                   case when id <> 4 then created_at + interval '65 s' end from run;
            insert into attempt (run_id, number, status) values (1, 2, 1);
            insert into job (run_id, attempt_id, repository_id, owner_id, key, name, position, label_set_id, payload, status, queued_at,
                             started_at, stopped_at, copied_from, is_deferred)
            select r.id, a.id, r.repository_id, 1, 'k', 'build', 0, 1, '', a.status, r.created_at, a.started_at, a.stopped_at, null, false
              from run r join attempt a on a.run_id = r.id where a.status <> 6;
            update job set copied_from = 1 where run_id = 1 and attempt_id = 6;
            insert into task (job_id, status, token_hash) select id, 1, sha256(id::text::bytea) from job where run_id = 3;
            update job set task_id = 1 where run_id = 3;
            insert into step (task_id, position, name, status, started_at, stopped_at)
            values (1, 0, 'compile', 1, to_timestamp(0), to_timestamp(7)), (1, 1, 'skipped', 4, null, null);
            """)
        queries = InsightQueries(database: Database(dsn: dsn, size: 2))
    }

    private static func since(day: Int64) -> Instant { Instant(microseconds: day * 86_400_000_000) }

    @Test("runs that ended since a day, by their first attempt, the newest first")
    func runs() throws {
        let all = try queries.runs(of: Self.here, workflow: nil, since: Self.since(day: 0))
        #expect(all.map(\.id.number) == [3, 2, 1])
        #expect(all.map(\.ended.day) == [3, 2, 1])
        #expect(
            all[0].ended
                == EndedJob(name: "a.yml", status: .failure, sha: "s3", day: 3, ran: 60_000_000, waited: 5_000_000))
        #expect(all[2].ended.status == .failure, "the second attempt mended it")
        #expect(try queries.runs(of: Self.here, workflow: nil, since: Self.since(day: 2)).count == 2)
        #expect(try queries.runs(of: Self.here, workflow: "b.yml", since: Self.since(day: 0)).map(\.id.number) == [2])
    }

    @Test("jobs and steps of these runs, without what a rerun took over")
    func jobs() throws {
        let jobs = try queries.jobs(of: queries.runs(of: Self.here, workflow: nil, since: Self.since(day: 0)))
        #expect(jobs.map(\.ended.sha) == ["s3", "s2", "s1"])
        #expect(jobs.map(\.ended.name) == ["a.yml / build", "b.yml / build", "a.yml / build"])
        #expect(jobs[0].ended.waited == 5_000_000 && jobs[0].ended.ran == 60_000_000)
        #expect(try queries.steps(of: jobs) == [EndedStep(job: "a.yml / build", name: "compile", ran: 7_000_000)])
        #expect(try queries.jobs(of: []).isEmpty && queries.steps(of: []).isEmpty)
    }
}
