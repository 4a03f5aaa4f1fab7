import Foundation
import Testing

@Suite("Statements")
struct StatementNameTests {
    /// A connection prepares a name once: two texts of one name would be one text, whichever came first.
    @Test("no two statements have the same name")
    func unique() throws {
        let sources = DependencyRuleTests.root.appendingPathComponent("Sources")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        let declared = /\bStatement\(\s*"(?<name>[^"]*)"/
        var places: [String: [String]] = [:]
        for case let file as URL in files where file.pathExtension == "swift" {
            for match in try String(contentsOf: file, encoding: .utf8).matches(of: declared) {
                places[String(match.output.name), default: []].append(file.lastPathComponent)
            }
        }
        #expect(places.count > 20)
        for (name, files) in places where files.count > 1 { Issue.record("\"\(name)\" is declared in \(files)") }
    }
}
