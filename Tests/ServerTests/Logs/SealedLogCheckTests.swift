import Domain
import Foundation
import Glibc
import Testing

@testable import Client
@testable import Server
@testable import Web

@Suite("A10: a sealed log is read back before its chunks go")
struct SealedLogCheckTests {
    let files = LogFiles(directory: NSTemporaryDirectory() + "sealed-\(getpid())-\(UUID().uuidString)")

    /// A log of several segments, as it is on the disk.
    func sealed() throws -> (path: String, index: LogIndex) {
        let path = LogFiles.path(of: TaskID(7), attempt: 1)
        let writer = try SealedLogWriter(files, path: path)
        var assembly = LogAssembly()
        for chunk in 0..<6 {
            var text = LogText()
            for row in 0..<2000 {
                text.append(
                    seconds: Int64(chunk), nanoseconds: Int32(row),
                    content: "\(UInt64.random(in: 0 ... .max)) row \(row)")
            }
            let pieces = try assembly.take(
                text.bytes, firstRow: assembly.rows, rowCount: Int64(text.count), byteOffset: assembly.bytes)
            try writer.write(text.bytes, pieces)
        }
        return (path, try writer.finish(rows: assembly.rows, bytes: assembly.bytes))
    }

    func check(_ path: String, _ index: LogIndex) throws {
        try SealedLogCheck(files: files, path: path, index: index, keepLease: {}).run()
    }

    @Test("and found sound")
    func sound() throws {
        let (path, index) = try sealed()
        defer { try? FileManager.default.removeItem(atPath: files.directory) }
        #expect(index.segments.count > 3)
        try check(path, index)
    }

    @Test("and found out when any part of it is damaged or missing")
    func damaged() throws {
        let (path, index) = try sealed()
        defer { try? FileManager.default.removeItem(atPath: files.directory) }
        let full = "\(files.directory)/\(path)"
        let good = try Data(contentsOf: URL(fileURLWithPath: full))
        for place in stride(from: 0, to: good.count, by: good.count / 40) {
            // Bytes 4 to 9 of the header are a time and hints that nobody reads.
            guard !(4..<10).contains(place) else { continue }
            var bad = good
            // All of its bits: up to seven before an end of deflate's blocks say nothing, and not a whole byte of them.
            bad[place] ^= 0xFF
            try bad.write(to: URL(fileURLWithPath: full))
            #expect(throws: SealProblem.self, "byte \(place) of \(good.count)") { try check(path, index) }
        }
        try good.dropLast(good.count / 3).write(to: URL(fileURLWithPath: full))
        #expect(throws: FileProblem.self) { try check(path, index) }
    }

    @Test("and found out when its index is another's")
    func index() throws {
        let (path, index) = try sealed()
        defer { try? FileManager.default.removeItem(atPath: files.directory) }
        func changed(rows: Int64 = 0, bytes: Int64 = 0, segment: (LogSegment) -> LogSegment = { $0 }) -> LogIndex {
            var segments = index.segments
            segments[2] = segment(segments[2])
            return LogIndex(
                rows: index.rows + rows, bytes: index.bytes + bytes, fileBytes: index.fileBytes, segments: segments)
        }
        for bad in [
            changed(rows: 1), changed(rows: -1), changed(bytes: 1),
            changed { LogSegment(row: $0.row + 1, byte: $0.byte, fileOffset: $0.fileOffset) },
            changed { LogSegment(row: $0.row, byte: $0.byte + 1, fileOffset: $0.fileOffset) },
            changed { LogSegment(row: $0.row, byte: $0.byte, fileOffset: $0.fileOffset + 1) },
        ] { #expect(throws: SealProblem.self) { try check(path, bad) } }
    }
}
