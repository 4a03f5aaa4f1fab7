import Foundation
import Testing

@Suite("Names")
struct NamingTests {
    /// Words that hide the noun that was not found (STYLE section 3).
    static let forbidden: Set<String> = [
        "Manager", "Helper", "Util", "Utils", "Common", "Misc", "Base", "Info", "Data",
    ]
    /// Types that have one all the same. This list may only shrink.
    static let exceptions: Set<String> = [
        // Tests of Config/Base.swift, the address that everything else hangs below.
        "BaseTests"
    ]

    /// The words of a name in camel case: `HTTPClientBase` has HTTP, Client, Base.
    static func words(of name: String) -> [String] {
        name.matches(of: /[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+/).map { String($0.output) }
    }

    @Test(
        "are taken apart into words",
        arguments: [
            ("HTTPClientBase", ["HTTP", "Client", "Base"]), ("Database", ["Database"]), ("InfoRow", ["Info", "Row"]),
            ("Based", ["Based"]), ("JSONData", ["JSON", "Data"]),
        ])
    func words(name: String, words: [String]) { #expect(Self.words(of: name) == words) }

    @Test("no type is named by a word that says nothing")
    func types() throws {
        let declared = /\b(?:struct|class|enum|actor|protocol|typealias)\s+(?<name>[A-Z]\w*)/
        var seen: Set<String> = []
        for area in ["Sources", "Tests"] {
            let folder = DependencyRuleTests.root.appendingPathComponent(area)
            for file in try MirrorTests.files(in: folder) where !file.hasPrefix("RunnerProto/") {
                let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
                for match in text.matches(of: declared) {
                    let name = String(match.output.name)
                    guard !Self.forbidden.isDisjoint(with: Self.words(of: name)) else { continue }
                    seen.insert(name)
                    let isExcepted = Self.exceptions.contains(name)
                    #expect(isExcepted, "\(area)/\(file): name \"\(name)\" by what it is")
                }
            }
        }
        for name in Self.exceptions.subtracting(seen) {
            Issue.record("there is no \"\(name)\" any more: take it off the list of exceptions")
        }
    }
}
