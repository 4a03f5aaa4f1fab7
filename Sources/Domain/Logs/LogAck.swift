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
    /// Bytes of text after which the rows read so far are stored: one chunk, one transaction. A call has as many as it needs.
    public static let pieceTextBytes = 4 * 1024 * 1024
    /// Bytes of one UpdateLog from which on it counts as a backlog, of which few are stored at once and others wait: a usual
    /// flush has some kilobytes. As many digits as nginx lets past its question who sends them (nginx/millrace.conf).
    public static let backlogBytes = 10_000_000
    /// Backlogs that wait for a thread, each with a connection and up to 64 KiB; whoever comes then is told to come again.
    public static let backlogsWaitingMax = 256
    /// Threads of an instance that store backlogs, beside those of the work lane: two keep PostgreSQL's disk busy.
    public static let backlogThreads = 2
    /// Bytes of an open log that any thread of the work lane sends: a fifth of a second. More takes a place of `App.streams`,
    /// or as many readers of one large log as there are threads would leave none to others.
    public static let readAtOnceBytes: Int64 = 16 * 1024 * 1024
    /// Bytes of an UpdateLog in JSON, which is held in memory, and of a compressed one once unpacked.
    public static let unpackedBytesMax = 64 * 1024 * 1024
    /// Bytes of text kept of one task unless `logs.task_bytes_max` says otherwise: thirty million lines.
    public static let taskBytesDefault: Int64 = 4 << 30
    /// Bytes of text in one line: the content may be all newlines, which become two characters; time, space, newline.
    public static let lineBytesMax = 2 * rowBytesMax + logTimeBytes + 2
    /// Bytes of text in one chunk: of a piece now, of 16 MiB of content in 20 000 rows from a server before 0030.
    public static let chunkTextBytesMax = 2 * 16 * 1024 * 1024 + 20_000 * (logTimeBytes + 2)
    /// Bytes of text after which a sealed log gets its next point to read from: reading one row costs inflating this much.
    public static let segmentBytesMin = 128 * 1024
    /// A segment ends with the line that fills it.
    public static let segmentBytesMax = segmentBytesMin + lineBytesMax
}

/// - Parameters:
///   - stored: rows already taken, counted from 0 over the whole task; those that a full log dropped count too.
///   - index: absolute number of the request's first row.
///   - count: rows in the request.
///   - graceSeconds: `logs.seal_grace`; until then rows of a closed log are taken.
/// - Source: runner.md 5.1, the table.
public func decideLog(
    stored: Int64, index: Int64, count: Int, noMore: Bool, state: LogState, graceSeconds: Int64
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
    return LogDecision(store: Int(stored - index)..<count, ack: end, closes: noMore)
}

/// What becomes of new rows: a log that is full drops them, and says so in one row. A result is never lost for a log.
public struct LogShare: Equatable, Sendable {
    /// Rows to store as they are.
    public let keep: Range<Int>
    /// The row behind them says that the log is full, and stands for the first row that was dropped.
    public let marks: Bool
    /// Rows dropped beyond that one.
    public let dropped: Int

    public init(keep: Range<Int>, marks: Bool, dropped: Int) {
        self.keep = keep
        self.marks = marks
        self.dropped = dropped
    }
}

/// - Parameters:
///   - new: rows of the text that are to be stored.
///   - isFull: the log has its last row already.
///   - room: bytes of text that the log may still take.
public func shareOfLog(_ new: Range<Int>, of text: LogText, isFull: Bool, room: Int64) -> LogShare {
    if isFull { return LogShare(keep: new.lowerBound..<new.lowerBound, marks: false, dropped: new.count) }
    let end = text.rows(from: new, fitting: room)
    return LogShare(keep: new.lowerBound..<end, marks: end < new.upperBound, dropped: max(0, new.upperBound - end - 1))
}
