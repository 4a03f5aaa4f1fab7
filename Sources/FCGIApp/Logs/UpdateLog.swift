import Domain
import Postgres
import RunnerProto
import SwiftProtobuf

/// UpdateLog: a runner hands over the next rows of a task's log (runner.md 5.1).
enum UpdateLog {
    private typealias Chunk = (member: [UInt8], byteCount: Int64)

    @Sendable static func answer(
        _ call: ConnectCall, _ request: Request, _ app: App
    ) throws -> Runner_V1_UpdateLogResponse {
        // Before the body is read: it may hold millions of rows, and only runners may make us look at them.
        let runner = try app.runner(of: request, reports: true)
        let (message, count) = try UpdateLogBody.read(call)
        let task = TaskID(message.taskID)
        let take = rowsTaken(of: message)
        // Nearly always all rows are new. Then the work was done before the task's row is locked.
        let likely = 0..<take
        let likelyChunk = try take > 0 ? chunk(of: message, likely, request.now) : nil
        let done = try app.logs.append(
            to: task, by: runner, index: message.index, count: count, take: take, noMore: message.noMore
        ) { range in
            if range == likely, let likelyChunk { return likelyChunk }
            return try chunk(of: message, range, request.now)
        }
        app.logReaders.grew(task, rows: done.rows)
        var answer = Runner_V1_UpdateLogResponse()
        answer.ackIndex = done.ack
        return answer
    }

    /// How many rows one call stores: the first ones within the limits. The client sends the rest again.
    private static func rowsTaken(of message: Runner_V1_UpdateLogRequest) -> Int {
        var take = 0
        var bytes = 0
        for row in message.rows.prefix(LogLimits.rowsPerCallMax) {  // JSON may have brought more
            bytes += min(row.content.utf8.count, LogLimits.rowBytesMax)
            guard bytes <= LogLimits.bytesPerCallMax else { break }
            take += 1
        }
        return take
    }

    private static func chunk(
        of message: Runner_V1_UpdateLogRequest, _ range: Range<Int>, _ now: Instant
    ) throws -> Chunk {
        var lines: [UInt8] = []
        for row in message.rows[range] {
            // Without a time Gitea would write 1970.
            let seconds = row.hasTime ? row.time.seconds : now.microseconds / 1_000_000
            let nanoseconds = row.hasTime ? row.time.nanos : Int32(now.microseconds % 1_000_000) * 1000
            appendLogLine(seconds: seconds, nanoseconds: nanoseconds, content: row.content, to: &lines)
        }
        return (try Gzip.compress(lines), Int64(lines.count))
    }
}
