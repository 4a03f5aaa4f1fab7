import Testing

@testable import Domain

@Suite("The words of an expression")
struct LexerTests {
    /// `kind:text@offset` of each token but the end.
    static func tokens(_ text: String) -> [String] {
        do throws(ExpressionFault) {
            return try expressionTokens(text).dropLast().map { token in
                let kind =
                    switch token.kind {
                    case .number: "number"
                    case .string(let value): "string(\(value))"
                    case .name: "name"
                    case .sign: "sign"
                    case .end: "end"
                    }
                return "\(kind):\(token.text)@\(token.offset)"
            }
        } catch { return ["! \(error.offset)"] }
    }

    @Test(
        "by kind, text and place",
        arguments: [
            ("a.b", ["name:a@0", "sign:.@1", "name:b@2"]), ("a-b_1", ["name:a-b_1@0"]),
            ("a .b", ["name:a@0", "sign:.@2", "name:b@3"]), (".5", ["number:.5@0"]),
            ("a==.5", ["name:a@0", "sign:==@1", "number:.5@3"]),
            ("a[0].b", ["name:a@0", "sign:[@1", "number:0@2", "sign:]@3", "sign:.@4", "name:b@5"]),
            ("!=!", ["sign:!=@0", "sign:!@2"]), ("<=<", ["sign:<=@0", "sign:<@2"]),
            ("a&&b||c", ["name:a@0", "sign:&&@1", "name:b@3", "sign:||@4", "name:c@6"]),
            ("'it''s'", ["string(it's):'it''s'@0"]), ("''", ["string():''@0"]),
            ("NaN a.NaN", ["number:NaN@0", "name:a@4", "sign:.@5", "name:NaN@6"]),
            ("-1 +1 0x1F", ["number:-1@0", "number:+1@3", "number:0x1F@6"]),
            ("a.*", ["name:a@0", "sign:.@1", "sign:*@2"]),
            (" \t\n\u{a0}a", ["name:a@4"]), ("", []), ("'é😀' a", ["string(é😀):'é😀'@0", "name:a@5"]),
        ])
    func words(text: String, expected: [String]) { #expect(Self.tokens(text) == expected) }

    @Test("ends with its end, behind the last word")
    func end() throws {
        let last = try #require(try expressionTokens("ab ").last)
        #expect(last.kind == .end)
        #expect(last.offset == 3)
    }

    @Test(
        "a word that is none, at its place",
        arguments: [
            ("a = b", 2), ("a & b", 2), ("'x", 0), ("1a", 0), ("a/b", 0), ("a $", 2), ("é", 0), ("1.2.3", 0),
            ("a.-b", 2),
        ])
    func faults(text: String, offset: Int) { #expect(Self.tokens(text) == ["! \(offset)"]) }

    @Test("a long text is quoted up to its limit")
    func quote() {
        let most = ExpressionLimits.quotedCharactersMax
        #expect(quoted(String(repeating: "é", count: most)).unicodeScalars.count == most)
        #expect(quoted(String(repeating: "é", count: most + 1)) == String(repeating: "é", count: most) + "…")
    }
}
