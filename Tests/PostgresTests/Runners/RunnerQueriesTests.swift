import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Runners as they are read")
struct RunnerQueriesTests {
    private let database: Database
    private let queries: RunnerQueries

    /// Runners: 1 and 2 of the repository, 3 of its owner, 4 of the site, disabled.
    init() throws {
        let dsn = try PrivatePostgres.databaseWithRun(jobs: 2)
        try Connection(dsn: dsn).script(
            """
            insert into runner (uuid, token_hash, name, owner_id, disabled)
            values (gen_random_uuid(), sha256('3'), 'owners', 1, false), (gen_random_uuid(), sha256('4'), 'site', null, true);
            update runner set last_online = now() - make_interval(secs => id * 20), last_active = case id when 1 then now() end;
            call start_jobs(1, 2, 6)
            """)
        database = Database(dsn: dsn, size: 2)
        queries = RunnerQueries(database: database)
    }

    private func ids(
        _ listing: RunnerListing, isDisabled: Bool? = nil, _ part: ListPart = ListPart(limit: 9)
    ) throws -> [Int64] {
        try queries.runners(listing, isDisabled: isDisabled, part).map(\.id.number)
    }

    @Test(
        "a listing has those that are registered exactly there, last seen first",
        arguments: [
            (RunnerListing.all, [1, 2, 3, 4]), (.exactly(.repository(RepositoryID(1))), [1, 2]),
            (.exactly(.owner(AccountID(1))), [3]), (.exactly(.everything), [4]), (.exactly(.owner(AccountID(2))), []),
        ] as [(RunnerListing, [Int64])])
    func listings(listing: RunnerListing, expected: [Int64]) throws {
        #expect(try ids(listing) == expected)
        #expect(try queries.count(listing, isDisabled: nil) == ListTotal(rows: Int64(expected.count)))
        for id in 1...4 {
            let found = try queries.runner(RunnerID(Int64(id)), in: listing)
            #expect((found != nil) == expected.contains(Int64(id)))
        }
    }

    @Test("pages and the filter of disabled ones")
    func pages() throws {
        #expect(try ids(.all, ListPart(limit: 2)) == [1, 2])
        #expect(try ids(.all, ListPart(limit: 2, offset: 2)) == [3, 4])
        #expect(try ids(.all, isDisabled: true) == [4])
        #expect(try ids(.all, isDisabled: false) == [1, 2, 3])
        #expect(try queries.count(.all, isDisabled: false) == ListTotal(rows: 3))
    }

    @Test("its place, its state and what it works on are told")
    func views() throws {
        let views = try queries.runners(.all, isDisabled: nil, ListPart(limit: 9, offset: 0))
        #expect(views.map(\.place) == ["octo/hello", "octo/hello", "octo", ""])
        #expect(views.map(\.status) == [.active, .idle, .offline, .offline])
        #expect(views.map(\.liveTasks) == [2, 0, 0, 0])
        let jobs = try queries.jobs(of: [RunnerID(1), RunnerID(2)])
        #expect(jobs.map(\.name) == ["job-1", "job-2"])
        #expect(jobs.map(\.repository) == ["octo/hello", "octo/hello"])
        #expect(jobs.allSatisfy { $0.runner == RunnerID(1) && $0.runNumber == 1 })
        try Connection(dsn: database.dsn).script("update task set status = 1 where id = 1")
        #expect(try queries.jobs(of: [RunnerID(1)]).map(\.job) == [JobID(2)])
    }
}
