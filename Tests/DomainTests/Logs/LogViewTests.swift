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
