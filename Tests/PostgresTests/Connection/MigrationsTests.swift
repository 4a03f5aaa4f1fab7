import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Postgres

@Suite("Migrations")
struct MigrationsTests {
    private static let first = Migration(
        name: "0001_item.sql", sql: "create table item (id bigint); insert into item values (1)")
    private static let second = Migration(name: "0002_size.sql", sql: "alter table item add column size bigint")
    private static let broken = Migration(
        name: "0002_broken.sql", sql: "alter table item add column half bigint; insert into nowhere values (1)")

    private static func columns(_ dsn: String) throws -> [String] {
        let statement = Statement(
            "columns", "select column_name::text from information_schema.columns where table_name = 'item' order by 1")
        return try Connection(dsn: dsn).run(statement, []).map { $0.text(0) }
    }

    @Test("A19: a file with CRLF keeps its mark and its statements")
    func carriageReturns() {
        let migration = Migration(
            name: "x.sql", sql: "\(Migration.noTransactionMark)\r\nselect 1;\r\n-- words\r\nselect\r\n2;\r\n")
        #expect(!migration.hasTransaction)
        #expect(migration.statements == ["select 1;", "select\n2;"])
    }

    @Test("an empty database has none applied and misses all")
    func empty() throws {
        let migrations = try Migrations(dsn: try PrivatePostgres.database())
        #expect(try migrations.applied() == [])
        #expect(
            try migrations.missing(of: [Self.second.name, Self.first.name]) == [Self.first.name, Self.second.name])
    }

    @Test("applies in order, tells of each, and nothing the second time")
    func apply() throws {
        let dsn = try PrivatePostgres.database()
        var told: [String] = []
        try Migrations(dsn: dsn).apply([Self.first, Self.second]) { told.append($0) }
        #expect(told == [Self.first.name, Self.second.name])
        let again = try Migrations(dsn: dsn)
        try again.apply([Self.first, Self.second]) { told.append($0) }
        #expect(told.count == 2)
        #expect(try again.applied() == told)
        #expect(try again.missing(of: told) == [])
        #expect(try Self.columns(dsn) == ["id", "size"])
    }

    @Test("A19: who waits for another migrate says so, once, and whom it waits for")
    func waits() throws {
        let dsn = try PrivatePostgres.database()
        let inside = DispatchSemaphore(value: 0)
        let go = DispatchSemaphore(value: 0)
        Thread {
            // Its connection ends with it, and with that the lock.
            try? Migrations(dsn: dsn).apply([Self.first]) { _ in
                inside.signal()
                go.wait()
            }
        }.start()
        inside.wait()
        var told: [[Int64]] = []
        let migrations = try Migrations(dsn: dsn)
        let backends = try migrations.connection.run(
            Statement(
                "backends",
                "select pid::bigint from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            ),
            []
        ).map { $0.int(0) }
        try migrations.apply(
            [Self.first, Self.second], noticeMilliseconds: 0,
            waiting: {
                told.append($0)
                go.signal()
            }, progress: { _ in })
        #expect(told == [backends])
        #expect(try Self.columns(dsn) == ["id", "size"])
    }

    @Test("what a newer version applied does not stop an older one; what is missing in the middle does")
    func missing() throws {
        let dsn = try PrivatePostgres.database()
        let migrations = try Migrations(dsn: dsn)
        try migrations.apply([Self.first, Self.second]) { _ in }
        #expect(try migrations.missing(of: [Self.first.name]) == [])
        #expect(
            try migrations.missing(of: [Self.first.name, "0001a_forgotten.sql", Self.second.name])
                == ["0001a_forgotten.sql"])
    }

    @Test("a file that fails is rolled back as a whole and named; those before it stay, those after it wait")
    func failure() throws {
        let dsn = try PrivatePostgres.database()
        let migrations = try Migrations(dsn: dsn)
        let error = #expect(throws: MigrationFailure.self) {
            try migrations.apply([
                Self.first, Self.broken, Migration(name: "0003_after.sql", sql: "create table after ()"),
            ]) { _ in
            }
        }
        #expect(error?.name == "0002_broken.sql")
        #expect(error?.description.contains("\"0002_broken.sql\" failed and was rolled back") == true)
        #expect(error?.description.contains("nowhere") == true)
        #expect((error?.cause as? PostgresError)?.sqlState == "42P01")
        #expect(try migrations.applied() == [Self.first.name])
        #expect(try Self.columns(dsn) == ["id"])
    }

    @Test("two at once apply each file once: one does the work, the other waits for it")
    func together() throws {
        let dsn = try PrivatePostgres.database()
        let slow = Migration(name: "0003_slow.sql", sql: "select pg_sleep(0.2); insert into item values (2)")
        let told = Mutex<[String]>([])
        let failures = Mutex<[String]>([])
        atOnce(4) { _ in
            do {
                try Migrations(dsn: dsn).apply([Self.first, Self.second, slow]) { name in
                    told.withLock { $0.append(name) }
                }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(told.withLock { $0.sorted() } == [Self.first.name, Self.second.name, slow.name])
        #expect(try Connection(dsn: dsn).run(Statement("count", "select count(*) from item"), []).first?.int(0) == 2)
    }

    @Test("a file marked so runs outside a transaction, where an index can be made concurrently")
    func concurrently() throws {
        let dsn = try PrivatePostgres.database()
        let index = Migration(
            name: "0002_index.sql",
            sql: """
                -- 0002_index.sql (expand)
                \(Migration.noTransactionMark)
                -- Why: a table in use must not be locked.
                create index concurrently if not exists item_idx on item (id);
                """)
        let migrations = try Migrations(dsn: dsn)
        try migrations.apply([Self.first, index]) { _ in }
        #expect(try migrations.applied() == [Self.first.name, index.name])
        let unmarked = Migration(name: "0003.sql", sql: "create index concurrently item_idx_2 on item (id)")
        let error = #expect(throws: MigrationFailure.self) { try migrations.apply([unmarked]) { _ in } }
        #expect((error?.cause as? PostgresError)?.sqlState == "25001")
    }

    @Test("each statement of a file outside a transaction stands for itself, and a failure does not claim to be undone")
    func concurrentlyTwice() throws {
        let dsn = try PrivatePostgres.database()
        let two = Migration(
            name: "0002_two.sql",
            sql: """
                \(Migration.noTransactionMark)
                create index concurrently if not exists item_a on item (id);
                -- the second; with a semicolon in its comment
                create index concurrently if not exists item_b on item (id);
                """)
        let migrations = try Migrations(dsn: dsn)
        try migrations.apply([Self.first, two]) { _ in }
        #expect(try migrations.applied() == [Self.first.name, two.name])
        let failing = Migration(
            name: "0003_fails.sql", sql: "\(Migration.noTransactionMark)\ncreate table made ();\nselect 1 / 0;")
        let error = #expect(throws: MigrationFailure.self) { try migrations.apply([failing]) { _ in } }
        #expect(error?.description.contains("rolled back") == false)
        #expect(error?.description.contains("run it again") == true)
        #expect(try migrations.applied().count == 2)
    }

    @Test("the shipped migrations apply to an empty database")
    func shipped() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder = root.appendingPathComponent("sql/migrations")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sql") }
            .sorted()
        #expect(!names.isEmpty)
        let files = try names.map {
            Migration(name: $0, sql: try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8))
        }
        let migrations = try Migrations(dsn: try PrivatePostgres.database())
        try migrations.apply(files) { _ in }
        #expect(try migrations.applied() == names)
    }

    @Test("A20: a file that was edited after it was applied is noticed, and nothing is applied behind it")
    func edited() throws {
        let dsn = try PrivatePostgres.database()
        let migrations = try Migrations(dsn: dsn)
        try migrations.apply([Self.first]) { _ in }
        let edited = Migration(name: Self.first.name, sql: Self.first.sql + " -- and more")
        let error = #expect(throws: EditedMigration.self) { try migrations.apply([edited, Self.second]) { _ in } }
        #expect(error?.name == Self.first.name)
        #expect(try migrations.applied() == [Self.first.name])
        try migrations.apply([Self.first, Self.second]) { _ in }
        #expect(try migrations.applied() == [Self.first.name, Self.second.name])
    }

    @Test("A20: files of before checksums get theirs at the next migrate")
    func withoutChecksum() throws {
        let dsn = try PrivatePostgres.database()
        try Connection(dsn: dsn).script(
            """
            create table schema_migration (name text primary key, applied_at timestamptz not null default now());
            insert into schema_migration (name) values ('\(Self.first.name)'); create table item (id bigint)
            """)
        let migrations = try Migrations(dsn: dsn)
        try migrations.apply([Self.first, Self.second]) { _ in }
        #expect(throws: EditedMigration.self) {
            try migrations.apply([Migration(name: Self.first.name, sql: "select 1")]) { _ in }
        }
    }
}
