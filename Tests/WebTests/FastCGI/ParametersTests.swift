import Glibc
import Testing

@testable import Web

@Suite("The parameters of a request")
struct ParametersTests {
    private static func short(_ name: String, _ value: String) -> [UInt8] {
        [UInt8(name.utf8.count), UInt8(value.utf8.count)] + Array(name.utf8) + Array(value.utf8)
    }
    private static func long(_ count: Int) -> [UInt8] {
        [UInt8(count >> 24 & 0x7F) | 0x80, UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)]
    }

    @Test("pairs of a stream, empty values and names among them")
    func pairs() throws {
        let stream = Self.short("REQUEST_METHOD", "GET") + Self.short("QUERY_STRING", "") + Self.short("", "nameless")
        let parameters = try #require(Parameters(stream: stream))
        #expect(parameters["REQUEST_METHOD"] == "GET")
        #expect(parameters["QUERY_STRING"] == "")
        #expect(parameters[""] == "nameless")
        #expect(parameters["REQUEST"] == nil)
        #expect(parameters["REQUEST_METHOD2"] == nil)
    }

    @Test("an empty stream has none")
    func empty() throws {
        #expect(try #require(Parameters(stream: []))["X"] == nil)
    }

    @Test("lengths of four bytes, also where one would do", arguments: [0, 1, 127, 128, 255, 300, 70_000])
    func longLengths(count: Int) throws {
        let value = String(repeating: "v", count: count)
        let stream = Self.long(1) + Self.long(count) + Array("N\(value)".utf8) + Self.short("AFTER", "it")
        let parameters = try #require(Parameters(stream: stream))
        #expect(parameters["N"] == value)
        #expect(parameters["AFTER"] == "it")
    }

    @Test("of two equal names the first counts")
    func twice() throws {
        let parameters = try #require(Parameters(stream: Self.short("A", "1") + Self.short("A", "2")))
        #expect(parameters["A"] == "1")
    }

    @Test("a stream cut anywhere but between pairs is refused")
    func truncated() {
        let first = Self.short("HTTP_HOST", "localhost")
        let stream = first + Self.long(5) + Self.long(200) + Array("OTHER".utf8) + [UInt8](repeating: 65, count: 200)
        for count in 1..<stream.count where count != first.count {
            #expect(Parameters(stream: Array(stream.prefix(count))) == nil, "cut to \(count) bytes")
        }
    }

    static let overlong: [[UInt8]] = [
        [1, 1, 65], [200], [0x80], [0x80, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        [0xFF, 0xFF, 0xFF, 0xFF, 0], [0, 0xFF, 0xFF, 0xFF, 0xFF], [127, 127, 1, 2, 3],
    ]

    @Test("lengths over the end are refused, the largest too", arguments: overlong)
    func overTheEnd(stream: [UInt8]) {
        #expect(Parameters(stream: stream) == nil)
    }

    @Test("bytes that are no UTF-8 become replacement characters, not another name")
    func notText() throws {
        let parameters = try #require(Parameters(stream: [1, 2, 65, 0xFF, 66]))
        #expect(parameters["A"] == "\u{FFFD}B")
    }
}
