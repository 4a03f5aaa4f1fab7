import Testing

@testable import Domain

@Suite("The shape of YAML text")
struct YAMLShapeTests {
    static func shape(_ text: String) throws -> YAMLShape { try YAMLShape.scan(Array(text.utf8)) }

    @Test(
        "aliases are found where they are none inside of quotes, comments and block scalars",
        arguments: [
            ("a: *x", ["1:4 x"]), ("a: [*x, *y]", ["1:5 x", "1:9 y"]), ("*k : 1", ["1:1 k"]),
            ("a: '*x'", []), ("a: \"\\\"*x\"", []), ("a: b *x", []), ("a: # *x\n  b", []),
            ("a: |\n  *x\nb: *y", ["3:4 y"]),
            ("a: >-\n\n  *x\n  *z\nb: *y", ["5:4 y"]), ("a: &n\n- *x", ["2:3 x"]), ("é: *x", ["1:4 x"]), ("a: * x", []),
        ])
    func aliases(text: String, expected: [String]) throws {
        let found = try Self.shape(text).aliases.sorted { ($0.key.line, $0.key.column) < ($1.key.line, $1.key.column) }
        #expect(found.map { "\($0.key.line):\($0.key.column) \($0.value.name)" } == expected)
    }

    @Test(
        "keys are told with the collection that they stand in",
        arguments: [
            ("a: 1\nb: 2", ["a", "b"], 1), ("a: {b: 1, c: 2}\nd: 3", ["a", "b", "c", "d"], 2),
            ("a:\n- b: 1\n- b: 2\n", ["a", "b", "b"], 3), ("\"a b\": 1\n'c': 2", ["a b", "c"], 1),
            ("a:b", [], 0), ("[a: 1, b: 2]", ["a", "b"], 1),
        ])
    func keys(text: String, keys: [String], collections: Int) throws {
        let shape = try Self.shape(text)
        #expect(shape.keys.map(\.text) == keys)
        #expect(Set(shape.keys.map(\.collection)).count == collections)
    }

    @Test("brackets in text are no levels, brackets of the language are", arguments: [0, 1])
    func depth(excess: Int) throws {
        let many = WorkflowLimits.depthMax + excess
        for (open, close) in [("[", "]"), ("{a: ", "}")] {
            let text = String(repeating: open, count: many) + "1" + String(repeating: close, count: many)
            let fault = excess > 0 ? #expect(throws: YAMLFault.self) { try Self.shape(text) } : nil
            if excess > 0 { #expect(fault?.code == "too-deep") } else { _ = try Self.shape(text) }
        }
        _ = try Self.shape(
            "a: '\(String(repeating: "[", count: 1000))'\nb: |\n  \(String(repeating: "[", count: 1000))\n")
        let blocks = (0..<many).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        if excess > 0 { #expect(throws: YAMLFault.self) { try Self.shape(blocks) } } else { _ = try Self.shape(blocks) }
    }
}
