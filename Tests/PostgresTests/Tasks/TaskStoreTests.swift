import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Tasks in PostgreSQL")
struct TaskStoreTests {
    private let fixture: RunFixture
    private var tasks: TaskStore { fixture.tasks }
    private let runner: Runner
    private let other: Runner

    init() throws {
        fixture = try RunFixture()
        runner = try fixture.runner("r")
        other = try fixture.runner("other", labels: ["z"])
    }

    private func start(_ jobs: [PlannedJob] = [RunFixture.job("a")]) throws -> (run: RunID, task: TaskID) {
        let run = try fixture.plan(jobs)
        return (run, try #require(try fixture.claim(runner).first?.assignment.task))
    }
    private func step(_ position: Int64, result: Int64, stopped: Int64? = nil) -> ReportedStep {
        ReportedStep(position: position, result: result, startedAt: 5, stoppedAt: stopped, logIndex: 1, logLength: 2)
    }

    // MARK: reports

    @Test("a result moves task, job, run and what waited for it")
    func reported() throws {
        let (run, task) = try start([RunFixture.job("a"), RunFixture.job("b", needs: ["a"])])
        #expect(try tasks.heartbeat(task, by: runner) == 0)
        let answer = try fixture.report(task, by: runner, .success)
        #expect(answer.result == Status.success.runnerResult)
        #expect(try fixture.statuses(of: run) == ["a": .success, "b": .waiting])
        #expect(try tasks.heartbeat(task, by: runner) == Status.success.runnerResult)
        #expect(try fixture.report(task, by: runner, .failure).changes.isEmpty, "done is final")
        #expect(try fixture.statuses(of: run)["a"] == .success)
    }

    @Test("another runner's task is told the same as one that is none, and stays as it is")
    func foreign() throws {
        let (run, task) = try start()
        for (asked, by) in [(task, other), (TaskID(99), runner)] {
            let answer = try fixture.report(asked, by: by, .success, outputs: [(name: "o", value: "v")])
            #expect(answer.result == Status.cancelled.runnerResult)
            #expect(answer.sentOutputs == ["o"])
            #expect(try tasks.heartbeat(asked, by: by) == nil)
        }
        #expect(try fixture.statuses(of: run) == ["a": .running])
        #expect(try fixture.text("select count(*)::text from task_output") == "0")
    }

    @Test("steps take what is reported until they have ended")
    func steps() throws {
        let (_, task) = try start()
        try fixture.report(
            task, by: runner, steps: [step(0, result: 1, stopped: 9), step(1, result: 0), step(7, result: 1)])
        func states() throws -> [Status] { try fixture.queries.steps(of: task).map(\.status) }
        #expect(try states() == [.success, .running])
        try fixture.report(task, by: runner, steps: [step(0, result: 2, stopped: 9)])
        #expect(try states() == [.success, .running])
        try fixture.report(task, by: runner, .failure)
        #expect(try states() == [.success, .failure], "no step looks as if it still ran")
    }

    @Test("H3: a success with a failed step is a failure, and says why")
    func contradiction() throws {
        let (run, task) = try start()
        try fixture.report(task, by: runner, .success, steps: [step(1, result: 2, stopped: 9)])
        #expect(try fixture.statuses(of: run) == ["a": .failure])
        #expect(try fixture.text("select problem from job").contains("two"))
    }

    @Test("the first value of an output wins; what is too much is told as received and not kept")
    func outputs() throws {
        let (_, task) = try start([RunFixture.job("a", hasOutputs: true)])
        let sent: [(name: String, value: String)] = [
            ("a", "1"), ("big", String(repeating: "x", count: TaskLimits.outputValueBytesMax + 1)),
            (String(repeating: "n", count: TaskLimits.outputNameBytesMax + 1), "1"), ("nul", "a\u{0}"), ("", "x"),
        ]
        let answer = try fixture.report(task, by: runner, outputs: sent)
        #expect(Set(answer.sentOutputs) == Set(sent.map(\.name)))
        try fixture.report(task, by: runner, outputs: [("a", "2"), ("b", "3")])
        let kept = "select string_agg(name || '=' || coalesce(value, '-'), ' ' order by name) from task_output"
        #expect(try fixture.text(kept) == "a=1 b=3 big=- nul=-")
    }

    @Test("a job with outputs holds its dependents back until they came or the log is closed")
    func settling() throws {
        let (run, task) = try start([RunFixture.job("a", hasOutputs: true), RunFixture.job("b", needs: ["a"])])
        try fixture.report(task, by: runner, .success)
        #expect(try fixture.statuses(of: run) == ["a": .success, "b": .blocked])
        try fixture.runs.settleDue()
        #expect(try fixture.statuses(of: run)["b"] == .blocked)
        try fixture.report(task, by: runner, outputs: [("o", "1")])
        #expect(try fixture.statuses(of: run) == ["a": .success, "b": .waiting])
    }

    @Test("dependents that waited long enough for outputs are let go")
    func settled() throws {
        let (run, task) = try start([RunFixture.job("a", hasOutputs: true), RunFixture.job("b", needs: ["a"])])
        try fixture.report(task, by: runner, .success)
        try fixture.script("update job set settle_due_at = now() - interval '1 second' where settle_due_at is not null")
        try fixture.runs.settleDue()
        #expect(try fixture.statuses(of: run)["b"] == .waiting)
    }

    // MARK: losses

    private func sweep() throws -> [TaskLoss] { try tasks.sweepLost(limits: RecoveryLimits()).map(\.loss) }

    @Test("E5: a job whose runner was never heard of goes back to its old place, and its task ends")
    func unheard() throws {
        let (run, task) = try start([RunFixture.job("a"), RunFixture.job("b")])
        let places = "select string_agg(key || queue_key, ' ' order by key) from job"
        let before = try fixture.text(places)
        #expect(try sweep() == [])
        try fixture.script("update task set started_at = now() - interval '1 hour'")
        #expect(try sweep() == [.unheard])
        #expect(try fixture.statuses(of: run) == ["a": .waiting, "b": .waiting])
        #expect(try fixture.text(places) == before)
        #expect(try fixture.claim(runner).first?.assignment.jobKey == "a", "before what came later")
        #expect(try fixture.text("select status::text from task where id = \(task)") == "3")
        #expect(try fixture.text("select string_agg(status::text, ' ') from step where task_id = \(task)") == "3 3")
        #expect(try fixture.text("select returns::text from job where key = 'a'") == "1")
    }

    @Test("a job fails when its runner falls silent or is removed, and when it runs too long; each with the reason")
    func lost() throws {
        let cases: [(sql: String, loss: TaskLoss)] = [
            (
                "update task set heard_at = now() - interval '1 hour', started_at = now() - interval '1 hour' where id = %",
                .silent
            ),
            ("update task set heard_at = now(), started_at = now() - interval '10 days' where id = %", .overlong),
            ("update task set heard_at = now(); delete from runner where id = \(runner.id)", .runnerRemoved),
        ]
        for (sql, loss) in cases {
            let (run, task) = try start()
            try fixture.script(sql.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "\(task)"))
            #expect(try sweep() == [loss])
            #expect(try fixture.statuses(of: run) == ["a": .failure])
            #expect(try fixture.text("select (problem <> '')::text from job where run_id = \(run)") == "true")
            #expect(try sweep() == [])
        }
    }

    // MARK: tokens

    @Test("a token is good while its task lives, for its own repository and permissions")
    func tokens() throws {
        let run = try fixture.plan([RunFixture.job("a", mayIdentify: true)])
        let claimed = try #require(try fixture.claim(runner).first)
        let hash = Array(repeating: UInt8(1), count: 32)
        let live = try #require(try tasks.liveTask(tokenHash: hash))
        #expect(live.task == claimed.assignment.task && live.repository == RunFixture.repository)
        #expect(live.permissions == TokenPermissions(contents: .read))
        let task = try #require(try tasks.liveTask(claimed.assignment.task))
        #expect(task.run == run && task.attempt == 1 && task.mayIdentify && !task.isCancelling)
        #expect(try tasks.liveTask(tokenHash: Array(repeating: 9, count: 32)) == nil)
        try fixture.report(claimed.assignment.task, by: runner, .success)
        #expect(try tasks.liveTask(tokenHash: hash) == nil)
        #expect(try tasks.liveTask(claimed.assignment.task) == nil)
    }
}
