import Testing

@testable import Web

@Suite("gzip")
struct GzipTests {
    private static let text = Array(String(repeating: "a line of a log\n", count: 5000).utf8)
    private static func noise(_ count: Int) -> [UInt8] {
        var state: UInt64 = 1
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
    }
    private static func problem(_ bytes: [UInt8], bytesMax: Int = 1 << 20) -> Gzip.Problem? {
        #expect(throws: Gzip.Problem.self) { try Gzip.decompress(bytes, bytesMax: bytesMax) }
    }

    @Test("what was compressed comes back", arguments: [[], [0], text, noise(200_000)] as [[UInt8]])
    func roundTrip(bytes: [UInt8]) throws {
        let small = try Gzip.compress(bytes)
        #expect(small.starts(with: [0x1F, 0x8B, 8]))
        #expect(try Gzip.decompress(small, bytesMax: bytes.count) == bytes)
    }

    @Test("members one after another are one file; empty ones add nothing")
    func members() throws {
        let file = try Gzip.compress(Self.text) + Gzip.compress([]) + Gzip.compress([1, 2, 3])
        #expect(try Gzip.decompress(file, bytesMax: 1 << 20) == Self.text + [1, 2, 3])
        #expect(try Gzip.decompress([], bytesMax: 0) == [])
    }

    @Test("the limit counts what comes out, over all members")
    func limit() throws {
        let file = try Gzip.compress(Self.text)
        #expect(try Gzip.decompress(file, bytesMax: Self.text.count) == Self.text)
        #expect(Self.problem(file, bytesMax: Self.text.count - 1)?.isTooLarge == true)
        #expect(Self.problem(file + file, bytesMax: Self.text.count)?.isTooLarge == true)
    }

    @Test("64 MiB of zeros in 64 KiB stop at the limit")
    func bomb() throws {
        let bomb = try Gzip.compress([UInt8](repeating: 0, count: 64 << 20))
        #expect(bomb.count < 100_000)
        #expect(Self.problem(bomb, bytesMax: 1 << 20)?.isTooLarge == true)
    }

    @Test("a file cut anywhere is refused, and not as too large")
    func truncated() throws {
        let file = try Gzip.compress(Array("some text".utf8))
        for count in 1..<file.count {
            #expect(Self.problem(Array(file.prefix(count)))?.isTooLarge == false, "cut to \(count)")
        }
    }

    @Test("what is no gzip is refused, also behind a sound member, and so is a wrong sum")
    func garbage() throws {
        let file = try Gzip.compress(Array("some text".utf8))
        #expect(Self.problem(Array("plain text".utf8))?.isTooLarge == false)
        #expect(Self.problem(file + Array("plain text".utf8))?.isTooLarge == false)
        var wrongSum = file
        wrongSum[file.count - 8] ^= 1
        #expect(Self.problem(wrongSum)?.isTooLarge == false)
    }
}
