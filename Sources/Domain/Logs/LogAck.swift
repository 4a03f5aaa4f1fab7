/// What one UpdateLog does: which rows to store, what to answer, whether the log is complete.
public struct LogDecision: Equatable, Sendable {
    /// Rows of the request to append, as offsets into it; empty when there is nothing new.
    public let store: Range<Int>
    /// Rows durable after the append, and never above `index + count`: act_runner panics when it is.
    public let ack: Int64
    /// The log ends here: `no_more` came and no row is missing.
    public let closes: Bool

    public init(store: Range<Int>, ack: Int64, closes: Bool) {
        self.store = store
        self.ack = ack
        self.closes = closes
    }
}

public enum LogRefusal: Error, Equatable, Sendable {
    /// New rows for a log that ended more than `LogLimits.closedGraceSeconds` ago.
    case closed
    case negativeIndex(Int64)
}

public enum LogLimits {
    /// Bytes of one row; longer ones are cut on a UTF-8 boundary (runner.md 5.2).
    public static let rowBytesMax = 65_536
    /// Rows taken from one UpdateLog. The rest is sent again by the client: the ack is partial (runner.md 5.1).
    public static let rowsPerCallMax = 20_000
    /// Bytes of content taken from one UpdateLog, bounding the chunk and the transaction.
    public static let bytesPerCallMax = 16 * 1024 * 1024
    /// Seconds after `no_more` in which rows are still taken: one client sends `no_more` before its queue is empty.
    public static let closedGraceSeconds: Int64 = 60
}

/// - Parameters:
///   - stored: rows already durable, counted from 0 over the whole task.
///   - index: absolute number of the request's first row.
///   - count: rows in the request; `take` of them fit the limits of one call.
///   - closedSeconds: how long ago the log ended; nil while it is open.
/// - Source: runner.md 5.1, the table.
public func decideLog(
    stored: Int64, index: Int64, count: Int, take: Int, noMore: Bool, closedSeconds: Int64?
) throws(LogRefusal) -> LogDecision {
    guard index >= 0 else { throw .negativeIndex(index) }
    let (end, overflow) = index.addingReportingOverflow(Int64(count))
    guard !overflow else { throw .negativeIndex(index) }
    // A gap: store nothing, say what is there, and the client sends again from that row.
    if index > stored { return LogDecision(store: 0..<0, ack: stored, closes: false) }
    if end <= stored {
        return LogDecision(store: 0..<0, ack: count > 0 ? end : min(stored, index), closes: noMore && end == stored)
    }
    if let closedSeconds, closedSeconds > LogLimits.closedGraceSeconds { throw .closed }
    let first = Int(stored - index)
    let last = min(count, max(first, take))
    return LogDecision(store: first..<last, ack: index + Int64(last), closes: noMore && last == count)
}
