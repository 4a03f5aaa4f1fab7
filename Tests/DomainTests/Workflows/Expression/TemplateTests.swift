import Testing

@testable import Domain

@Suite("Text with expressions")
struct TemplateTests {
    static func value(_ text: String) -> String {
        do {
            let contexts = ExpressionContexts([
                "c": try ExpressionValue(json: EvaluatorTests.context), "github": .object([]),
            ])
            var budget = ExpressionBudget()
            let value = try Template(text, testScope).value(in: contexts, &budget)
            return try value.json(bytesMax: 10_000).filter { $0 != "\n" }
        } catch let fault as ExpressionFault {
            return "! \(fault.offset) \(fault.message)"
        } catch { return "! \(error)" }
    }

    @Test(
        "a lone expression keeps its type, all else is text",
        arguments: [
            ("", "\"\""), ("plain", "\"plain\""), ("${{ 1 }}", "1"), ("${{true}}", "true"), ("${{ c.none }}", "[]"),
            (" ${{ 1 }}", "\" 1\""), ("${{ 1 }}\n", "\"1\\n\""), ("${{ 1 }}${{ 2 }}", "\"12\""),
            ("v${{ c.n }}-${{ c.name }}!", "\"v7-Zoë!\""), ("${{ c.list }}x", "\"Arrayx\""), ("${{ null }}x", "\"x\""),
            ("${{ '}}' }}", "\"}}\""), ("${{ 'it''s }}' }}.", "\"it's }}.\""),
            ("${{ format('{{{0}}}', 1) }}", "\"{1}\""),
            ("a }} b", "\"a }} b\""), ("$ {{ x }}", "\"$ {{ x }}\""), ("$${{ 1 }}", "\"$1\""),
            ("${ { 1 } }", "\"${ { 1 } }\""),
            ("${{ '${{ 1 }}' }}", "\"${{ 1 }}\""), ("${{ format('{0}', '$') }}{{ 1 }}", "\"${{ 1 }}\""),
            ("é${{ c.n }}", "\"é7\""),
        ])
    func values(text: String, json: String) { #expect(Self.value(text) == json) }

    @Test(
        "a fault's place is counted in the whole text, its position in the expression",
        arguments: [
            ("ab ${{ 1", "! 3 The expression is not closed: \"${{\" has no \"}}\" behind it"),
            ("${{ 'x }}", "! 0 The expression is not closed: \"${{\" has no \"}}\" behind it"),
            (
                "é ${{ x }}",
                "! 6 Unrecognized named-value: 'x'. Located at position 1 within expression: x; the test has only github, c"
            ),
            ("${{ 1 }} ${{ 1 2 }}", "! 15 Unexpected symbol: '2'. Located at position 3 within expression: 1 2"),
            ("a${{ }}b", "! 5 An expression was expected"), ("${{}}", "! 3 An expression was expected"),
        ])
    func faults(text: String, expected: String) { #expect(Self.value(text) == expected) }
}
