import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Lists of runs, jobs and tasks")
struct RunListsTests {
    private let fixture: RunFixture
    private var queries: RunQueries { fixture.queries }
    private static let here = RunListing.repository(RunFixture.repository)

    init() throws { fixture = try RunFixture() }

    private func numbers(
        _ filter: RunFilter = RunFilter(), _ part: ListPart = ListPart(limit: 100), _ listing: RunListing = here
    ) throws -> [Int64] { try queries.runs(listing, filter, part).map(\.number) }
    private func filter(_ change: (inout RunFilter) -> Void) -> RunFilter {
        var filter = RunFilter()
        change(&filter)
        return filter
    }

    @Test("E8: a list is newest first, in pages that leave nothing out and show nothing twice")
    func pages() throws {
        for _ in 0..<7 { try fixture.plan([RunFixture.job("a")]) }
        #expect(try numbers() == [7, 6, 5, 4, 3, 2, 1])
        for filter in [RunFilter(), filter { $0.statuses = [.waiting, .running, .waiting] }] {
            #expect(
                try (0..<4).flatMap { try numbers(filter, ListPart(limit: 2, offset: 2 * Int64($0))) } == [
                    7, 6, 5, 4, 3, 2, 1,
                ])
        }
        #expect(try queries.runCount(Self.here, RunFilter()) == ListTotal(rows: 7))
        // From the third newest on, whatever comes meanwhile.
        let third = try queries.runs(Self.here, RunFilter(), ListPart(limit: 3))[2].id.number
        #expect(try numbers(RunFilter(), ListPart(limit: 2, before: third)) == [4, 3])
        #expect(try numbers(RunFilter(), ListPart(limit: 9), .repository(RepositoryID(9))) == [])
        #expect(try numbers(RunFilter(), ListPart(limit: 2, offset: 1), .everything) == [6, 5])
    }

    @Test("each part of a filter, and all of them together")
    func filters() throws {
        try fixture.script("insert into account (name) values ('Bob')")
        try fixture.plan([RunFixture.job("a")])
        try fixture.plan([RunFixture.job("a")], event: "schedule", ref: "refs/heads/dev", sha: "b", by: AccountID(2))
        try fixture.plan([RunFixture.job("a", condition: "false")], ref: "refs/tags/main", sha: "c", by: nil)
        let cases: [(RunFilter, [Int64])] = [
            (filter { $0.statuses = [.waiting] }, [2, 1]), (filter { $0.statuses = [.skipped, .failure] }, [3]),
            (filter { $0.statuses = [.skipped, .waiting, .skipped] }, [3, 2, 1]),
            (filter { $0.statuses = [.success] }, []), (filter { $0.event = "schedule" }, [2]),
            (filter { $0.event = "Push" }, []), (filter { $0.branch = "main" }, [1]),
            (filter { $0.branch = "dev" }, [2]),
            (filter { $0.branch = "refs/heads/main" }, []),
            (filter { $0.headSHA = String(repeating: "c", count: 40) }, [3]),
            (filter { $0.headSHA = "c" }, []), (filter { $0.actor = "bob" }, [2]), (filter { $0.actor = "ANN" }, [1]),
            (filter { $0.actor = "nobody" }, []), (filter { $0.workflowID = "ci.yml" }, [3, 2, 1]),
            (filter { $0.workflowID = "cd.yml" }, []),
            (
                filter {
                    $0.actor = "ann"; $0.branch = "dev"
                }, []
            ),
            (
                filter {
                    $0.actor = "bob"; $0.branch = "dev"; $0.event = "schedule"; $0.statuses = [.waiting, .running]
                }, [2]
            ),
        ]
        for (filter, expected) in cases {
            for listing in [Self.here, .owner(RunFixture.ann, readableBy: nil), .everything] {
                #expect(try numbers(filter, ListPart(limit: 100), listing) == expected, "\(filter) \(listing)")
                #expect(
                    try queries.runCount(listing, filter) == ListTotal(rows: Int64(expected.count)),
                    "\(filter) \(listing)")
            }
        }
    }

    @Test("an owner's list has what belongs to its repositories, as far as the reader may read them")
    func owners() throws {
        try fixture.script(
            """
            insert into account (name) values ('bob'), ('carl');
            insert into repository (owner_id, name, is_private) values (1, 'hidden', true), (2, 'others', false);
            insert into collaborator (repository_id, account_id, permission) values (2, 3, 'read');
            """)
        for repository in [2, 3, 1] {
            try fixture.plan([RunFixture.job("a")], in: RepositoryID(Int64(repository)))
        }
        func repositories(_ listing: RunListing) throws -> [Int64] {
            let runs = try queries.runs(listing, RunFilter(), ListPart(limit: 9))
            let jobs = try queries.jobs(listing, statuses: [], newestFirst: true, ListPart(limit: 9))
            #expect(jobs.map(\.repository) == runs.map(\.repository))
            #expect(try queries.runCount(listing, RunFilter()).rows == Int64(runs.count))
            #expect(try queries.jobCount(listing, statuses: []).rows == Int64(runs.count))
            return runs.map(\.repository.number)
        }
        #expect(try repositories(.owner(RunFixture.ann, readableBy: nil)) == [1, 2])
        #expect(try repositories(.owner(RunFixture.ann, readableBy: RunFixture.ann)) == [1, 2])
        #expect(try repositories(.owner(RunFixture.ann, readableBy: AccountID(2))) == [1])
        #expect(try repositories(.owner(RunFixture.ann, readableBy: AccountID(3))) == [1, 2])
        #expect(try repositories(.owner(RunFixture.ann, readableBy: AccountID(0))) == [1])
        #expect(try repositories(.everything) == [1, 3, 2])
        try fixture.script(
            """
            insert into team (organization_id, name, permission) values (1, 'readers', 'read');
            insert into team_member values (1, 2);
            """)
        #expect(try repositories(.owner(RunFixture.ann, readableBy: AccountID(2))) == [1])
        try fixture.script("insert into team_repository values (1, 2)")
        #expect(try repositories(.owner(RunFixture.ann, readableBy: AccountID(2))) == [1, 2])
    }

    @Test("jobs of all attempts, by status, from either end")
    func jobs() throws {
        let runner = try fixture.runner("r")
        try fixture.plan([RunFixture.job("a"), RunFixture.job("b", needs: ["a"])])
        try fixture.plan([RunFixture.job("c", condition: "false")])
        _ = try fixture.claim(runner)
        func keys(_ statuses: [Status], newestFirst: Bool = false, _ part: ListPart = ListPart(limit: 9)) throws
            -> [String]
        {
            try queries.jobs(Self.here, statuses: statuses, newestFirst: newestFirst, part).map(\.key)
        }
        #expect(try keys([]) == ["a", "b", "c"])
        #expect(try keys([], newestFirst: true) == ["c", "b", "a"])
        #expect(try keys([], ListPart(limit: 1, offset: 1)) == ["b"])
        #expect(try keys([.skipped, .running, .running]) == ["a", "c"])
        #expect(try keys([.blocked]) == ["b"])
        #expect(try queries.jobCount(Self.here, statuses: [.skipped, .running, .running]) == ListTotal(rows: 2))
        let first = try #require(
            try queries.jobs(.everything, statuses: [], newestFirst: false, ListPart(limit: 1)).first)
        #expect(first.sha == String(repeating: "a", count: 40) && first.ref == "refs/heads/main")
    }

    @Test("a task is there once, when a runner took it; a job that a rerun carried over adds none")
    func tasks() throws {
        let runner = try fixture.runner("r")
        let run = try fixture.plan([RunFixture.job("a"), RunFixture.job("b")], title: "T")
        #expect(try queries.tasks(of: RunFixture.repository, ListPart(limit: 9)).isEmpty)
        let tasks = try fixture.claim(runner, capacity: 2).map(\.assignment.task)
        try fixture.report(tasks[0], by: runner, .success)
        try fixture.report(tasks[1], by: runner, .failure)
        _ = try fixture.runs.rerun(run, .failed, by: nil)
        let found = try queries.tasks(of: RunFixture.repository, ListPart(limit: 9))
        #expect(found.map(\.id) == [tasks[1], tasks[0]])
        #expect(found.map(\.status) == [.failure, .success])
        #expect(found[0].run == run && found[0].title == "T" && found[0].updatedAt >= found[0].startedAt)
        #expect(try queries.taskCount(of: RunFixture.repository) == ListTotal(rows: 2))
        #expect(try queries.tasks(of: RepositoryID(9), ListPart(limit: 9)).isEmpty)
    }

    @Test("a total is counted up to a limit; beyond it the numbers of the runs say how many there are")
    func totals() throws {
        let rows = ListLimits.countedMax + 5
        try fixture.script(
            """
            insert into run (repository_id, number, workflow_id, workflow_path, title, event, ref, sha, payload, status)
            select 1, n, 'ci.yml', 'p', 't', case when n = 7 then 'schedule' else 'push' end, 'refs/heads/main', 'a', '{}', 1
              from generate_series(1, \(rows)) n
            """)
        #expect(try queries.runCount(Self.here, RunFilter()) == ListTotal(rows: rows))
        #expect(try queries.runCount(.everything, RunFilter()) == ListTotal(rows: rows))
        #expect(
            try queries.runCount(Self.here, filter { $0.event = "push" })
                == ListTotal(rows: ListLimits.countedMax, isWhole: false))
        #expect(try queries.runCount(Self.here, filter { $0.event = "schedule" }) == ListTotal(rows: 1))
        try fixture.script("delete from run where number < 100 or number = 5000")
        #expect(try queries.runCount(Self.here, RunFilter()) == ListTotal(rows: rows - 100))
        #expect(ListTotal(counted: ListLimits.countedMax) == ListTotal(rows: ListLimits.countedMax))
        #expect(
            ListTotal(counted: ListLimits.countedMax + 1) == ListTotal(rows: ListLimits.countedMax, isWhole: false))
    }
}
