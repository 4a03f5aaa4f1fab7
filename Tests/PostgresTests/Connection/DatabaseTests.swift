import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Postgres

@Suite("The pool and its transactions")
struct DatabaseTests {
    private static let add = Statement("item_add", "insert into item values ($1)")
    private static let count = Statement("item_count", "select count(*) from item")
    private static let fail40001 = Statement(
        "fail", "do $$ begin raise exception 'lost' using errcode = '40001'; end $$")

    private static func database(size: Int = 2) throws -> Database {
        let dsn = try PrivatePostgres.database()
        try Connection(dsn: dsn).script("create table item (id bigint primary key)")
        return Database(dsn: dsn, size: size)
    }
    private static func itemCount(_ database: Database) throws -> Int64? { try database.read(count).first?.int(0) }

    /// So many idle connections in the pool: they are all taken at once by threads that wait for each other.
    private static func fill(_ database: Database, _ size: Int) {
        let holders = Mutex(0)
        atOnce(size) { _ in
            _ = try? database.transaction { _ in
                holders.withLock { $0 += 1 }
                _ = becomesTrue { holders.withLock { $0 } == size }
            }
        }
    }

    struct Stop: Error {}

    @Test("E9: no statement of the pool runs without end, and PostgreSQL can tell whose it is")
    func settings() throws {
        let database = try Self.database()
        let settings = Statement(
            "settings_of_the_pool",
            "select current_setting('statement_timeout')::interval = $1 * interval '1 millisecond', current_setting('application_name')"
        )
        let row = try #require(
            try database.transaction { try $0.first(settings, .int(Int64(ConnectionLimits.statementMilliseconds))) })
        #expect(row.bool(0))
        #expect(row.text(1).hasPrefix("millrace"))
    }

    @Test("a transaction commits all of its body")
    func commit() throws {
        let database = try Self.database()
        let value = try database.transaction { tx in
            try tx.run(Self.add, .int(1))
            try tx.run(Self.add, .int(2))
            return "value"
        }
        #expect(value == "value")
        #expect(try Self.itemCount(database) == 2)
    }

    @Test("A4: asking the pool from inside of a transaction is refused, not waited for", arguments: [1, 2])
    func nested(size: Int) throws {
        let database = try Self.database(size: size)
        #expect(throws: PoolAskedInTransaction.self) { try database.transaction { _ in try Self.itemCount(database) } }
        #expect(throws: PoolAskedInTransaction.self) {
            try database.transaction { _ in try database.write(Self.add, .int(1)) }
        }
        #expect(throws: PoolAskedInTransaction.self) {
            try database.transaction { _ in try database.transaction { _ in } }
        }
        #expect(try database.transaction { try $0.first(Self.count)?.int(0) } == 0)
        #expect(try Self.itemCount(database) == 0)
    }

    @Test("an error of the body takes everything back and comes out as it is; the connection serves on")
    func rollback() throws {
        let database = try Self.database(size: 1)
        #expect(throws: Stop.self) {
            try database.transaction { tx in
                try tx.run(Self.add, .int(1))
                throw Stop()
            }
        }
        let error = #expect(throws: PostgresError.self) {
            try database.transaction { tx in
                try tx.run(Self.add, .int(1))
                try tx.run(Self.add, .int(1))
            }
        }
        #expect(error?.isUniqueViolation == true)
        #expect(try Self.itemCount(database) == 0)
    }

    @Test("a body that hides a failed statement is not taken for committed")
    func hiddenFailure() throws {
        let database = try Self.database()
        let error = #expect(throws: PostgresError.self) {
            try database.transaction { tx in
                try tx.run(Self.add, .int(1))
                _ = try? tx.run(Self.add, .int(1))
            }
        }
        #expect(error?.sqlState == "25P02")
        #expect(try Self.itemCount(database) == 0)
    }

    @Test("a savepoint undoes its part and the rest is committed")
    func savepoint() throws {
        let database = try Self.database()
        try database.transaction { tx in
            try tx.run(Self.add, .int(1))
            _ = try? tx.savepoint {
                try tx.run(Self.add, .int(2))
                try tx.run(Self.add, .int(1))
            }
            try tx.run(Self.add, .int(3))
        }
        #expect(try database.read(Statement("ids", "select id from item order by id")).map { $0.int(0) } == [1, 3])
    }

    @Test("a snapshot sees one moment and may not write")
    func snapshot() throws {
        let database = try Self.database()
        let beside = Database(dsn: database.dsn, size: 1)
        try database.snapshot { tx in
            #expect(try tx.first(Self.count)?.int(0) == 0)
            try beside.write(Self.add, .int(1))
            #expect(try tx.first(Self.count)?.int(0) == 0)
        }
        let error = #expect(throws: PostgresError.self) { try database.snapshot { try $0.run(Self.add, .int(2)) } }
        #expect(error?.sqlState == "25006")
    }

    @Test("a transaction that loses is run again, and gives up at the limit")
    func retries() throws {
        let database = try Self.database()
        var runs = 0
        let error = #expect(throws: PostgresError.self) {
            try database.transaction { tx in
                runs += 1
                try tx.run(Self.fail40001)
            }
        }
        #expect(error?.isSerializationFailure == true)
        #expect(runs == TransactionLimits.triesMax)

        var second = 0
        try database.transaction { tx in
            second += 1
            try tx.run(Self.add, .int(1))
            if second == 1 { try tx.run(Self.fail40001) }
        }
        #expect(second == 2)
        #expect(try Self.itemCount(database) == 1)
    }

    @Test("two transactions that deadlock both succeed")
    func deadlock() throws {
        let database = try Self.database()
        try database.write(Self.add, .int(1))
        try database.write(Self.add, .int(2))
        let lock = Statement("item_lock", "select id from item where id = $1 for update")
        let first = Atomic<Int>(0)
        let done = Atomic<Int>(0)
        atOnce(2) { index in
            var tries = 0
            let locked: Void? = try? database.transaction { tx in
                tries += 1
                try tx.run(lock, .int(index == 0 ? 1 : 2))
                if tries == 1 {
                    first.add(1, ordering: .relaxed)
                    _ = becomesTrue { first.load(ordering: .relaxed) == 2 }
                }
                try tx.run(lock, .int(index == 0 ? 2 : 1))
            }
            if locked != nil { done.add(1, ordering: .relaxed) }
        }
        #expect(done.load(ordering: .relaxed) == 2)
    }

    @Test("the pool never opens more than its size, and everyone is served")
    func size() throws {
        let database = try Self.database(size: 3)
        let most = Mutex<Int64>(0)
        let served = Atomic<Int>(0)
        let backends = Statement(
            "backends",
            "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'millrace'"
        )
        atOnce(16) { _ in
            for _ in 0..<10 {
                guard let seen = try? database.read(backends).first?.int(0) else { continue }
                most.withLock { $0 = max($0, seen) }
                served.add(1, ordering: .relaxed)
            }
        }
        Self.fill(database, 3)
        #expect(served.load(ordering: .relaxed) == 160)
        #expect(most.withLock { $0 } <= 3)
        #expect(try database.read(backends).first?.int(0) == 3)
    }

    @Test("connections that cannot be opened free their place in the pool")
    func failedOpening() throws {
        let database = Database(dsn: "host=/tmp/nowhere-\(getpid())", size: 1)
        for _ in 0..<3 {
            let error = #expect(throws: PostgresError.self) { try database.read(Self.count) }
            #expect(error?.isUnavailable == true)
        }
    }

    @Test("a read is repeated once when PostgreSQL was restarted")
    func readAfterRestart() throws {
        let database = try Self.database(size: 3)
        Self.fill(database, 3)
        try endOtherBackends(of: database.dsn)
        #expect(try Self.itemCount(database) == 0)
    }

    @Test("a write is not repeated: it fails once, whatever else was idle, and then it works")
    func writeAfterRestart() throws {
        let database = try Self.database(size: 3)
        Self.fill(database, 3)
        try endOtherBackends(of: database.dsn)
        let error = #expect(throws: PostgresError.self) { try database.write(Self.add, .int(1)) }
        #expect(error?.isUnavailable == true)
        try database.write(Self.add, .int(2))
        #expect(try database.read(Statement("ids", "select id from item")).map { $0.int(0) } == [2])
    }

    @Test("a transaction whose connection was dead before it began is begun anew; its body runs once")
    func transactionAfterRestart() throws {
        let database = try Self.database(size: 3)
        Self.fill(database, 3)
        try endOtherBackends(of: database.dsn)
        var runs = 0
        try database.transaction { tx in
            runs += 1
            try tx.run(Self.add, .int(1))
        }
        #expect(runs == 1)
        #expect(try Self.itemCount(database) == 1)
    }

    @Test("a connection lost inside the body fails the transaction, which is not repeated")
    func lostInside() throws {
        let database = try Self.database()
        var runs = 0
        let error = #expect(throws: PostgresError.self) {
            try database.transaction { tx in
                runs += 1
                try tx.run(Self.add, .int(1))
                try endOtherBackends(of: database.dsn)
                try tx.run(Self.add, .int(2))
            }
        }
        #expect(error?.isUnavailable == true)
        #expect(runs == 1)
        #expect(try Self.itemCount(database) == 0)
    }

    @Test("statements are counted, transaction control included")
    func statements() throws {
        let database = try Self.database()
        let before = database.statementCount
        _ = try Self.itemCount(database)
        try database.transaction { _ = try $0.run(Self.add, .int(1)) }
        #expect(database.statementCount - before == 4)
    }

    @Test("A11: a wait for a connection ends, and the pool serves on")
    func poolIsBusy() throws {
        let dsn = try PrivatePostgres.database()
        let database = Database(dsn: dsn, size: 1, waitMilliseconds: 200)
        let isHeld = Atomic<Bool>(false)
        let mayEnd = Atomic<Bool>(false)
        let holder = DispatchGroup()
        holder.enter()
        Thread {
            _ = try? database.transaction { _ in
                isHeld.store(true, ordering: .relaxed)
                _ = becomesTrue { mayEnd.load(ordering: .relaxed) }
            }
            holder.leave()
        }.start()
        #expect(becomesTrue { isHeld.load(ordering: .relaxed) })
        let error = #expect(throws: PostgresError.self) { try database.read(Statement("one", "select 1")) }
        #expect(error?.isUnavailable == true)
        #expect(error?.isOverdue == true)
        mayEnd.store(true, ordering: .relaxed)
        holder.wait()
        #expect(try database.read(Statement("one", "select 1")).count == 1)
    }

    @Test("A11: an answer that does not come ends the statement; its connection is not used again")
    func overdue() throws {
        let database = Database(dsn: try PrivatePostgres.database(), size: 1, answerMilliseconds: 300)
        let sleep = Statement("sleep", "select pg_sleep(30)")
        let error = #expect(throws: PostgresError.self) { try database.read(sleep) }
        #expect(error?.isOverdue == true)
        #expect(throws: PostgresError.self) {
            try database.transaction { tx in
                try tx.run(Statement("one", "select 1::int8"))
                try tx.run(sleep)
            }
        }
        #expect(try database.read(Statement("two", "select 2::int8")).first?.int(0) == 2)
    }

    @Test("A11: a server that takes connections and says nothing is given up")
    func silentServer() throws {
        let path = "/tmp/millrace-silent-\(getpid())"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let listening = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listening) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "\(path)/.s.PGSQL.5432".utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listening, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0 && listen(listening, 5) == 0)
        let error = #expect(throws: PostgresError.self) {
            try Connection(dsn: "host=\(path) dbname=x", connectMilliseconds: 200)
        }
        #expect(error?.isUnavailable == true)
        #expect(throws: PostgresError.self) { try Connection(dsn: "host=\(path) dbname=x connect_timeout=1") }
    }

    @Test("A11: a dead way is noticed in seconds, unless the connection string says otherwise")
    func settingsOfTheWay() throws {
        let dsn = try PrivatePostgres.database()
        let ours = try Connection(dsn: dsn)
        #expect(ours.setting("tcp_user_timeout") == "15000")
        #expect(ours.setting("keepalives_idle") == "10")
        let theirs = try Connection(dsn: dsn + " tcp_user_timeout=77 keepalives_idle=5")
        #expect(theirs.setting("tcp_user_timeout") == "77")
        #expect(theirs.setting("keepalives_idle") == "5")
        #expect(theirs.setting("keepalives_interval") == "5")
    }
}
