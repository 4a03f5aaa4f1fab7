import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Web

@Suite("The poll lane", .serialized)
struct PollLaneTests {
    /// A lane on a socket of its own whose requests are held until the test answers them, by the text of their body.
    private final class Held: Sendable {
        let lane: PollLane
        let path: String
        private let requests: Seen<HeldRequest>
        private let ended = Atomic<Bool>(false)

        init() throws {
            path = NSTemporaryDirectory() + "polls-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
            let requests = Seen<HeldRequest>()
            self.requests = requests
            lane = try PollLane(path: path) { requests.add($0) }
            Thread { [self] in
                lane.run()
                ended.store(true, ordering: .releasing)
            }.start()
        }

        func request(_ body: String) -> HeldRequest? {
            requests.all.first { String(decoding: $0.request.body, as: UTF8.self) == body }
        }
        /// Waits until all of these have come.
        func wait(for bodies: [String]) -> [HeldRequest]? {
            let came = becomesTrue { bodies.allSatisfy { request($0) != nil } }
            return came ? bodies.compactMap(request) : nil
        }
        /// Whatever is held is answered, as its holder does on a stop.
        func end() -> Bool {
            lane.stop()
            let isOver = becomesTrue {
                for held in requests.all { held.answer(.text(200, "stopping")) }
                return ended.load(ordering: .acquiring)
            }
            unlink(path)
            return isOver
        }
        var hasEnded: Bool { ended.load(ordering: .acquiring) }
    }

    private struct Refused: Error {}
    private struct Client {
        let link: Int32

        init(to path: String) throws {
            link = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            try #require(path.utf8.count < MemoryLayout.size(ofValue: address.sun_path))
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(link, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            guard result == 0 else {
                close(link)
                throw Refused()
            }
            // A fact that does not come must fail the test, not hang it.
            var patience = timeval(tv_sec: 30, tv_usec: 0)
            setsockopt(link, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        }

        func say(_ bytes: [UInt8]) { _ = Glibc.send(link, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

        func ask(_ body: String) {
            let text = Array(body.utf8)
            say(
                Record.header(Record.beginRequest, id: 1, count: 8) + [0, 1, 0, 0, 0, 0, 0, 0]
                    + Record.header(Record.params, id: 1, count: 0)
                    + Record.header(Record.stdin, id: 1, count: text.count)
                    + text + Record.header(Record.stdin, id: 1, count: 0))
        }

        /// What the answer's records carry, up to the end of the connection.
        func answer() -> String {
            var bytes: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 65_536)
            while case let got = read(link, &piece, piece.count), got > 0 { bytes += piece.prefix(got) }
            var (text, at) = ([UInt8](), 0)
            while bytes.count >= at + 8 {
                let size = Int(bytes[at + 4]) << 8 | Int(bytes[at + 5])
                guard bytes.count >= at + 8 + size else { break }
                if bytes[at + 1] == Record.stdout { text += bytes[(at + 8)..<(at + 8 + size)] }
                at += 8 + size + Int(bytes[at + 6])
            }
            let whole = String(decoding: text, as: UTF8.self)
            return whole.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n")
        }

        func leave() { close(link) }
    }

    @Test("a request is held without a thread and answered when somebody says so, in any order")
    func held() throws {
        let polls = try Held()
        let names = (0..<50).map { "poll \($0)" }
        let clients = try names.map { name in
            let client = try Client(to: polls.path)
            client.ask(name)
            return client
        }
        let requests = try #require(polls.wait(for: names))
        for request in requests.reversed() {
            request.answer(.text(200, "for \(String(decoding: request.request.body, as: UTF8.self))"))
        }
        for (name, client) in zip(names, clients) {
            #expect(client.answer() == "for \(name)")
            client.leave()
        }
        let isOver = polls.end()
        #expect(isOver)
    }

    @Test("E1: what is said to a client that left is said to nobody, whoever has its descriptor now")
    func reusedDescriptors() throws {
        let polls = try Held()
        let (old, new) = ((0..<40).map { "old \($0)" }, (0..<40).map { "new \($0)" })
        let left = try old.map { name in
            let client = try Client(to: polls.path)
            client.ask(name)
            return client
        }
        let stale = try #require(polls.wait(for: old))
        #expect(stale.allSatisfy { !$0.isGone() })
        left.forEach { $0.leave() }
        let areGone = becomesTrue { stale.allSatisfy { $0.isGone() } }
        #expect(areGone)
        // The lane takes the lowest free descriptors: those that the old ones had.
        let clients = try new.map { name in
            let client = try Client(to: polls.path)
            client.ask(name)
            return client
        }
        let fresh = try #require(polls.wait(for: new))
        for request in stale { request.answer(.text(200, "a task with its tokens")) }
        for request in fresh { request.answer(.text(200, "mine")) }
        for client in clients {
            #expect(client.answer() == "mine")
            client.leave()
        }
        #expect(fresh.count == 40)
        let isOver = polls.end()
        #expect(isOver)
    }

    @Test("of several answers the first counts")
    func once() throws {
        let polls = try Held()
        let client = try Client(to: polls.path)
        client.ask("a")
        let request = try #require(polls.wait(for: ["a"])?.first)
        let answers = Seen<Int>()
        atOnce(8) { index in
            request.answer(.text(200, "answer"))
            answers.add(index)
        }
        #expect(client.answer() == "answer")
        client.leave()
        #expect(answers.all.count == 8)
        let isOver = polls.end()
        #expect(isOver)
    }

    @Test("an answer that is larger than what the socket takes at once arrives whole, while others are served")
    func large() throws {
        let polls = try Held()
        let (slow, quick) = (try Client(to: polls.path), try Client(to: polls.path))
        slow.ask("slow")
        quick.ask("quick")
        let requests = try #require(polls.wait(for: ["slow", "quick"]))
        let text = String(repeating: "0123456789", count: 500_000)
        requests[0].answer(.text(200, text))
        requests[1].answer(.text(200, "at once"))
        #expect(quick.answer() == "at once")
        #expect(slow.answer() == text)
        slow.leave()
        quick.leave()
        let isOver = polls.end()
        #expect(isOver)
    }

    @Test(
        "what is no request ends its own connection and no other",
        arguments: [[7, 7, 7, 7, 7, 7, 7, 7], [1, 4, 0, 1, 0, 0, 0, 0]])
    func refused(bytes: [UInt8]) throws {
        let polls = try Held()
        let (good, bad) = (try Client(to: polls.path), try Client(to: polls.path))
        good.ask("good")
        let request = try #require(polls.wait(for: ["good"])?.first)
        bad.say(bytes)
        #expect(bad.answer() == "")
        request.answer(.text(200, "ok"))
        #expect(good.answer() == "ok")
        good.leave()
        bad.leave()
        let isOver = polls.end()
        #expect(isOver)
    }

    @Test("a stop takes no new request, and returns when those that are held are answered")
    func stop() throws {
        let polls = try Held()
        let client = try Client(to: polls.path)
        client.ask("held")
        let request = try #require(polls.wait(for: ["held"])?.first)
        polls.lane.stop()
        let refusesOthers = becomesTrue {
            guard let late = try? Client(to: polls.path) else { return true }
            defer { late.leave() }
            return false
        }
        #expect(refusesOthers)
        #expect(!polls.hasEnded)
        request.answer(.text(200, "last"))
        #expect(client.answer() == "last")
        client.leave()
        let isOver = polls.end()
        #expect(isOver)
    }

    // MARK: streams

    private static func piece(_ text: String) -> StreamPiece { StreamPiece(Array(text.utf8)) }

    @Test("a stream goes on until it is ended, in the order of its pieces")
    func stream() throws {
        let polls = try Held()
        let client = try Client(to: polls.path)
        client.ask("a")
        let request = try #require(polls.wait(for: ["a"])?.first)
        let drained = Seen<Int>()
        let stream = try #require(
            request.stream(.text(200, ""), HeldStream.Bounds(queuedMax: 1 << 20, drained: { drained.add(1) })))
        #expect(request.stream(.text(200, ""), HeldStream.Bounds(queuedMax: 1)) == nil, "it is answered already")
        request.answer(.text(200, "not any more"))
        for number in 0..<50 { #expect(stream.send(Self.piece("\(number) "))) }
        let isTaken = becomesTrue { stream.queued == 0 && !drained.all.isEmpty }
        #expect(isTaken)
        stream.end(Self.piece("end"))
        #expect(!stream.send(Self.piece("more")))
        #expect(client.answer() == (0..<50).map { "\($0) " }.joined() + "end")
        client.leave()
        let isOver = polls.end()
        #expect(isOver)
    }

    @Test("a reader who takes nothing is let go when too much waits for it, and others are served meanwhile")
    func slowReader() throws {
        let polls = try Held()
        let (slow, quick) = (try Client(to: polls.path), try Client(to: polls.path))
        slow.ask("slow")
        quick.ask("quick")
        let requests = try #require(polls.wait(for: ["slow", "quick"]))
        let overs = Seen<String>()
        let streams = try zip(["slow", "quick"], requests).map { name, request in
            try #require(
                request.stream(.text(200, ""), HeldStream.Bounds(queuedMax: 1 << 20, over: { overs.add(name) })))
        }
        let large = Self.piece(String(repeating: "x", count: 100_000))
        let isLetGo = becomesTrue { !streams[0].send(large) }
        #expect(isLetGo)
        let isTold = becomesTrue { overs.all == ["slow"] }
        #expect(isTold)
        #expect(streams[0].isGone())
        streams[1].end(Self.piece("quick"))
        #expect(quick.answer() == "quick")
        slow.leave()
        quick.leave()
        let isOver = polls.end()
        #expect(isOver)
    }

    @Test("a reader who left ends its stream")
    func leavingReader() throws {
        let polls = try Held()
        let client = try Client(to: polls.path)
        client.ask("a")
        let request = try #require(polls.wait(for: ["a"])?.first)
        let overs = Seen<Int>()
        let stream = try #require(
            request.stream(.text(200, ""), HeldStream.Bounds(queuedMax: 1 << 20, over: { overs.add(1) })))
        stream.send(Self.piece("one"))
        client.leave()
        let isTold = becomesTrue { overs.all == [1] && stream.isGone() }
        #expect(isTold)
        #expect(!stream.send(Self.piece("two")))
        let isOver = polls.end()
        #expect(isOver)
    }
}
