import Domain
import Testing

@Suite("Which rows a reader asks for")
struct LogRangeTests {
    @Test(
        "is read from the query",
        arguments: [
            (nil, nil, nil, LogRange.whole), ("5", nil, nil, .from(5, lines: 1000)),
            (nil, "7", nil, .from(0, lines: 7)),
            ("5", "10000", nil, .from(5, lines: 10_000)), (nil, nil, "10000", .tail(10_000)),
            ("9223372036854775807", "1", nil, .from(.max, lines: 1)),
        ] as [(String?, String?, String?, LogRange)])
    func query(from: String?, lines: String?, tail: String?, range: LogRange) throws {
        #expect(try LogRange(from: from, lines: lines, tail: tail) == range)
    }

    @Test(
        "is refused with the name, the value and what would do",
        arguments: [
            ("-1", nil, nil, "from is \"-1\"; it must be a whole number, at least 0"),
            ("x", nil, nil, "from is \"x\"; it must be a whole number, at least 0"),
            ("", nil, nil, "from is \"\"; it must be a whole number, at least 0"),
            ("0", "0", nil, "lines is \"0\"; it must be a whole number from 1 to 10000"),
            ("0", "10001", nil, "lines is \"10001\"; it must be a whole number from 1 to 10000"),
            (nil, nil, "0", "tail is \"0\"; it must be a whole number from 1 to 10000"),
            (
                nil, nil, "99999999999999999999",
                "tail is \"99999999999999999999\"; it must be a whole number from 1 to 10000"
            ),
            ("1", nil, "1", "tail cannot be combined with from or lines; choose one"),
        ] as [(String?, String?, String?, String)])
    func refused(from: String?, lines: String?, tail: String?, words: String) {
        let error = #expect(throws: LogRange.Invalid.self) { try LogRange(from: from, lines: lines, tail: tail) }
        #expect(error?.description == words)
    }

    @Test(
        "is clamped to the rows that are there",
        arguments: [
            (LogRange.whole, Int64(5), Int64(0)..<5), (.tail(3), 5, 2..<5), (.tail(9), 5, 0..<5), (.tail(1), 0, 0..<0),
            (.from(2, lines: 2), 5, 2..<4), (.from(2, lines: 9), 5, 2..<5), (.from(7, lines: 1), 5, 5..<5),
            (.from(.max, lines: 1), 5, 5..<5),
        ])
    func rows(range: LogRange, stored: Int64, rows: Range<Int64>) { #expect(range.rows(stored: stored) == rows) }
}

@Suite("Lines out of text")
struct LogTextTests {
    static let text = Array("a\nbb\nccc\n".utf8)[...]
    static func string(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test(
        "clipped to rows",
        arguments: [
            (Int64(0)..<3, "a\nbb\nccc\n"), (0..<1, "a\n"), (1..<2, "bb\n"), (2..<3, "ccc\n"), (1..<9, "bb\nccc\n"),
            (3..<9, ""), (1..<1, ""),
        ])
    func clipped(rows: Range<Int64>, expected: String) {
        #expect(Self.string(clip(Self.text, firstRow: 0, to: rows)) == expected)
        let moved = (rows.lowerBound + 100)..<(rows.upperBound + 100)
        #expect(Self.string(clip(Self.text, firstRow: 100, to: moved)) == expected)
    }

    @Test("clipped to rows that begin before the text")
    func before() { #expect(Self.string(clip(Self.text, firstRow: 10, to: 8..<11)) == "a\n") }

    @Test(
        "from the beginning and from the end, whole and one at least",
        arguments: [
            (9, "a\nbb\nccc\n", "a\nbb\nccc\n"), (8, "a\nbb\n", "bb\nccc\n"), (7, "a\nbb\n", "bb\nccc\n"),
            (6, "a\nbb\n", "ccc\n"), (5, "a\nbb\n", "ccc\n"), (4, "a\n", "ccc\n"), (3, "a\n", "ccc\n"),
            (2, "a\n", "ccc\n"), (1, "a\n", "ccc\n"),
        ])
    func bounded(bytesMax: Int, leading: String, trailing: String) {
        #expect(Self.string(leadingLines(Self.text, bytesMax: bytesMax)) == leading)
        #expect(Self.string(trailingLines(Self.text, bytesMax: bytesMax)) == trailing)
    }

    @Test("counted") func counted() { #expect(lineCount(Self.text) == 3) }

    @Test(
        "as a page shows them",
        arguments: [
            ("2023-11-14T22:13:20.1200000Z plain", "plain"), ("2023-11-14T22:13:20.1200000Z ", ""),
            ("T \u{1B}[1;31mred\u{1B}[0m text", "red text"), ("T a\tb\r", "a\tb"), ("T \u{1B}[", ""),
            ("T \u{1B}]x", ""),
            ("T <b>&", "<b>&"), ("notime", "notime"), ("T grüße ✓", "grüße ✓"),
        ])
    func shown(line: String, text: String) { #expect(LogView(line: Array(line.utf8)[...]).text == text) }

    @Test("cut for a page on a character boundary")
    func cut() {
        let text = LogView(line: Array(("T " + String(repeating: "€", count: 1000)).utf8)[...]).text
        #expect(text == String(repeating: "€", count: LogView.shownBytesMax / 3) + " …")
    }
}
