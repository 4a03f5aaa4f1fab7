import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("What streams of events look at")
struct LiveQueriesTests {
    private let fixture: RunFixture
    private let live: LiveQueries
    private let repository = RunFixture.repository

    init() throws {
        fixture = try RunFixture()
        live = LiveQueries(database: fixture.database)
    }

    private func mark(_ topic: LiveTopic) throws -> String? { try live.marks(of: [topic])[topic] }

    @Test("a run's mark changes with the run and its jobs, and with nothing of others")
    func runs() throws {
        let (one, two) = (try fixture.plan([RunFixture.job("a")]), try fixture.plan([RunFixture.job("a")]))
        let marks = try live.marks(of: [.run(one), .run(two)])
        #expect(marks.count == 2 && marks[.run(one)] != marks[.run(two)])
        try fixture.runs.apply(.cancelRequested, to: one, by: RunFixture.ann)
        #expect(try mark(.run(one)) != marks[.run(one)])
        #expect(try mark(.run(two)) == marks[.run(two)])
        #expect(try mark(.run(one)) == mark(.run(one)))
    }

    @Test("of two events that commit in the other order of their ids, the second is seen")
    func lateEvent() throws {
        let run = try fixture.plan([RunFixture.job("a")])
        func append() -> String { "insert into event (run_id, kind) values (\(run), 'run_status')" }
        let (early, late) = (try Connection(dsn: fixture.database.dsn), try Connection(dsn: fixture.database.dsn))
        try early.script("begin; \(append())")
        try late.script(append())
        let seen = try mark(.run(run))
        try early.script("commit")
        #expect(try mark(.run(run)) != seen)
    }

    @Test("a repository's mark changes when a run comes, and when one goes on")
    func repositories() throws {
        let empty = try #require(try mark(.runs(repository)))
        let run = try fixture.plan([RunFixture.job("a")])
        let waiting = try #require(try mark(.runs(repository)))
        #expect(waiting != empty)
        try fixture.runs.apply(.cancelRequested, to: run, by: RunFixture.ann)
        #expect(try mark(.runs(repository)) != waiting)
    }

    @Test("topics are found in their repositories; what is not there is nowhere")
    func places() throws {
        let run = try fixture.plan([RunFixture.job("a")])
        let job = JobID(try #require(Int64(try fixture.text("select max(id)::text from job"))))
        let topics: [LiveTopic] = [
            .log(job), .run(run), .runs(repository), .log(JobID(999)), .run(RunID(999)),
        ]
        #expect(
            try live.repositories(of: topics)
                == [.log(job): repository, .run(run): repository, .runs(repository): repository])
        #expect(try live.repositories(of: []) == [:])
        #expect(try live.marks(of: [.log(job)]) == [:])
    }
}
