import Domain

public enum LogError: Error {
    case unknownTask
    case foreignRunner
    case refused(LogRefusal)
}

/// Writes `log_chunk`. Chunks are gzip members that the caller makes: this target knows no zlib.
public struct LogStore: Sendable {
    /// NOTIFY channel: a task's log grew; payload `task_id`.
    public static let channel = "millrace_log"

    let database: Database
    public init(database: Database) { self.database = database }

    private static let lock = Statement(
        "log_lock",
        """
        select runner_id, log_rows, log_bytes, extract(epoch from now() - log_closed_at)::bigint
          from task where id = $1 for update
        """)
    private static let insert = Statement(
        "log_chunk_insert",
        "insert into log_chunk (task_id, first_row, row_count, byte_offset, lines) values ($1, $2, $3, $4, $5)")
    private static let moveAck = Statement(
        "log_move_ack",
        """
        update task set log_rows = log_rows + $2, log_bytes = log_bytes + $3, heard_at = now(),
               log_closed_at = case when $4 then coalesce(log_closed_at, now()) else log_closed_at end
         where id = $1
        """)
    private static let chunks = Statement(
        "log_chunks_from",
        "select first_row, row_count, lines from log_chunk where task_id = $1 and first_row + row_count > $2 order by first_row limit $3"
    )
    private static let size = Statement("log_size", "select log_rows, log_bytes from task where id = $1")

    /// One UpdateLog. The ack is sent only after this returns, so it is never ahead of what is durable (I5).
    ///
    /// - Parameter chunk: makes the gzip member of these rows of the request and tells its uncompressed size.
    public func append(
        to task: TaskID, by runner: Runner, index: Int64, count: Int, take: Int, noMore: Bool,
        chunk: (Range<Int>) throws -> (member: [UInt8], byteCount: Int64)
    ) throws -> Int64 {
        try database.transaction { tx in
            guard let row = try tx.first(Self.lock, .int(task.number)) else { throw LogError.unknownTask }
            guard row.int(0) == runner.id.number else { throw LogError.foreignRunner }
            let decision: LogDecision
            do throws(LogRefusal) {
                decision = try decideLog(
                    stored: row.int(1), index: index, count: count, take: take, noMore: noMore,
                    closedSeconds: row.optionalInt(3))
            } catch { throw LogError.refused(error) }
            var byteCount: Int64 = 0
            if !decision.store.isEmpty {
                let made = try chunk(decision.store)
                byteCount = made.byteCount
                try tx.run(
                    Self.insert, .int(task.number), .int(row.int(1)), .int(Int64(decision.store.count)),
                    .int(row.int(2)), .bytes(made.member))
                try tx.notify(Self.channel, String(task.number))
            }
            try tx.run(
                Self.moveAck, .int(task.number), .int(Int64(decision.store.count)), .int(byteCount),
                .bool(decision.closes))
            return decision.ack
        }
    }

    public struct Chunk: Sendable {
        public let firstRow: Int64
        public let rowCount: Int64
        public let member: [UInt8]
    }

    /// Chunks that hold row `from` or later ones, at most `limit`, in order.
    public func chunks(of task: TaskID, from: Int64, limit: Int) throws -> [Chunk] {
        try database.read(Self.chunks, .int(task.number), .int(from), .int(Int64(limit))).map {
            Chunk(firstRow: $0.int(0), rowCount: $0.int(1), member: $0.bytes(2))
        }
    }

    /// Rows and uncompressed bytes stored so far; nil when there is no such task.
    public func size(of task: TaskID) throws -> (rows: Int64, bytes: Int64)? {
        try database.read(Self.size, .int(task.number)).first.map { ($0.int(0), $0.int(1)) }
    }
}
