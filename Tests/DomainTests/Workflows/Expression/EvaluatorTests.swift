import Testing

@testable import Domain

/// A scope with a context for the tests, `c`.
let testScope = ExpressionScope(place: "the test", contexts: ["github", "c"], hasStatusFunctions: true)

/// What an expression gives, as JSON without line breaks, or `! ` and what is wrong with it.
/// `c` has what the tables below need.
func evaluated(_ text: String, c: String = EvaluatorTests.context) -> String {
    do {
        let node = try parseExpression(text, testScope)
        let contexts = ExpressionContexts(
            ["c": try ExpressionValue(json: c), "github": .object([])],
            status: .init(success: true, failure: false, cancelled: false))
        var budget = ExpressionBudget()
        let json = try node.value(in: contexts, &budget).json(bytesMax: 1 << 24)
        return json.split(separator: "\n").map { $0.drop { $0 == " " } }.joined()
    } catch let fault as ExpressionFault {
        return "! " + fault.message
    } catch let fault as EvaluationFault {
        return "! " + fault.message
    } catch {
        return "! \(error)"
    }
}

@Suite("An expression's value")
struct EvaluatorTests {
    static let context = """
        {"yes": true, "empty": "", "Name": "Zoë", "n": 7, "list": ["a", "B", 3, null], "none": [], "dash-ed_1": 1,
         "jobs": {"lint": {"ok": true, "tags": ["x", "y"]}, "test": {"tags": ["z"]}, "odd": 5, "docs": {"ok": false}},
         "rows": [[1, 2], [3], [], "t"], "5": "five", "a.b": "dotted", "obj": {}, "deep": {"a": {"b": {"c": "end"}}}}
        """

    @Test(
        "literals",
        arguments: [
            ("null", "null"), ("true", "true"), ("false", "false"), ("''", "\"\""), ("'it''s'", "\"it's\""),
            ("''''", "\"'\""), ("'é\u{1F600}'", "\"é\u{1F600}\""), ("'${{ x }}'", "\"${{ x }}\""), ("0", "0"),
            ("12", "12"), ("-3", "-3"), ("+3", "3"), (".25", "0.25"), ("-.25", "-0.25"), ("2.50", "2.5"),
            ("1.5e-3", "0.0015"), ("2E3", "2000"), ("0x1F", "31"), ("0xfe", "254"), ("0o17", "15"), ("007", "7"),
            ("NaN", "NaN"), ("Infinity", "Infinity"), ("-Infinity", "-Infinity"), ("-0", "0"), ("  7\t\n", "7"),
        ])
    func literals(text: String, json: String) { #expect(evaluated(text) == json) }

    @Test(
        "operators bind in the order of the language",
        arguments: [
            ("true || false && false", "true"), ("(true || false) && false", "false"), ("!false && false", "false"),
            ("!(false && false)", "true"), ("1 < 2 == true", "true"), ("true == 1 < 2", "true"),
            ("3 > 2 > 1", "false"), ("3 > 2 >= 1", "true"), ("1 == 1 == 1", "true"), ("2 == 2 == 2", "false"),
            ("1 != 1 == false", "true"), ("!1 == 0", "true"), ("!c.empty == 'x'", "false"), ("! ! c.n", "true"),
            ("!c.list[0]", "false"), ("false || false || 'z'", "\"z\""), ("1 && 2 && 3", "3"),
            ("false && 1 || 2", "2"), ("1 || 2 && false", "1"), ("0 == 0 && 1 != 2 || c.none", "true"),
            ("((((1))))", "1"), ("(c).n", "7"), ("c.n>=7&&c.n<=7", "true"),
        ])
    func precedence(text: String, json: String) { #expect(evaluated(text) == json) }

    @Test(
        "&& and || give an operand",
        arguments: [
            ("c.yes && 'on' || 'off'", "\"on\""), ("c.no && 'on' || 'off'", "\"off\""), ("'' || 0", "0"),
            ("0 || ''", "\"\""), ("'' && 1", "\"\""), ("null && 1", "null"), ("NaN && 1", "NaN"), ("NaN || 2", "2"),
            ("'false' && 1", "1"), ("'0' && 1", "1"), ("c.obj && 1", "1"), ("c.none && 1", "1"), ("-0 || 5", "5"),
            ("!''", "true"), ("!'x'", "false"), ("!null", "true"), ("!c.none", "false"), ("!-1", "false"),
        ])
    func operands(text: String, json: String) { #expect(evaluated(text) == json) }

    @Test(
        "== across kinds compares numbers, and text without case",
        arguments: [
            ("1 == '1'", "true"), ("1 == ' 1.0 '", "true"), ("255 == '0xFF'", "true"), ("8 == '0o10'", "true"),
            ("1000 == '1e3'", "true"), ("0 == ''", "true"), ("0 == '  '", "true"), ("null == 0", "true"),
            ("null == ''", "true"), ("null == false", "true"), ("null == null", "true"), ("true == 'true'", "false"),
            ("true == '1'", "true"), ("false == ''", "true"), ("1 == 'x'", "false"), ("1 != 'x'", "true"),
            ("NaN == NaN", "false"), ("NaN != NaN", "true"), ("'NaN' == 'nan'", "true"), ("NaN == 'NaN'", "false"),
            ("'NaN' != NaN", "true"), ("Infinity == 'Infinity'", "true"), ("-Infinity == ' -Infinity'", "true"),
            ("'infinity' == Infinity", "false"), ("'1_000' == 1000", "false"), ("'-0x1' == -1", "false"),
            ("'main' == 'MAIN'", "true"), ("'ß' == 'SS'", "false"), ("'ı' == 'I'", "false"), ("'ſ' == 'S'", "false"),
            ("'é' == 'É'", "true"), ("'éı' == 'ÉI'", "false"), ("'σ' == 'ς'", "true"), ("'ᾳ' == 'ᾼ'", "true"),
            ("'ж' == 'Ж'", "true"),
            ("'e\u{301}' == 'é'", "false"), ("'\u{212A}' == 'k'", "false"),
            ("c.list == c.list", "true"), ("c.obj == c.obj", "true"), ("fromJSON('[]') == fromJSON('[]')", "false"),
            ("c.none == c.list", "false"), ("c.obj != 'Object'", "true"), ("c.none == 0", "false"),
            ("c.none == ''", "false"), ("c.* == c.*", "false"),
        ])
    func equality(text: String, json: String) { #expect(evaluated(text) == json) }

    @Test(
        "order",
        arguments: [
            ("1 < 2", "true"), ("2 < 1", "false"), ("2 <= 2", "true"), ("2 >= 3", "false"), ("'10' < '9'", "true"),
            ("10 < '9'", "false"), ("'a' < 'B'", "true"), ("'A' < '_'", "true"), ("'a' < '_'", "true"),
            ("'ab' > 'a'", "true"), ("'' < 'a'", "true"), ("'a' <= 'A'", "true"), ("'a' >= 'A'", "true"),
            ("'x' < 1", "false"), ("'x' > 1", "false"), ("'x' >= 1", "false"), ("NaN <= NaN", "false"),
            ("false < true", "true"), ("null < 1", "true"), ("null <= null", "true"), ("null < null", "false"),
            ("c.list <= c.list", "true"), ("c.list < c.list", "false"), ("c.obj > 0", "false"),
            ("-Infinity < -1", "true"), ("Infinity > 1e308", "true"),
        ])
    func order(text: String, json: String) { #expect(evaluated(text) == json) }

    @Test(
        "properties and places",
        arguments: [
            ("c.name", "\"Zoë\""), ("c.NAME", "\"Zoë\""), ("c['nAmE']", "\"Zoë\""), ("C.name", "\"Zoë\""),
            ("c.missing", "null"), ("c.missing.further", "null"), ("c.n.x", "null"), ("c.name.length", "null"),
            ("c.dash-ed_1", "1"), ("c['a.b']", "\"dotted\""), ("c.a.b", "null"), ("c[5]", "\"five\""),
            ("c['5']", "\"five\""), ("c[ 5.0 ]", "\"five\""), ("c . deep . a", "{\"b\": {\"c\": \"end\"}}"),
            ("c.deep.a.b.c", "\"end\""), ("c.deep['a']['b'].c", "\"end\""), ("c.true", "null"), ("c.NaN", "null"),
            ("c.list[0]", "\"a\""), ("c.list['1']", "\"B\""), ("c.list[1.9]", "\"B\""), ("c.list[true]", "\"B\""),
            ("c.list[null]", "\"a\""), ("c.list['']", "\"a\""), ("c.list[4]", "null"), ("c.list[-1]", "null"),
            ("c.list[-0.5]", "null"), ("c.list['x']", "null"), ("c.list[NaN]", "null"), ("c.list[Infinity]", "null"),
            ("c.list[1e300]", "null"), ("c.list[c.none]", "null"), ("c[c.obj]", "null"), ("c.list.a", "null"),
            ("fromJSON('[[7]]')[0][0]", "7"), ("c[format('{0}{1}', 'na', 'me')]", "\"Zoë\""),
        ])
    func access(text: String, json: String) {
        #expect(evaluated(text) == json)
    }

    @Test(
        "filtered arrays",
        arguments: [
            ("c.list.*", #"["a","B",3,null]"#), ("c.list[*]", #"["a","B",3,null]"#), ("c.n.*", "[]"),
            ("c.missing.*", "[]"), ("c.obj.*", "[]"), ("c.jobs.*.ok", "[true,false]"),
            ("c.jobs.*.OK", "[true,false]"), ("c.jobs.*.nothing", "[]"), ("c.jobs.*.tags", #"[["x","y"],["z"]]"#),
            ("c.jobs.*.tags.*", #"["x","y","z"]"#), ("c.jobs.*.tags[0]", #"["x","z"]"#),
            ("c.jobs.*.tags[1]", #"["y"]"#), ("c.rows.*[0]", "[1,3]"), ("(c.rows.*)[0]", "[1,3]"),
            ("c.rows.*[1]", "[2]"), ("c.rows.*.*", "[1,2,3]"), ("c.rows[*][*]", "[1,2,3]"), ("c.rows.*.*.*", "[]"),
            ("join(c.jobs.*.tags.*, '+')", "\"x+y+z\""), ("contains(c.jobs.*.ok, false)", "true"),
            ("c.list.*[0]", "[]"), ("(c.rows.* || 1)[0]", "[1,3]"),
        ])
    func filtered(text: String, json: String) { #expect(evaluated(text) == json) }
}
