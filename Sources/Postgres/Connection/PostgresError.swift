/// Runs `body` for each item of a sweep. One that fails stops no other; the first failure is thrown when all had their
/// turn, but at once when the server cannot be reached.
func eachOf<Item>(_ items: [Item], _ body: (Item) throws -> Void) throws {
    var first: (any Error)?
    for item in items {
        do { try body(item) } catch let error as PostgresError where error.isUnavailable {
            throw error
        } catch {
            first = first ?? error
        }
    }
    if let first { throw first }
}

/// What PostgreSQL or the way to it refused, with what a caller needs to decide whether to try again.
public struct PostgresError: Error, CustomStringConvertible, Sendable {
    /// Five characters such as "23505"; "08006" when the connection itself failed.
    public let sqlState: String
    public let message: String
    /// The statement's name, "" for statements without one.
    public let statement: String
    /// Nobody answered in time; to ask again at once would wait as long again.
    public let isOverdue: Bool

    public init(sqlState: String, message: String, statement: String, isOverdue: Bool = false) {
        self.sqlState = sqlState
        self.message = message
        self.statement = statement
        self.isOverdue = isOverdue
    }

    public var description: String {
        statement.isEmpty
            ? "\(message) (SQLSTATE \(sqlState))" : "\(message) (SQLSTATE \(sqlState), query \(statement))"
    }

    /// The server cannot be reached, is starting or stopping: the caller may try again later.
    /// Classes 08 and 57P0x, and 53xxx (out of connections, memory, disk).
    public var isUnavailable: Bool {
        sqlState.hasPrefix("08") || sqlState.hasPrefix("57P") || sqlState.hasPrefix("53")
    }

    /// Another transaction won; the same transaction run again may succeed (40001, 40P01).
    public var isSerializationFailure: Bool { sqlState == "40001" || sqlState == "40P01" }
    /// PostgreSQL does not take a value: a NUL (22021), too long (22001, 54000), a check (23514). Again would be the same.
    public var isRefusedValue: Bool {
        sqlState.hasPrefix("22") || sqlState.hasPrefix("54") || sqlState.hasPrefix("23")
    }
    public var isUniqueViolation: Bool { sqlState == "23505" }
    /// The row that this one refers to is gone, or others refer to it.
    public var isForeignKeyViolation: Bool { sqlState == "23503" }
    public var isLockNotAvailable: Bool { sqlState == "55P03" }
    /// `statement_timeout` passed, or an operator cancelled the statement.
    public var isCancelled: Bool { sqlState == "57014" }
}
