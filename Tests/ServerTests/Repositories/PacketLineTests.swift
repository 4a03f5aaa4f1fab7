import Testing

@testable import Server

@Suite("git's lines")
struct PacketLineTests {
    private static func lines(_ bytes: [UInt8]) -> PacketLines {
        let source = Source(bytes)
        return PacketLines { source.take($0) }
    }
    private final class Source {
        private var bytes: ArraySlice<UInt8>
        init(_ bytes: [UInt8]) { self.bytes = bytes[...] }
        func take(_ count: Int) -> [UInt8] {
            defer { bytes = bytes.dropFirst(count) }
            return Array(bytes.prefix(count))
        }
    }

    @Test("what is written is read again, one part after the other")
    func roundTrip() throws {
        let parts = [
            ["version=1\0push-options"], [], ["ok refs/for/main", "option refname refs/pull/1/head", "é", ""],
        ]
        let read = Self.lines(parts.flatMap(PacketLines.written))
        for part in parts { #expect(try read.part(countMax: 10) == part) }
    }

    @Test("as git writes them") func written() {
        #expect(PacketLines.written(["a"]) == Array("0006a\n0000".utf8))
    }

    @Test("broken or too many", arguments: ["", "000", "zzzz", "0003", "0009abc", "ffff", "0006a\n0006a\n0006a\n0000"])
    func broken(text: String) {
        #expect(throws: PacketLines.Broken.self) { try Self.lines(Array(text.utf8)).part(countMax: 2) }
    }

    @Test("a line that is too long is cut") func long() throws {
        let line = String(repeating: "x", count: 70_000)
        #expect(try Self.lines(PacketLines.written([line])).part(countMax: 1)[0].utf8.count == 65_515)
    }
}
