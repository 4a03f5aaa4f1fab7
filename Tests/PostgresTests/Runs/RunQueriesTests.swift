import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Runs as they are read")
struct RunQueriesTests {
    private let fixture: RunFixture
    private var queries: RunQueries { fixture.queries }

    init() throws { fixture = try RunFixture() }

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
