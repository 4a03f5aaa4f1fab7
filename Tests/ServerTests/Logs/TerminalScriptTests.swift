import Domain
import Foundation
import TestSupport
import Testing

@Suite("The page's script and the server show the same of a line")
struct TerminalScriptTests {
    private struct Shown: Codable, Equatable {
        struct Span: Codable, Equatable { let text, classes: String }
        let time, kind: String
        let spans: [Span]
    }

    private static let parts = [
        "a", "b", "ü", "😀", " ", "\t", "\r", "\u{8}", "\u{7}", "\u{1B}", "\u{1B}[K", "\u{1B}[0K", "\u{1B}[1K",
        "\u{1B}[2K",
        "\u{1B}[31m", "\u{1B}[1m", "\u{1B}[2;3m", "\u{1B}[4;9m", "\u{1B}[7m", "\u{1B}[27m", "\u{1B}[22m", "\u{1B}[0m",
        "\u{1B}[m", "\u{1B}[38;5;200m", "\u{1B}[48;5;17m", "\u{1B}[38;2;10;200;30m", "\u{1B}[48;2;1;2", "\u{1B}[38;5m",
        "\u{1B}[38:2::9:99:200m", "\u{1B}[97;103m", "\u{1B}[39m", "\u{1B}[>4;2m", "\u{1B}[?25l", "\u{1B}]0;t\u{7}",
        "\u{1B}]8;;x\u{1B}\\", "\u{202E}", "\u{9B}", "\u{61C}", "\u{FFFD}", "::error::", "##[group]", "##[endgroup]",
        "::notice file=x::", "##[Error]", "<b>", "é", "e\u{301}",
    ]

    private static func lines() -> [String] {
        var random: UInt64 = 7
        func next(_ count: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33) % count
        }
        let time = "2023-11-14T22:13:20.1200000Z "
        return (0..<4_000).map { _ in time + (0..<next(14)).map { _ in parts[next(parts.count)] }.joined() } + [
            "", "no time", time, time + String(repeating: "ä", count: 1_500),
            time + String(repeating: "x", count: 1_999) + "ä tail",
            time + "\u{1B}[31m" + String(repeating: "x", count: 2_000) + "\u{1B}[32mgreen",
            time + "##[error]" + String(repeating: "\u{1B}[31mab\u{1B}[32mcd", count: 700),
            time + "\u{1B}[" + String(repeating: "1;", count: 5_000) + "31mx",
        ]
    }

    @Test("for any commands of a terminal, and for what is cut off")
    func same() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("terminal-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let script = projectRoot.appendingPathComponent("Sources/Server/Logs/terminal.js")
        try FileManager.default.copyItem(at: script, to: folder.appendingPathComponent("terminal.mjs"))
        let lines = Self.lines()
        try JSONEncoder().encode(lines).write(to: folder.appendingPathComponent("lines.json"))
        try Data(
            """
            import {viewOf} from "./terminal.mjs";
            import {readFileSync, writeFileSync} from "node:fs";
            const lines = JSON.parse(readFileSync(new URL("lines.json", import.meta.url)));
            writeFileSync(new URL("shown.json", import.meta.url), JSON.stringify(lines.map(viewOf)));
            """.utf8
        ).write(to: folder.appendingPathComponent("run.mjs"))
        let node = Process()
        node.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        node.arguments = ["node", folder.appendingPathComponent("run.mjs").path]
        try node.run()
        node.waitUntilExit()
        try #require(node.terminationStatus == 0)
        let shown = try JSONDecoder().decode(
            [Shown].self, from: Data(contentsOf: folder.appendingPathComponent("shown.json")))
        try #require(shown.count == lines.count)
        for (line, script) in zip(lines, shown) {
            let view = LogView(line: Array(line.utf8)[...])
            let server = Shown(
                time: view.time, kind: view.kind.rawValue,
                spans: view.spans.map { Shown.Span(text: $0.text, classes: $0.classes) })
            #expect(server == script, "\(line.prefix(200).debugDescription)")
        }
    }
}
