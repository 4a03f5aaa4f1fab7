import Testing

@testable import Domain

@Suite("Lines as a page shows them")
struct LogViewTests {
    private static func view(_ text: String) -> LogView {
        LogView(line: Array("2023-11-14T22:13:20Z \(text)".utf8)[...])
    }

    @Test(
        "field 15: what a terminal shows",
        arguments: [
            ("progress 1%\rprogress 50%\rprogress 100%", "progress 100%"), ("done\r", "done"), ("\r", ""),
            ("a\r\rb\r", "b"),
            ("long line\rshort", "shortline"), ("long line\r\u{1B}[Kshort", "short"), ("abc\u{1B}[2K\rx", "x"),
            ("ab\u{8}c", "ac"), ("\u{8}\u{8}a", "a"), ("wide\u{1B}[1K", "    "), ("Grüße\rX", "Xrüße"), ("世界\r地", "地界"),
            ("\u{1B}[31mred\u{1B}[0m", "red"), ("\u{1B}]0;title\u{7}text", "text"),
            ("\u{1B}]8;;https://x\u{1B}\\link\u{1B}]8;;\u{1B}\\", "link"), ("tab\there", "tab\there"), ("\u{1B}", ""),
            ("\u{1B}[", ""), ("plain", "plain"), ("", ""),
        ])
    func terminal(text: String, shown: String) {
        #expect(Self.view(text).text == shown)
        #expect(Self.view(text).time == "2023-11-14T22:13:20Z")
    }

    @Test(
        "H7: markers of groups and messages",
        arguments: [
            ("::group::Build it", .group, "Build it"), ("##[group]Build it", .group, "Build it"),
            ("::endgroup::", .endgroup, ""),
            ("##[endgroup]", .endgroup, ""),
            ("##[error]Process completed with exit code 1.", .error, "Process completed with exit code 1."),
            ("::error file=a.c,line=3::no such file", .error, "no such file"), ("::WARNING::old", .warning, "old"),
            ("##[command]/usr/bin/git", .command, "/usr/bin/git"), ("::notice title=x::n", .notice, "n"),
            ("\u{1B}[36m::group::Coloured\u{1B}[0m", .group, "Coloured"), ("##[debug]x", .debug, "x"),
            // None of them.
            ("::set-output name=a::b", .plain, "::set-output name=a::b"), ("##[plain]x", .plain, "##[plain]x"),
            ("::group", .plain, "::group"), ("##[error", .plain, "##[error"), ("a::group::b", .plain, "a::group::b"),
            ("::", .plain, "::"), (":::", .plain, ":::"), ("::::", .plain, "::::"), ("##[]", .plain, "##[]"),
        ] as [(String, LogView.Kind, String)])
    func markers(text: String, kind: LogView.Kind, shown: String) {
        #expect(Self.view(text).kind == kind)
        #expect(Self.view(text).text == shown)
    }

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

    @Test("a long line is cut between characters")
    func cut() {
        let text = Self.view(String(repeating: "ü", count: 3_000)).text
        #expect(text == String(repeating: "ü", count: 1_000) + " …")
    }

    @Test(
        "H7: the step that a cancel killed is cancelled",
        arguments: [
            ([.success, .failure, .skipped], .cancelled, [.success, .cancelled, .skipped]),
            ([.failure, .failure, .success], .cancelled, [.failure, .cancelled, .success]),
            ([.success, .failure], .failure, [.success, .failure]),
            ([.success, .cancelled], .cancelled, [.success, .cancelled]),
            ([], .cancelled, []), ([.success, .failure], .cancelling, [.success, .cancelled]),
        ] as [([Status], Status, [Status])])
    func killed(steps: [Status], job: Status, shown: [Status]) {
        #expect(shownStatuses(ofSteps: steps, job: job) == shown)
    }
}
