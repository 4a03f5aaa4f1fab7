import Foundation
import Testing

/// A1: a number of a message may be any 64 bits, so a plain `+`, `-` or `*` on one ends the process when somebody wants it to.
/// Rules in Domain take such numbers and say what they do about the ends; handlers only hand them over.
@Suite("A1: numbers from the wire")
struct WireNumberTests {
    /// Integer fields of the messages, as Swift spells them.
    static func fields() throws -> Set<String> {
        var names: Set<String> = ["seconds", "nanos"]  // of google.protobuf.Timestamp
        let folder = DependencyRuleTests.root.appendingPathComponent("Sources/RunnerProto")
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        where file.lastPathComponent.hasSuffix(".pb.swift") {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /public var (?<name>\w+): U?Int(?:32|64)\b/) {
                names.insert(String(match.output.name))
            }
        }
        return names
    }

    /// Lines of code that calculate with one of the fields; `message` is what handlers call what they decoded.
    static func sums(in text: String, fields: Set<String>) throws -> [String] {
        let field =
            #"\b(?:message|wanted|state|step|row|head|time|expiresAt|startedAt|stoppedAt)\.(?:\#(fields.sorted().joined(separator: "|")))\b"#
        let sum = try Regex(#"\#(field)\)*\s*&?[-+*](?!>)|&?[-+*]=?\s*\(*(?:\w+\.)*\#(field)"#)
            // Unicode's rule takes "a.b" for one word.
            .wordBoundaryKind(.simple)
        return text.components(separatedBy: "\n").filter {
            !$0.trimmingCharacters(in: .whitespaces).hasPrefix("//") && $0.firstMatch(of: sum) != nil
        }
    }

    @Test("are not calculated with in handlers")
    func handlers() throws {
        let fields = try Self.fields()
        #expect(fields.isSuperset(of: ["taskID", "logIndex", "size", "tasksVersion", "version"]))
        let sources = DependencyRuleTests.root.appendingPathComponent("Sources/FCGIApp")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        var count = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            // JavaScript.
            if file.lastPathComponent == "LogScript.swift" { continue }
            // These talk to a server of the user's own choice, and end with it.
            if file.path.contains("/EmbeddedRunner/") || file.path.contains("/Artifacts/Client/") { continue }
            count += 1
            let found = try Self.sums(in: String(contentsOf: file, encoding: .utf8), fields: fields)
            #expect(found.isEmpty, "\(file.lastPathComponent) calculates with a number from outside: \(found)")
        }
        #expect(count > 50)
    }

    @Test("are found where they are calculated with")
    func finding() throws {
        let fields = try Self.fields()
        for sum in [
            "Instant(microseconds: wanted.expiresAt.seconds &* 1_000_000 &+ 1)", "let end = message.index + count",
            "x = 3 - step.logLength", "Int64(time.nanos) * 2", "total += message.size", "a -= (wanted.size)",
        ] { #expect(try Self.sums(in: sum, fields: fields).count == 1, "\(sum)") }
        for harmless in [
            "// message.index + 1", "let index = message.index", "f(message.taskID, -1)", "answer.size - 1",
            "func f(_ x: Int) -> Int { message.index }",
        ] { #expect(try Self.sums(in: harmless, fields: fields).isEmpty, "\(harmless)") }
    }
}
