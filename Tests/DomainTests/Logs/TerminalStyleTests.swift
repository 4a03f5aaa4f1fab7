import Testing

@testable import Domain

@Suite("Looks of a terminal's characters")
struct TerminalStyleTests {
    private static func classes(_ commands: String...) -> String {
        var style = TerminalStyle()
        for command in commands { style.apply(command.unicodeScalars) }
        return style.classes
    }

    @Test(
        "are those of the commands",
        arguments: [
            ("31", "c1"), ("1;31", "c1 bd"), ("31;1;4", "c1 bd ul"), ("91", "c9"), ("44", "b4"), ("104;30", "c0 b12"),
            ("", ""),
            ("31;0", ""), ("31;", ""), ("1;22", ""), ("1;2;22", ""), ("3;23;4;24;9;29", ""), ("2;3;9", "dm it st"),
            ("7", "rv"), ("7;31", "b1"), ("31;42;7", "c2 b1"), ("7;27", ""), ("31;39;41;49", ""), ("5;8;53;999", ""),
            ("38;5;9", "c9"), ("38;5;196", "c9"), ("38;5;21", "c12"), ("48;5;22", "b2"), ("38;5;232", "c0"),
            ("38;5;255", "c15"),
            ("38;5;243", "c8"), ("38;2;255;0;0", "c9"), ("38;2;100;0;0", "c1"), ("38;2;255;165;0", "c11"),
            ("38;2;1;2;3", "c0"),
            ("38;2;200;200;200", "c15"), ("38:5:196", "c9"), ("38:2::0:0:255", "c12"), ("38;2;0;128;128;1", "c6 bd"),
            ("38;5", ""), ("38", ""), ("38;7;1", ""), ("38;2;1;2", ""), ("31;38;2", "c1"),
            ("38;5;99999999999999", "c15"),
            (">4;2", ""), ("?25", ""), ("1 2", ""), ("٣", ""),
        ])
    func command(text: String, classes: String) { #expect(Self.classes(text) == classes) }

    @Test("go on until they end, and no further than their limit")
    func sequences() {
        #expect(Self.classes("31", "1", "42") == "c1 b2 bd")
        #expect(Self.classes("31", "") == "")
        let long = Array(repeating: "1", count: TerminalStyleLimits.parametersMax).joined(separator: ";")
        #expect(Self.classes(long + ";31") == "bd")
    }

    @Test("every colour becomes one of the sixteen")
    func nearest() {
        for number in 0...300 { #expect((0...15).contains(TerminalStyle.nearest(ofPalette: number))) }
        for part in stride(from: 0, through: 255, by: 15) {
            for other in stride(from: 0, through: 255, by: 15) {
                for third in stride(from: 0, through: 255, by: 15) {
                    #expect((0...15).contains(TerminalStyle.nearest(part, other, third)))
                }
            }
        }
    }

    @Test(
        "stand where they were written",
        arguments: [
            ("\u{1B}[31mred\u{1B}[0m plain", [("red", "c1"), (" plain", "")]),
            ("\u{1B}[31mabc\r\u{1B}[32mx", [("x", "c2"), ("bc", "c1")]),
            ("\u{1B}[41mabc\u{1B}[2K", []),
            ("\u{1B}[31mab\u{1B}[1K\u{1B}[mc", [("  ", ""), ("c", "")]),
            ("a\u{202E}b\u{9B}c", [("a\u{FFFD}b\u{FFFD}c", "")]),
            ("", []),
        ])
    func spans(text: String, parts: [(String, String)]) {
        let spans = lineOnTerminal(text).spans()
        let joined = parts.reduce(into: [LogSpan]()) { spans, part in
            if spans.last?.classes == part.1 {
                spans[spans.count - 1].text += part.0
            } else {
                spans.append(LogSpan(text: part.0, classes: part.1))
            }
        }
        #expect(spans == joined)
    }
}
