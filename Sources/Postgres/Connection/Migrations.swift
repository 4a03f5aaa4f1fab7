import Domain
import Glibc

/// One numbered file of `sql/migrations`.
public struct Migration: Sendable {
    public let name: String
    public let sql: String
    /// Files with this line run outside a transaction (create index concurrently), statement by statement.
    public static let noTransactionMark = "-- millrace: no transaction"

    public init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }

    var hasTransaction: Bool { !sql.textLines.contains { $0 == Self.noTransactionMark } }

    /// The statements of a file without a transaction: each ends with ";" at the end of a line. PostgreSQL would run
    /// several sent together in one transaction after all.
    var statements: [String] {
        var out: [String] = []
        var lines: [String] = []
        for line in sql.textLines where !line.hasPrefix("--") {
            lines.append(line)
            guard line.last(where: { $0 != " " && $0 != "\r" }) == ";" else { continue }
            out.append(lines.joined(separator: "\n"))
            lines = []
        }
        if !lines.isEmpty { out.append(lines.joined(separator: "\n")) }
        return out
    }
}

/// Forward-only migrations under one advisory lock; `serve` never runs them (DESIGN section 4).
public struct Migrations {
    private static let lockNumber: Int64 = 0x6D69_6C6C_7261_6365
    private static let lock = Statement("migrate_lock", "select pg_try_advisory_lock($1)")
    /// pg_locks shows a key of 64 bits as two halves.
    private static let lockHolders = Statement(
        "migrate_lock_holders",
        """
        select pid::bigint from pg_locks
         where locktype = 'advisory' and granted and objsubid = 1
           and database = (select oid from pg_database where datname = current_database())
           and (classid::bigint << 32 | objid::bigint) = $1
        """)
    private static let lockMicroseconds: UInt32 = 100_000
    private static let names = Statement("migrate_names", "select name from schema_migration order by name")
    /// PostgreSQL computes the checksum, so that it is the same whoever asks.
    private static let checksum = "encode(sha256(convert_to($2, 'UTF8')), 'hex')"
    private static let record = Statement(
        "migrate_record", "insert into schema_migration (name, checksum) values ($1, \(checksum))")
    /// Files that were applied before checksums were kept get theirs now.
    private static let keepChecksum = Statement(
        "migrate_keep_checksum",
        "update schema_migration set checksum = \(checksum) where name = $1 and checksum is null")
    private static let isEdited = Statement(
        "migrate_is_edited", "select 1 from schema_migration where name = $1 and checksum <> \(checksum)")

    let connection: Connection

    public init(dsn: String) throws { connection = try Connection(dsn: dsn) }

    /// Names already applied; none when the database is empty.
    public func applied() throws -> [String] {
        let exists = Statement("migrate_exists", "select to_regclass('schema_migration') is not null")
        guard try connection.run(exists, []).first?.bool(0) == true else { return [] }
        return try connection.run(Self.names, []).map { $0.text(0) }
    }

    /// After this wait for the lock it is said; a migration of a large table holds it for minutes.
    public static let noticeMilliseconds: Int64 = 10_000

    /// Applies what is missing, in order, each in a transaction of its own unless its file says otherwise.
    ///
    /// - Parameters:
    ///   - noticeMilliseconds: how long it waits for another `migrate` before it says so, once.
    ///   - waiting: told then, with the process ids of the backends that have the lock.
    public func apply(
        _ migrations: [Migration], noticeMilliseconds: Int64 = Migrations.noticeMilliseconds,
        waiting: ([Int64]) -> Void = { _ in }, progress: (String) -> Void
    ) throws {
        // Tried, not waited for: `create index concurrently` waits for every statement that began before it, so one that
        // waits for the lock and the one that has it would wait for each other.
        var noticeAt: Int64? = Deadline.now() + noticeMilliseconds
        while try connection.run(Self.lock, [.int(Self.lockNumber)]).first?.bool(0) != true {
            if let at = noticeAt, Deadline.now() >= at {
                noticeAt = nil
                waiting(try connection.run(Self.lockHolders, [.int(Self.lockNumber)]).map { $0.int(0) })
            }
            usleep(Self.lockMicroseconds)
        }
        try connection.script(
            """
            set client_min_messages = warning;
            create table if not exists schema_migration (name text primary key, applied_at timestamptz not null default now());
            alter table schema_migration add column if not exists checksum text
            """)
        let done = Set(try applied())
        for migration in migrations where done.contains(migration.name) {
            try connection.run(Self.keepChecksum, [.text(migration.name), .text(migration.sql)])
            guard try connection.run(Self.isEdited, [.text(migration.name), .text(migration.sql)]).isEmpty else {
                throw EditedMigration(name: migration.name)
            }
        }
        for migration in migrations where !done.contains(migration.name) {
            do {
                if migration.hasTransaction { try applyWhole(migration) } else { try applyByStatements(migration) }
            } catch {
                throw MigrationFailure(name: migration.name, wasRolledBack: migration.hasTransaction, cause: error)
            }
            progress(migration.name)
        }
    }

    private func applyWhole(_ migration: Migration) throws {
        try connection.script("begin")
        do {
            try connection.script(migration.sql)
            try connection.run(Self.record, [.text(migration.name), .text(migration.sql)])
            try connection.script("commit")
        } catch {
            try? connection.script("rollback")
            throw error
        }
    }

    private func applyByStatements(_ migration: Migration) throws {
        for statement in migration.statements { try connection.script(statement) }
        try connection.run(Self.record, [.text(migration.name), .text(migration.sql)])
    }

    /// What of `wanted` this schema lacks; `serve` must not start then. More than wanted is fine (expand, contract).
    public func missing(of wanted: [String]) throws -> [String] {
        Set(wanted).subtracting(try applied()).sorted()
    }
}

public struct MigrationFailure: Error, CustomStringConvertible {
    public let name: String
    /// False for a file without a transaction: what its first statements did stays.
    public let wasRolledBack: Bool
    public let cause: any Error
    public var description: String {
        wasRolledBack
            ? "migration \"\(name)\" failed and was rolled back: \(cause)"
            : "migration \"\(name)\" failed: \(cause); it has no transaction, so remove the cause and run it again"
    }
}

/// A file differs from what was applied under its name: databases of the same migrations would not be the same.
public struct EditedMigration: Error, CustomStringConvertible {
    public let name: String
    public var description: String {
        "migration \"\(name)\" was edited after it was applied to this database; put the file back as it was, and write what is "
            + "to change as a new migration"
    }
}
