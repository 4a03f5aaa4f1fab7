import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Events")
struct EventStoreTests {
    private let database: Database

    init() throws { database = Database(dsn: try PrivatePostgres.databaseWithRun(jobs: 2), size: 2) }

    private func statuses(of run: Int64 = 1) throws -> [StatusEvent] {
        try database.transaction { try EventStore.statuses(of: RunID(run), in: $0) }
    }

    @Test("of a run and its jobs are read back in the order in which they were written")
    func order() throws {
        try database.transaction { tx in
            try EventStore.append(Event(.runStatus, run: RunID(1), status: .waiting), in: tx)
            try EventStore.append(Event(.jobStatus, run: RunID(1), job: JobID(2), status: .running), in: tx)
            try EventStore.append(Event(.cancelRequested, run: RunID(1), actor: AccountID(1)), in: tx)
            try EventStore.append(
                Event(.jobStatus, run: RunID(1), job: JobID(1), status: .success, detail: "x"), in: tx)
        }
        let expected = [
            StatusEvent(.run(RunID(1)), .waiting), StatusEvent(.job(JobID(2)), .running),
            StatusEvent(.job(JobID(1)), .success),
        ]
        #expect(try statuses() == expected)
        #expect(try statuses(of: 2) == [])
    }

    @Test("the first of each job of an attempt says how it begins")
    func first() throws {
        let jobs = [NewJob(JobID(2), status: .blocked, position: 1), NewJob(JobID(1), status: .success, position: 0)]
        try database.transaction { try EventStore.appendFirst(of: jobs, run: RunID(1), in: $0) }
        #expect(try statuses() == [StatusEvent(.job(JobID(2)), .blocked), StatusEvent(.job(JobID(1)), .success)])
    }

    @Test("what is taken back leaves no event")
    func rollback() throws {
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try database.transaction { tx in
                try EventStore.append(Event(.runStatus, run: RunID(1), status: .waiting), in: tx)
                throw Stop()
            }
        }
        #expect(try statuses() == [])
    }

    @Test("old ones of runners are removed, oldest first; those of runs go with their run")
    func removed() throws {
        try database.transaction { tx in
            for runner in 1...3 {
                try EventStore.append(Event(.runnerRegistered, runner: RunnerID(Int64(runner))), in: tx)
            }
            try EventStore.append(Event(.runStatus, run: RunID(1), status: .waiting), in: tx)
        }
        try Connection(dsn: database.dsn).script(
            "update event set at = now() - make_interval(secs => 1000 - coalesce(runner_id, 0) * 10) where runner_id is distinct from 3"
        )
        func remove(limit: Int) throws -> Int {
            try database.transaction { try EventStore.removeWithoutRun(olderThanSeconds: 600, limit: limit, in: $0) }
        }
        let left = Statement(
            "left", "select coalesce(string_agg(coalesce(runner_id::text, 'run'), ' ' order by id), '') from event")
        #expect(try remove(limit: 1) == 1)
        #expect(try database.readOne(left).text(0) == "2 3 run")
        #expect(try remove(limit: 10) == 1)
        #expect(try database.readOne(left).text(0) == "3 run")
    }
}
