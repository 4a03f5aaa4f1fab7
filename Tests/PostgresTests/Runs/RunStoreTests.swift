import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Runs in PostgreSQL")
struct RunStoreTests {
    private let fixture: RunFixture
    private var runs: RunStore { fixture.runs }

    init() throws { fixture = try RunFixture() }

    @Test("numbers are taken once and in order, whoever asks at the same time")
    func numbers() throws {
        let seen = Seen<[Int64]>()
        atOnce(6) { _ in
            if let taken = try? runs.reserve(3, in: RunFixture.repository) { seen.add(taken.map(\.number)) }
        }
        #expect(seen.all.flatMap { $0 }.sorted() == Array(1...18))
        #expect(seen.all.allSatisfy { $0 == [$0[0], $0[0] + 1, $0[0] + 2] })
        #expect(try runs.reserve(1, in: RepositoryID(9)).isEmpty)
        #expect(try runs.reserve(0, in: RunFixture.repository).isEmpty)
    }

    @Test("a push makes a run of a file once")
    func oncePerPush() throws {
        try fixture.script(
            """
            insert into inbox (repository_id, ref, before, after) values (1, 'refs/heads/a', repeat('0', 40), repeat('1', 40))
            """)
        let planned = PlannedRun(
            workflowID: "ci.yml", workflowPath: ".gitea/workflows/ci.yml", title: "t", event: "push",
            ref: "refs/heads/a", sha: "1", payload: "{}", problem: "", jobs: [RunFixture.job("a")])
        let reserved = try runs.reserve(2, in: RunFixture.repository)
        let made = try reserved.map { number in
            try fixture.database.transaction {
                try runs.plan(planned, as: number, inbox: InboxID(1), actor: nil, in: $0)
            }
        }
        #expect(made[0] == reserved[0].run && made[1] == nil)
        #expect(try fixture.text("select count(*)::text from job") == "1")
    }

    @Test("a planned run starts what needs nothing and holds the rest back")
    func planned() throws {
        let run = try fixture.plan([
            RunFixture.job("a"), RunFixture.job("b", needs: ["a"]), RunFixture.job("c", condition: "false"),
        ])
        #expect(try fixture.statuses(of: run) == ["a": .waiting, "b": .blocked, "c": .skipped])
        let view = try #require(try fixture.queries.run(run, in: RunFixture.repository))
        #expect(view.status == .waiting && view.attempt == 1 && view.actor == "ann" && view.number == 1)
    }

    @Test("a cancel ends what waits, tells who asked, and is no cancel the second time")
    func cancelled() throws {
        let run = try fixture.plan([RunFixture.job("a"), RunFixture.job("b", needs: ["a"])])
        #expect(try !runs.apply(.cancelRequested, to: run, by: RunFixture.ann).isEmpty)
        #expect(try fixture.statuses(of: run) == ["a": .cancelled, "b": .cancelled])
        #expect(try runs.apply(.cancelRequested, to: run, by: RunFixture.ann).isEmpty)
        let asked = "select count(*) || ' by ' || max(actor_id) from event where kind = 'cancel_requested'"
        #expect(try fixture.text(asked) == "1 by 1")
        #expect(try runs.apply(.cancelRequested, to: RunID(99)).isEmpty)
        #expect(try fixture.queries.run(run, in: RunFixture.repository)?.stoppedAt != nil)
    }

    @Test("E6: a forced end leaves neither task nor step that looks as if it ran")
    func forced() throws {
        let runner = try fixture.runner("r", canCancel: true)
        let run = try fixture.plan([RunFixture.job("a")])
        let task = try #require(try fixture.claim(runner).first?.assignment.task)
        try fixture.report(
            task, by: runner,
            steps: [ReportedStep(position: 0, result: 0, startedAt: 1, stoppedAt: nil, logIndex: 0, logLength: 0)])
        let states =
            "select t.status || ': ' || string_agg(s.status::text, ' ' order by s.position) from task t join step s on s.task_id = t.id group by t.id"
        #expect(try fixture.text(states) == "6: 6 5")
        try runs.apply(.cancelRequested, to: run)
        #expect(try fixture.text(states) == "8: 6 5", "its runner ends it by itself")
        try runs.apply(.forceCancelRequested, to: run)
        #expect(try fixture.text(states) == "3: 3 3")
        #expect(try fixture.text("select count(*)::text from step where stopped_at is null") == "0")
        #expect(try fixture.tasks.heartbeat(task, by: runner) == Status.cancelled.runnerResult)
    }

    @Test("a rerun carries over what succeeded and starts the rest anew under a new attempt")
    func rerun() throws {
        let runner = try fixture.runner("r")
        let run = try fixture.plan([RunFixture.job("a"), RunFixture.job("b", needs: ["a"])])
        #expect(throws: RerunRefusal.runNotDone) { try runs.rerun(run, .all, by: nil) }
        try fixture.report(try #require(try fixture.claim(runner).first?.assignment.task), by: runner, .success)
        try fixture.report(try #require(try fixture.claim(runner).first?.assignment.task), by: runner, .failure)
        #expect(try fixture.statuses(of: run) == ["a": .success, "b": .failure])
        let before = try fixture.jobs(of: run)
        let made = try #require(try runs.rerun(run, .failed, by: RunFixture.ann))
        #expect(Set(made.keys) == Set(before.values))
        #expect(try fixture.statuses(of: run) == ["a": .success, "b": .waiting])
        let view = try #require(try fixture.queries.run(run, in: RunFixture.repository))
        #expect(view.attempt == 2 && view.status == .waiting && view.triggerActor == "ann")
        let first = try #require(try fixture.queries.run(run, attempt: 1, in: RunFixture.repository))
        #expect(first.status == .failure)
        #expect(try fixture.queries.jobs(of: first).map(\.status) == [.success, .failure])
        #expect(throws: RerunRefusal.runNotDone) { try runs.rerun(run, .all, by: nil) }
    }

    @Test("a job that nobody takes is cancelled, with the reason, once its time is over")
    func abandoned() throws {
        let run = try fixture.plan([RunFixture.job("a"), RunFixture.job("b", runsOn: ["y"])])
        var limits = RecoveryLimits()
        limits.abandonedSeconds = 3600
        #expect(try runs.cancelAbandoned(limits: limits) == [])
        try fixture.script(
            "update job set queued_at = now() - interval '2 hours', changed_at = now() - interval '2 hours' where key = 'a'"
        )
        let job = try #require(try fixture.jobs(of: run)["a"])
        #expect(try runs.cancelAbandoned(limits: limits) == [job])
        #expect(try fixture.statuses(of: run) == ["a": .cancelled, "b": .waiting])
        #expect(try fixture.text("select problem from job where key = 'a'").hasPrefix("nobody took this job within"))
        #expect(try runs.cancelAbandoned(limits: limits) == [])
    }

    @Test("a run that needs an approval starts nothing until it is given, whatever looks at it meanwhile")
    func approval() throws {
        let run = try fixture.plan([RunFixture.job("a"), RunFixture.job("b", needs: ["a"])], needsApproval: true)
        let other = try fixture.plan([RunFixture.job("a")])
        #expect(try fixture.statuses(of: run) == ["a": .blocked, "b": .blocked])
        #expect(try fixture.queries.run(run, in: RunFixture.repository)?.awaitsApproval == true)
        try fixture.script(
            "update run set created_at = now() - interval '1 hour'; update job set changed_at = now() - interval '9 days' where run_id = \(run)"
        )
        #expect(try runs.repair() == [])
        #expect(try runs.cancelAbandoned(limits: RecoveryLimits()) == [])
        let job = try #require(try fixture.jobs(of: run)["a"])
        let why = try #require(try WaitQueries(database: fixture.database).why(job: job, in: RunFixture.repository))
        #expect(why.kind == .approval)
        #expect(throws: RerunRefusal.runNotDone) { try runs.rerun(run, .all, by: nil) }
        #expect(throws: ApprovalRefusal.neverWaited) { try runs.approve(other, by: RunFixture.ann) }

        #expect(try runs.approve(run, by: RunFixture.ann))
        #expect(try fixture.statuses(of: run) == ["a": .waiting, "b": .blocked])
        #expect(try runs.approve(run, by: RunFixture.ann), "again")
        #expect(try fixture.text("select count(*)::text from event where kind = 'run_approved'") == "1")
        #expect(try fixture.text("select actor_id::text from event where kind = 'run_approved'") == "1")
        #expect(try fixture.queries.run(run, in: RunFixture.repository)?.awaitsApproval == false)
        // A rerun needs no second one.
        try runs.apply(.cancelRequested, to: run)
        #expect(try runs.rerun(run, .all, by: nil) != nil)
        #expect(try fixture.statuses(of: run) == ["a": .waiting, "b": .blocked])
        #expect(try runs.approve(RunID(99), by: nil) == false)
    }

    @Test("a run that is cancelled while it waits for an approval cannot be approved any more")
    func cancelledBeforeApproval() throws {
        let run = try fixture.plan([RunFixture.job("a")], needsApproval: true)
        try runs.apply(.cancelRequested, to: run)
        #expect(try fixture.statuses(of: run) == ["a": .cancelled])
        #expect(throws: ApprovalRefusal.isDone) { try runs.approve(run, by: nil) }
    }

    @Test("a run in which an event was missed is put right, and no other")
    func repaired() throws {
        let run = try fixture.plan([RunFixture.job("a"), RunFixture.job("b", needs: ["a"])])
        try fixture.script("update run set created_at = now() - interval '1 hour'")
        #expect(try runs.repair() == [], "all is well")
        // As if the event that releases b had been lost.
        try fixture.script("update job set status = 1, stopped_at = now() where key = 'a'")
        #expect(try runs.repair() == [run])
        #expect(try fixture.statuses(of: run) == ["a": .success, "b": .waiting])
        #expect(try runs.repair() == [])
    }
}
