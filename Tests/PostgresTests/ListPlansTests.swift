import Domain
import TestSupport
import Testing

@testable import Postgres

/// What PostgreSQL does for each list of the API when there are many rows of everything.
@Suite("Plans of lists")
struct ListPlansTests {
    private static let rows = 100_000
    /// Tables that grow with use; a plan that reads one of them whole is wrong, however few rows the page has.
    private static let big = [
        "run", "attempt", "job", "task", "step", "artifact", "artifact_file", "blob", "runner", "event", "annotation",
    ]

    private static let database = Result { () throws -> Database in
        let dsn = try PrivatePostgres.migratedDatabase()
        let connection = try Connection(dsn: dsn)
        // One repository has most of everything, nine have the rest.
        try connection.script(
            """
            insert into account (name) select 'user' || n from generate_series(1, 10) n;
            insert into repository (owner_id, name, is_private) select n, 'app', n % 2 = 0 from generate_series(1, 10) n;
            insert into label_set (labels) select array['label' || n] from generate_series(1, 20) n;
            insert into runner (uuid, token_hash, name, labels, owner_id, repository_id, disabled, last_online)
            select gen_random_uuid(), sha256(n::text::bytea), 'r' || n, array['label1'],
                   case when n % 3 = 1 then n % 10 + 1 end, case when n % 3 = 2 then n % 10 + 1 end, n % 50 = 0,
                   now() - n * interval '1 second'
              from generate_series(1, \(rows)) n;
            insert into run (repository_id, number, workflow_id, workflow_path, title, event, ref, sha, actor_id, payload, status,
                             stopped_at)
            select case when n % 10 = 0 then n / 10 % 9 + 2 else 1 end, n, 'ci' || n % 7 || '.yml', 'p', 't',
                   case when n % 1000 = 0 then 'release' else 'push' end, 'refs/heads/b' || n % 100, md5((n / 3)::text),
                   n % 10 + 1, '{}', case when n % 500 = 0 then 5 else 1 + n % 4 end, now()
              from generate_series(1, \(rows)) n;
            insert into attempt (run_id, number, status) select id, 1, status from run;
            insert into job (run_id, attempt_id, repository_id, owner_id, key, name, position, label_set_id, payload, status, queued_at)
            select r.id, a.id, r.repository_id, p.owner_id, 'a', 'a', 0, r.id % 20 + 1, '', r.status, now()
              from run r join attempt a on a.run_id = r.id join repository p on p.id = r.repository_id;
            insert into task (job_id, runner_id, status, token_hash, stopped_at)
            select id, id % \(rows) + 1, status, sha256(id::text::bytea), now() from job where status <= 4;
            update job set task_id = t.id from task t where t.job_id = job.id;
            insert into step (task_id, position, name, status) select id, 0, 'x', 1 from task;
            insert into artifact (repository_id, owner_id, run_id, attempt, protocol, name, file_name, mime_type, status,
                                  expires_at, uploaded_at)
            select r.repository_id, p.owner_id, r.id, 1, 4, 'dist' || r.id % 100, 'f', 'm', 2, now() + interval '1 day', now()
              from run r join repository p on p.id = r.repository_id;
            insert into annotation (task_id, log_row, kind, title, file, line, col, message)
            select id, 0, 1, '', '', 0, 0, 'm' from task;
            insert into blob (digest, bytes) select sha256(n::text::bytea), 1 from generate_series(1, \(rows)) n;
            insert into artifact_file (artifact_id, path, blob_id, bytes) select id, 'f', id, 1 from artifact;
            """)
        try connection.script("vacuum analyze")
        return Database(dsn: dsn, size: 2)
    }

    typealias Listed = (statement: Statement, values: [Value])

    /// Every list of the API that reads a big table. A new one is added here.
    private static let lists: [Listed] = {
        let here = RunListing.repository(RepositoryID(1))
        let listings = [
            here, .owner(AccountID(1), readableBy: nil), .owner(AccountID(2), readableBy: AccountID(3)), .everything,
        ]
        func filter(_ change: (inout RunFilter) -> Void) -> RunFilter {
            var filter = RunFilter()
            change(&filter)
            return filter
        }
        let filters = [
            RunFilter(), filter { $0.statuses = [.waiting] }, filter { $0.statuses = [.success, .failure] },
            filter { $0.event = "release" }, filter { $0.branch = "b7" }, filter { $0.headSHA = "none" },
            filter { $0.actor = "user3" }, filter { $0.workflowID = "ci3.yml" },
            filter {
                $0.event = "release"; $0.branch = "b0"; $0.statuses = [.waiting]
            },
        ]
        let page = ListPart(limit: 30)
        var lists: [Listed] = []
        for listing in listings {
            for filter in filters {
                lists.append(RunQueries.runList(listing, filter, page))
                lists.append(RunQueries.runCountList(listing, filter))
            }
            lists.append(RunQueries.runList(listing, RunFilter(), ListPart(limit: 30, before: 5000)))
            for statuses: [Status] in [[], [.waiting], [.success, .cancelled]] {
                for newestFirst in [true, false] {
                    lists.append(RunQueries.jobList(listing, statuses: statuses, newestFirst: newestFirst, page))
                }
                lists.append(RunQueries.jobCountList(listing, statuses: statuses))
            }
        }
        lists.append((RunQueries.taskList, [.int(1), .int(30), .int(0)]))
        lists.append((RunQueries.taskCount, [.int(1)]))
        for (run, name) in [(nil, nil), (RunID(5), nil), (nil, "dist7"), (RunID(5), "dist7")] as [(RunID?, String?)] {
            lists.append(ArtifactQueries.list(of: RepositoryID(1), run: run, name: name, page))
            lists.append(ArtifactQueries.count(of: RepositoryID(1), run: run, name: name))
        }
        for listing in [
            RunnerListing.all, .exactly(.owner(AccountID(2))), .exactly(.repository(RepositoryID(2))),
        ] {
            for isDisabled in [nil, true, false] {
                lists.append(RunnerQueries.list(listing, isDisabled: isDisabled, page))
                lists.append(RunnerQueries.count(listing, isDisabled: isDisabled))
            }
        }
        for place in [QueuePlace.repository(RepositoryID(1)), .owner(AccountID(1)), .everything] {
            lists.append(WaitQueries.queueList(place))
        }
        lists.append((RunQueries.workflowChoices, [.int(1)]))
        lists.append((RunQueries.eventChoices, [.int(1)]))
        lists.append((RunQueries.recentChoices, [.int(1)]))
        lists.append((RunQueries.statusCounts, [.int(1), .ints([1, 2, 5, 6])]))
        lists.append((RunQueries.firstWaiting, [.ints([500, 1000, 1500])]))
        lists.append((RunQueries.greenDurations, [.int(1), .text("ci3.yml"), .int(90_000)]))
        let since = Instant(microseconds: 0)
        lists.append(InsightQueries.runList(of: RepositoryID(1), workflow: nil, since: since))
        lists.append(InsightQueries.runList(of: RepositoryID(1), workflow: "ci3.yml", since: since))
        lists.append((InsightQueries.jobs, [.ints(Array(99_000...99_999)), .int(InsightLimits.jobsMax)]))
        lists.append((InsightQueries.steps, [.ints(Array(49_000...49_999)), .int(InsightLimits.stepsMax)]))
        lists.append((AnnotationStore.ofTasks, [.ints([1, 2, 3]), .int(100)]))
        return lists
    }()

    @Test("no list reads a big table from end to end")
    func plans() throws {
        let database = try Self.database.get()
        #expect(Self.lists.count > 100)
        for list in Self.lists {
            let plan = try database.read(
                Statement("explain_\(list.statement.name)", "explain \(list.statement.sql)"), all: list.values
            ).map { $0.text(0) }
            let scans = plan.filter { line in
                Self.big.contains { line.contains("Seq Scan on \($0) ") }
            }
            #expect(scans.isEmpty, "\(list.statement.name):\n\(plan.joined(separator: "\n"))")
        }
    }
}
