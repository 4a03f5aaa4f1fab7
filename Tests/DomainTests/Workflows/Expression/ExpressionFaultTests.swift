import Testing

@testable import Domain

/// The first fault of an expression: `code@offset message`.
func expressionFault(_ text: String, _ scope: ExpressionScope = testScope) -> String? {
    do throws(ExpressionFault) {
        _ = try parseExpression(text, scope)
        return nil
    } catch { return "\(error.kind.rawValue)@\(error.offset) \(error.message)" }
}

@Suite("A fault in an expression")
struct ExpressionFaultTests {
    @Test(
        "is told with the symbol and its position",
        arguments: [
            ("1 +", "expr-syntax@2 Unexpected symbol: '+'", 3), ("1 + 2", "expr-syntax@2 Unexpected symbol: '+'", 3),
            ("1+2", "expr-syntax@0 Unexpected symbol: '1+2'", 1), ("1 -2", "expr-syntax@2 Unexpected symbol: '-2'", 3),
            ("\"x\"", "expr-syntax@0 Unexpected symbol: '\"x\"'", 1),
            ("c.n == \"x y\"", "expr-syntax@7 Unexpected symbol: '\"x'", 8),
            ("c.n = 1", "expr-syntax@4 Unexpected symbol: '='", 5),
            ("c.n & 1", "expr-syntax@4 Unexpected symbol: '&'", 5),
            ("c.n &&& 1", "expr-syntax@6 Unexpected symbol: '&'", 7),
            ("a/b", "expr-syntax@0 Unexpected symbol: 'a/b'", 1),
            ("c n", "expr-syntax@2 Unexpected symbol: 'n'", 3), ("c.n)", "expr-syntax@3 Unexpected symbol: ')'", 4),
            ("()", "expr-syntax@1 Unexpected symbol: ')'", 2), ("(1, 2)", "expr-syntax@2 Unexpected symbol: ','", 3),
            ("== 1", "expr-syntax@0 Unexpected symbol: '=='", 1),
            ("1 == == 1", "expr-syntax@5 Unexpected symbol: '=='", 6),
            ("c.", "expr-syntax@1 Unexpected end of expression: '.'", 2),
            ("c..n", "expr-syntax@2 Unexpected symbol: '.n'", 3), ("c.1", "expr-syntax@2 Unexpected symbol: '1'", 3),
            ("c.'n'", "expr-syntax@2 Unexpected symbol: ''n''", 3),
            ("c[1", "expr-syntax@2 Unexpected end of expression: '1'", 3),
            ("c[]", "expr-syntax@2 Unexpected symbol: ']'", 3), ("c[* 1]", "expr-syntax@4 Unexpected symbol: '1'", 5),
            ("*", "expr-syntax@0 Unexpected symbol: '*'", 1), ("c.*n", "expr-syntax@3 Unexpected symbol: 'n'", 4),
            ("(1", "expr-syntax@1 Unexpected end of expression: '1'", 2),
            ("!", "expr-syntax@0 Unexpected end of expression: '!'", 1),
            ("format('x',)", "expr-syntax@11 Unexpected symbol: ')'", 12),
            ("format('x' 'y')", "expr-syntax@11 Unexpected symbol: ''y''", 12),
            ("'open", "expr-syntax@0 Unexpected symbol: ''open'", 1),
            ("'it''s", "expr-syntax@0 Unexpected symbol: ''it''s'", 1),
            ("0x", "expr-syntax@0 Unexpected symbol: '0x'", 1), ("-0x1", "expr-syntax@0 Unexpected symbol: '-0x1'", 1),
            ("1.2.3", "expr-syntax@0 Unexpected symbol: '1.2.3'", 1),
            ("0o8", "expr-syntax@0 Unexpected symbol: '0o8'", 1),
            ("-", "expr-syntax@0 Unexpected symbol: '-'", 1), ("é", "expr-syntax@0 Unexpected symbol: 'é'", 1),
            ("'é' x", "expr-syntax@4 Unexpected symbol: 'x'", 5), ("c.é", "expr-syntax@2 Unexpected symbol: 'é'", 3),
            ("True", "expr-context@0 Unrecognized named-value: 'True'", 1),
            ("env.X", "expr-context@0 Unrecognized named-value: 'env'", 1),
            ("false && secrets.X", "expr-context@9 Unrecognized named-value: 'secrets'", 10),
            ("c.n == main", "expr-context@7 Unrecognized named-value: 'main'", 8),
            ("true || nope()", "expr-function@8 Unrecognized function: 'nope'", 9),
            ("hashFiles('x')", "expr-function@0 Unrecognized function: 'hashFiles'", 1),
            ("c.n()", "expr-syntax@3 Unexpected symbol: '('", 4),
            ("contains('a')", "expr-args@0 Too few parameters supplied: 'contains'", 1),
            ("1 == contains(1, 2, 3)", "expr-args@5 Too many parameters supplied: 'contains'", 6),
            ("join()", "expr-args@0 Too few parameters supplied: 'join'", 1),
            ("success('job')", "expr-args@0 Too many parameters supplied: 'success'", 1),
            ("toJSON(1, 2)", "expr-args@0 Too many parameters supplied: 'toJSON'", 1),
            (
                "case(true, 1, false, 2)",
                "expr-args@0 Even number of parameters supplied, requires an odd number of parameters: 'case'", 1
            ),
        ])
    func faults(text: String, start: String, position: Int) throws {
        let fault = try #require(expressionFault(text))
        #expect(fault.hasPrefix("\(start). Located at position \(position) within expression: \(text)"))
    }

    @Test("a name that is known elsewhere is explained")
    func hints() {
        #expect(
            expressionFault("matrix.os", .jobCondition)
                == "expr-context@0 Unrecognized named-value: 'matrix'. Located at position 1 within expression: "
                + "matrix.os; \"if\" of a job has only github, gitea, needs, vars, inputs")
        #expect(
            expressionFault("always()", .job("name"))
                == "expr-function@0 Unrecognized function: 'always'. Located at position 1 within expression: "
                + "always(); \"name\" cannot ask for the status of jobs")
        #expect(expressionFault("hashFiles('a')", .jobCondition)?.hasSuffix("the files of the job") == true)
    }

    @Test("nothing at all", arguments: ["", "  "])
    func nothing(text: String) {
        #expect(expressionFault(text) == "expr-syntax@\(text.count) An expression was expected")
    }
}
