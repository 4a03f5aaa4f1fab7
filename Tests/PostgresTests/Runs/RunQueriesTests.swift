import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Runs as they are read")
struct RunQueriesTests {
    private let fixture: RunFixture
    private var queries: RunQueries { fixture.queries }

    init() throws { fixture = try RunFixture() }

    private func numbers(_ filter: RunFilter = RunFilter(), _ part: ListPart = ListPart(limit: 100)) throws -> [Int64] {
        try queries.runs(of: RunFixture.repository, filter, part).map(\.number)
    }
    private func filter(_ change: (inout RunFilter) -> Void) -> RunFilter {
        var filter = RunFilter()
        change(&filter)
        return filter
    }

    @Test("E8: a list is newest first, in pages that leave nothing out and show nothing twice")
    func pages() throws {
        for _ in 0..<7 { try fixture.plan([RunFixture.job("a")]) }
        #expect(try numbers() == [7, 6, 5, 4, 3, 2, 1])
        #expect(
            try (0..<4).flatMap { try numbers(RunFilter(), ListPart(limit: 2, offset: 2 * Int64($0))) } == [
                7, 6, 5, 4, 3, 2, 1,
            ])
        #expect(try queries.runCount(of: RunFixture.repository, RunFilter()) == 7)
        // From the third newest on, whatever comes meanwhile.
        let third = try queries.runs(of: RunFixture.repository, RunFilter(), ListPart(limit: 3))[2].id.number
        #expect(try numbers(RunFilter(), ListPart(limit: 2, before: third)) == [4, 3])
        #expect(try queries.runs(of: RepositoryID(9), RunFilter(), ListPart(limit: 9, offset: 0)).isEmpty)
    }

    @Test("each part of a filter, and all of them together")
    func filters() throws {
        try fixture.script("insert into account (name) values ('Bob')")
        try fixture.plan([RunFixture.job("a")])
        try fixture.plan([RunFixture.job("a")], event: "schedule", ref: "refs/heads/dev", sha: "b", by: AccountID(2))
        try fixture.plan([RunFixture.job("a", condition: "false")], ref: "refs/tags/main", sha: "c", by: nil)
        let cases: [(RunFilter, [Int64])] = [
            (filter { $0.statuses = [.waiting] }, [2, 1]), (filter { $0.statuses = [.skipped, .failure] }, [3]),
            (filter { $0.statuses = [.success] }, []), (filter { $0.event = "schedule" }, [2]),
            (filter { $0.event = "Push" }, []), (filter { $0.branch = "main" }, [1]),
            (filter { $0.branch = "dev" }, [2]),
            (filter { $0.branch = "refs/heads/main" }, []),
            (filter { $0.headSHA = String(repeating: "c", count: 40) }, [3]),
            (filter { $0.headSHA = "c" }, []), (filter { $0.actor = "bob" }, [2]), (filter { $0.actor = "ANN" }, [1]),
            (filter { $0.actor = "nobody" }, []),
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
            #expect(try numbers(filter) == expected, "\(filter)")
            #expect(try queries.runCount(of: RunFixture.repository, filter) == Int64(expected.count), "\(filter)")
        }
    }

    @Test("a run is found by id, number and attempt in its own repository alone; a gone account is a ghost")
    func found() throws {
        try fixture.script("insert into repository (owner_id, name) values (1, 'other')")
        let run = try fixture.plan([RunFixture.job("a")], title: "T", by: nil)
        let view = try #require(try queries.run(run, in: RunFixture.repository))
        #expect(view.title == "T" && view.actor == "ghost" && view.actorID == 0 && view.workflowID == "ci.yml")
        #expect(try queries.run(number: 1, in: RunFixture.repository)?.id == run)
        #expect(try queries.run(run, attempt: 1, in: RunFixture.repository)?.attempt == 1)
        #expect(try queries.run(run, attempt: 2, in: RunFixture.repository) == nil)
        #expect(try queries.run(run, in: RepositoryID(2)) == nil)
        #expect(try queries.run(number: 1, in: RepositoryID(2)) == nil)
        #expect(try queries.run(run, attempt: 1, in: RepositoryID(2)) == nil)
    }

    @Test("jobs come in the order of the file, with labels, task and runner; a foreign one is not there")
    func jobs() throws {
        let runner = try fixture.runner("builder")
        let run = try fixture.plan([
            RunFixture.job("z"), RunFixture.job("b", needs: ["z"], runsOn: ["y", "x"]),
        ])
        let task = try #require(try fixture.claim(runner).first?.assignment.task)
        let view = try #require(try queries.run(run, in: RunFixture.repository))
        let jobs = try queries.jobs(of: view)
        #expect(jobs.map(\.key) == ["z", "b"])
        #expect(jobs.map(\.labels) == [["x"], ["x", "y"]])
        #expect(jobs.map(\.needs) == [[], ["z"]])
        #expect(jobs[0].task == task && jobs[0].runnerName == "builder" && jobs[0].status == .running)
        #expect(jobs[1].task == nil && jobs[1].runnerID == nil && jobs[1].runnerName == "")
        #expect(jobs[0].handle != jobs[1].handle && isUUID(jobs[0].handle))
        #expect(try queries.job(jobs[0].id, in: RunFixture.repository)?.key == "z")
        #expect(try queries.job(jobs[0].id, in: RepositoryID(2)) == nil)
    }

    @Test("steps of many tasks come at once, each in its order")
    func steps() throws {
        let runner = try fixture.runner("r")
        try fixture.plan([RunFixture.job("a", steps: ["one", "two"]), RunFixture.job("b", steps: ["three"])])
        let tasks = try fixture.claim(runner, capacity: 2).map(\.assignment.task)
        try fixture.report(
            tasks[0], by: runner,
            steps: [
                ReportedStep(
                    position: 0, result: 1, startedAt: 1_000_000, stoppedAt: 2_000_000, logIndex: 3, logLength: 4)
            ])
        let steps = try queries.steps(of: tasks)
        #expect(steps[tasks[0]]?.map(\.name) == ["one", "two"])
        #expect(steps[tasks[1]]?.map(\.name) == ["three"])
        let first = try #require(steps[tasks[0]]?.first)
        #expect(first.status == .success && first.logIndex == 3 && first.logLength == 4)
        #expect(first.startedAt == 1_000_000 && first.stoppedAt == 2_000_000)
        #expect(try queries.steps(of: TaskID(99)).isEmpty)
        #expect(try queries.steps(of: []).isEmpty)
    }
}
