import Foundation
import Testing

@Suite("Output of commands")
struct TerminalTests {
    @Test("H17: every command's output goes through say and complain, which make foreign text harmless")
    func output() throws {
        let folder = DependencyRuleTests.root.appendingPathComponent("Sources/FCGIApp/Commands")
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        where file.pathExtension == "swift" && file.lastPathComponent != "Terminal.swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for line in text.split(separator: "\n") where line.contains(/\b(?:debugP|p)rint\(|fputs\(|standardOutput/) {
                Issue.record("\(file.lastPathComponent) writes past Terminal.swift: \(line)")
            }
        }
    }
}
