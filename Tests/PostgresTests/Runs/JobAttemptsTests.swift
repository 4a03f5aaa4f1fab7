import Domain
import Testing

@testable import Postgres

@Suite("A job in the attempts of its run")
struct JobAttemptsTests {
    @Test("is found in each, by its key and name, and no other")
    func attempts() throws {
        let fixture = try RunFixture()
        let run = try fixture.plan([RunFixture.job("a"), RunFixture.job("b")])
        try fixture.runs.apply(.cancelRequested, to: run, by: RunFixture.ann)
        _ = try fixture.runs.rerun(run, .all, by: RunFixture.ann)
        let view = try #require(try fixture.queries.run(run, in: RunFixture.repository))
        let job = try #require(try fixture.queries.jobs(of: view).first { $0.key == "a" })
        let attempts = try fixture.queries.attempts(of: job)
        #expect(attempts.map(\.attempt) == [1, 2] && attempts.allSatisfy { $0.key == "a" })
        #expect(attempts.last?.id == job.id)
        #expect(try fixture.queries.attempts(of: job, limit: 1).map(\.attempt) == [1])
    }
}
