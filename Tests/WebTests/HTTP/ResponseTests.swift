import Foundation
import Testing

@testable import Web

@Suite("A response")
struct ResponseTests {
    private static func head(_ response: Response) -> String { String(decoding: response.head(), as: UTF8.self) }

    @Test("head of an ordinary answer")
    func ordinary() {
        #expect(
            Self.head(.text(200, "ok\n", headers: [(name: "X-A", value: "b")]))
                == "Status: 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nX-A: b\r\nContent-Length: 3\r\n\r\n")
    }

    @Test("204 has no length; a status line always has words")
    func status() {
        #expect(Self.head(.noContent) == "Status: 204 No Content\r\nContent-Type: text/plain\r\n\r\n")
        #expect(Self.head(.text(299, "")).hasPrefix("Status: 299 Answer\r\n"))
    }

    @Test("a body of unknown length has no Content-Length, and a 304 has none whatever its body would be")
    func length() {
        var response = Response(200, type: "application/zip", body: [])
        response.stream = Response.Stream(length: nil) { _ in }
        #expect(Self.head(response) == "Status: 200 OK\r\nContent-Type: application/zip\r\n\r\n")
        response.stream = Response.Stream(length: 5_000_000_000) { _ in }
        #expect(Self.head(response).hasSuffix("\r\nContent-Length: 5000000000\r\n\r\n"))
        #expect(
            Self.head(Response(304, type: "text/plain", body: []))
                == "Status: 304 Not Modified\r\nContent-Type: text/plain\r\n\r\n")
    }

    @Test(
        "no value begins a header of its own",
        arguments: [
            "a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1", "a\r\n\r\n<script>", "a\n\r\nb", "a\0b\u{1B}c\u{7F}",
        ])
    func injection(value: String) {
        let head = Self.head(Response(200, type: value, body: [], headers: [(name: "X-A", value: value)]))
        let lines = head.components(separatedBy: "\r\n")
        #expect(lines.count == 6)
        #expect(lines[1].hasPrefix("Content-Type: a"))
        #expect(lines[2].hasPrefix("X-A: a"))
        #expect(lines[3] == "Content-Length: 0")
        #expect(lines.allSatisfy { line in line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } })
    }

    @Test("a tab and text of any language stay")
    func text() {
        #expect(Self.head(.text(200, "", headers: [(name: "X-A", value: "a\tGrüße")])).contains("X-A: a\tGrüße\r\n"))
    }
}
