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

@Suite("Limits of expressions")
struct ExpressionLimitTests {
    static func many(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    @Test("fifty levels of the tree, however they come about, on a small stack", arguments: [0, 1])
    func depth(excess: Int) {
        let n = ExpressionLimits.depthMax + excess
        let deep = [
            Self.many("!", n - 1) + "1", "c" + Self.many(".x", n - 1), "c" + Self.many("[0]", n - 1),
            "c" + Self.many(".*", n - 1), Self.many("toJSON(", n - 1) + "1" + Self.many(")", n - 1),
            "1" + Self.many(" < 1", n - 1), "1" + Self.many(" == 1", n - 1),
            Self.many("c[", n - 1) + "0" + Self.many("]", n - 1),
        ]
        for text in deep {
            let result = onSmallStack { evaluated(text) }
            #expect(result?.hasPrefix("! Exceeded max expression depth 50") == (excess > 0), "\(text)")
        }
    }

    @Test("parentheses add no level, and no text makes the parser recurse")
    func parentheses() {
        #expect(onSmallStack { evaluated(Self.many("(", 9000) + "1" + Self.many(")", 9000)) } == "1")
        #expect(onSmallStack { evaluated(Self.many("c[(!", 4000)) }?.hasPrefix("! Unexpected end") == true)
        let mixed = Self.many("1 && 2 || 3 == 4 < !format('{0}', ", 9) + "1" + Self.many(")", 9)
        #expect(onSmallStack { evaluated(mixed) } == "2")
    }

    @Test("a chain is not deep")
    func chain() {
        #expect(evaluated("0" + Self.many(" || 0", 4000) + " || 7") == "7")
        #expect(evaluated("1" + Self.many(" && 1", 4000) + " && 7") == "7")
    }

    @Test("21 000 characters, counted as characters")
    func length() {
        #expect(evaluated("'" + Self.many("é", 20_998) + "' == ''") == "! Exceeded max expression length 21000")
        #expect(evaluated("'" + Self.many("é", 20_000) + "' == ''") == "false")
    }

    @Test("10 MiB of values")
    func memory() {
        let megabyte = "{\"s\": \"\(Self.many("x", 1 << 20))\"}"
        let exceeded = "! The maximum allowed memory size was exceeded: 10485760 bytes of values"
        #expect(evaluated("format('\(Self.many("{0}", 9))', c.s) == ''", c: megabyte) == "false")
        #expect(evaluated("format('\(Self.many("{0}", 10))', c.s) == ''", c: megabyte) == exceeded)
        #expect(evaluated("join(fromJSON('[1,1,1,1,1,1,1,1,1,1,1,1]'), c.s) == ''", c: megabyte) == exceeded)
        let list = "[\(Self.many("0,", 100_000))0]"
        #expect(evaluated("c.* && c.* && c.* && c.* && 1", c: list) == exceeded)
        let text = "{\"s\": \"[\(Self.many("0,", 200_000))0]\"}"
        #expect(evaluated("fromJSON(c.s) && 1", c: text) == "1")
        #expect(evaluated("fromJSON(c.s) && fromJSON(c.s) && 1", c: text).hasSuffix("JSON has too many values"))
    }

    @Test("work is bounded where nothing is made")
    func work() {
        let text = "{\"s\": \"\(Self.many("a", 1 << 20))\"}"
        #expect(
            evaluated(Self.many("c.s == 'b' || ", 100) + "1", c: text)
                == "! The expressions take too much work: over 67108864 bytes to make or compare")
    }

    @Test("a search that makes a naive one quadratic ends")
    func search() {
        let text = "{\"s\": \"\(Self.many("a", 1 << 18))\", \"t\": \"\(Self.many("a", 1 << 17))b\"}"
        #expect(evaluated("contains(c.s, c.t)", c: text) == "false")
    }

    @Test("a hundred levels of JSON")
    func json() {
        for (depth, isRead) in [(100, true), (101, false), (100_000, false)] {
            let text = "{\"s\": \"\(Self.many("[", depth))\(Self.many("]", depth))\"}"
            let result = onSmallStack { evaluated("toJSON(fromJSON(c.s)) == ''", c: text) }
            #expect((result == "false") == isRead)
            #expect(isRead || result?.hasSuffix("JSON nests more than 100 levels deep") == true)
        }
    }

    /// A linear congruential generator: the same texts on every run.
    struct Random {
        var state: UInt64
        mutating func next(below bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
    }

    @Test("no bytes make the parser, the templates or the JSON reader fall over", arguments: [UInt64(1), 2, 3])
    func anyBytes(seed: UInt64) {
        let words = [
            "(", ")", "[", "]", ".", "*", ",", "!", "<", "<=", "==", "!=", "&&", "||", "'", "''", "'a'", "c", "github",
            "c.list", "1", "-1", ".5", "0x1", "true", "null", "format(", "contains(", "fromJSON('[1,{}]')", "toJSON(",
            "join(", "case(", "success()", " ", "\n", "{", "}", "${{", "}}", "\"", "\\u", ":", "é", "\u{0}", "&", "=",
        ]
        var random = Random(state: seed)
        var values = 0
        for round in 0..<3000 {
            var text = ""
            for _ in 0..<random.next(below: 24) {
                let isWord = round % 3 > 0
                text +=
                    isWord
                    ? words[random.next(below: words.count)] : String(UnicodeScalar(UInt8(random.next(below: 256))))
            }
            let result = evaluated(text)
            values += result.hasPrefix("!") ? 0 : 1
            let length = text.unicodeScalars.count
            do throws(ExpressionFault) {
                _ = try parseExpression(text, testScope)
            } catch {
                #expect(!error.message.isEmpty)
                #expect((0...length).contains(error.offset), "\(text)")
            }
            do throws(ExpressionFault) {
                let template = try Template(text, testScope)
                #expect(template.parts.count <= length)
            } catch {
                #expect((0...length).contains(error.offset), "\(text)")
            }
            _ = try? ExpressionValue(json: text)
        }
        #expect(values > 20)
    }
}
