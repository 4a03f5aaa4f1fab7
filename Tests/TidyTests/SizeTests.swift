import Foundation
import Testing

@Suite("Sizes")
struct SizeTests {
    static let fileLinesMax = 400
    static let functionLinesMax = 70
    /// Files of Sources with more lines, and how many they may have. A number may only become smaller.
    static let longFiles = ["Postgres/Artifacts/UploadStore.swift": 423]
    /// Functions with more lines, by file and name. A number may only become smaller.
    static let longFunctions: [String: Int] = [:]

    struct Function: Equatable {
        let name: String
        let lines: Int
    }

    /// Functions and initializers by the indentation that swift-format gives them: one ends at the first line that closes
    /// at the column where it began.
    static func functions(in text: String) -> [Function] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let begin =
            /^(?<indent> *)(?:@\w+(?:\([^)]*\))? )*(?:(?:public|package|internal|fileprivate|private|static|mutating|nonisolated|override|convenience|required|final|class) )*(?:func (?<name>[^(<]+)|(?<initializer>init))[(<?]/
        var found: [Function] = []
        for (start, line) in lines.enumerated() {
            guard let match = try? begin.firstMatch(in: line) else { continue }
            let name = match.output.name.map(String.init) ?? "init"
            let close = match.output.indent + "}"
            // One line, or a requirement of a protocol without a body.
            guard let end = lines[start...].firstIndex(where: { $0 == close || $0.hasPrefix(close + " ") }),
                !line.hasSuffix("}")
            else { continue }
            let next = lines[(start + 1)...end].first {
                (try? begin.firstMatch(in: $0))?.output.indent == match.output.indent
            }
            guard next == nil else { continue }
            found.append(Function(name: name.trimmingCharacters(in: .whitespaces), lines: end - start + 1))
        }
        return found
    }

    @Test("functions are found with their length")
    func parsing() {
        let text = """
            struct A {
                public init(
                    a: Int
                ) {
                    self.a = a
                }
                func one() -> Int { 1 }
                private static func two<T>(_ t: T) throws {
                    func inner() {
                        x()
                    }
                    inner()
                }
            }
            """
        #expect(
            Self.functions(in: text) == [
                Function(name: "init", lines: 5), Function(name: "two", lines: 6), Function(name: "inner", lines: 3),
            ])
    }

    @Test("files have at most 400 lines, functions at most 70, and what is longer grows no more")
    func ratchet() throws {
        let sources = DependencyRuleTests.root.appendingPathComponent("Sources")
        var (files, functions): ([String: Int], [String: Int]) = ([:], [:])
        for file in try MirrorTests.files(in: sources) where !file.hasPrefix("RunnerProto/") {
            let text = try String(contentsOf: sources.appendingPathComponent(file), encoding: .utf8)
            let lines = text.utf8.count { $0 == 0x0A }
            if lines > Self.fileLinesMax { files[file] = lines }
            for function in Self.functions(in: text) where function.lines > Self.functionLinesMax {
                let name = "\(file) \(function.name)"
                functions[name] = max(functions[name] ?? 0, function.lines)
            }
        }
        Self.compare(files, with: Self.longFiles, most: Self.fileLinesMax)
        Self.compare(functions, with: Self.longFunctions, most: Self.functionLinesMax)
    }

    private static func compare(_ found: [String: Int], with allowed: [String: Int], most: Int) {
        for (name, lines) in found.sorted(by: { $0.key < $1.key }) {
            let bound = allowed[name] ?? most
            #expect(lines <= bound, "\(name) has \(lines) lines; at most \(bound) are allowed: split it")
            if lines < bound, allowed[name] != nil {
                Issue.record("\(name) has \(lines) lines now: write that number instead of \(bound)")
            }
        }
        for name in allowed.keys where found[name] == nil {
            Issue.record("\(name) is short enough, or gone: take it off the list")
        }
    }
}
