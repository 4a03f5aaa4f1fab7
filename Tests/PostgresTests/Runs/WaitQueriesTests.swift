import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("What explains a wait")
struct WaitQueriesTests {
    private let fixture: RunFixture
    private let waits: WaitQueries

    init() throws {
        fixture = try RunFixture()
        waits = WaitQueries(database: fixture.database)
    }

    private func why(_ run: RunID) throws -> [String: Reason.Kind] {
        let jobs = try fixture.jobs(of: run)
        let reasons = try waits.why(jobs: Array(jobs.values), in: RunFixture.repository)
        return jobs.compactMapValues { reasons[$0]?.kind }
    }

    @Test("needs, labels, place in the queue, work and end are told for a whole run at once")
    func jobs() throws {
        let runner = try fixture.runner("r")
        try fixture.script("update runner set last_online = now()")
        let run = try fixture.plan([
            RunFixture.job("runs"), RunFixture.job("queued"), RunFixture.job("blocked", needs: ["queued"]),
            RunFixture.job("odd", runsOn: ["nobody-has-it"]), RunFixture.job("skipped", condition: "false"),
        ])
        _ = try fixture.claim(runner)
        let kinds = try why(run)
        #expect(kinds == ["runs": .running, "queued": .busy, "blocked": .needs, "odd": .labels, "skipped": .done])
        let blocked = try #require(try fixture.jobs(of: run)["blocked"])
        #expect(try waits.why(job: blocked, in: RunFixture.repository)?.words.contains("queued") == true)
        #expect(try waits.why(job: blocked, in: RepositoryID(9)) == nil)
        #expect(try waits.why(jobs: [], in: RunFixture.repository).isEmpty)
    }

    @Test("an end is told in the words that were kept with the job")
    func ended() throws {
        let run = try fixture.plan([RunFixture.job("a")])
        try fixture.runs.apply(.cancelRequested, to: run)
        let job = try #require(try fixture.jobs(of: run)["a"])
        #expect(try waits.why(job: job, in: RunFixture.repository) == Reason(.done, "it ended: cancelled"))
        try fixture.script("update job set problem = 'the disk was full'")
        #expect(try waits.why(job: job, in: RunFixture.repository)?.words == "the disk was full")
    }

    @Test("runners: what one is idle for")
    func runners() throws {
        let (free, other) = (try fixture.runner("free"), try fixture.runner("other", labels: ["y"]))
        try fixture.script("update runner set last_online = now()")
        #expect(try waits.why(runner: free.id)?.kind == .nothing)
        try fixture.plan([RunFixture.job("a")])
        let reasons = try waits.why(runners: [free.id, other.id])
        #expect(reasons[free.id]?.kind == .soon)
        #expect(reasons[other.id]?.kind == .labels)
        try fixture.script("update runner set disabled = true where id = \(free.id)")
        #expect(try waits.why(runner: free.id)?.kind == .disabled)
        #expect(try waits.why(runner: RunnerID(99)) == nil)
    }
}
