import Testing

@testable import Domain

@Suite("Jobs of an outline")
struct OutlinePlanningTests {
    /// Job `b`, which needs `a`, as an outline tells of it.
    private func outline(_ members: String) throws -> WorkflowOutline {
        let text = "on: push\njobs: {a: {runs-on: x, steps: [run: x]}, b: {needs: a, \(members), steps: [run: x]}}\n"
        return try WorkflowOutline(Array(text.utf8), path: "w.yml")
    }

    @Test(
        "a job whose name, labels, matrix or settings read needs is one entry with the text as written",
        arguments: [
            ("runs-on: x", ["b"], ["x"]),
            ("runs-on: x, name: 'n ${{ needs.a.result }}'", ["n ${{ needs.a.result }}"], ["x"]),
            ("runs-on: ['${{ needs.a.outputs.l }}', y]", ["b"], ["${{ needs.a.outputs.l }}", "y"]),
            ("runs-on: {labels: '${{ needs.a.outputs.l }}'}", ["b"], ["${{ needs.a.outputs.l }}"]),
            ("runs-on: x, strategy: {matrix: '${{ fromJSON(needs.a.outputs.m) }}'}", ["b"], ["x"]),
            ("runs-on: x, strategy: {matrix: {v: [1, '${{ needs.a.outputs.m }}']}}", ["b"], ["x"]),
            ("runs-on: x, strategy: {max-parallel: '${{ needs.a.outputs.m }}', matrix: {v: [1, 2]}}", ["b"], ["x"]),
            ("runs-on: x, continue-on-error: '${{ needs.a.result == ''x'' }}'", ["b"], ["x"]),
            // Not evaluated when a file is planned, or no expression.
            ("runs-on: x, if: needs.a.result == 'x', strategy: {matrix: {v: [1, 2]}}", ["b (1)", "b (2)"], ["x"]),
            ("runs-on: x, env: {A: '${{ needs.a.result }}'}, strategy: {matrix: {v: [1]}}", ["b (1)"], ["x"]),
            ("runs-on: x, name: \"${{ 'needs.a' }}\"", ["needs.a"], ["x"]),
        ])
    func entries(members: String, names: [String], labels: [String]) throws {
        let found = try outline(members)
        #expect(found.errors == [])
        #expect(found.jobs.dropFirst().map(\.name) == names)
        #expect(found.jobs.dropFirst().allSatisfy { $0.runsOn == labels && $0.needs == ["a"] })
    }

    @Test("of a job without needs that context is empty, and known")
    func withoutNeeds() throws {
        let text = "on: push\njobs: {a: {runs-on: x, name: 'n${{ needs.b.result }}', steps: [run: x]}}\n"
        #expect(try WorkflowOutline(Array(text.utf8), path: "w.yml").jobs.map(\.name) == ["n"])
    }

    @Test("what this server does not pass to a called workflow is a warning, since another may")
    func calls() throws {
        let text = """
            on: push
            jobs:
              a: {uses: ./.github/workflows/c.yml, secrets: {s: "${{ github.actor }}"}}
              b: {uses: $/.github/workflows/c.yml}
              c: {uses: ./.github/workflows/c.yml, secrets: inhrit}
            """
        let found = try WorkflowOutline(Array(text.utf8), path: "w.yml").reading.diagnostics
        #expect(
            found.map { "\($0.line) \($0.severity) \($0.code)" } == [
                "3 warning call-secret", "4 warning uses-format", "5 error call-secret",
            ])
    }

    @Test(
        "what is not evaluated is parsed",
        arguments: [
            ("runs-on: '${{ needs.a.outputs.l }}', name: '${{ nosuch.x }}'", "expr-context"),
            ("runs-on: '${{ needs.a.outputs.l }} ${{ nosuch() }}'", "expr-function"),
            ("runs-on: x, strategy: {matrix: {v: ['${{ needs.a.x }}', '${{ matrix.v }}']}}", "expr-context"),
        ])
    func checked(members: String, code: String) throws {
        #expect(try outline(members).errors.map(\.code) == [code])
    }
}
