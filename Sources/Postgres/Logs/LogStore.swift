import Domain

public enum LogError: Error {
    /// There is none, or it is another runner's: the two are not told apart, so that ids cannot be probed.
    case unknownTask
    case refused(LogRefusal)
}

/// A task's log as it is stored: rows in `log_chunk` until it is sealed, then one file.
public struct StoredLog: Sendable {
    public let task: TaskID
    public let rows: Int64
    public let bytes: Int64
    /// Nil while the rows are in `log_chunk`.
    public let file: LogFile?
}

public struct LogFile: Sendable {
    /// Below storage.dir/logs; nil when the log has no row.
    public let path: String?
    public let index: LogIndex
    /// When the file was removed, in Unix microseconds.
    public let expiredAt: Int64?

    public init(path: String?, index: LogIndex, expiredAt: Int64? = nil) {
        self.path = path
        self.index = index
        self.expiredAt = expiredAt
    }
}

public struct LogChunk: Sendable {
    public let firstRow: Int64
    public let rowCount: Int64
    public let byteOffset: Int64
    /// A gzip member of whole lines.
    public let member: [UInt8]
}

/// How far the log of a watched job is.
public struct LogProgress: Sendable {
    public let job: JobID
    /// Nil while no runner has the job.
    public let task: TaskID?
    public var rows: Int64
    public let hasEnded: Bool
    /// Changes when the job's status does, or that of one of its steps, or where a step begins.
    public var mark = ""
}

/// A log that this instance has taken to seal it.
public struct SealClaim: Sendable {
    public let task: TaskID
    public let rows: Int64
    public let bytes: Int64
    /// Only the task's last attempt may record its file: an instance that slept past its lease finds itself replaced.
    public let attempt: Int64
}

public enum SealOutcome: Sendable {
    case recorded
    /// Rows came meanwhile: the file lacks them.
    case grew
    /// Another attempt took the log over.
    case superseded
}

/// Writes `log_chunk`, `log_file` and the log's columns of `task`.
///
/// Chunks are gzip members that the caller makes: this target knows no zlib, and no files.
public struct LogStore: Sendable {
    public struct Settings: Sendable {
        /// Seconds after `no_more`, or of silence after the end, in which rows are still taken: logs.seal_grace.
        public var graceSeconds: Int64
        /// Bytes of text kept of one task: logs.task_bytes_max.
        public var taskBytesMax: Int64

        public init(graceSeconds: Int64, taskBytesMax: Int64 = LogLimits.taskBytesDefault) {
            self.graceSeconds = graceSeconds
            self.taskBytesMax = taskBytesMax
        }
    }

    let database: Database
    let settings: Settings

    public init(database: Database, settings: Settings) {
        self.database = database
        self.settings = settings
    }

    // MARK: appending

    /// A task that ended unheard stays so (`task_heard` says why).
    private static let heartbeat = Statement(
        "log_heartbeat",
        """
        update task set heard_at = case when status in (6, 8) or heard_at is not null then now() end
         where id = $1 and runner_id = $2 returning log_rows, log_rows + coalesce(log_dropped, 0)
        """)
    private static let lock = Statement(
        "log_lock",
        """
        select runner_id, log_rows, log_bytes, log_dropped, extract(epoch from now() - log_closed_at)::bigint,
               log_sealed_at is not null
          from task where id = $1 for no key update
        """)
    private static let close = Statement(
        "log_close",
        """
        update task set heard_at = case when status in (6, 8) or heard_at is not null then now() end,
               log_closed_at = case when $2 then coalesce(log_closed_at, now()) else log_closed_at end,
               log_dropped = $3
         where id = $1
        """)
    private static let insert = Statement(
        "log_chunk_insert",
        """
        with chunk as (
            insert into log_chunk (task_id, first_row, row_count, byte_offset, lines) values ($1, $2, $3, $4, $5))
        update task set log_rows = $2 + $3, log_bytes = $4 + $6,
               heard_at = case when status in (6, 8) or heard_at is not null then now() end,
               log_closed_at = case when $7 then coalesce(log_closed_at, now()) else log_closed_at end,
               log_dropped = $8
         where id = $1
        """)

    /// The next rows of a log, or all of a short call. The ack is sent only after this returns, so it is never ahead of
    /// what is durable (I5).
    ///
    /// - Parameters:
    ///   - index: absolute number of the text's first row.
    ///   - pack: makes a gzip member.
    /// - Returns: what to answer, the rows taken and the rows stored now.
    public func append(
        _ text: LogText, to task: TaskID, by runner: Runner, index: Int64, noMore: Bool, now: Instant,
        pack: ([UInt8]) throws -> [UInt8]
    ) throws -> (ack: Int64, taken: Int64, rows: Int64) {
        // Two kinds of runner send an empty call every second; it changes nothing, so it needs no lock.
        if text.count == 0, !noMore,
            let row = try database.write(Self.heartbeat, .int(task.number), .int(runner.id.number)).first
        {
            return (try decided(row.int(1), index, 0, noMore: false, .open).ack, row.int(1), row.int(0))
        }
        // Nearly always all rows are new. Then the work is done before the task's row is locked.
        let likely = text.count > 0 ? try pack(text.bytes) : []
        let annotations = text.annotations
        return try database.transaction { tx in
            guard let row = try tx.first(Self.lock, .int(task.number)), row.int(0) == runner.id.number else {
                throw LogError.unknownTask
            }
            let (rows, bytes, dropped) = (row.int(1), row.int(2), row.optionalInt(3))
            let taken = rows + (dropped ?? 0)
            let decision = try decided(
                taken, index, text.count, noMore: noMore, Self.state(isSealed: row.bool(5), row.optionalInt(4)))
            let share = shareOfLog(
                decision.store, of: text, isFull: dropped != nil, room: settings.taskBytesMax - bytes)
            let nowDropped = share.marks || dropped != nil ? (dropped ?? 0) + Int64(share.dropped) : nil
            let nowTaken = taken + Int64(decision.store.count)
            guard !share.keep.isEmpty || share.marks else {
                try tx.run(Self.close, .int(task.number), .bool(decision.closes), .optional(nowDropped))
                return (decision.ack, nowTaken, rows)
            }
            let lines = Array(text.text(of: share.keep)) + (share.marks ? fullMark(now) : [])
            let count = Int64(share.keep.count) + (share.marks ? 1 : 0)
            try tx.run(
                Self.insert, .int(task.number), .int(rows), .int(count), .int(bytes),
                .bytes(share.keep.count == text.count && !share.marks ? likely : try pack(lines)),
                .int(Int64(lines.count)), .bool(decision.closes), .optional(nowDropped))
            // Few pieces have any. With the rows that they are read from, or not at all.
            try AnnotationStore.keep(
                annotations.filter { share.keep.contains(Int($0.row)) }.map {
                    PlacedAnnotation($0.annotation, row: rows + $0.row - Int64(share.keep.lowerBound))
                }, of: task, in: tx)
            return (decision.ack, nowTaken, rows + count)
        }
    }

    /// The last row of a log that is full.
    private func fullMark(_ now: Instant) -> [UInt8] {
        var text = LogText()
        text.append(
            seconds: now.microseconds / 1_000_000, nanoseconds: Int32(now.microseconds % 1_000_000) * 1000,
            content: "the log ends here: it has \(settings.taskBytesMax) bytes, which is logs.task_bytes_max; "
                + "the job's later lines were not kept")
        return text.bytes
    }

    private func decided(
        _ taken: Int64, _ index: Int64, _ count: Int, noMore: Bool, _ state: LogState
    ) throws -> LogDecision {
        do throws(LogRefusal) {
            return try decideLog(
                stored: taken, index: index, count: count, noMore: noMore, state: state,
                graceSeconds: settings.graceSeconds)
        } catch { throw LogError.refused(error) }
    }

    private static func state(isSealed: Bool, _ closedSeconds: Int64?) -> LogState {
        isSealed ? .sealed : closedSeconds.map { .closed(secondsAgo: $0) } ?? .open
    }

    // MARK: reading

    private static let find = Statement(
        "log_find",
        """
        select t.log_rows, t.log_bytes, f.task_id is not null, f.path, f.file_bytes, f.segment_row, f.segment_byte,
               f.segment_file_offset, f.expired_at, t.id
          from task t left join log_file f on f.task_id = t.id where t.id = any($1)
        """)
    // The chunk that holds the row is the last that begins at or before it: two steps in the primary key.
    private static let chunks = Statement(
        "log_chunks_from",
        """
        select first_row, row_count, byte_offset, lines from (
            select first_row, row_count, byte_offset, lines,
                   sum(octet_length(lines)) over (order by first_row) - octet_length(lines) as before
              from log_chunk
             where task_id = $1 and first_row < $3
               and first_row >= coalesce(
                   (select max(first_row) from log_chunk where task_id = $1 and first_row <= $2), $2)
             order by first_row limit 256) as next
         where before < $4 order by first_row
        """)
    private static let progress = Statement(
        "log_progress",
        """
        select j.id, t.id, coalesce(t.log_rows, 0), j.status <= 4,
               extract(epoch from now() - t.log_closed_at)::bigint, t.log_sealed_at is not null,
               extract(epoch from now() - greatest(t.heard_at, t.stopped_at))::bigint,
               left(md5(concat_ws(' ', j.status, t.id, (
                   select string_agg(s.status || '@' || s.log_index, ' ' order by s.position)
                     from step s where s.task_id = t.id))), 16)
          from job j left join task t on t.id = j.task_id where j.id = any($1)
        """)

    /// Nil when there is no such task.
    public func log(of task: TaskID) throws -> StoredLog? { try logs(of: [task])[task] }

    /// Of all jobs of a page at once.
    public func logs(of tasks: [TaskID]) throws -> [TaskID: StoredLog] {
        guard !tasks.isEmpty else { return [:] }
        return try database.read(Self.find, .ints(tasks.map(\.number))).reduce(into: [:]) { logs, row in
            var file: LogFile?
            if row.bool(2) {
                let segments = zip(row.ints(5), zip(row.ints(6), row.ints(7))).map {
                    LogSegment(row: $0, byte: $1.0, fileOffset: $1.1)
                }
                file = LogFile(
                    path: row.optionalText(3),
                    index: LogIndex(rows: row.int(0), bytes: row.int(1), fileBytes: row.int(4), segments: segments),
                    expiredAt: row.microseconds(8))
            }
            let task = TaskID(row.int(9))
            logs[task] = StoredLog(task: task, rows: row.int(0), bytes: row.int(1), file: file)
        }
    }

    /// Chunks that hold these rows, from the first one on: as many as fit `bytesMax`, and one at least if there is one.
    public func chunks(of task: TaskID, rows: Range<Int64>, bytesMax: Int) throws -> [LogChunk] {
        try database.read(
            Self.chunks, .int(task.number), .int(rows.lowerBound), .int(rows.upperBound), .int(Int64(bytesMax))
        ).map {
            LogChunk(firstRow: $0.int(0), rowCount: $0.int(1), byteOffset: $0.int(2), member: $0.bytes(3))
        }
    }

    /// How far the logs of these jobs are, all by one statement.
    public func progress(of jobs: [JobID]) throws -> [LogProgress] {
        try database.read(Self.progress, .ints(jobs.map(\.number))).map { row in
            LogProgress(
                job: JobID(row.int(0)), task: row.optionalInt(1).map(TaskID.init), rows: row.int(2),
                hasEnded: logHasEnded(
                    isFinal: row.bool(3), state: Self.state(isSealed: row.bool(5), row.optionalInt(4)),
                    quietSeconds: row.optionalInt(6), graceSeconds: settings.graceSeconds), mark: row.text(7))
        }
    }

    // MARK: sealing

    private static let take = Statement(
        "log_seal_take",
        """
        update task set log_seal_attempt = log_seal_attempt + 1, log_seal_due_at = now() + $2 * interval '1 second'
         where id = (
            select id from task
             where log_sealed_at is null and status in (1, 2, 3, 4)
               and coalesce(log_seal_due_at, stopped_at, started_at) <= now()
               and coalesce(log_closed_at, greatest(heard_at, stopped_at, started_at)) <= now() - $1 * interval '1 second'
             order by coalesce(log_seal_due_at, stopped_at, started_at) limit 1 for no key update skip locked)
        returning id, log_rows, log_bytes, log_seal_attempt
        """)
    private static let keep = Statement(
        "log_seal_keep",
        """
        update task set log_seal_due_at = now() + $3 * interval '1 second'
         where id = $1 and log_seal_attempt = $2 and log_sealed_at is null returning id
        """)
    private static let lockClaim = Statement(
        "log_seal_lock",
        "select log_rows from task where id = $1 and log_seal_attempt = $2 and log_sealed_at is null for no key update")
    private static let insertFile = Statement(
        "log_file_insert",
        """
        insert into log_file (task_id, path, rows, bytes, file_bytes, segment_row, segment_byte, segment_file_offset,
                              task_stopped_at)
        select $1, $2, $3, $4, $5, $6, $7, $8, coalesce(stopped_at, started_at) from task where id = $1
        """)
    private static let deleteChunks = Statement("log_chunk_delete", "delete from log_chunk where task_id = $1")
    private static let sealed = Statement(
        "log_sealed",
        "update task set log_sealed_at = now(), log_seal_due_at = null, log_problem = '' where id = $1")
    private static let postpone = Statement(
        "log_seal_postpone",
        """
        update task set log_problem = $3,
               log_seal_due_at = case when $4 then 'infinity'::timestamptz
                                      else now() + power(2, least(log_seal_attempt, 10)) * interval '1 second' end
         where id = $1 and log_seal_attempt = $2 and log_sealed_at is null returning id
        """)
    private static let giveBack = Statement(
        "log_seal_give_back",
        "update task set log_seal_due_at = null where id = $1 and log_seal_attempt = $2 and log_sealed_at is null")

    /// Takes a log that is complete and not sealed for `leaseSeconds`; nil when there is none. Never waits for a lock.
    public func takeToSeal(leaseSeconds: Int64) throws -> SealClaim? {
        try database.write(Self.take, .int(settings.graceSeconds), .int(leaseSeconds)).first.map {
            SealClaim(task: TaskID($0.int(0)), rows: $0.int(1), bytes: $0.int(2), attempt: $0.int(3))
        }
    }

    /// Asks for another lease. False: somebody else has the log now.
    public func keep(_ claim: SealClaim, leaseSeconds: Int64) throws -> Bool {
        try !database.write(Self.keep, .int(claim.task.number), .int(claim.attempt), .int(leaseSeconds)).isEmpty
    }

    /// The file is durable: from this commit on it is the log, and the chunks are gone.
    public func record(_ file: LogFile, for claim: SealClaim) throws -> SealOutcome {
        try database.transaction { tx in
            guard let row = try tx.first(Self.lockClaim, .int(claim.task.number), .int(claim.attempt)) else {
                return .superseded
            }
            guard row.int(0) == file.index.rows else { return .grew }
            let segments = file.index.segments
            try tx.run(
                Self.insertFile, .int(claim.task.number), .optional(file.path), .int(file.index.rows),
                .int(file.index.bytes), .int(file.index.fileBytes), .ints(segments.map(\.row)),
                .ints(segments.map(\.byte)), .ints(segments.map(\.fileOffset)))
            try tx.run(Self.deleteChunks, .int(claim.task.number))
            try tx.run(Self.sealed, .int(claim.task.number))
            return .recorded
        }
    }

    /// Puts a log that could not be sealed aside: for a while that doubles, or for good until a person looks.
    ///
    /// - Returns: false when somebody else has the log now: then the problem may be nothing but that.
    public func postpone(_ claim: SealClaim, problem: String, forGood: Bool) throws -> Bool {
        try !database.write(
            Self.postpone, .int(claim.task.number), .int(claim.attempt), .text(problem), .bool(forGood)
        ).isEmpty
    }

    /// Lets others take the log at once.
    public func giveBack(_ claim: SealClaim) throws {
        try database.write(Self.giveBack, .int(claim.task.number), .int(claim.attempt))
    }

    // MARK: expiry

    private static let due = Statement(
        "log_file_due",
        """
        select task_id, path from log_file
         where expired_at is null and task_stopped_at < now() - $1 * interval '1 second' and task_id > $2
         order by task_id limit $3
        """)
    private static let expire = Statement(
        "log_file_expire",
        """
        update log_file set expired_at = now(), segment_row = '{}', segment_byte = '{}', segment_file_offset = '{}'
         where task_id = any($1) and expired_at is null returning task_id
        """)

    /// Files of tasks that stopped longer ago than this, by task, after the given one.
    public func expiring(
        olderThanSeconds: Int64, after task: TaskID, limit: Int
    ) throws -> [(task: TaskID, path: String?)] {
        try database.read(Self.due, .int(olderThanSeconds), .int(task.number), .int(Int64(limit))).map {
            (TaskID($0.int(0)), $0.optionalText(1))
        }
    }

    /// The files of these tasks are gone. Returns those that were not marked before.
    public func markExpired(_ tasks: [TaskID]) throws -> Int {
        try database.write(Self.expire, .ints(tasks.map(\.number))).count
    }
}
