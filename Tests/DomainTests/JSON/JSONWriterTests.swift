import Domain
import Testing

@Suite("The writer of JSON")
struct JSONWriterTests {
    static func json(_ body: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter()
        body(&json)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    @Test("nests with commas where they belong")
    func nesting() {
        let text = Self.json { json in
            json.object { json in
                json.key("a")
                json.array { json in
                    json.literal("1")
                    json.object { _ in }
                    json.array { _ in }
                    json.string("x")
                }
                json.member(Array(#""b":true"#.utf8))
                json.key("c")
                json.literal("null")
            }
        }
        #expect(text == #"{"a":[1,{},[],"x"],"b":true,"c":null}"#)
    }

    @Test(
        "strings are escaped where JSON or YAML must, and are raw otherwise",
        arguments: [
            ("a\"b\\c", #""a\"b\\c""#), ("\n\t\r", #""\n\t\r""#), ("\u{0}\u{1F}\u{7F}", #""\u0000\u001f\u007f""#),
            ("é/😀", "\"é/😀\""),
            ("\u{2028}\u{85}\u{9F}\u{FEFF}\u{FFFF}\u{A0}", "\"\\u2028\\u0085\\u009f\\ufeff\\uffff\u{A0}\""),
            ("", "\"\""),
        ])
    func strings(text: String, written: String) { #expect(Self.json { $0.string(text) } == written) }
}
