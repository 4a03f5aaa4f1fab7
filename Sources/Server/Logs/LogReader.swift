import Client
import Domain
import Postgres
import Web

/// Why a log cannot be read.
enum LogReadProblem: Error {
    /// At this moment, in Unix microseconds, retention removed it.
    case expired(at: Int64)
    /// Rows that the task has are in no chunk and in no file.
    case missing(row: Int64)
}

/// The text of one task's log, by rows, wherever they are.
///
/// It goes on by row number: a log that is sealed while it is read is read on from its file.
struct LogReader {
    /// Compressed bytes of chunks fetched by one statement.
    private static let fetchBytesMax = 1024 * 1024

    private let logs: LogStore
    private let files: LogFiles
    private(set) var log: StoredLog
    /// What was inflated last; ranges near each other share it.
    private var held: (rows: Range<Int64>, text: [UInt8])?
    private var fetched: ArraySlice<LogChunk> = []

    /// Nil when there is no such task.
    init?(_ task: TaskID, _ app: App) throws {
        guard let log = try app.logs.log(of: task) else { return nil }
        self.init(log, app)
    }

    init(_ log: StoredLog, _ app: App) {
        self.log = log
        logs = app.logs
        files = app.logFiles
    }

    /// Hands over the lines of these rows in order, some at a time, until `take` says that it has enough.
    mutating func read(_ rows: Range<Int64>, _ take: (ArraySlice<UInt8>) throws -> Bool) throws {
        var next = rows.lowerBound
        while next < rows.upperBound {
            let piece = try piece(holding: next, upTo: rows.upperBound)
            let wanted = next..<min(rows.upperBound, piece.rows.upperBound)
            guard try take(clip(piece.text[...], firstRow: piece.rows.lowerBound, to: wanted)) else { return }
            next = wanted.upperBound
        }
    }

    private mutating func piece(
        holding row: Int64, upTo end: Int64
    ) throws -> (rows: Range<Int64>, text: [UInt8]) {
        if let held, held.rows.contains(row) { return held }
        for isLast in [false, true] {
            do {
                if let found = try log.file.map({ try segment(holding: row, of: $0) }) ?? chunk(holding: row, upTo: end)
                {
                    held = found
                    return found
                }
            } catch let problem as FileProblem where problem.isMissing && !isLast {
                // Retention removed it a moment ago; its record says so now, or the disk lost it.
            }
            // Sealed since we looked: the chunks are gone, the file is there.
            if !isLast, let now = try logs.log(of: log.task) { log = now }
        }
        throw LogReadProblem.missing(row: row)
    }

    private func segment(holding row: Int64, of file: LogFile) throws -> (rows: Range<Int64>, text: [UInt8])? {
        if let at = file.expiredAt { throw LogReadProblem.expired(at: at) }
        guard let path = file.path, let segment = file.index.segment(holding: row) else { return nil }
        let text = try Gzip.decompressSegment(
            try files.read(path, file.index.fileRange(of: segment)), bytesMax: LogLimits.segmentBytesMax)
        guard Int64(text.count) == file.index.byteCount(of: segment) else { throw LogReadProblem.missing(row: row) }
        return (file.index.rows(of: segment), text)
    }

    private mutating func chunk(holding row: Int64, upTo end: Int64) throws -> (rows: Range<Int64>, text: [UInt8])? {
        func rows(_ chunk: LogChunk) -> Range<Int64> { chunk.firstRow..<(chunk.firstRow + chunk.rowCount) }
        while let first = fetched.first, !rows(first).contains(row) { fetched.removeFirst() }
        if fetched.isEmpty {
            fetched = try logs.chunks(of: log.task, rows: row..<end, bytesMax: Self.fetchBytesMax)[...]
        }
        guard let chunk = fetched.popFirst(), rows(chunk).contains(row) else { return nil }
        return (rows(chunk), try Gzip.decompress(chunk.member, bytesMax: LogLimits.chunkTextBytesMax))
    }
}

extension LogReader {
    /// The text of a range, bounded: a range from a row ends sooner, one of the last rows begins later.
    ///
    /// - Returns: the text and which rows it is.
    package mutating func text(_ range: LogRange, bytesMax: Int) throws -> (bytes: [UInt8], rows: Range<Int64>) {
        if let at = log.file?.expiredAt { throw LogReadProblem.expired(at: at) }
        let rows = range.rows(stored: log.rows)
        var bytes: [UInt8] = []
        if case .tail = range {
            try read(rows) { lines in
                bytes += lines
                if bytes.count > 2 * bytesMax { bytes = Array(trailingLines(bytes[...], bytesMax: bytesMax)) }
                return true
            }
            bytes = Array(trailingLines(bytes[...], bytesMax: bytesMax))
            return (bytes, (rows.upperBound - lineCount(bytes))..<rows.upperBound)
        }
        try read(rows) { lines in
            let fitting = leadingLines(lines, bytesMax: bytesMax - bytes.count)
            // The first line is taken however long it is, or a reader could never go on behind it.
            guard bytes.isEmpty || bytes.count + fitting.count <= bytesMax else { return false }
            bytes += fitting
            return fitting.count == lines.count && bytes.count < bytesMax
        }
        return (bytes, rows.lowerBound..<(rows.lowerBound + lineCount(bytes)))
    }
}
