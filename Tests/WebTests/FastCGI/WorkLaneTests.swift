import Foundation
import Glibc
import Synchronization
import Testing

@testable import Web

@Suite("The work lane's answer")
struct WorkLaneTests {
    private struct Broken: Error {}

    static let streams: [(pieces: Int, breaksOff: Bool)] = [
        (0, false), (1, false), (100, false),
        // Before the buffer of 64 KiB is full, and long after.
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
        let link = try connected(to: path)
        defer { close(link) }
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

    static let hostile: [[UInt8]] = [
        [], [1], [0, 0, 0, 0, 0, 0, 0, 0], [UInt8](repeating: 255, count: 100_000),
        // Params before the beginning, another role, a beginning of another length.
        record(Record.params, []), begin(role: 2), record(Record.beginRequest, [0, 1, 0]),
        // Lengths near 2³¹, on which libfcgi 2.4.2 aborts (H16), alone, twice and cut.
        begin() + record(Record.params, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]) + ended,
        begin() + record(Record.params, [0xFF, 0xFF, 0xFF, 0xFE, 1, 65]) + ended,
        begin() + record(Record.params, [1, 0xFF, 0xFF, 0xFF, 0xF0, 65, 65, 65]) + ended,
        begin() + record(Record.params, [0xFF, 0xFF]) + ended, begin() + record(Record.params, [0x80]),
        // More parameters than any request has.
        begin()
            + [UInt8](
                [[UInt8]](repeating: record(Record.params, [UInt8](repeating: 0, count: 60_000)), count: 8).joined()),
        // A body of another request, a record in the middle of it that is none, one that breaks off.
        begin() + record(Record.params, []) + record(Record.stdin, [1], id: 9),
        begin() + record(Record.params, []) + record(Record.stdin, [1]) + [7, 7, 7, 7, 7, 7, 7, 7],
        begin() + record(Record.params, []) + [1, Record.stdin, 0, 1, 255, 255, 255, 0, 1, 2, 3],
        begin() + record(Record.params, []) + record(Record.abortRequest, []),
    ]
    private static let ended = record(Record.params, []) + record(Record.stdin, [])
    private static func record(_ type: UInt8, _ content: [UInt8], id: UInt16 = 1) -> [UInt8] {
        Record.header(type, id: id, count: content.count) + content
    }
    private static func begin(role: UInt8 = 1) -> [UInt8] { record(Record.beginRequest, [0, role, 0, 0, 0, 0, 0, 0]) }

    @Test(
        "H16: whatever is written to the socket, nothing is handled and the next request is", arguments: hostile.indices
    )
    func hostileRecords(index: Int) throws {
        let handled = Atomic<Int>(0)
        let path = NSTemporaryDirectory() + "hostile-\(getpid())-\(index).sock"
        defer { unlink(path) }
        let lane = try WorkLane(path: path, streamFailed: { _ in }) { _ in
            handled.add(1, ordering: .relaxed)
            return .text(200, "ok")
        }
        let threads = lane.start(threads: 1)
        _ = try Self.said(Self.hostile[index], to: path)
        #expect(handled.load(ordering: .relaxed) == 0)
        let answer = try Self.answer(of: path)
        #expect(answer.contains { $0.type == Record.endRequest })
        #expect(handled.load(ordering: .relaxed) == 1)
        lane.stop()
        WorkLane.join(threads)
    }

    @Test("a request cut at any byte is put together again; its padding is left out")
    func pieces() throws {
        let path = NSTemporaryDirectory() + "pieces-\(getpid()).sock"
        defer { unlink(path) }
        let lane = try WorkLane(path: path, streamFailed: { _ in }) { request in
            .text(200, "\(request.method) \(String(decoding: request.body, as: UTF8.self))")
        }
        let threads = lane.start(threads: 1)
        let name = Array("REQUEST_METHOD".utf8)
        let parameters = [UInt8(name.count), 4] + name + Array("POST".utf8)
        var padded = Record.header(Record.stdin, id: 1, count: 3)
        padded[6] = 5
        let request =
            Self.begin() + Self.record(Record.params, Array(parameters[..<7]))
            + Self.record(Record.params, Array(parameters[7...]))
            + Self.record(Record.params, []) + padded + Array("one".utf8) + [9, 9, 9, 9, 9]
            + Self.record(Record.stdin, Array("two".utf8)) + Self.record(Record.stdin, [])
        for cut in 1..<request.count {
            let bytes = try Self.said(request, to: path, cutAt: cut)
            #expect(String(decoding: bytes, as: UTF8.self).contains("POST onetwo"), "cut at \(cut)")
        }
        lane.stop()
        WorkLane.join(threads)
    }

    @Test("H2, H12: long requests wait without a thread, others are answered meanwhile, and too many are refused")
    func longOnes() throws {
        let path = NSTemporaryDirectory() + "long-\(getpid()).sock"
        defer { unlink(path) }
        let gate = DispatchSemaphore(value: 0)
        let begun = DispatchSemaphore(value: 0)
        let long = LongRequests(
            threads: 1, waitingMax: 2, takes: { $0.rawPath == "/long" }, refusal: { _ in .text(503, "come again") })
        let lane = try WorkLane(path: path, streams: { $0.rawPath == "/long" }, long: long, streamFailed: { _ in }) {
            guard let body = $0.stream else { return .text(200, "short") }
            begun.signal()
            gate.wait()
            var bytes: [UInt8] = []
            do { try body.read { bytes += $0 } } catch { return .text(500, "\(error)") }
            return .text(200, String(decoding: bytes, as: UTF8.self))
        }
        let threads = lane.start(threads: 1)
        func request(_ address: String, _ body: String) -> [UInt8] {
            let pair = [UInt8(11), UInt8(address.utf8.count)] + Array("REQUEST_URI".utf8) + Array(address.utf8)
            return Self.begin() + Self.record(Record.params, pair) + Self.record(Record.params, [])
                + Self.record(Record.stdin, Array(body.utf8)) + Self.record(Record.stdin, [])
        }
        func send(_ bytes: [UInt8]) throws -> Int32 {
            let link = try Self.connected(to: path)
            try #require(write(link, bytes, bytes.count) == bytes.count)
            return link
        }
        func received(_ link: Int32) -> String {
            defer { close(link) }
            var bytes: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 65_536)
            while case let got = recv(link, &piece, piece.count, 0), got > 0 { bytes += piece.prefix(got) }
            return String(decoding: bytes, as: UTF8.self)
        }
        var waiting = [try send(request("/long", "body 0"))]
        begun.wait()
        waiting += try [send(request("/long", "body 1")), send(request("/long", "body 2"))]
        // The lane has one thread, so what came before was looked at.
        #expect(String(decoding: try Self.said(request("/short", ""), to: path), as: UTF8.self).contains("short"))
        let refused = try Self.said(request("/long", "body 3"), to: path)
        #expect(String(decoding: refused, as: UTF8.self).contains("Status: 503"))
        for _ in waiting { gate.signal() }
        for (number, link) in waiting.enumerated() { #expect(received(link).contains("body \(number)")) }
        lane.stop()
        WorkLane.join(threads)
        lane.joinLong()
    }

    /// All that comes back until the lane closes the connection.
    private static func said(_ bytes: [UInt8], to path: String, cutAt cut: Int? = nil) throws -> [UInt8] {
        let link = try connected(to: path)
        defer { close(link) }
        for part in [bytes[..<(cut ?? bytes.count)], bytes[(cut ?? bytes.count)...]] where !part.isEmpty {
            var sent = 0
            while sent < part.count {
                let wrote = part.withUnsafeBytes {
                    send(link, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL))
                }
                guard wrote > 0 else { break }  // it may be refused before it is whole
                sent += wrote
            }
            if cut != nil { usleep(200) }
        }
        shutdown(link, Int32(SHUT_WR))
        var answer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while case let got = recv(link, &piece, piece.count, 0), got > 0 { answer += piece.prefix(got) }
        return answer
    }

    private static func connected(to path: String) throws -> Int32 {
        let link = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        try #require(path.utf8.count < MemoryLayout.size(ofValue: address.sun_path))
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(link, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
        return link
    }
}
