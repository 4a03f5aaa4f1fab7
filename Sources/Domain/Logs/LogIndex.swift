/// A part of a sealed log that can be read alone: where its first row is in the text and in the gzip file.
public struct LogSegment: Equatable, Sendable {
    public let row: Int64
    public let byte: Int64
    public let fileOffset: Int64

    public init(row: Int64, byte: Int64, fileOffset: Int64) {
        self.row = row
        self.byte = byte
        self.fileOffset = fileOffset
    }
}

/// What is known of a sealed log's file without opening it.
public struct LogIndex: Equatable, Sendable {
    public let rows: Int64
    public let bytes: Int64
    public let fileBytes: Int64
    /// Ascending; the first one begins with row 0. None when there is no row.
    public let segments: [LogSegment]

    public init(rows: Int64, bytes: Int64, fileBytes: Int64, segments: [LogSegment]) {
        self.rows = rows
        self.bytes = bytes
        self.fileBytes = fileBytes
        self.segments = segments
    }

    /// The segment a row is in; nil when there is no such row.
    public func segment(holding row: Int64) -> Int? {
        guard row >= 0, row < rows else { return nil }
        // The first segment that begins after the row; the one before it has the row.
        var low = 0
        var high = segments.count
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].row <= row { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }

    /// Where a segment is in the file. The last one's range has the gzip trailer too.
    public func fileRange(of segment: Int) -> Range<Int64> {
        let start = segments[segment].fileOffset
        let end = segment + 1 < segments.count ? segments[segment + 1].fileOffset : fileBytes
        return start..<max(start, end)
    }

    /// Bytes of text in a segment.
    public func byteCount(of segment: Int) -> Int64 {
        (segment + 1 < segments.count ? segments[segment + 1].byte : bytes) - segments[segment].byte
    }

    public func rows(of segment: Int) -> Range<Int64> {
        segments[segment].row..<(segment + 1 < segments.count ? segments[segment + 1].row : rows)
    }
}
