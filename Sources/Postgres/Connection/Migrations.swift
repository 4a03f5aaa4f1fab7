import Domain

/// One numbered file of `sql/migrations`.
public struct Migration: Sendable {
    public let name: String
    public let sql: String
    /// Files that begin with this line's words run outside a transaction (create index concurrently).
    public static let noTransactionMark = "-- millrace: no transaction"

    public init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }
}

/// Forward-only migrations under one advisory lock; `serve` never runs them (DESIGN section 4).
public struct Migrations {
    private static let lockNumber: Int64 = 0x6D69_6C6C_7261_6365
    private static let lock = Statement("migrate_lock", "select pg_advisory_lock($1)")
    private static let names = Statement("migrate_names", "select name from schema_migration order by name")
    private static let record = Statement("migrate_record", "insert into schema_migration (name) values ($1)")

    let connection: Connection

    public init(dsn: String) throws { connection = try Connection(dsn: dsn) }

    /// Names already applied; none when the database is empty.
    public func applied() throws -> [String] {
        let exists = Statement("migrate_exists", "select to_regclass('schema_migration') is not null")
        guard try connection.run(exists, []).first?.bool(0) == true else { return [] }
        return try connection.run(Self.names, []).map { $0.text(0) }
    }

    /// Applies what is missing, in order, each in its own transaction.
    public func apply(_ migrations: [Migration], progress: (String) -> Void) throws {
        try connection.run(Self.lock, [.int(Self.lockNumber)])
        try connection.script(
            """
            set client_min_messages = warning;
            create table if not exists schema_migration (name text primary key, applied_at timestamptz not null default now())
            """)
        let done = Set(try applied())
        for migration in migrations where !done.contains(migration.name) {
            let isPlain = migration.sql.contains(Migration.noTransactionMark)
            if !isPlain { try connection.script("begin") }
            do {
                try connection.script(migration.sql)
                try connection.run(Self.record, [.text(migration.name)])
                if !isPlain { try connection.script("commit") }
            } catch {
                if !isPlain { try? connection.script("rollback") }
                throw MigrationFailure(name: migration.name, cause: error)
            }
            progress(migration.name)
        }
    }

    /// Why `serve` must not start on this schema; nil when it fits. Newer migrations than ours are fine (expand, contract).
    public func misfit(wanted: [String]) throws -> String? {
        let missing = Set(wanted).subtracting(try applied()).sorted()
        guard let first = missing.first else { return nil }
        return
            "the database lacks \(missing.count) migration(s), the first is \"\(first)\"; run: millrace migrate --config FILE"
    }
}

public struct MigrationFailure: Error, CustomStringConvertible {
    public let name: String
    public let cause: any Error
    public var description: String { "migration \"\(name)\" failed and was rolled back: \(cause)" }
}
