import Testing

@testable import Domain

@Suite("A function of expressions")
struct FunctionsTests {
    @Test(
        "contains, startsWith, endsWith",
        arguments: [
            ("contains('Hello World', 'o w')", "true"), ("contains('abc', 'd')", "false"), ("contains('', '')", "true"),
            ("contains('abc', null)", "true"), ("contains(1234, 23)", "true"), ("contains(true, 'RU')", "true"),
            ("contains('ababac', 'ABAC')", "true"), ("contains('aaab', 'aab')", "true"),
            ("contains('Zoë', 'OË')", "true"), ("contains('ab', 'abc')", "false"), ("contains('aı', 'I')", "false"),
            ("startsWith('ſ', 's')", "false"), ("contains(c.list, 'b')", "true"),
            ("contains(c.list, '3')", "true"), ("contains(c.list, '')", "true"), ("contains(c.list, 'bb')", "false"),
            ("contains(c.none, '')", "false"), ("contains(c.obj, '')", "false"), ("contains('x', c.none)", "false"),
            ("contains(c.rows, c.rows[0])", "true"), ("contains(fromJSON('[\"push\"]'), 'PUSH')", "true"),
            ("startsWith('refs/heads/x', 'REFS/')", "true"), ("startsWith('a', 'ab')", "false"),
            ("startsWith(123, 12)", "true"), ("startsWith(c.list, '')", "false"), ("startsWith('a', '')", "true"),
            ("endsWith('file.YML', '.yml')", "true"), ("endsWith('a', 'ba')", "false"), ("endsWith('a', '')", "true"),
            ("ENDSWITH('ab', 'B')", "true"), ("StartsWith('ab', 'A')", "true"), ("endsWith('x', c.obj)", "false"),
        ])
    func texts(text: String, json: String) { #expect(evaluated(text) == json) }

    @Test(
        "format",
        arguments: [
            ("format('a{0}b{1}{0}', 1, 'x')", "\"a1bx1\""), ("format('{{{0}}}', 1)", "\"{1}\""),
            ("format('{{}}')", "\"{}\""), ("format('}}{{')", "\"}{\""), ("format('plain', 1, 2)", "\"plain\""),
            ("format('{0}', null)", "\"\""), ("format('{0}', true)", "\"true\""),
            ("format('{0}', c.list)", "\"Array\""),
            ("format('{0}', c.obj)", "\"Object\""), ("format('{0}', '{1}')", "\"{1}\""), ("format(null)", "\"\""),
            ("format('{00}', 'x')", "\"x\""), ("format('é{0}', 'ë')", "\"éë\""),
            ("format('{0')", "! The following format string is invalid: {0"),
            ("format('{', 1)", "! The following format string is invalid: {"),
            ("format('}', 1)", "! The following format string is invalid: }"),
            ("format('{x}', 1)", "! The following format string is invalid: {x}"),
            ("format('{-1}', 1)", "! The following format string is invalid: {-1}"),
            ("format('{0:N}', 1)", "! The following format string is invalid: {0:N}"),
            ("format('{0}}', 1)", "! The following format string is invalid: {0}}"),
            ("format('{1}', 1)", "! The following format string references more arguments than were supplied: {1}"),
            (
                "format('{99999999999999999999}', 1)",
                "! The following format string references more arguments than were supplied: {99999999999999999999}"
            ),
        ])
    func format(text: String, json: String) { #expect(evaluated(text) == json) }

    @Test(
        "numbers as text have at most 15 digits",
        arguments: [
            ("1e21", "1E+21"), ("1e15", "1E+15"), ("123456789012345", "123456789012345"),
            ("1234567890123456789", "1.23456789012346E+18"), ("0.1", "0.1"), ("1e-5", "1E-05"), ("1e-4", "0.0001"),
            ("0.30000000000000004", "0.3"), ("-1.50", "-1.5"), ("-0.0", "0"), ("1e400", "Infinity"), ("3.10", "3.1"),
            ("1e-400", "0"), ("2.5e+30", "2.5E+30"), ("-1e100", "-1E+100"),
        ])
    func numbers(number: String, text: String) { #expect(evaluated("format('{0}', \(number))") == "\"\(text)\"") }

    @Test(
        "join, case, the status of jobs",
        arguments: [
            ("join(c.list)", "\"a,B,3,\""), ("join(c.list, ' - ')", "\"a - B - 3 - \""), ("join('x', 'y')", "\"x\""),
            ("join(c.rows, ';')", "\"Array;Array;Array;t\""), ("join(c.none)", "\"\""), ("join(c.obj)", "\"\""),
            ("join(c.list, c.none)", "\"a,B,3,\""), ("join(c.list, null)", "\"aB3\""), ("join(5)", "\"5\""),
            ("case(c.n > 5, 'big', 'small')", "\"big\""), ("case(false, 1, true, 2, 3)", "2"),
            ("case(false, 1, false, 2, c.list)", #"["a","B",3,null]"#),
            ("case(true, 1, fromJSON('broken'))", "1"), ("case(false, fromJSON('broken'), 2)", "2"),
            ("case(1, 2, 3)", "! case predicate must evaluate to a boolean value"),
            ("success()", "true"), ("Failure()", "false"), ("always()", "true"), ("cancelled()", "false"),
        ])
    func others(text: String, json: String) { #expect(evaluated(text) == json) }

    @Test("toJSON is pretty")
    func pretty() throws {
        let json = try ExpressionValue(json: #"{"a":[1,{"b":[]}],"c":{},"d":"\"\\\n\u0001é/","e":[null,true]}"#)
        #expect(
            try json.json(bytesMax: 1000) == """
                {
                  "a": [
                    1,
                    {
                      "b": []
                    }
                  ],
                  "c": {},
                  "d": "\\"\\\\\\n\\u0001é/",
                  "e": [
                    null,
                    true
                  ]
                }
                """)
    }

    @Test(
        "fromJSON reads what JSON is, and says what it is not",
        arguments: [
            (#" {"a" : [ 1 , -2.5e+1 , "x" ] } "#, #"{"a": [1,-25,"x"]}"#), ("0", "0"), ("-0", "0"), ("1E2", "100"),
            (#""\u00e9\ud83d\ude00\/\b\f\r""#, #""é😀/\b\f\r""#), (#""\ud83d""#, "\"\u{FFFD}\""),
            (#""\ud83dx""#, "\"\u{FFFD}x\""), (#""\ude00""#, "\"\u{FFFD}\""), (#""\ud83d\u0041""#, "\"\u{FFFD}A\""),
            (#"{"a": 1, "b": 2, "A": 3}"#, #"{"a": 3,"b": 2}"#), (#"{"": 1}"#, #"{"": 1}"#), ("[]", "[]"),
            ("[[],{}]", "[[],{}]"), ("", "a value expected at character 1"), (" ", "a value expected at character 2"),
            ("tru", "a value expected at character 1"), ("[1,]", "a value expected at character 4"),
            ("[1 2]", "\",\" or \"]\" expected at character 4"), ("[1", "\",\" or \"]\" expected at character 3"),
            ("{\"a\" 1}", "\":\" expected at character 6"),
            ("{a: 1}", "a key in double quotes expected at character 2"),
            ("{\"a\":1,}", "a key in double quotes expected at character 8"),
            ("1 2", "the end expected at character 3"),
            ("01", "a number without leading zeros expected at character 3"),
            ("-", "a number without leading zeros expected at character 2"), ("1.", "a digit expected at character 3"),
            ("1e", "a digit expected at character 3"), ("+1", "a value expected at character 1"),
            ("NaN", "a value expected at character 1"), ("'a'", "a value expected at character 1"),
            ("\"é", "the end of a string expected at character 3"),
            ("\"a\n\"", "no control character in a string expected at character 3"),
            (#""\x""#, #"one of " \ / b f n r t u behind "\" expected at character 3"#),
            (#""\u12g4""#, "four hexadecimal digits expected at character 6"),
        ])
    func json(text: String, expected: String) {
        let escaped = text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
        let result = evaluated("fromJSON('\(escaped)')")
        let wrong = "! fromJSON cannot read \"\(text)\": \(expected) of the JSON text"
        #expect(result == expected || result == wrong)
    }
}
