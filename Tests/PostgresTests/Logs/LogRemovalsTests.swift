import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Files of logs whose run is gone")
struct LogRemovalsTests {
    private let database: Database
    private let store: LogStore

    init() throws {
        let dsn = try PrivatePostgres.databaseWithRun(jobs: 3)
        try Connection(dsn: dsn).script(
            """
            call start_jobs(1, 3, 1);
            insert into log_file (task_id, path, rows, bytes, file_bytes, segment_row, segment_byte, segment_file_offset, task_stopped_at)
            select n, n || '.gz', 1, 1, 1, '{}', '{}', '{}', now() from generate_series(1, 3) n
            """)
        database = Database(dsn: dsn, size: 2)
        store = LogStore(database: database, settings: .init(graceSeconds: 60))
    }

    @Test("are handed over once their rows are gone; what could not be removed comes again")
    func removals() throws {
        #expect(try store.eachRemoval(limit: 10) { _ in true } == 0)
        try Connection(dsn: database.dsn).script("delete from run")
        let seen = Seen<String>()
        #expect(
            try store.eachRemoval(limit: 2) {
                seen.add($0); return $0 != "1.gz"
            } == 1)
        #expect(seen.all == ["1.gz", "2.gz"])
        #expect(
            try store.eachRemoval(limit: 10) {
                seen.add($0); return true
            } == 2)
        #expect(seen.all == ["1.gz", "2.gz", "1.gz", "3.gz"])
        #expect(try store.eachRemoval(limit: 10) { _ in true } == 0)
    }
}
