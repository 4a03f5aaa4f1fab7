import Testing

@testable import Domain

@Suite("Inputs in the place of the context")
struct InputTextTests {
    private static let inputs = #"{"s":"it's","n":1.5,"b":true,"e":"","l":"a\nb","x-y":"z"}"#

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
        #expect(InputText(Self.inputs).replaced(text) == expected)
    }

    @Test("the whole context is an object")
    func whole() {
        let all = "fromJSON('" + Self.inputs.replacing("'", with: "''") + "')"
        for text in ["toJSON(inputs)", "inputs['s']", "inputs.*", "inputs.s.t"] {
            let expected = text.replacing("inputs", with: all)
            #expect(InputText(Self.inputs).replaced("${{ \(text) }}") == "${{ \(expected) }}")
        }
        #expect(InputText("not json").replaced("${{ inputs.s }}") == "${{ null }}")
    }

    @Test("an `if` is an expression without marks; numbers and keys stay")
    func conditions() throws {
        let step = try yamlTree(
            Array(
                "{if: inputs.b && github.ref, run: inputs.b, timeout-minutes: 5, with: {if: inputs.b}, env: {'${{ inputs.s }}': 'v ${{ inputs.n }}'}}"
                    .utf8))
        var json = JSONWriter()
        json.node(InputText(Self.inputs).replaced(step: step))
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
            let shown = InputText(String(decoding: json.bytes, as: UTF8.self)).replaced("${{ inputs.v }}")
            let value = try Template(shown, .job("name")).value(in: ExpressionContexts([:]), &budget)
            #expect(value.text == text, "\(shown)")
        }
    }
}
