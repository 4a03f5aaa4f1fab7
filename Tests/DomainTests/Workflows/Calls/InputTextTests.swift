import Testing

@testable import Domain

@Suite("Inputs in the place of the context")
struct InputTextTests {
    private static let inputs = #"{"s":"it's","n":1.5,"b":true,"e":"","l":"a\nb","x-y":"z"}"#

    private static func replaced(_ text: String, _ inputs: String = inputs) -> String {
        var shown = InputText(inputs, bytesMax: 1 << 20)
        return shown.replaced(text)
    }

    @Test(
        "are literals that every runner reads",
        arguments: [
            ("${{ inputs.s }}", "${{ 'it''s' }}"), ("a ${{inputs.n}} b ${{ inputs.B }}", "a ${{1.5}} b ${{ true }}"),
            ("${{ inputs.gone }}", "${{ null }}"), ("${{ inputs.e == '' }}", "${{ '' == '' }}"),
            ("${{ inputs.x-y }}", "${{ 'z' }}"), ("${{ inputs.l }}", #"${{ fromJSON('"a\nb"') }}"#),
            ("${{ INPUTS . s && inputs.b }}", "${{ 'it''s' && true }}"),
            // Not the context.
            ("${{ github.event.inputs.s }}", "${{ github.event.inputs.s }}"), ("inputs.s", "inputs.s"),
            ("${{ 'inputs.s' }}", "${{ 'inputs.s' }}"), ("${{ env.inputs }}", "${{ env.inputs }}"),
            ("${{ inputsx.s }}", "${{ inputsx.s }}"),
            // What cannot be read is the runner's to refuse.
            ("${{ inputs.s", "${{ inputs.s"), ("${{ inputs.s ! }}", "${{ 'it''s' ! }}"), ("${{ \" }}", "${{ \" }}"),
        ])
    func replaced(text: String, expected: String) {
        #expect(Self.replaced(text) == expected)
    }

    @Test("the whole context is an object")
    func whole() {
        let all = "fromJSON('" + Self.inputs.replacing("'", with: "''") + "')"
        for text in ["toJSON(inputs)", "inputs['s']", "inputs.*", "inputs.s.t"] {
            let expected = text.replacing("inputs", with: all)
            #expect(Self.replaced("${{ \(text) }}") == "${{ \(expected) }}")
        }
        #expect(Self.replaced("${{ inputs.s }}", "not json") == "${{ null }}")
    }

    @Test("an `if` is an expression without marks; numbers and keys stay")
    func conditions() throws {
        let step = try yamlTree(
            Array(
                "{if: inputs.b && github.ref, run: inputs.b, timeout-minutes: 5, with: {if: inputs.b}, env: {'${{ inputs.s }}': 'v ${{ inputs.n }}'}}"
                    .utf8))
        var json = JSONWriter()
        var inputs = InputText(Self.inputs, bytesMax: 1 << 20)
        json.node(inputs.replaced(step: step))
        #expect(
            String(decoding: json.bytes, as: UTF8.self)
                == #"{"if":"true && github.ref","run":"inputs.b","timeout-minutes":5,"with":{"if":"inputs.b"},"env":{"${{ 'it''s' }}":"v ${{ 1.5 }}"}}"#
        )
    }

    @Test("the literal gives what the input was, read by our own evaluator")
    func sameValue() throws {
        var budget = ExpressionBudget(workBytes: 1 << 20)
        for text in ["it's", "", "${{ x }}", "}}", "\u{1F600}\\\"", "a\tb", "'", "''"] {
            var json = JSONWriter()
            json.value(.object([(key: "v", value: .string(text))]))
            let shown = Self.replaced("${{ inputs.v }}", String(decoding: json.bytes, as: UTF8.self))
            let value = try Template(shown, .job("name")).value(in: ExpressionContexts([:]), &budget)
            #expect(value.text == text, "\(shown)")
        }
    }

    @Test("take no more bytes than they may, in all texts together")
    func limit() throws {
        let one = #"{"x":"12345678"}"#  // ten bytes with its quotes
        var inputs = InputText(one, bytesMax: 30)
        let (two, three) = (inputs.replaced("${{inputs.x}}${{inputs.x}}"), inputs.replaced("${{ inputs.x }}"))
        #expect(two == "${{'12345678'}}${{'12345678'}}" && three == "${{ '12345678' }}" && !inputs.isOver)
        let four = inputs.replaced("${{ inputs.x }}")
        #expect(four == "${{ inputs.x }}" && inputs.isOver)
        var many = InputText(one, bytesMax: 1000)
        let text = String(repeating: "${{inputs.x}}", count: 10_000)
        let grown = many.replaced(text).utf8.count - text.utf8.count
        #expect(many.isOver && grown == 200)
        var whole = InputText(one, bytesMax: 20)
        let step = try yamlTree(Array("{if: toJSON(inputs) && inputs.x, run: x}".utf8))
        _ = whole.replaced(step: step)
        #expect(whole.isOver)
    }
}
