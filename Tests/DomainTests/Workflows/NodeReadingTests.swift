import Testing

@testable import Domain

@Suite("What a YAML node is")
struct NodeReadingTests {
    static let place = Position(line: 1, column: 1)
    static func node(_ text: String) throws -> YAMLNode { try yamlTree(Array(text.utf8)) }

    @Test(
        "its kind in words",
        arguments: [
            ("[1]", "a sequence"), ("{a: 1}", "a mapping"), ("~", "nothing"), ("true", "a boolean"),
            ("1.5", "a number"),
            ("'1'", "a string"), ("yes", "a string"),
        ])
    func kind(text: String, kind: String) throws { #expect(try Self.node(text).kind == kind) }

    @Test("a key is looked up by its bytes")
    func lookup() throws {
        let pairs = [("\u{e9}", "1"), ("e\u{301}", "2"), ("B", "3")].map { key, text in
            YAMLPair(key: key, position: Self.place, value: YAMLNode(position: Self.place, scalar: text))
        }
        let node = YAMLNode(position: Self.place, content: .mapping(pairs))
        #expect(node["\u{e9}"]?.value.scalar?.text == "1")
        #expect(node["e\u{301}"]?.value.scalar?.text == "2")
        #expect(node["b"] == nil)
        #expect(try Self.node("[a]")["a"] == nil)
    }

    @Test(
        "an expression is found wherever it stands, the first one first",
        arguments: [
            ("a", String?.none), ("${{ x }}", "${{ x }}"), ("[a, {b: 'c ${{ d', e: '${{ f }}'}]", "c ${{ d"),
            ("{'${{ k }}': '${{ v }}'}", "${{ k }}"), ("[$, '{{', '$ {{', '${ {']", nil), ("'$${{'", "$${{"),
        ])
    func expressions(text: String, first: String?) throws {
        #expect(try Self.node(text).firstExpression?.scalar?.text == first)
    }

    @Test(
        "the known name that is meant",
        arguments: [
            ("runs_on", "runs-on"), ("step", "steps"), ("RUNS-ON", "runs-on"), ("needs", "needs"), ("xyz", nil),
            ("", nil), ("timeoutminutes", "timeout-minutes"), (String(repeating: "n", count: 65), nil),
        ] as [(String, String?)])
    func meant(text: String, known: String?) {
        #expect(nearest(text, among: ["runs-on", "steps", "needs", "timeout-minutes"]) == known)
    }

    @Test(
        "a string or a list of strings, by their text",
        arguments: [
            ("a", ["a"]), ("[a, 1, true, 1.50]", ["a", "1", "true", "1.50"]), ("[]", []), ("~", nil), ("[a, ~]", nil),
            ("[[a]]", nil), ("{a: b}", nil),
        ] as [(String, [String]?)])
    func strings(text: String, read: [String]?) throws {
        var list = DiagnosticList(path: "w", source: [])
        #expect(list.strings(try Self.node(text), of: "needs")?.map(\.text) == read)
        #expect(list.errorCount == (read == nil ? 1 : 0))
    }
}
