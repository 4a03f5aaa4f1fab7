import Foundation
import Testing

/// Tests/Isolation/*.spec quote the SQL of Sources/Postgres, or they would go on passing after the code has changed.
///
/// Compared is the whole text, white space apart: where the source has `$n` the spec has one literal, the same wherever
/// that `$n` stands. Interpolations are resolved from the argument or the constant of that name.
@Suite("Isolation specs")
struct IsolationSpecTests {
    static let folder = DependencyRuleTests.root.appendingPathComponent("Tests/Isolation")
    static let specs = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".spec") }.sorted()

    @Test("there are specs, and each has its expected output")
    func complete() {
        #expect(Self.specs.count >= 10)
        for spec in Self.specs {
            let expected = Self.folder.appendingPathComponent("expected/\(spec.dropLast(5)).out")
            let exists = FileManager.default.fileExists(atPath: expected.path)
            #expect(exists, "\(spec) has no \(expected.lastPathComponent)")
        }
    }

    @Test("each step quotes the statement that it names", arguments: specs)
    func quotes(spec: String) throws {
        let text = try String(contentsOf: Self.folder.appendingPathComponent(spec), encoding: .utf8)
        let steps = text.matches(of: /(?:# statement: (?<statement>\w+)\n)?step (?<step>\w+) \{(?<sql>[^}]*)\}/)
        #expect(!steps.isEmpty)
        let stepCount = text.matches(of: /(?m)^step\s/).count
        #expect(steps.count == stepCount, "\(spec) has a step in a shape that this test cannot read")
        for match in steps {
            let step = match.output.step
            let sql = Self.normalised(match.output.sql)
            guard let name = match.output.statement else {
                // What no code runs: the end of a transaction, and the world that a race is set in and looked at from.
                let isControl = sql.wholeMatch(of: /((commit|rollback|begin);\s?)+/) != nil
                #expect(isControl || step.hasPrefix("world_"), "\(spec): \(step) names no statement")
                continue
            }
            let found = try Self.source(of: String(name))
            let source = try #require(found, "\(spec): there is no statement \"\(name)\"")
            let isQuoted = sql.range(of: Self.pattern(source), options: .regularExpression) != nil
            #expect(isQuoted, "\(spec): \(step) says\n\(sql)\nbut \"\(name)\" is\n\(Self.normalised(source))")
        }
    }

    @Test("a changed lock, column or constant is noticed; another literal for a parameter is not")
    func comparison() {
        let pattern = Self.pattern("select a from t\n where id = $1 and b = $1\n   and s > 4 for no key update")
        let matches = { (sql: String) in sql.range(of: pattern, options: .regularExpression) != nil }
        #expect(matches("select a from t where id = 12 and b = 12 and s > 4 for no key update"))
        #expect(!matches("select a from t where id = 12 and b = 13 and s > 4 for no key update"))
        #expect(!matches("select a from t where id = 12 and b = 12 and s > 5 for no key update"))
        #expect(!matches("select a from t where id = 12 and b = 12 and s > 4 for update"))
        #expect(!matches("select a from t where id = 12 and b = 12 and s > 4 for no key update nowait"))
        #expect(!matches("select a from t where id = id and b = id and s > 4 for no key update"))
    }

    static func normalised(_ text: some StringProtocol) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// A regular expression for what may be quoted of this text.
    static func pattern(_ source: String) -> String {
        let literal = #"-?\d+|'[^']*'|null|true|false|array\[[^\]]*\]"#
        var pattern = ""
        var seen: Set<Substring> = []
        var rest = normalised(source)[...]
        while let match = rest.firstMatch(of: /\$(\d+)/) {
            pattern += NSRegularExpression.escapedPattern(for: String(rest[..<match.range.lowerBound]))
            let number = match.output.1
            pattern += seen.insert(number).inserted ? "(?<p\(number)>\(literal))" : "\\k<p\(number)>"
            rest = rest[match.range.upperBound...]
        }
        return "^" + pattern + NSRegularExpression.escapedPattern(for: String(rest)) + "$"
    }

    /// The texts of Sources/Postgres.
    private static let files: [String] = {
        let sources = DependencyRuleTests.root.appendingPathComponent("Sources/Postgres")
        let all = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)?.allObjects as? [URL]
        let swift = (all ?? []).filter { $0.pathExtension == "swift" }
        return swift.compactMap { try? String(contentsOf: $0, encoding: .utf8) }
    }()

    /// The text of `Statement("NAME", TEXT)`, or of `make("NAME", argument: "…")` where `make` returns a Statement.
    static func source(of name: String) throws -> String? {
        for text in files where text.contains("\"\(name)\"") {
            let string = #"(?:"""(?<block>[\s\S]*?)"""|"(?<line>[^"\n]*)")"#
            let call = try Regex(#"(?<callee>\w+)\(\s*""# + name + #"",\s*(?:(?<label>\w+): )?"# + string)
            guard let match = try call.firstMatch(in: text) else { continue }
            let argument = match["block"]?.substring ?? match["line"]?.substring ?? ""
            guard let callee = match["callee"]?.substring, callee != "Statement" else {
                return resolved(String(argument), in: text)
            }
            let maker = try Regex(#"func \#(callee)\([^)]*\) -> Statement \{\s*Statement\(\s*\w+,\s*"# + string)
            guard let made = try maker.firstMatch(in: text), let block = made["block"]?.substring else { return nil }
            let label = match["label"]?.substring ?? ""
            return resolved(block.replacingOccurrences(of: "\\(\(label))", with: argument), in: text)
        }
        return nil
    }

    /// Interpolated constants of the same file put in; what is not one stays, and then nothing can equal the text.
    private static func resolved(_ sql: String, in file: String) -> String {
        sql.replacing(/\\\((\w+)\)/) { match in
            let constant = try? Regex(#"let \#(match.output.1)\s*=\s*(?:"(?<text>[^"]*)"|(?<number>\d+))"#)
            let found = try? constant?.firstMatch(in: file)
            return String(found?["text"]?.substring ?? found?["number"]?.substring ?? match.output.0)
        }
    }
}
