import Foundation
import Testing

@testable import Web

@Suite("A gzip stream")
struct GunzipTests {
    private static let text = Array(String(repeating: "a line of a log\n", count: 5000).utf8)
    private static let noise: [UInt8] = {
        var state: UInt64 = 1
        return (0..<10_000_000).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
    }()

    /// What the stream hands over when the file comes in pieces of this size, to the end.
    private static func unpacked(_ file: [UInt8], pieceBytes: Int = 65_536) throws -> [UInt8] {
        let stream = GunzipStream()
        var out: [UInt8] = []
        try file.withUnsafeBytes { all in
            for start in stride(from: 0, to: all.count, by: pieceBytes) {
                try stream.feed(UnsafeRawBufferPointer(rebasing: all[start..<min(all.count, start + pieceBytes)])) {
                    #expect($0.count <= GunzipStream.pieceBytes)
                    out += $0
                }
            }
        }
        try stream.finish()
        return out
    }
    private static func isRefused(_ file: [UInt8], pieceBytes: Int = 65_536) -> Bool {
        do {
            _ = try unpacked(file, pieceBytes: pieceBytes)
            return false
        } catch let problem as Gzip.Problem { return !problem.isTooLarge } catch { return false }
    }

    @Test("unpacks all members, however the file is cut", arguments: [1, 2, 3, 10, 17, 65_536])
    func members(pieceBytes: Int) throws {
        let file = try Gzip.compress(Self.text) + Gzip.compress([]) + Gzip.compress([1, 2, 3])
        #expect(try Self.unpacked(file, pieceBytes: pieceBytes) == Self.text + [1, 2, 3])
    }

    @Test("unpacks 10 MB of noise, in odd pieces")
    func large() throws {
        let same = try Self.unpacked(Gzip.compress(Self.noise), pieceBytes: 99_991) == Self.noise
        #expect(same)
    }

    @Test("unpacks what fills the last piece to its last byte", arguments: [-1, 0, 1])
    func fullPiece(more: Int) throws {
        let bytes = [UInt8](repeating: 7, count: 3 * GunzipStream.pieceBytes + more)
        #expect(try Self.unpacked(Gzip.compress(bytes)) == bytes)
        // All input at once, and one byte at a time so that output is left in zlib when the input ends.
        #expect(try Self.unpacked(Gzip.compress(bytes) + Gzip.compress(bytes), pieceBytes: 1) == bytes + bytes)
    }

    @Test("a member of no bytes is an empty file; no member is none")
    func empty() throws {
        #expect(try Self.unpacked(Gzip.compress([])) == [])
        #expect(Self.isRefused([]))
    }

    @Test("a file cut anywhere is refused, also within its second member")
    func truncated() throws {
        let member = try Gzip.compress(Array("some text".utf8))
        for count in 1..<member.count {
            #expect(Self.isRefused(Array(member.prefix(count))), "cut to \(count)")
            #expect(Self.isRefused(member + Array(member.prefix(count)), pieceBytes: 1), "second cut to \(count)")
        }
    }

    @Test("garbage is refused, also behind a sound member, and so is a wrong sum")
    func garbage() throws {
        let member = try Gzip.compress(Array("some text".utf8))
        let kinds: [[UInt8]] = [Array("plain text".utf8), [0], [0x1F], member.reversed()]
        for garbage in kinds {
            #expect(Self.isRefused(garbage))
            #expect(Self.isRefused(member + garbage))
            #expect(Self.isRefused(member + garbage, pieceBytes: 1))
        }
        for place in [member.count - 8, member.count - 1] {
            var wrong = member
            wrong[place] ^= 1
            #expect(Self.isRefused(wrong))
        }
    }

    @Test("a bomb comes in pieces, and whoever takes them can stop it")
    func bomb() throws {
        struct Enough: Error {}
        let bomb = try Gzip.compress([UInt8](repeating: 0, count: 64 << 20))
        var taken = 0
        #expect(throws: Enough.self) {
            try bomb.withUnsafeBytes { all in
                try GunzipStream().feed(all) {
                    taken += $0.count
                    guard taken < 1 << 20 else { throw Enough() }
                }
            }
        }
        #expect(taken == 1 << 20)
    }
}
