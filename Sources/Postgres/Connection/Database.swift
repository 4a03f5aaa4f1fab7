import Glibc
import Synchronization

/// A fixed pool of connections and the two ways to use it: one statement, or one transaction.
///
/// Callers wait for a free connection, but not for ever; none is opened beyond `size`, so PostgreSQL sees a known number.
/// `@unchecked Sendable` is true because `idle` and `open` are touched only with `mutex` held.
public final class Database: @unchecked Sendable {
    public let dsn: String
    private let size: Int
    private let waitMilliseconds: Int
    private let answerMilliseconds: Int
    private var idle: [Connection] = []
    private var open = 0
    private var mutex = pthread_mutex_t()
    private var freed = pthread_cond_t()
    private let statements = Atomic<Int>(0)
    /// Threads that are inside of a transaction's body. One that asked the pool there would wait for a connection while
    /// it holds one: with a pool of one for ever, with more when all do it at once.
    private let inTransaction = Mutex<Set<pthread_t>>([])

    /// - Parameters:
    ///   - waitMilliseconds: for a free connection; beyond it the call fails as unavailable.
    ///   - answerMilliseconds: for PostgreSQL's answer to a statement; beyond it the connection is dropped.
    public init(
        dsn: String, size: Int, waitMilliseconds: Int = ConnectionLimits.poolMilliseconds,
        answerMilliseconds: Int = ConnectionLimits.answerMilliseconds
    ) {
        self.dsn = dsn
        self.size = max(1, size)
        self.waitMilliseconds = waitMilliseconds
        self.answerMilliseconds = answerMilliseconds
        pthread_mutex_init(&mutex, nil)
        var monotonic = pthread_condattr_t()
        pthread_condattr_init(&monotonic)
        pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC)
        pthread_cond_init(&freed, &monotonic)
        pthread_condattr_destroy(&monotonic)
    }

    /// Statements run so far by this process, transaction control included.
    public var statementCount: Int { statements.load(ordering: .relaxed) }

    /// Reads with one statement. A lost connection is retried once: a read may be repeated.
    public func read(_ statement: Statement, _ values: Value...) throws -> [Row] {
        try read(statement, all: values)
    }

    func read(_ statement: Statement, all values: [Value]) throws -> [Row] {
        do {
            return try with { try $0.run(statement, values) }
        } catch let error as PostgresError where error.isUnavailable {
            dropIdle()
            guard !error.isOverdue else { throw error }
            return try with { try $0.run(statement, values) }
        }
    }

    /// Reads with one statement that always gives a row.
    ///
    /// - Throws: `NoRow` when it gave none.
    public func readOne(_ statement: Statement, _ values: Value...) throws -> Row {
        try readOne(statement, all: values)
    }

    func readOne(_ statement: Statement, all values: [Value]) throws -> Row {
        try read(statement, all: values).first.orNone(of: statement)
    }

    /// Writes with one statement that always gives a row.
    ///
    /// - Throws: `NoRow` when it gave none.
    public func writeOne(_ statement: Statement, _ values: Value...) throws -> Row {
        try write(statement, all: values).first.orNone(of: statement)
    }

    /// Runs one statement that writes; it is its own transaction. Not repeated: its outcome may be unknown.
    @discardableResult
    public func write(_ statement: Statement, _ values: Value...) throws -> [Row] {
        try write(statement, all: values)
    }

    private func write(_ statement: Statement, all values: [Value]) throws -> [Row] {
        do {
            return try with { try $0.run(statement, values) }
        } catch let error as PostgresError where error.isUnavailable {
            // Or each idle connection that died with this one would fail a write of its own.
            dropIdle()
            throw error
        }
    }

    /// Runs `body` in one transaction: all of it is committed, or nothing. The body waits for PostgreSQL only.
    ///
    /// Serialization failures and deadlocks run the body again, at most `TransactionLimits.triesMax` times in all.
    /// A connection that was already dead when the transaction began is replaced once.
    public func transaction<T>(_ body: (Transaction) throws -> T) throws -> T {
        var tries = 0
        while true {
            tries += 1
            do {
                return try with { connection in
                    do {
                        try connection.begin(Self.begin)
                    } catch let error as PostgresError where error.isUnavailable {
                        throw StaleConnection(cause: error)
                    }
                    do {
                        inTransaction.withLock { _ = $0.insert(pthread_self()) }
                        defer { inTransaction.withLock { _ = $0.remove(pthread_self()) } }
                        let value = try body(Transaction(connection: connection))
                        // PostgreSQL answers a commit of a failed transaction with a rollback, and calls that success.
                        guard !connection.isTransactionFailed else { throw Self.hiddenFailure }
                        try connection.run(Self.commit, [])
                        return value
                    } catch {
                        if !connection.isIdle { _ = try? connection.run(Self.rollback, []) }
                        throw error
                    }
                }
            } catch let stale as StaleConnection {
                dropIdle()
                guard tries < 2 else { throw stale.cause }
            } catch let error as PostgresError where error.isSerializationFailure && tries < TransactionLimits.triesMax
            {
                continue
            }
        }
    }

    /// Reads in one snapshot: every statement of the body sees the same moment.
    public func snapshot<T>(_ body: (Transaction) throws -> T) throws -> T {
        try transaction { tx in
            try tx.run(Self.readOnly)
            return try body(tx)
        }
    }
    private static let readOnly = Statement(
        "transaction_snapshot", "set transaction isolation level repeatable read, read only")

    private struct StaleConnection: Error { let cause: PostgresError }
    private static let hiddenFailure = PostgresError(
        sqlState: "25P02", message: "a statement of the transaction failed and its error was not passed on",
        statement: "commit")
    private static let begin = Statement("begin", "begin")
    private static let commit = Statement("commit", "commit")
    private static let rollback = Statement("rollback", "rollback")

    private func with<T>(_ body: (Connection) throws -> T) throws -> T {
        guard !inTransaction.withLock({ $0.contains(pthread_self()) }) else { throw PoolAskedInTransaction() }
        let connection = try take()
        let before = connection.statementCount
        defer {
            statements.add(connection.statementCount - before, ordering: .relaxed)
            give(back: connection)
        }
        return try body(connection)
    }

    private func take() throws -> Connection {
        pthread_mutex_lock(&mutex)
        var until = timespec()
        clock_gettime(CLOCK_MONOTONIC, &until)
        until.tv_sec += waitMilliseconds / 1000
        until.tv_nsec += waitMilliseconds % 1000 * 1_000_000
        if until.tv_nsec >= 1_000_000_000 {
            until.tv_sec += 1
            until.tv_nsec -= 1_000_000_000
        }
        while idle.isEmpty && open >= size {
            guard pthread_cond_timedwait(&freed, &mutex, &until) != ETIMEDOUT || !idle.isEmpty || open < size else {
                pthread_mutex_unlock(&mutex)
                throw PostgresError(
                    sqlState: "53300",
                    message: "none of the \(size) connections to PostgreSQL became free within \(waitMilliseconds) ms",
                    statement: "", isOverdue: true)
            }
        }
        if let connection = idle.popLast() {
            pthread_mutex_unlock(&mutex)
            return connection
        }
        open += 1
        pthread_mutex_unlock(&mutex)
        do {
            let connection = try Connection(dsn: dsn, answerMilliseconds: answerMilliseconds)
            try connection.script(
                "set statement_timeout = \(ConnectionLimits.statementMilliseconds); set application_name = '\(StatementOrigin.nobody)'"
            )
            return connection
        } catch {
            pthread_mutex_lock(&mutex)
            open -= 1
            pthread_cond_signal(&freed)
            pthread_mutex_unlock(&mutex)
            throw error
        }
    }

    private func give(back connection: Connection) {
        pthread_mutex_lock(&mutex)
        if connection.isHealthy { idle.append(connection) } else { open -= 1 }
        pthread_cond_signal(&freed)
        pthread_mutex_unlock(&mutex)
    }

    /// After one dead connection the idle ones are dead too (a restart of PostgreSQL): start afresh.
    private func dropIdle() {
        pthread_mutex_lock(&mutex)
        open -= idle.count
        idle.removeAll()
        pthread_cond_broadcast(&freed)
        pthread_mutex_unlock(&mutex)
    }
}

/// A fault of ours: the body of a transaction asked the pool. It must read by the transaction that it was given.
public struct PoolAskedInTransaction: Error, CustomStringConvertible {
    public var description: String {
        "the body of a transaction asked the pool for a second connection; it must read by its own transaction"
    }
}

public enum TransactionLimits {
    /// Times one transaction body runs when others win; beyond that the error goes to the caller.
    public static let triesMax = 5
}

/// An open transaction. Valid only inside the body that received it.
public struct Transaction {
    let connection: Connection

    @discardableResult
    public func run(_ statement: Statement, _ values: Value...) throws -> [Row] {
        try connection.run(statement, values)
    }
    public func first(_ statement: Statement, _ values: Value...) throws -> Row? {
        try connection.run(statement, values).first
    }

    /// What always gives a row, such as `insert … returning`: going on without it would go on with row 0.
    ///
    /// - Throws: `NoRow` when it gave none.
    public func one(_ statement: Statement, _ values: Value...) throws -> Row {
        try connection.run(statement, values).first.orNone(of: statement)
    }

    /// Runs `body`; when it throws, what it did is undone and the transaction goes on.
    public func savepoint<T>(_ body: () throws -> T) throws -> T {
        try connection.run(Self.savepoint, [])
        do {
            let value = try body()
            try connection.run(Self.releaseSavepoint, [])
            return value
        } catch {
            try connection.run(Self.rollbackToSavepoint, [])
            throw error
        }
    }
    private static let savepoint = Statement("savepoint", "savepoint inner_part")
    private static let releaseSavepoint = Statement("savepoint_release", "release savepoint inner_part")
    private static let rollbackToSavepoint = Statement("savepoint_rollback", "rollback to savepoint inner_part")

    /// Sent by PostgreSQL to all listeners when, and only when, this transaction commits.
    public func notify(_ channel: String, _ payload: String) throws {
        try connection.run(Self.notifyStatement, [.text(channel), .text(payload)])
    }
    private static let notifyStatement = Statement("notify", "select pg_notify($1, $2)")
}
