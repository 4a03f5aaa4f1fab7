import Testing

@testable import Domain

@Suite("JSON for the runner")
struct PayloadTests {
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
        "strings are escaped where JSON must, and are raw otherwise",
        arguments: [
            ("a\"b\\c", #""a\"b\\c""#), ("\n\t\r", #""\n\t\r""#), ("\u{0}\u{1F}\u{7F}", #""\u0000\u001f\u007f""#),
            ("é/😀", "\"é/😀\""), ("\u{2028}", "\"\u{2028}\""), ("", "\"\""),
        ])
    func strings(text: String, written: String) { #expect(Self.json { $0.string(text) } == written) }

    @Test(
        "what was evaluated cannot be evaluated again",
        arguments: [
            ("${{ secrets.A }}", "${{ '$' }}{{ secrets.A }}"), ("$${{", "$${{ '$' }}{{"),
            ("${{${{", "${{ '$' }}{{${{ '$' }}{{"),
            ("$ {{ x }}", "$ {{ x }}"), ("{{ $ }}", "{{ $ }}"), ("é", "é"), ("", ""), ("$", "$"),
        ])
    func data(text: String, written: String) {
        #expect(withoutExpressions(text) == written)
        #expect(withoutExpressions(Array(text.utf8)) == Array(written.utf8))
        #expect(Self.json { $0.data(text) } == Self.json { $0.string(written) })
    }

    @Test(
        "a node keeps its type",
        arguments: [
            (
                "[1, 1.5, -0.0, 1e3, true, ~, 'x', .inf, -.inf, .nan, 0x10, 9007199254740993]",
                #"[1,1.5,0,1000,true,null,"x",.inf,-.inf,.nan,16,9007199254740992]"#
            ),
            ("{a: {b: []}, 'c d': '${{ e }}'}", #"{"a":{"b":[]},"c d":"${{ e }}"}"#),
        ])
    func nodes(yaml: String, written: String) throws {
        let node = try yamlTree(Array(yaml.utf8))
        #expect(Self.json { $0.node(node) } == written)
    }
}
