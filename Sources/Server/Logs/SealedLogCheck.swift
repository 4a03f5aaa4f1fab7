import Domain
import Glibc
import Web

/// A file that is not the log that was written to it; the log is still in its chunks.
struct SealProblem: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Reads a sealed log back before it replaces the chunks it was made of: they are deleted for good.
///
/// Read twice, out of the page cache: as every client does it, from its beginning to the checksum of what was fed in, and as
/// this server does it, each segment alone from where the index says it is.
struct SealedLogCheck {
    private static let pieceBytes: Int64 = 256 * 1024

    let files: LogFiles
    let path: String
    let index: LogIndex
    /// Called after each piece; a large file takes longer than the lease.
    let keepLease: () throws -> Void

    /// - Throws: `SealProblem` when the file is not the log.
    package func run() throws {
        do {
            try readWhole()
            for segment in index.segments.indices {
                try readSegment(segment)
                try keepLease()
            }
        } catch let problem as Gzip.Problem {
            throw SealProblem("\(path) was read back: \(problem)")
        }
    }

    private func readWhole() throws {
        let gunzip = GunzipStream()
        var rows: Int64 = 0
        var bytes: Int64 = 0
        var at: Int64 = 0
        while at < index.fileBytes {
            let piece = try files.read(path, at..<min(index.fileBytes, at + Self.pieceBytes))
            try piece.withUnsafeBytes { packed in
                try gunzip.feed(packed) { text in
                    bytes += Int64(text.count)
                    rows += Self.newlines(in: text)
                }
            }
            at += Int64(piece.count)
            try keepLease()
        }
        try gunzip.finish()
        try require(rows: rows, bytes: bytes, of: index.rows, index.bytes, "it")
    }

    private func readSegment(_ segment: Int) throws {
        let text = try Gzip.decompressSegment(
            try files.read(path, index.fileRange(of: segment)), bytesMax: LogLimits.segmentBytesMax)
        try require(
            rows: text.withUnsafeBytes(Self.newlines), bytes: Int64(text.count),
            of: Int64(index.rows(of: segment).count),
            index.byteCount(of: segment), "segment \(segment)")
    }

    private func require(
        rows: Int64, bytes: Int64, of rowsMeant: Int64, _ bytesMeant: Int64, _ what: String
    ) throws {
        guard rows == rowsMeant, bytes == bytesMeant else {
            throw SealProblem(
                "\(path) was read back: \(what) has \(rows) rows of \(bytes) bytes, not \(rowsMeant) of \(bytesMeant)")
        }
    }

    private static func newlines(in text: UnsafeRawBufferPointer) -> Int64 {
        var count: Int64 = 0
        var rest = text[...]
        while let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress,
            let found = memchr(base, Int32(UInt8(ascii: "\n")), rest.count)
        {
            count += 1
            rest = rest.dropFirst(found - UnsafeMutableRawPointer(mutating: base) + 1)
        }
        return count
    }
}
