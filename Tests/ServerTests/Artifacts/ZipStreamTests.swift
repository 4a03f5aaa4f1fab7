import Domain
import Foundation
import Testing

@testable import Client
@testable import Server
@testable import Web

@Suite("A zip on the fly")
struct ZipStreamTests {
    private struct Broken: Error, Equatable {}
    private static let moment = Instant(microseconds: 1_700_000_000_500_000)

    private static func entry(_ path: String, _ bytes: [UInt8], size: Int64? = nil) -> ZipEntry {
        ZipEntry(path: path, size: size ?? Int64(bytes.count), modifiedAt: moment) { sink in
            for start in stride(from: 0, to: bytes.count, by: 10_000) {
                try sink(bytes[start..<min(bytes.count, start + 10_000)])
            }
        }
    }
    private static func zip(_ entries: [ZipEntry]) throws -> [UInt8] {
        var out: [UInt8] = []
        try writeZip(entries) {
            #expect($0.count <= 65_536)
            out += $0
            return true
        }
        return out
    }

    /// What Python's zipfile reads there, a line for each entry: name, size, flags, mode, method, seconds, CRC checked.
    private static func listing(_ zip: [UInt8]) throws -> [String] {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).zip")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(zip).write(to: file)
        let python = Process()
        python.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        python.arguments = [
            "python3", "-c",
            """
            import struct, sys, zipfile, zlib
            archive = zipfile.ZipFile(sys.argv[1])
            assert archive.testzip() is None
            for i in archive.infolist():
                stamp = struct.unpack("<I", i.extra[i.extra.index(b"UT") + 5:][:4])[0]
                print(ascii(i.filename), i.file_size, i.flag_bits, oct(i.external_attr >> 16), i.compress_type, stamp,
                      zlib.crc32(archive.read(i)) if i.file_size < 1e6 else "large")
            """, file.path,
        ]
        let output = Pipe()
        python.standardOutput = output
        try python.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        python.waitUntilExit()
        #expect(python.terminationStatus == 0)
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test("is read by others: bytes, mode, time, deflate")
    func plain() throws {
        let text = Array(String(repeating: "a line of a log\n", count: 20_000).utf8)
        let zip = try Self.zip([
            Self.entry("dist/a.txt", Array("hello".utf8)), Self.entry("empty", []), Self.entry("dist/big.log", text),
        ])
        // 8: sizes stand behind the data, as they must when it is sent while it is made.
        let listing = try Self.listing(zip)
        #expect(
            listing == [
                "'dist/a.txt' 5 8 0o100644 8 1700000000 907060870", "'empty' 0 8 0o100644 8 1700000000 0",
                "'dist/big.log' 320000 8 0o100644 8 1700000000 3441759918",
            ])
        #expect(zip.count < 10_000)
    }

    @Test("an empty one is a zip too")
    func empty() throws { #expect(try Self.listing(try Self.zip([])) == []) }

    @Test("10 000 files are all in it")
    func many() throws {
        let zip = try Self.zip((0..<10_000).map { Self.entry("d\($0 % 7)/\($0).txt", Array("\($0)".utf8)) })
        #expect(try Self.listing(zip).count == 10_000)
    }

    /// Bit 11 (2048) says that the name is UTF-8.
    static let names: [(name: String, listed: String, flags: Int)] = [
        ("plain.txt", "'plain.txt'", 8),
        ("grüße/日本 🏗️.txt", #"'gr\\xfc\\xdfe/\\u65e5\\u672c \\U0001f3d7\\ufe0f.txt'"#, 2056),
        ("\u{E9}", #"'\\xe9'"#, 2056),
        ("a b/c+d%20#&'\"?*:|<>.txt", #"'a b/c+d%20#&\\'"?*:|<>.txt'"#, 8),
        ("...", "'...'", 8), ("a\\b", #"'a\\\\b'"#, 8), (" ", "' '", 8), ("-rf", "'-rf'", 8),
    ]

    @Test(
        "names are UTF-8 and say so, whatever the locale",
        arguments: names.indices, ["C", "C.UTF-8"])
    func name(index: Int, locale: String) throws {
        let (name, listed, flags) = Self.names[index]
        let chosen = try #require(newlocale(1 << LC_CTYPE, locale, nil))
        let before = uselocale(chosen)
        defer {
            uselocale(before)
            freelocale(chosen)
        }
        let zip = try Self.zip([Self.entry(name, [1])])
        let line = try Self.listing(zip).first
        #expect(line == "\(listed.replacing(#"\\"#, with: #"\"#)) 1 \(flags) 0o100644 8 1700000000 2768625435")
    }

    @Test("a name is not normalised: two files that differ in that alone stay two")
    func spelling() throws {
        #expect(setlocale(LC_CTYPE, nil).map { String(cString: $0) } == "C", "nothing here chooses another")
        let zip = try Self.zip([Self.entry("e\u{301}", [1]), Self.entry("\u{E9}", [1])])
        #expect(try Self.listing(zip).map { $0.prefix { $0 != " " } } == [#"'e\u0301'"#, #"'\xe9'"#])
    }

    @Test(
        "a name that leads outside is refused",
        arguments: ["", "/", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".", "./a", "a/.", "a\0b", ".."])
    func unsafe(path: String) {
        #expect(throws: ZipProblem.self) { try Self.zip([Self.entry(path, [1])]) }
    }

    @Test("a name that is there twice is refused before anything is written")
    func twice() {
        var written = 0
        #expect(throws: ZipProblem.self) {
            try writeZip([Self.entry("a", [1]), Self.entry("b", [1]), Self.entry("a", [2])]) {
                written += $0.count
                return true
            }
        }
        #expect(written == 0)
    }

    static let sizes: [(read: Int, declared: Int64)] = [(5, 6), (5, 4), (0, 1), (1, 0), (200_000, 199_999)]

    @Test("a file of another size than declared ends it, and what was written is no zip", arguments: sizes.indices)
    func wrongSize(index: Int) throws {
        let (read, declared) = Self.sizes[index]
        var out: [UInt8] = []
        #expect(throws: ZipProblem.self) {
            try writeZip([
                Self.entry("first", Array("whole".utf8)),
                Self.entry("second", [UInt8](repeating: 1, count: read), size: declared),
            ]) {
                out += $0
                return true
            }
        }
        // The central directory's end: readers find a zip by it.
        #expect(!Data(out).contains(Data([0x50, 0x4B, 5, 6])))
    }

    @Test("an error of a file's reader comes through, and what was written is no zip")
    func readerThrows() throws {
        var out: [UInt8] = []
        let bad = ZipEntry(path: "bad", size: 10, modifiedAt: Self.moment) { sink in
            try sink([1, 2, 3])
            throw Broken()
        }
        #expect(throws: Broken.self) {
            try writeZip([Self.entry("good", [1]), bad]) {
                out += $0
                return true
            }
        }
        #expect(!Data(out).contains(Data([0x50, 0x4B, 5, 6])))
    }

    @Test("it ends quietly when nobody takes it, and reads no further", arguments: [0, 1, 3])
    func nobodyReads(taken: Int) throws {
        var state: UInt64 = 1
        let noise = (0..<1_000_000).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
        let never = ZipEntry(path: "never", size: 1, modifiedAt: Self.moment) { _ in Issue.record("was read") }
        var pieces = 0
        try writeZip([Self.entry("noise", noise), never]) { _ in
            pieces += 1
            return pieces <= taken
        }
        #expect(pieces == taken + 1, "not asked again after it said no")
    }

    @Test("a file above 4 GiB is zip64 from its header on")
    func zip64() throws {
        struct Enough: Error {}
        func header(size: Int64) throws -> [UInt8] {
            var state: UInt64 = 1
            let noise = (0..<200_000).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 33)
            }
            var out: [UInt8] = []
            let file = ZipEntry(path: "large", size: size, modifiedAt: Self.moment) { sink in
                while true { try sink(noise[...]) }
            }
            try writeZip([file]) {
                out += $0
                return false
            }
            return out
        }
        // Version needed: 4.5 is zip64.
        #expect(Array(try header(size: 5_000_000_000)[4..<6]) == [45, 0])
        #expect(Array(try header(size: 4_000_000_000)[4..<6]) == [20, 0])
    }

    /// Half a minute of work: `MILLRACE_LARGE=1 swift test -c release --filter ZipStreamTests`.
    @Test(
        "more than 4 GiB, of one file and of all, are read by others",
        .enabled(if: ProcessInfo.processInfo.environment["MILLRACE_LARGE"] != nil))
    func large() throws {
        let piece = [UInt8](repeating: 0, count: 1 << 20)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).zip")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data().write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        let zeros = ZipEntry(path: "zeros", size: 5 << 30, modifiedAt: Self.moment) { sink in
            for _ in 0..<(5 << 10) { try sink(piece[...]) }
        }
        try writeZip([zeros, Self.entry("behind", [1])]) {
            handle.write(Data($0))
            return true
        }
        let unzip = Process()
        unzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        unzip.arguments = ["python3", "-m", "zipfile", "--test", file.path]
        try unzip.run()
        unzip.waitUntilExit()
        #expect(unzip.terminationStatus == 0)
    }
}
