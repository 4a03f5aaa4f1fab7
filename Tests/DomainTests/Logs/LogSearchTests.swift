import Domain
import Testing

@Suite("A search in a log")
struct LogSearchTests {
    private static let time = "2023-11-14T22:13:20.1200000Z "
    private static func lines(_ contents: [String]) -> [UInt8] {
        Array(contents.map { "\(time)\($0)\n" }.joined().utf8)
    }

    @Test(
        "finds plain text in either case, as a terminal shows the line",
        arguments: [
            ("error", ["an ERROR", "none", "Error: x", "err or"], [0, 2]),
            ("a.b", ["a.b", "axb", "A.B"], [0, 2]),
            ("2023", ["2023", "x"], [0]),
            ("Z", ["z", "x"], [0]),
            ("red", ["\u{1B}[31mr\u{1B}[0med", "r\u{1B}[Ked", "gre\rred"], [0, 1, 2]),
            ("gre", ["gre\rred"], []),
            ("ÄRGER", ["Großer Ärger", "arger", "ärger"], [0, 2]),
            ("[", ["a[b", "\u{1B}[31mred"], [0]),
            ("\t", ["a\tb", "a b"], [0]),
            ("abcd", ["abc", "", "abcd"], [2]),
            ("aab", ["aaab"], [0]),
        ])
    func found(query: String, contents: [String], rows: [Int]) throws {
        let lines = Self.lines(contents)
        #expect(try LogNeedle(query).rows(in: lines[...]) == rows)
        // The same in the middle of other bytes.
        let around = Array("x\n".utf8) + lines
        #expect(try LogNeedle(query).rows(in: around[2...]) == rows)
    }

    @Test("refuses what no line has")
    func refused() {
        #expect(throws: LogNeedle.Invalid.empty) { try LogNeedle("") }
        #expect(throws: LogNeedle.Invalid.control) { try LogNeedle("a\nb") }
        #expect(throws: LogNeedle.Invalid.control) { try LogNeedle("\0") }
        let long = LogSearchLimits.queryBytesMax + 1
        #expect(throws: LogNeedle.Invalid.tooLong(long)) { try LogNeedle(String(repeating: "x", count: long)) }
    }

    @Test("takes lines that are none")
    func broken() throws {
        let needle = try LogNeedle("x")
        #expect(needle.rows(in: []) == [])
        #expect(needle.rows(in: Array("x\nshort\n\n".utf8)[...]) == [])
    }
}
