import Testing

@testable import Domain

@Suite("One line of a terminal")
struct TerminalLineTests {
    @Test(
        "what stands on it when all was written",
        arguments: [
            ("plain", "plain"), ("10%\r20%", "20%"), ("abc\rx", "xbc"), ("abc\u{8}x", "abx"), ("\u{8}a", "a"),
            ("abc\r\u{1B}[K", ""), ("abc\u{8}\u{1B}[K", "ab"), ("abc\u{1B}[2Kd", "   d"), ("abc\u{8}\u{1B}[1K", "   "),
            // Colours, titles, links, other commands, other control characters: nothing of them is shown.
            ("\u{1B}[1;31mred\u{1B}[0m", "red"), ("\u{1B}]0;title\u{7}x", "x"), ("\u{1B}]8;;http://a\u{1B}\\x", "x"),
            ("a\u{1B}[5Kb", "ab"), ("a\u{1B}[2Jb", "ab"), ("a\u{1B}cb", "ab"), ("a\u{1}\u{7F}b", "ab"),
            ("a\tb", "a\tb"),
            // Cut off in the middle of a command.
            ("a\u{1B}", "a"), ("a\u{1B}[", "a"), ("a\u{1B}[12", "a"), ("a\u{1B}]0;t", "a"), ("", ""),
        ])
    func shown(text: String, line: String) { #expect(String(lineOnTerminal(text).scalars()) == line) }

    static let wipes = [
        "\u{1B}[1K", "\u{1B}[1K\u{8}x", "\u{1B}[2Kx", "\u{1B}[2K\u{8}\u{8}x", "\u{1B}[K\u{8}x", "\u{1B}[2Kx\u{1B}[1K",
        "\rx\u{1B}[1K",
    ]

    @Test("H7: a row costs what it is long, whatever wipes it has", arguments: wipes)
    func steps(wipe: String) {
        let text = String(repeating: "x", count: 30_000) + String(repeating: wipe, count: 8_000)
        let line = lineOnTerminal(text)
        // Each step looked at the whole line before: 2.4e8.
        #expect(line.touched <= text.unicodeScalars.count)
        #expect(line.scalars().count <= text.unicodeScalars.count)
    }

    @Test("field 15: wipes in any order, as a terminal does them one by one")
    func wipesInAnyOrder() {
        let parts = ["a", "b", "ü", "\r", "\u{8}", "\u{1B}[K", "\u{1B}[1K", "\u{1B}[2K"]
        var random: UInt64 = 1
        for _ in 0..<5_000 {
            var text = ""
            for _ in 0..<12 {
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += parts[Int(random >> 33) % parts.count]
            }
            #expect(String(lineOnTerminal(text).scalars()) == Self.oneByOne(text), "\(text.debugDescription)")
        }
    }

    /// The same, each wipe done at once.
    private static func oneByOne(_ text: String) -> String {
        var line: [Character] = []
        var cursor = 0
        var rest = Substring(text)
        while let first = rest.first {
            if let wipe = ["\u{1B}[K", "\u{1B}[1K", "\u{1B}[2K"].first(where: { rest.hasPrefix($0) }) {
                rest = rest.dropFirst(wipe.count)
                switch wipe {
                case "\u{1B}[K": line = Array(line.prefix(cursor))
                case "\u{1B}[1K": for at in 0..<min(cursor + 1, line.count) { line[at] = " " }
                default: line = []
                }
                continue
            }
            rest = rest.dropFirst()
            switch first {
            case "\r": cursor = 0
            case "\u{8}": cursor = max(0, cursor - 1)
            default:
                while line.count <= cursor { line.append(" ") }
                line[cursor] = first
                cursor += 1
            }
        }
        return String(line)
    }
}
