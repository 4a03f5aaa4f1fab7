import Testing

@testable import Domain

@Suite("Expressions that only a runner evaluates")
struct ExpressionCheckTests {
    private func remarks(_ text: String) throws -> [String] {
        try WorkflowOutline(Array(text.utf8), path: "w").reading.diagnostics.map {
            "\($0.line):\($0.column) \($0.code)"
        }
    }

    /// Remarks on a job with this member, whose value begins at column 7 of line 4.
    private func remark(_ key: String, _ value: String) throws -> [String] {
        try remarks(
            "on: push\njobs:\n  a: {runs-on: x, steps: [run: x],\n    \(key):\n      \(value)\n  }\n".replacing(
                "steps: [run: x],\n    steps:", with: "\n    steps:"))
    }

    @Test(
        "see the contexts of their key, at its place",
        arguments: [
            ("env", "{A: '${{ secrets.X }} ${{ matrix.y }} ${{ vars.z }}'}", []),
            ("env", "{A: '${{ env.X }}'}", ["5:16 expr-context"]),
            ("env", "{A: '${{ runner.os }}'}", ["5:16 expr-context"]),
            ("env", "{'${{ steps.x }}': b}", ["5:13 expr-context"]), ("env", "'${{ fromJSON(vars.env) }}'", []),
            ("defaults", "{run: {shell: '${{ env.SHELL }}', working-directory: '${{ matrix.d }}'}}", []),
            ("defaults", "{run: {shell: '${{ steps.x }}'}}", ["5:26 expr-context"]),
            ("outputs", "{a: '${{ steps.x.outputs.y }} ${{ job.status }} ${{ runner.os }} ${{ env.A }}'}", []),
            ("outputs", "{a: '${{ step.x }}'}", ["5:16 expr-context"]),
            ("container", "{image: '${{ matrix.i }}', env: {A: '${{ secrets.S }} ${{ env.X }}'}}", []),
            ("container", "{image: '${{ env.I }}'}", ["5:20 expr-context"]),
            ("container", "'${{ secrets.I }}'", ["5:12 expr-context"]),
            ("container", "{image: i, credentials: {username: '${{ secrets.U }}', password: '${{ env.P }}'}}", []),
            ("services", "{s: {image: '${{ env.I }}'}}", ["5:24 expr-context"]),
            ("services", "{s: {image: i, ports: ['${{ matrix.p }}:1']}}", []),
            ("environment", "{name: '${{ github.ref }}', url: '${{ steps.d.outputs.url }}'}", []),
            ("environment", "{name: '${{ steps.x }}'}", ["5:19 expr-context"]),
            ("concurrency", "'${{ github.ref }}-${{ matrix.x }}'", []),
            ("concurrency", "'${{ secrets.X }}'", ["5:12 expr-context"]),
            ("steps", "[{run: '${{ secrets.S }} ${{ hashFiles(''**'') }} ${{ needs.x.result }}'}]", []),
            ("steps", "[{run: '${{ nosuch.S }}'}]", ["5:19 expr-context"]),
            ("steps", "[{run: '${{ always() }}'}]", ["5:19 expr-function"]),
            ("steps", "[{run: 'a ${{ }} b'}]", ["5:21 expr-syntax"]),
            ("steps", "[{run: 'echo ${{ x'}]", ["5:20 expr-syntax"]),
            (
                "steps", "[{uses: a/b@c, with: {k: '${{ toJSON(steps) }}', l: '${{ tojsn(steps) }}'}}]",
                ["5:64 expr-function"]
            ),
            ("steps", "[{run: x, if: \"always() && steps.x.outcome == 'success' && hashFiles('a')\"}]", []),
            ("steps", "[{run: x, if: '${{ failure() || env.A }}'}]", []),
            ("steps", "[{run: x, if: succes()}]", ["5:21 expr-function"]),
            ("steps", "[{run: x, if: '${{ true }} x'}]", ["5:21 if-constant"]), ("steps", "[{run: x, if: true}]", []),
            ("steps", "[{run: x, if: }]", []), ("steps", "[{run: x, if: [a]}]", ["5:21 type"]),
            ("steps", "[{run: x, timeout-minutes: '${{ matrix.t }}', continue-on-error: '${{ matrix.c }}'}]", []),
        ])
    func contexts(key: String, value: String, expected: [String]) throws {
        #expect(try remark(key, value) == expected)
    }

    @Test("places in block scalars are lines of the file")
    func blocks() throws {
        let text = """
            on: push
            env:
              A: >-
                one
                two ${{ env.A }}
            jobs:
              a:
                runs-on: x
                steps:
                  - run: |
                      echo first

                      echo ${{ github.ref }} ${{ nosuch() }}
                  - run: "a\\tb ${{
                      secret.X }}"
                  - if: |
                      github.ref == 'x' &&
                      stesp.x
                    run: x
            """
        #expect(
            try remarks(text) == [
                "5:13 expr-context", "13:38 expr-function", "15:11 expr-context", "18:11 expr-context",
            ])
    }

    @Test(
        "of the workflow",
        arguments: [
            ("env: {A: '${{ secrets.X }}'}", []), ("env: {A: '${{ matrix.x }}'}", ["2:15 expr-context"]),
            ("concurrency: '${{ github.ref }}'", []), ("concurrency: {group: '${{ needs.x }}'}", ["2:27 expr-context"]),
            ("defaults: {run: {shell: '${{ inputs.s }}'}}", []), ("run-name: '${{ env.x }}'", ["2:16 expr-context"]),
        ])
    func workflow(member: String, expected: [String]) throws {
        #expect(try remarks("on: push\n\(member)\njobs: {a: {runs-on: x, steps: [run: x]}}\n") == expected)
    }
}
