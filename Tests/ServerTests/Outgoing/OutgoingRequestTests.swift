import Domain
import Foundation
import Glibc
import Synchronization
import Testing

@testable import Server

/// Answers each connection on 127.0.0.1 with the same bytes, and keeps what it was sent.
private final class CannedServer: Sendable {
    let port: UInt16
    private let socket: Int32
    private let sent = Mutex<[String]>([])
    var requests: [String] { sent.withLock { $0 } }

    /// - Parameter answer: nil: it never answers.
    init(_ answer: String?) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = socket
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && listen(socket, 8) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        try #require(isBound)
        port = UInt16(bigEndian: address.sin_port)
        Thread { [self] in serve(answer) }.start()
    }
    deinit { close(socket) }

    private func serve(_ answer: String?) {
        while true {
            let link = accept(socket, nil, nil)
            guard link >= 0 else { return }
            var text = ""
            var buffer = [UInt8](repeating: 0, count: 65_536)
            // Until the length that the head says has come.
            while true {
                let count = read(link, &buffer, buffer.count)
                guard count > 0 else { break }
                text += String(decoding: buffer[..<count], as: UTF8.self)
                guard let end = text.range(of: "\r\n\r\n") else { continue }
                let length = text.firstMatch(of: #/(?i)content-length: (\d+)/#).flatMap { Int($0.output.1) } ?? 0
                if text[end.upperBound...].utf8.count >= length { break }
            }
            sent.withLock { $0.append(text) }
            guard let answer else { continue }
            var bytes = Array(answer.utf8)[...]
            while !bytes.isEmpty {
                let count = bytes.withUnsafeBytes { Glibc.send(link, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else { break }
                bytes = bytes.dropFirst(count)
            }
            close(link)
        }
    }
}

@Suite("Requests to other servers")
struct OutgoingRequestTests {
    private static func answer(_ body: String, status: String = "200 OK", head: String = "") -> String {
        "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\nX-Thing:  a b \r\n\(head)Connection: close\r\n\r\n\(body)"
    }

    @Test("send method, headers and body, and bring the answer")
    func sent() throws {
        let server = try CannedServer(Self.answer("fine", status: "202 Accepted"))
        var request = OutgoingRequest("POST", "http://127.0.0.1:\(server.port)/hook?a=1")
        request.headers = [("X-Event", "push"), ("Content-Type", "application/json")]
        request.body = Array(#"{"a":"ä\u0000"}"#.utf8)
        let answer = try request.send()
        #expect(answer.status == 202 && answer.body == Array("fine".utf8) && !answer.isCut)
        #expect(answer.header("x-thing")?.hasPrefix("a b") == true)
        let sent = try #require(server.requests.first)
        #expect(sent.hasPrefix("POST /hook?a=1 HTTP/1.1\r\n") && sent.contains("X-Event: push\r\n"))
        #expect(sent.hasSuffix(#"{"a":"ä\u0000"}"#) && !sent.contains("Expect"))
    }

    @Test("send an empty body, and none")
    func empty() throws {
        let server = try CannedServer(Self.answer(""))
        var request = OutgoingRequest("POST", "http://127.0.0.1:\(server.port)/")
        request.body = []
        #expect(try request.send().status == 200)
        #expect(server.requests.first?.lowercased().contains("content-length: 0\r\n") == true)
        #expect(try OutgoingRequest("GET", "http://127.0.0.1:\(server.port)/").send().body.isEmpty)
        #expect(server.requests.last?.hasPrefix("GET / ") == true)
    }

    @Test("follow no redirect")
    func redirect() throws {
        let server = try CannedServer(Self.answer("", status: "302 Found", head: "Location: /other\r\n"))
        let answer = try OutgoingRequest("GET", "http://127.0.0.1:\(server.port)/").send()
        #expect(answer.status == 302 && answer.header("location") == "/other" && server.requests.count == 1)
    }

    @Test("keep no more of an answer than they may")
    func cut() throws {
        let server = try CannedServer(Self.answer(String(repeating: "x", count: 100_000)))
        var request = OutgoingRequest("GET", "http://127.0.0.1:\(server.port)/")
        request.answerBytesMax = 1000
        let answer = try request.send()
        #expect(answer.body.count == 1000 && answer.isCut && answer.status == 200)
    }

    @Test("end in time when nobody answers")
    func late() throws {
        let server = try CannedServer(nil)
        var request = OutgoingRequest("GET", "http://127.0.0.1:\(server.port)/")
        request.secondsMax = 1
        #expect(throws: OutgoingRequest.Problem.self) { try request.send() }
    }

    @Test("connect to no address that is not admitted, by whatever name")
    func refused() throws {
        let server = try CannedServer(Self.answer("secret"))
        for host in ["127.0.0.1", "localhost", "0.0.0.0", "2130706433"] {
            var request = OutgoingRequest("GET", "http://\(host):\(server.port)/")
            request.admits = { $0.reach == .external }
            let problem = #expect(throws: OutgoingRequest.Problem.self) { try request.send() }
            #expect(problem?.description.contains("loopback") == true, "\(host): \(problem?.description ?? "")")
        }
        #expect(server.requests.isEmpty)
    }

    @Test(
        "are of HTTP alone, and of one line",
        arguments: [
            "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "http://127.0.0.1:1/", "", "http://",
            "http://127.0.0.1/\r\nX: y", "http://127.0.0.1/\u{0}",
        ])
    func schemes(address: String) {
        #expect(throws: OutgoingRequest.Problem.self) { try OutgoingRequest("GET", address).send() }
    }
}
