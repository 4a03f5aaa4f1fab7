import Domain
import Testing

@Suite("A stored log line (runner.md 5.2)")
struct LogLineTests {
    static func line(_ content: String, seconds: Int64 = 1_700_000_000, nanoseconds: Int32 = 120_000_000) -> String {
        var text = LogText()
        text.append(seconds: seconds, nanoseconds: nanoseconds, content: content)
        return String(decoding: text.bytes, as: UTF8.self)
    }

    @Test("has seven fraction digits and one line")
    func form() {
        #expect(Self.line("hi") == "2023-11-14T22:13:20.1200000Z hi\n")
        #expect(Self.line("a\nb") == "2023-11-14T22:13:20.1200000Z a\\nb\n")
        #expect(Self.line("", seconds: 951_782_400, nanoseconds: 0) == "2000-02-29T00:00:00.0000000Z \n")
        #expect(Self.line("x", seconds: -1, nanoseconds: 0) == "1969-12-31T23:59:59.0000000Z x\n")
    }

    @Test("is never longer than its limit, though each newline becomes two characters")
    func newlines() {
        let line = Self.line(String(repeating: "\n", count: 70_000))
        #expect(line.utf8.count == LogLimits.lineBytesMax)
        #expect(line.hasSuffix(" " + String(repeating: "\\n", count: 65_536) + "\n"))
    }

    @Test("is UTF-8 whatever was sent", arguments: ["\u{0}ab", "12345678", "123456789é\n"])
    func repaired(good: String) {
        for damaged in [[0xC3], [0xFF, 0xFE], [0xED, 0xA0, 0x80]] as [[UInt8]] {
            var text = LogText()
            (Array(good.utf8) + damaged).withUnsafeBytes { text.append(seconds: 0, nanoseconds: 0, content: $0) }
            let line = String(decoding: text.bytes, as: UTF8.self)
            #expect(Array(line.utf8) == text.bytes && line.contains("\u{FFFD}"))
        }
    }

    @Test("stands among others: any part of them can be taken, and told by its size")
    func parts() {
        var text = LogText()
        for number in 0..<5 { text.append(seconds: 1, nanoseconds: 0, content: String(repeating: "x", count: number)) }
        #expect(text.count == 5 && text.text(of: 0..<5).count == text.bytes.count)
        #expect(
            String(decoding: text.text(of: 1..<3), as: UTF8.self) == Self.line("x", seconds: 1, nanoseconds: 0)
                + Self.line("xx", seconds: 1, nanoseconds: 0))
        // Lines of 30, 31 … bytes.
        for (bytes, end) in [(0, 1), (30, 1), (31, 2), (62, 2), (63, 3), (1000, 5)] {
            #expect(text.rows(from: 1..<5, fitting: Int64(bytes)) == end, "\(bytes)")
        }
        text.removeAll()
        #expect(text.count == 0 && text.bytes.isEmpty)
    }

    @Test("is cut at 65536 bytes on a character boundary")
    func length() {
        let text = Self.line(String(repeating: "é", count: 40_000))
        #expect(text.utf8.count == 28 + 1 + 65_536 + 1)
        #expect(!Self.line(String(repeating: "€", count: 40_000)).contains("\u{FFFD}"))
    }
}
