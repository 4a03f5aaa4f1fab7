import Foundation
import Testing

@Suite("Text")
struct TextSplitTests {
    /// Talks to servers of others about files of its own; what it splits it has made itself.
    static let clients = ["Client/Runner/", "Client/Artifacts/"]

    @Test("A19: lines, words and paths are split as bytes: \"\\r\\n\" is one Character, as is \"/\" with a mark")
    func bytes() throws {
        let sources = DependencyRuleTests.root.appendingPathComponent("Sources")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        let pattern = try Regex(#"(?:split\(\s*separator: |components\(separatedBy: )"(?:/|\\n|\\r\\n| )""#)
        var seen = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            seen += 1
            let name = String(file.path.dropFirst(sources.path.count + 1))
            guard !Self.clients.contains(where: name.hasPrefix) else { continue }
            let found = try String(contentsOf: file, encoding: .utf8).firstMatch(of: pattern)
            #expect(
                found == nil,
                "\(name) splits text by Character; use split(byte:) or textLines of Domain/ByteSplit.swift")
        }
        #expect(seen > 100)
    }
}
