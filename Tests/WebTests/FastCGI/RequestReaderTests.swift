import Testing

@testable import Web

@Suite("Reading a request from FastCGI records")
struct RequestReaderTests {
    private static let bytesMax = 1000

    private static func record(
        _ type: UInt8, _ content: [UInt8] = [], id: UInt16 = 1, padding: Int = 0, version: UInt8 = 1
    ) -> [UInt8] {
        [
            version, type, UInt8(id >> 8), UInt8(id & 255), UInt8(content.count >> 8), UInt8(content.count & 255),
            UInt8(padding), 0,
        ]
            + content + [UInt8](repeating: 0xAA, count: padding)
    }
    private static func begin(role: UInt16 = 1, id: UInt16 = 1) -> [UInt8] {
        record(Record.beginRequest, [UInt8(role >> 8), UInt8(role & 255), 0, 0, 0, 0, 0, 0], id: id)
    }
    private static let pair: [UInt8] = [1, 2] + Array("Axy".utf8)

    /// As nginx sends it: padding, parameters and body in more than one record.
    private static let whole =
        begin(id: 259) + record(Record.params, Array(pair.prefix(2)), id: 259, padding: 6)
        + record(Record.params, Array(pair.dropFirst(2)), id: 259) + record(Record.params, id: 259)
        + record(Record.stdin, Array("bo".utf8), id: 259, padding: 255)
        + record(Record.stdin, Array("dy".utf8), id: 259)
        + record(Record.stdin, id: 259)

    private static func take(_ bytes: [UInt8], with reader: inout RequestReader) -> RequestReader.Progress {
        bytes.withUnsafeBytes { reader.take($0) }
    }
    private static func outcome(_ bytes: [UInt8]) -> String {
        var reader = RequestReader(bytesMax: bytesMax)
        return said(take(bytes, with: &reader))
    }
    private static func said(_ progress: RequestReader.Progress) -> String {
        switch progress {
        case .needsMore: "needs more"
        case .refused(let refusal): "\(refusal)"
        case .complete(let parameters, let body, let id):
            "\(id) A=\(parameters["A"] ?? "nil") \(String(decoding: body, as: UTF8.self))"
        }
    }

    @Test("a request in one piece")
    func onePiece() {
        #expect(Self.outcome(Self.whole) == "259 A=xy body")
    }

    @Test("a request cut in two anywhere is the same request, and needs the second part")
    func twoPieces() {
        for cut in 0..<Self.whole.count {
            var reader = RequestReader(bytesMax: Self.bytesMax)
            #expect(Self.said(Self.take(Array(Self.whole.prefix(cut)), with: &reader)) == "needs more", "cut at \(cut)")
            #expect(
                Self.said(Self.take(Array(Self.whole.dropFirst(cut)), with: &reader)) == "259 A=xy body",
                "cut at \(cut)")
        }
    }

    @Test("a request byte by byte")
    func bytes() {
        var reader = RequestReader(bytesMax: Self.bytesMax)
        let all = Self.whole.map { Self.said(Self.take([$0], with: &reader)) }
        #expect(all.dropLast().allSatisfy { $0 == "needs more" })
        #expect(all.last == "259 A=xy body")
    }

    @Test("what follows a complete request is ignored")
    func after() {
        var reader = RequestReader(bytesMax: Self.bytesMax)
        #expect(Self.said(Self.take(Self.whole + [9, 9, 9], with: &reader)) == "259 A=xy body")
        #expect(Self.said(Self.take(Self.whole, with: &reader)) == "needs more")
    }

    @Test("no parameters and no body are a request too")
    func empty() {
        #expect(Self.outcome(Self.begin() + Self.record(Record.params) + Self.record(Record.stdin)) == "1 A=nil ")
    }

    static let refused: [(records: [UInt8], why: String)] = [
        (Array("GET / HTTP/1.1\r\n".utf8), "unknownVersion(71)"),
        (record(Record.beginRequest, version: 0), "unknownVersion(0)"),
        (begin(role: 2), "unknownRole(2)"),
        (record(Record.beginRequest, [0, 1]), "wrongOrder(record: 1)"),
        (record(Record.params), "wrongOrder(record: 4)"),
        (record(Record.stdin), "wrongOrder(record: 5)"),
        (record(Record.abortRequest), "wrongOrder(record: 2)"),
        (record(99), "wrongOrder(record: 99)"),
        (begin() + begin(), "wrongOrder(record: 1)"),
        (begin() + record(Record.stdin), "wrongOrder(record: 5)"),
        (begin() + record(Record.params) + record(Record.params), "wrongOrder(record: 4)"),
        (begin() + record(Record.abortRequest), "aborted"),
        (begin() + record(Record.params) + record(Record.abortRequest), "aborted"),
        (begin() + record(Record.params, id: 2), "foreignRequest(2)"),
        (
            begin() + record(Record.params, [5, 5, 65]) + record(Record.params) + record(Record.stdin),
            "malformedParameters"
        ),
        (begin() + record(Record.params, [UInt8](repeating: 65, count: bytesMax + 1)), "tooLarge"),
        (
            begin() + record(Record.params, [UInt8](repeating: 65, count: bytesMax))
                + record(Record.params, [65]), "tooLarge"
        ),
        (
            begin() + record(Record.params) + record(Record.stdin, [UInt8](repeating: 65, count: bytesMax + 1)),
            "tooLarge"
        ),
    ]

    @Test("what is refused, and why", arguments: refused.indices)
    func refusals(index: Int) {
        #expect(Self.outcome(Self.refused[index].records) == Self.refused[index].why)
    }

    @Test("a body of just the limit is taken")
    func limit() {
        let body = [UInt8](repeating: 65, count: Self.bytesMax)
        let progress = Self.outcome(
            Self.begin() + Self.record(Record.params) + Self.record(Record.stdin, body) + Self.record(Record.stdin))
        #expect(progress == "1 A=nil " + String(decoding: body, as: UTF8.self))
    }

    @Test("after a refusal nothing is read any more")
    func refusedForGood() {
        var reader = RequestReader(bytesMax: Self.bytesMax)
        _ = Self.take(Self.begin(role: 3), with: &reader)
        #expect(Self.said(Self.take(Self.whole, with: &reader)) == "needs more")
    }
}
