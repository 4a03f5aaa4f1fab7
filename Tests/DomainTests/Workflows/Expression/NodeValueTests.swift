import Testing

@testable import Domain

@Suite("A YAML node as a value, and back")
struct NodeValueTests {
    static let place = Position(line: 1, column: 1)

    @Test(
        "each kind keeps its meaning",
        arguments: [
            "null", "true", "12", "1.5", "\"text\"", "[1,[\"a\"],{\"b\":null}]",
            "{\"a\":{\"B\":[]},\"c\":\"${{ x }}\"}",
        ])
    func both(json: String) throws {
        let value = try ExpressionValue(json: json)
        var budget = ExpressionBudget()
        let node = try YAMLNode(value, at: Self.place, &budget)
        var written = JSONWriter()
        written.node(node)
        #expect(String(decoding: written.bytes, as: UTF8.self) == json)
        #expect(try node.expressionValue.json(bytesMax: 1000) == value.json(bytesMax: 1000))
        #expect(node.position == Self.place)
    }

    @Test("text that looks like a number stays text")
    func text() throws {
        var budget = ExpressionBudget()
        let node = try YAMLNode(.string("12"), at: Self.place, &budget)
        #expect(node.scalar?.value == .string)
        #expect(try yamlTree(Array("12".utf8)).scalar?.expressionValue.number == 12)
    }

    @Test("every node is charged before it is made")
    func charged() throws {
        let value = try ExpressionValue(json: "[1,2,{\"a\":3}]")
        var enough = ExpressionBudget(workBytes: 5 * ExpressionLimits.valueBytes)
        _ = try YAMLNode(value, at: Self.place, &enough)
        #expect(enough.workBytes == 0)
        var short = ExpressionBudget(workBytes: 5 * ExpressionLimits.valueBytes - 1)
        #expect(throws: EvaluationFault.tooLong) { try YAMLNode(value, at: Self.place, &short) }
        #expect(short.isSpent)
    }
}
