import Domain
import Testing

@Suite("A chunk of a v3 file")
struct ChunksTests {
    static func chunk(_ contentRange: String) throws -> ChunkRange { try ChunkRange(contentRange: contentRange) }

    @Test(
        "says which bytes it holds, both ends included",
        arguments: [
            ("bytes 0-0/1", 0..<1, 1), ("bytes 0-8388607/20971520", 0..<8_388_608, 20_971_520),
            ("bytes 16777216-20971519/20971520", 16_777_216..<20_971_520, 20_971_520), ("bytes 0--1/0", 0..<0, 0),
            (
                "bytes 9223372036854775806-9223372036854775806/9223372036854775807", (Int64.max - 1)..<Int64.max, .max
            ),
        ] as [(String, Range<Int64>, Int64)])
    func read(contentRange: String, bytes: Range<Int64>, total: Int64) throws {
        let chunk = try Self.chunk(contentRange)
        #expect(chunk.bytes == bytes)
        #expect(chunk.total == total)
    }

    @Test(
        "is refused when it does not",
        arguments: [
            "", "bytes", "bytes ", "bytes 0-0", "bytes 0/1", "bytes 0-0/*", "bytes */1", "0-0/1", "items 0-0/1",
            "bytes=0-0/1",
            "bytes 1-0/2", "bytes 0-1/1", "bytes 0-0/0", "bytes 0--1/1", "bytes 1-0/0", "bytes -1-0/1", "bytes 0--2/0",
            "bytes +0-0/1", "bytes 0-0/1 ", "bytes  0-0/1", "bytes 0-0/1/1", "bytes 0-0-0/1", "bytes ٠-٠/١", "bytes -/",
            "bytes 0-9223372036854775807/9223372036854775807", "bytes 0-0/9223372036854775808",
            "bytes 0-18446744073709551616/18446744073709551617",
        ])
    func refused(contentRange: String) {
        #expect(throws: ChunkProblem.contentRange(contentRange)) { try Self.chunk(contentRange) }
    }

    @Test(
        "is stored, or takes the place of what was stored",
        arguments: [
            ("bytes 0-4/10", [], nil, ChunkVerdict.store), ("bytes 0-4/10", [5..<10], 10, .store),
            ("bytes 5-9/10", [0..<5], 10, .store), ("bytes 0-4/10", [5..<10, 0..<5], 10, .replace),
            ("bytes 0-4/10", [0..<5], 11, .replaceAll), ("bytes 2-4/10", [0..<5], 9, .replaceAll),
            ("bytes 0--1/0", [], nil, .store), ("bytes 0--1/0", [0..<0], 0, .replace),
            ("bytes 0--1/0", [0..<5], 5, .replaceAll),
            ("bytes 0-4/5", [0..<0], 0, .replaceAll),
        ] as [(String, [Range<Int64>], Int64?, ChunkVerdict)])
    func verdict(contentRange: String, stored: [Range<Int64>], total: Int64?, verdict: ChunkVerdict) throws {
        #expect(try judgeChunk(try Self.chunk(contentRange), among: stored, storedTotal: total) == verdict)
    }

    @Test(
        "is refused when it overlaps another",
        arguments: [
            ("bytes 0-5/20", 0..<6), ("bytes 9-14/20", 9..<15), ("bytes 6-8/20", 6..<9), ("bytes 0-19/20", 0..<20),
        ]
            as [(String, Range<Int64>)])
    func overlap(contentRange: String, bytes: Range<Int64>) {
        #expect(throws: ChunkProblem.overlap(bytes, stored: 5..<10)) {
            try judgeChunk(try Self.chunk(contentRange), among: [15..<20, 5..<10].reversed(), storedTotal: 20)
        }
    }

    @Test(
        "leaves a hole, or none",
        arguments: [
            ([], 0, nil), ([0..<0], 0, nil), ([], 10, 0), ([0..<10], 10, nil), ([5..<10, 0..<5], 10, nil),
            ([5..<10], 10, 0),
            ([0..<5], 10, 5), ([8..<10, 0..<5], 10, 5), ([8..<10, 0..<5, 5..<7], 10, 7), ([0..<9], 10, 9),
        ] as [([Range<Int64>], Int64, Int64?)])
    func hole(stored: [Range<Int64>], total: Int64, hole: Int64?) {
        #expect(firstHole(in: stored, total: total) == hole)
    }

    @Test("is refused with words that help")
    func words() {
        #expect(
            ChunkProblem.overlap(0..<6, stored: 5..<10).description
                == "bytes 0-5 overlap bytes 5-9, which were uploaded before; send the same ranges again or others")
        #expect(
            ChunkProblem.contentRange("bytes 0-0/*").description
                == "Content-Range \"bytes 0-0/*\" is not \"bytes <first>-<last>/<total>\" with first <= last < total; "
                + "send an empty file as \"bytes 0--1/0\"")
    }
}
