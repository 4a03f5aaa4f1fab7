/// Which bytes of a v3 file one chunk holds (artifacts.md 2.3).
public struct ChunkRange: Hashable, Sendable {
    public let bytes: Range<Int64>
    /// Bytes of the whole file, as encoded.
    public let total: Int64

    /// Reads `bytes <first>-<last>/<total>`. An empty file is `bytes 0--1/0`, since the client subtracts one.
    public init(contentRange: String) throws(ChunkProblem) {
        if contentRange == "bytes 0--1/0" {
            self.init(bytes: 0..<0, total: 0)
            return
        }
        guard contentRange.utf8.starts(with: "bytes ".utf8) else { throw .contentRange(contentRange) }
        let numbers = contentRange.utf8.dropFirst("bytes ".utf8.count)
            .split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        let ends = numbers[0].split(separator: UInt8(ascii: "-"), maxSplits: 1, omittingEmptySubsequences: false)
        guard numbers.count == 2, ends.count == 2, let first = wholeNumber(ends[0]), let last = wholeNumber(ends[1]),
            let total = wholeNumber(numbers[1]), first <= last, last < total
        else { throw .contentRange(contentRange) }
        // Below the total, so adding one cannot overflow.
        self.init(bytes: first..<(last + 1), total: total)
    }

    private init(bytes: Range<Int64>, total: Int64) {
        self.bytes = bytes
        self.total = total
    }
}

/// Digits only: no sign, no space.
private func wholeNumber(_ text: Substring.UTF8View) -> Int64? {
    guard text.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) else { return nil }
    return Int64(Substring(text))
}

public enum ChunkVerdict: Equatable, Sendable {
    case store
    /// The same range was stored before: a client that lost our answer sends it again.
    case replace
    /// The file has another size now: a new upload of the path. What was stored of it is dropped.
    case replaceAll
}

public enum ChunkProblem: Error, Equatable, Sendable, CustomStringConvertible {
    case contentRange(String)
    case overlap(Range<Int64>, stored: Range<Int64>)

    public var description: String {
        switch self {
        case .contentRange(let text):
            "Content-Range \"\(shown(text))\" is not \"bytes <first>-<last>/<total>\" with first <= last < total; "
                + "send an empty file as \"bytes 0--1/0\""
        case .overlap(let new, let stored):
            "bytes \(new.lowerBound)-\(new.upperBound - 1) overlap bytes \(stored.lowerBound)-\(stored.upperBound - 1), "
                + "which were uploaded before; send the same ranges again or others"
        }
    }
}

/// What to do with a chunk that arrived whole.
///
/// - Parameters:
///   - stored: ranges of the file that are stored, in any order, no two of which overlap.
///   - storedTotal: the file's size as the chunks before said it; nil for the first.
/// - Throws: ``ChunkProblem/overlap(_:stored:)``, since it would be unclear whose bytes count.
public func judgeChunk(
    _ new: ChunkRange, among stored: [Range<Int64>], storedTotal: Int64?
) throws(ChunkProblem) -> ChunkVerdict {
    if let storedTotal, storedTotal != new.total { return .replaceAll }
    if stored.contains(new.bytes) { return .replace }
    if let other = stored.first(where: { $0.overlaps(new.bytes) }) { throw .overlap(new.bytes, stored: other) }
    return .store
}

/// The first byte of `0..<total` that no range holds; nil when the file is complete.
///
/// - Parameter stored: in any order.
public func firstHole(in stored: [Range<Int64>], total: Int64) -> Int64? {
    var end: Int64 = 0
    for range in stored.sorted(by: { $0.lowerBound < $1.lowerBound }) {
        guard range.lowerBound <= end else { break }
        end = max(end, range.upperBound)
    }
    return end < total ? end : nil
}
