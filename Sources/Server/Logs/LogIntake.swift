import Domain
import Postgres
import Web

/// Takes the fields of one UpdateLog as they are read and stores its rows in pieces, each a chunk and a transaction.
///
/// A piece that is stored stays, also when the call breaks off behind it: the client repeats all of it, and what is stored
/// already is passed over (runner.md 5.1).
struct LogIntake {
    enum Field {
        case task(Int64)
        case index(Int64)
        /// `content` is good during the call alone.
        case row(time: (seconds: Int64, nanoseconds: Int32)?, content: UnsafeRawBufferPointer)
        case noMore(Bool)
    }

    let app: App
    let runner: Runner
    let now: Instant
    private var task = TaskID(0)
    private var index: Int64 = 0
    private var noMore = false
    private var text = LogText()
    /// Rows of the message so far, and how many of those are in the log and need no look.
    private var rowsRead: Int64 = 0
    private var rowsKnown: Int64 = 0
    private var hasStored = false
    /// Rows before this message are missing: the answer, and nothing more is taken.
    private var gapAck: Int64?

    init(app: App, runner: Runner, now: Instant) {
        self.app = app
        self.runner = runner
        self.now = now
    }

    var isOver: Bool { gapAck != nil }

    mutating func take(_ field: Field) throws {
        switch field {
        case .task(let number):
            try checkOrder(task.number == number)
            task = TaskID(number)
        case .index(let number):
            try checkOrder(index == number)
            index = number
        case .noMore(let flag): noMore = flag
        case .row(let time, let content):
            guard gapAck == nil else { return }
            rowsRead += 1
            guard rowsRead > rowsKnown else { return }
            // Without a time Gitea would write 1970.
            text.append(
                seconds: time?.seconds ?? now.microseconds / 1_000_000,
                nanoseconds: time?.nanoseconds ?? Int32(now.microseconds % 1_000_000) * 1000, content: content)
            if text.bytes.count >= LogLimits.pieceTextBytes { try store(isLast: false) }
        }
    }

    /// The end of the message.
    ///
    /// - Returns: the ack of all its rows.
    mutating func finish() throws -> Int64 {
        if let gapAck { return gapAck }
        return try store(isLast: true)
    }

    /// Every client writes these fields first. One that does not is understood as long as nothing had to be stored yet.
    private func checkOrder(_ isSame: Bool) throws {
        guard isSame || !hasStored else {
            throw Failure(
                .invalid,
                "task_id and index must come before the rows in a message of more than \(LogLimits.pieceTextBytes) bytes"
            )
        }
    }

    @discardableResult
    private mutating func store(isLast: Bool) throws -> Int64 {
        // Sums of what the client said may overflow; the rule refuses an index that no log can have.
        let first = index.addingReportingOverflow(rowsRead - Int64(text.count))
        guard index >= 0, !first.overflow else { throw LogError.refused(.negativeIndex(index)) }
        let done = try app.logs.append(
            text, to: task, by: runner, index: first.partialValue, noMore: isLast && noMore, now: now,
            pack: Gzip.compress)
        hasStored = true
        text.removeAll()
        app.caches.logReaders.grew(task, rows: done.rows)
        app.caches.liveStreams.grew(task, rows: done.rows, app)
        rowsKnown = done.taken - index
        if done.taken < first.partialValue { gapAck = done.ack }
        return done.ack
    }
}
