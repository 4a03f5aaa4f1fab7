import Testing

@testable import Domain

@Suite("JSON for the runner")
struct PayloadTextTests {
    static func json(_ body: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter()
        body(&json)
        return String(decoding: json.bytes, as: UTF8.self)
    }

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
