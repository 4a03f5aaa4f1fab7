/// Puts the chunks of a log together to one file: checks that no row is missing, says where segments begin.
public struct LogAssembly: Equatable, Sendable {
    /// Bytes of a chunk's text to write next.
    public struct Piece: Equatable, Sendable {
        public let range: Range<Int>
        /// A segment begins here: its first row, and where that is in the text. Nil goes on with the segment before.
        public let opens: Start?

        public init(range: Range<Int>, opens: Start?) {
            self.range = range
            self.opens = opens
        }
    }
    public struct Start: Equatable, Sendable {
        public let row: Int64
        public let byte: Int64

        public init(row: Int64, byte: Int64) {
            self.row = row
            self.byte = byte
        }
    }

    public private(set) var rows: Int64 = 0
    public private(set) var bytes: Int64 = 0
    /// Bytes of the segment being filled; full at the beginning, so that the first line opens one.
    private var filled = LogLimits.segmentBytesMin

    public init() {}

    /// Takes the next chunk's text and cuts it where segments begin: small chunks are merged, large ones are cut.
    public mutating func take(
        _ lines: [UInt8], firstRow: Int64, rowCount: Int64, byteOffset: Int64
    ) throws(LogDefect) -> [Piece] {
        guard firstRow == rows, byteOffset == bytes else { throw .chunkOutOfPlace(row: firstRow, expected: rows) }
        guard lines.last == UInt8(ascii: "\n") else { throw .unreadable(row: firstRow) }
        var pieces: [Piece] = []
        var opens: Start?
        var start = 0
        var line = 0
        while let newline = lines[line...].firstIndex(of: UInt8(ascii: "\n")) {
            if filled >= LogLimits.segmentBytesMin {
                if line > start { pieces.append(Piece(range: start..<line, opens: opens)) }
                opens = Start(row: rows, byte: bytes)
                start = line
                filled = 0
            }
            let length = newline + 1 - line
            filled += length
            bytes += Int64(length)
            rows += 1
            line = newline + 1
        }
        pieces.append(Piece(range: start..<lines.count, opens: opens))
        guard rows - firstRow == rowCount else {
            throw .wrongRowCount(row: firstRow, found: rows - firstRow, expected: rowCount)
        }
        return pieces
    }

    /// Nothing is missing at the end.
    public func check(rows expectedRows: Int64, bytes expectedBytes: Int64) throws(LogDefect) {
        guard rows == expectedRows, bytes == expectedBytes else {
            throw .wrongSize(rows: rows, bytes: bytes, expectedRows: expectedRows, expectedBytes: expectedBytes)
        }
    }
}

/// Why chunks cannot become a file. Only damage does this, and waiting does not heal it: a person must look.
public enum LogDefect: Error, Equatable, Sendable, CustomStringConvertible {
    case chunkOutOfPlace(row: Int64, expected: Int64)
    case wrongRowCount(row: Int64, found: Int64, expected: Int64)
    case wrongSize(rows: Int64, bytes: Int64, expectedRows: Int64, expectedBytes: Int64)
    case unreadable(row: Int64)

    public var description: String {
        switch self {
        case .chunkOutOfPlace(let row, let expected):
            "a chunk begins with row \(row), row \(expected) was to follow"
        case .wrongRowCount(let row, let found, let expected):
            "the chunk that begins with row \(row) has \(found) rows, its record says \(expected)"
        case .wrongSize(let rows, let bytes, let expectedRows, let expectedBytes):
            "the chunks have \(rows) rows of \(bytes) bytes, the task has \(expectedRows) of \(expectedBytes)"
        case .unreadable(let row):
            "the chunk that begins with row \(row) is not whole lines in a gzip member"
        }
    }
}
