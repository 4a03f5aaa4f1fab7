import Domain
import Testing

@Suite("Putting a log's chunks together")
struct LogAssemblyTests {
    /// `count` lines of `length` bytes each, the newline included.
    static func lines(_ count: Int, of length: Int) -> [UInt8] {
        (0..<count).flatMap { _ in [UInt8](repeating: UInt8(ascii: "x"), count: length - 1) + [UInt8(ascii: "\n")] }
    }

    @Test("merges small chunks into one segment")
    func merges() throws {
        var assembly = LogAssembly()
        let chunk = Self.lines(3, of: 10)
        #expect(
            try assembly.take(chunk, firstRow: 0, rowCount: 3, byteOffset: 0) == [
                .init(range: 0..<30, opens: .init(row: 0, byte: 0))
            ])
        #expect(
            try assembly.take(chunk, firstRow: 3, rowCount: 3, byteOffset: 30) == [.init(range: 0..<30, opens: nil)])
        #expect(assembly.rows == 6 && assembly.bytes == 60)
    }

    @Test("cuts a large chunk behind the line that fills a segment")
    func cuts() throws {
        var assembly = LogAssembly()
        let length = LogLimits.segmentBytesMin / 2 + 1
        let pieces = try assembly.take(Self.lines(5, of: length), firstRow: 0, rowCount: 5, byteOffset: 0)
        #expect(
            pieces == [
                .init(range: 0..<(2 * length), opens: .init(row: 0, byte: 0)),
                .init(range: (2 * length)..<(4 * length), opens: .init(row: 2, byte: Int64(2 * length))),
                .init(range: (4 * length)..<(5 * length), opens: .init(row: 4, byte: Int64(4 * length))),
            ])
    }

    @Test("opens a segment at the beginning of a chunk when the one before is full")
    func boundary() throws {
        var assembly = LogAssembly()
        let full = Self.lines(1, of: LogLimits.segmentBytesMin)
        _ = try assembly.take(full, firstRow: 0, rowCount: 1, byteOffset: 0)
        #expect(
            try assembly.take(Self.lines(1, of: 4), firstRow: 1, rowCount: 1, byteOffset: Int64(full.count)) == [
                .init(range: 0..<4, opens: .init(row: 1, byte: Int64(full.count)))
            ])
    }

    @Test("gives back every byte once and bounds each segment, whatever the sizes")
    func whole() throws {
        var seed: UInt64 = 7
        func random(_ below: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % below
        }
        var assembly = LogAssembly()
        var openings: [Int64] = []
        for _ in 0..<60 {
            let count = 1 + random(20)
            let chunk = (0..<count).flatMap { _ in Self.lines(1, of: 1 + random(20_000)) }
            let pieces = try assembly.take(
                chunk, firstRow: assembly.rows, rowCount: Int64(count), byteOffset: assembly.bytes)
            #expect(pieces.map(\.range.count).reduce(0, +) == chunk.count)
            #expect(zip(pieces, pieces.dropFirst()).allSatisfy { $0.range.upperBound == $1.range.lowerBound })
            openings += pieces.compactMap(\.opens?.byte)
        }
        let sizes = zip(openings, openings.dropFirst() + [assembly.bytes]).map { $1 - $0 }
        #expect(sizes.dropLast().allSatisfy { $0 >= Int64(LogLimits.segmentBytesMin) })
        #expect(sizes.allSatisfy { $0 <= Int64(LogLimits.segmentBytesMax) })
    }

    @Test("finds damage instead of sealing it")
    func damage() throws {
        func assembled(
            _ lines: [UInt8], firstRow: Int64 = 0, rowCount: Int64 = 1, byteOffset: Int64 = 0
        ) throws -> LogAssembly {
            var assembly = LogAssembly()
            _ = try assembly.take(lines, firstRow: firstRow, rowCount: rowCount, byteOffset: byteOffset)
            return assembly
        }
        let line = Self.lines(1, of: 5)
        #expect(throws: LogDefect.chunkOutOfPlace(row: 1, expected: 0)) { try assembled(line, firstRow: 1) }
        #expect(throws: LogDefect.chunkOutOfPlace(row: 0, expected: 0)) { try assembled(line, byteOffset: 5) }
        #expect(throws: LogDefect.wrongRowCount(row: 0, found: 1, expected: 2)) { try assembled(line, rowCount: 2) }
        #expect(throws: LogDefect.unreadable(row: 0)) { try assembled(line + [UInt8(ascii: "x")], rowCount: 2) }
        #expect(throws: LogDefect.unreadable(row: 0)) { try assembled([]) }
        let whole = try assembled(line)
        try whole.check(rows: 1, bytes: 5)
        #expect(throws: LogDefect.wrongSize(rows: 1, bytes: 5, expectedRows: 2, expectedBytes: 5)) {
            try whole.check(rows: 2, bytes: 5)
        }
        #expect(throws: LogDefect.self) { try whole.check(rows: 1, bytes: 6) }
    }
}
