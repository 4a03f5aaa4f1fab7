import Foundation
import Glibc
import Synchronization
import Testing

@testable import FCGIApp

@Suite("The work lane's answer")
struct WorkLaneTests {
    private struct Broken: Error {}

    static let streams: [(pieces: Int, breaksOff: Bool)] = [
        (0, false), (1, false), (100, false),
        // Before libfcgi's buffer of 8 KiB is full, and long after.
        (0, true), (1, true), (100, true),
    ]

    @Test("ends the request when the body is whole, and only then", arguments: streams.indices)
    func endRequest(index: Int) throws {
        let (pieces, breaksOff) = Self.streams[index]
        let failures = Atomic<Int>(0)
        let path = NSTemporaryDirectory() + "lane-\(getpid())-\(index).sock"
        defer { unlink(path) }
        let lane = try WorkLane(
            path: path, streamFailed: { _ in failures.add(1, ordering: .relaxed) },
            handle: { _ in
                var response = Response(200, type: "text/plain", body: [])
                response.stream = Response.Stream(length: nil) { sink in
                    for _ in 0..<pieces { guard sink([UInt8](repeating: 65, count: 1000)[...]) else { return } }
                    if breaksOff { throw Broken() }
                }
                return response
            })
        let threads = lane.start(threads: 1)
        // Twice: the thread must be good for the next request.
        let records = try [Self.answer(of: path), Self.answer(of: path)]
        lane.stop()
        WorkLane.join(threads)
        for answer in records {
            #expect(answer.contains { $0.type == Record.endRequest } == !breaksOff)
            // What nginx refuses: without it the end of the connection would be the end of the body.
            #expect((answer.last?.version == Record.version) == !breaksOff)
            let text = answer.filter { $0.type == Record.stdout }.flatMap(\.content)
            if !breaksOff {
                let head = "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n"
                #expect(String(decoding: text, as: UTF8.self) == head + String(repeating: "A", count: pieces * 1000))
            }
        }
        #expect(failures.load(ordering: .relaxed) == (breaksOff ? 2 : 0))
    }

    /// One request without parameters, and every record of its answer until the lane closes the connection.
    private static func answer(of path: String) throws -> [(version: UInt8, type: UInt8, content: [UInt8])] {
        let link = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(link) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        try #require(path.utf8.count < MemoryLayout.size(ofValue: address.sun_path))
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(link, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(connected == 0)
        let request: [UInt8] =
            [1, Record.beginRequest, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
            + [1, Record.params, 0, 1, 0, 0, 0, 0, 1, Record.stdin, 0, 1, 0, 0, 0, 0]
        try #require(write(link, request, request.count) == request.count)
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while case let got = read(link, &piece, piece.count), got > 0 { bytes += piece.prefix(got) }
        var records: [(version: UInt8, type: UInt8, content: [UInt8])] = []
        while bytes.count >= 8 {
            let size = Int(bytes[4]) << 8 | Int(bytes[5])
            guard bytes.count >= 8 + size + Int(bytes[6]) else { break }
            records.append((bytes[0], bytes[1], Array(bytes[8..<(8 + size)])))
            bytes.removeFirst(8 + size + Int(bytes[6]))
        }
        return records
    }
}
