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

/// How far a task's log is.
public enum LogState: Equatable, Sendable {
    case open
    /// `no_more` came this many seconds ago. Rows are taken for the grace: one client says it before its queue is empty.
    case closed(secondsAgo: Int64)
    /// The rows are in a file that is never written again.
    case sealed
}

public enum LogRefusal: Error, Equatable, Sendable {
    /// New rows for a log that is sealed, or that ended longer ago than the grace.
    case archived
    case negativeIndex(Int64)
}

public enum LogLimits {
    /// Bytes of one row; longer ones are cut on a UTF-8 boundary (runner.md 5.2).
    public static let rowBytesMax = 65_536
    /// Rows taken from one UpdateLog. The rest is sent again by the client: the ack is partial (runner.md 5.1).
    public static let rowsPerCallMax = 20_000
    /// Bytes of content taken from one UpdateLog, bounding the chunk and the transaction.
    public static let bytesPerCallMax = 16 * 1024 * 1024
    /// Bytes of text in one line: the content may be all newlines, which become two characters; time, space, newline.
    public static let lineBytesMax = 2 * rowBytesMax + logTimeBytes + 2
    /// Bytes of text in one chunk, reckoned in the same way.
    public static let chunkTextBytesMax = 2 * bytesPerCallMax + rowsPerCallMax * (logTimeBytes + 2)
    /// Bytes of text after which a sealed log gets its next point to read from: reading one row costs inflating this much.
    public static let segmentBytesMin = 128 * 1024
    /// A segment ends with the line that fills it.
    public static let segmentBytesMax = segmentBytesMin + lineBytesMax
}

/// - Parameters:
///   - stored: rows already durable, counted from 0 over the whole task.
///   - index: absolute number of the request's first row.
///   - count: rows in the request; `take` of them fit the limits of one call.
///   - graceSeconds: `logs.seal_grace`; until then rows of a closed log are taken.
/// - Source: runner.md 5.1, the table.
public func decideLog(
    stored: Int64, index: Int64, count: Int, take: Int, noMore: Bool, state: LogState, graceSeconds: Int64
) throws(LogRefusal) -> LogDecision {
    guard index >= 0 else { throw .negativeIndex(index) }
    let (end, overflow) = index.addingReportingOverflow(Int64(count))
    guard !overflow else { throw .negativeIndex(index) }
    // A gap: store nothing, say what is there, and the client sends again from that row.
    if index > stored { return LogDecision(store: 0..<0, ack: stored, closes: false) }
    if end <= stored {
        return LogDecision(store: 0..<0, ack: count > 0 ? end : min(stored, index), closes: noMore && end == stored)
    }
    switch state {
    case .open: break
    case .closed(let secondsAgo): guard secondsAgo <= graceSeconds else { throw .archived }
    case .sealed: throw .archived
    }
    let first = Int(stored - index)
    let last = min(count, max(first, take))
    return LogDecision(store: first..<last, ack: index + Int64(last), closes: noMore && last == count)
}
