import Testing

@testable import Domain

@Suite("JSON as expressions read and write it")
struct JSONTextTests {
    static func rewritten(_ text: String) -> String {
        do {
            return try ExpressionValue(json: text).json(bytesMax: 1 << 20)
        } catch let fault as JSONFault { return "! " + fault.message } catch { return "! \(error)" }
    }

    @Test(
        "is read strictly and written with two spaces a level",
        arguments: [
            ("null", "null"), (" [ ] ", "[]"), ("{}", "{}"), ("[1,[true]]", "[\n  1,\n  [\n    true\n  ]\n]"),
            (#"{"b":1,"a":{"c":null}}"#, "{\n  \"b\": 1,\n  \"a\": {\n    \"c\": null\n  }\n}"),
            ("-0", "0"), ("1e3", "1000"), ("1.50", "1.5"), ("1e-7", "1E-07"),
            (#""\u0041\n\/\ud83d\ude00""#, #""A\n/😀""#), (#""é""#, #""é""#),
            // Half a pair is no character.
            (#""\ud83d""#, "\"\u{FFFD}\""), (#""\ud83dx""#, "\"\u{FFFD}x\""), (#""\ude00""#, "\"\u{FFFD}\""),
            (#""\ud83d\u0041""#, "\"\u{FFFD}A\""),
        ])
    func values(text: String, written: String) { #expect(Self.rewritten(text) == written) }

    @Test(
        "a fault has its place",
        arguments: [
            ("", "a value expected at character 1"), ("[1,]", "a value expected at character 4"),
            ("[1 2]", "\",\" or \"]\" expected at character 4"),
            ("{a:1}", "a key in double quotes expected at character 2"),
            (#"{"a" 1}"#, "\":\" expected at character 6"),
            (#"{"a":1,}"#, "a key in double quotes expected at character 8"),
            (#"{"a":1"#, "\",\" or \"}\" expected at character 7"), ("1 2", "the end expected at character 3"),
            ("01", "a number without leading zeros expected at character 3"), ("1.", "a digit expected at character 3"),
            ("1e+", "a digit expected at character 4"), ("-", "a number without leading zeros expected at character 2"),
            ("\"a", "the end of a string expected at character 3"),
            ("\"a\nb\"", "no control character in a string expected at character 3"),
            (#""\x""#, "one of \" \\ / b f n r t u behind \"\\\" expected at character 3"),
            (#""\u12g4""#, "four hexadecimal digits expected at character 6"),
            ("tru", "a value expected at character 1"),
            // Characters are counted, not bytes.
            ("\"é\" x", "the end expected at character 5"),
        ])
    func faults(text: String, fault: String) { #expect(Self.rewritten(text) == "! \(fault) of the JSON text") }

    @Test("values are charged, and what is written has an end")
    func bounds() throws {
        var reader = JSONReader("[1,2,3]", valueBytesMax: 4 * ExpressionLimits.valueBytes)
        #expect(throws: Never.self) { try reader.read() }
        #expect(reader.valueBytes == 4 * ExpressionLimits.valueBytes)
        var tight = JSONReader("[1,2,3]", valueBytesMax: 4 * ExpressionLimits.valueBytes - 1)
        #expect(throws: JSONFault(message: "JSON has too many values")) { try tight.read() }
        let text = ExpressionValue.string("0123456789")
        #expect(try text.json(bytesMax: 12).utf8.count == 12)
        #expect(throws: EvaluationFault.self) { try text.json(bytesMax: 11) }
    }
}
