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

    /// Lines of code that calculate with one of the fields, of whatever it is.
    static func sums(in text: String, fields: Set<String>) throws -> [String] {
        let names = fields.sorted().joined(separator: "|")
        let sum = try Regex(
            #"\.(?:\#(names))\b\)*\s*&?[-+*](?!>)|&?[-+*]=?\s*\(*(?:\$?\w+[?!]?\.)+(?:\#(names))\b"#
        )
        // Unicode's rule takes "a.b" for one word.
        .wordBoundaryKind(.simple)
        return text.components(separatedBy: "\n").filter { line in
            let rest = noNumbersOfMessages.reduce(line) { $0.replacingOccurrences(of: $1, with: "") }
            return !rest.trimmingCharacters(in: .whitespaces).hasPrefix("//") && rest.firstMatch(of: sum) != nil
        }
    }

    /// Parts of our code that look like it and are not: texts, and numbers that PostgreSQL gave or that were checked.
    static let noNumbersOfMessages = [
        #"\(upload.id)-"#, "place.offset + bytes", "$0.id + ($0.parent",
    ]

    @Test("are not calculated with in handlers")
    func handlers() throws {
        let fields = try Self.fields()
        #expect(fields.isSuperset(of: ["taskID", "logIndex", "size", "tasksVersion", "version"]))
        let sources = DependencyRuleTests.root.appendingPathComponent("Sources/Server")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        var count = 0
        for case let file as URL in files where file.pathExtension == "swift" {
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
            "answer.size - 1", "rows.map { $0.index + 1 }", "sum += call.message?.row.index", "f(anything.size) * 2",
        ] { #expect(try Self.sums(in: sum, fields: fields).count == 1, "\(sum)") }
        for harmless in [
            "// message.index + 1", "let index = message.index", "f(message.taskID, -1)",
            "func f(_ x: Int) -> Int { message.index }",
        ] { #expect(try Self.sums(in: harmless, fields: fields).isEmpty, "\(harmless)") }
    }
}
