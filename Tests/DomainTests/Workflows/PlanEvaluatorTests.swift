import Testing

@testable import Domain

/// Reads a workflow of one job `a`, given in flow style, with contexts of a push to `main`.
func planned(_ job: String, above: String = "") -> WorkflowReading {
    let contexts = PlanContexts(
        github: .object([
            (key: "ref_name", value: .string("main")), (key: "run_number", value: .string("12")),
            (key: "evil", value: .string("${{ secrets.TOKEN }}")),
            (key: "event", value: .object([(key: "forced", value: .bool(true)), (key: "size", value: .number(3))])),
        ]),
        vars: .object([
            (key: "LABELS", value: .string(#"["self-hosted","arm"]"#)), (key: "BROKEN", value: .string("[1")),
            (key: "MATRIX", value: .string(#"{"os":["l","w"],"include":[{"os":"l","x":1},{"os":"m"}]}"#)),
        ]),
        inputs: .object([]))
    let text = "on: push\n\(above)jobs: {a: {\(job)}}\n"
    return readWorkflow(Array(text.utf8), path: "w.yml", contexts: contexts)
}

@Suite("Planning with known contexts")
struct PlanEvaluatorTests {
    static let rest = "runs-on: x, steps: [run: x]"

    @Test(
        "labels",
        arguments: [
            ("'${{ github.ref_name }}-x'", ["main-x"]), ("'${{ fromJSON(vars.labels) }}'", ["self-hosted", "arm"]),
            ("[a, '${{ fromJSON(vars.labels) }}', '${{ github.ref_name }}']", ["a", "self-hosted", "arm", "main"]),
            ("'${{ github.event.forced && ''f'' || ''g'' }}'", ["f"]), ("{labels: '${{ gitea.ref_name }}'}", ["main"]),
            ("'${{ fromJSON(''{\"labels\": [\"q\"], \"group\": \"g\"}'') }}'", ["q"]),
            ("'${{ github.event.size }}'", ["3"]), ("'${{ strategy.job-total }}'", ["1"]),
        ])
    func labels(runsOn: String, expected: [String]) {
        #expect(planned("runs-on: \(runsOn), steps: [run: x]").workflow?.jobs.map(\.runsOn) == [expected])
    }

    @Test(
        "names",
        arguments: [
            ("'on ${{ github.ref_name }}'", ["on main", "on main"]), ("'${{ inputs.none }}'", ["a", "a"]),
            (
                "'${{ matrix.v }} ${{ strategy.job-index }}/${{ strategy.job-total }} ${{ strategy.fail-fast }}'",
                ["p 0/2 true", "q 1/2 true"]
            ),
            ("\"${{ matrix.v == 'P' && 'first' || format('not {0}', matrix.o.z) }}\"", ["first", "not 5"]),
            ("plain", ["plain (p, 5)", "plain (q, 5)"]), ("'${{ matrix }}'", ["Object", "Object"]),
        ])
    func names(name: String, expected: [String]) {
        let job = "name: \(name), strategy: {matrix: {v: [p, q], o: [{z: 5}]}}, \(Self.rest)"
        #expect(planned(job).workflow?.jobs.map(\.name) == expected)
    }

    @Test(
        "a matrix from expressions",
        arguments: [
            ("{matrix: '${{ fromJSON(vars.matrix) }}'}", ["a (l)", "a (w)", "a (m)"]),
            ("{matrix: {v: '${{ fromJSON(''[1, true, \"x\"]'') }}'}}", ["a (1)", "a (true)", "a (x)"]),
            ("{matrix: {v: [0, '${{ fromJSON(''[1, [2]]'') }}']}}", ["a (0)", "a (1)", "a (2)"]),
            ("{matrix: {v: ['${{ github.ref_name }}', '${{ github.none }}']}}", ["a (main)", "a"]),
            ("{matrix: {'${{ github.ref_name }}': [1]}}", ["a (1)"]),
            ("{matrix: {v: [1], '${{ insert }}': {w: [2, 3]}}}", ["a (1, 2)", "a (1, 3)"]),
            ("{matrix: {v: [1, 2], exclude: '${{ fromJSON(''[{\"v\": 1}]'') }}'}}", ["a (2)"]),
            ("'${{ fromJSON(''{\"matrix\": {\"v\": [7]}}'') }}'", ["a (7)"]),
            ("{max-parallel: '${{ github.event.size }}', fail-fast: '${{ !github.event.forced }}'}", ["a"]),
        ])
    func matrix(strategy: String, expected: [String]) {
        let reading = planned("strategy: \(strategy), \(Self.rest)")
        #expect(reading.diagnostics.map(\.description) == [])
        #expect(reading.workflow?.jobs.map(\.name) == expected)
    }

    @Test("settings of each leg")
    func settings() throws {
        let job = """
            continue-on-error: '${{ matrix.v > 1 }}', timeout-minutes: '${{ matrix.v }}', \
            strategy: {matrix: {v: [1, 2]}}, \(Self.rest)
            """
        let jobs = try #require(planned(job).workflow).jobs
        #expect(jobs.map(\.continueOnError) == [false, true])
        #expect(jobs.map(\.timeoutMinutes) == [1, 2])
        #expect(String(decoding: jobs[1].payload, as: UTF8.self).contains(#""continue-on-error":true,"#))
    }

    @Test("a run's name")
    func runName() {
        let above = "run-name: 'Deploy ${{ github.ref_name }} #${{ github.run_number }}'\n"
        #expect(planned(Self.rest, above: above).workflow?.runName == "Deploy main #12")
        #expect(read("on: push\n\(above)jobs: {a: {\(Self.rest)}}\n").workflow?.runName == nil)
        #expect(read("on: push\nrun-name: x\njobs: {a: {\(Self.rest)}}\n").workflow?.runName == "x")
    }

    @Test("what was evaluated is not evaluated again by the runner")
    func payload() throws {
        let job = """
            name: '${{ github.evil }}', runs-on: '${{ github.evil }}', steps: [run: '${{ github.evil }}'], \
            strategy: {fail-fast: '${{ true }}', matrix: {v: ['${{ github.evil }}'], o: [{'${{ github.evil }}': 1}]}}
            """
        let plan = try #require(planned(job).workflow?.jobs.first)
        #expect(plan.name == "${{ secrets.TOKEN }}")
        #expect(plan.runsOn == ["${{ secrets.TOKEN }}"])
        let data = #"${{ '$' }}{{ secrets.TOKEN }}"#
        #expect(
            String(decoding: plan.payload, as: UTF8.self)
                == #"{"name":"w.yml","on":"push","jobs":{"a":{"name":"\#(data)","runs-on":"\#(data)","steps":[{"run":"${{ github.evil }}"}],"strategy":{"fail-fast":true,"matrix":{"v":["\#(data)"],"o":[{"\#(data)":1}]}}}}}"#
        )
    }

    @Test(
        "faults",
        arguments: [
            ("name: '${{ needs.b.outputs.v }}', \(rest)", []),
            ("strategy: {matrix: '${{ fromJSON(needs.b.outputs.v) }}'}, \(rest)", ["2:31 expr-value"]),
            ("strategy: {matrix: {v: ['${{ matrix.x }}']}}, \(rest)", ["2:41 expr-context"]),
            ("strategy: {matrix: {v: '${{ fromJSON(vars.broken) }}'}}, \(rest)", ["2:35 expr-value"]),
            ("strategy: {matrix: {v: '${{ github.ref_name }}'}}, \(rest)", ["2:35 type"]),
            ("strategy: {matrix: {v: [1], '${{ insert }}': {V: [2]}}}, \(rest)", ["2:58 duplicate-key"]),
            ("strategy: {matrix: {'${{ insert }}': [1]}}, \(rest)", ["2:49 type"]),
            ("strategy: '${{ github.ref_name }}', \(rest)", ["2:22 type"]),
            ("strategy: {fail-fast: '${{ github.ref_name }}'}, \(rest)", ["2:34 type"]),
            ("name: '${{ always() }}', \(rest)", ["2:23 expr-function"]),
            ("name: '${{ secrets.X }}', \(rest)", ["2:23 expr-context"]),
            ("name: 'x ${{ 1 2 }}', \(rest)", ["2:27 expr-syntax"]),
            ("continue-on-error: '${{ github.ref_name }}', \(rest)", ["2:31 type"]),
            ("timeout-minutes: '${{ github.ref_name }}', \(rest)", ["2:29 type"]),
            ("timeout-minutes: '${{ needs.b.outputs.v }}', \(rest)", []),
            ("runs-on: '${{ github.none }}', steps: [run: x]", ["2:21 type"]),
            ("runs-on: '${{ github.event }}', steps: [run: x]", ["2:21 type"]),
            ("runs-on: ['${{ fromJSON(''[[1]]'') }}'], steps: [run: x]", ["2:21 type"]),
            ("name: '${{ fromJSON(matrix.v) }}', strategy: {matrix: {v: [x, y]}}, \(rest)", ["2:18 expr-value"]),
        ])
    func faults(job: String, expected: [String]) {
        #expect(planned(job).diagnostics.map { "\($0.line):\($0.column) \($0.code)" } == expected)
    }

    @Test("without contexts, only expressions that need none are evaluated")
    func unknown() {
        let jobs = plans(
            "continue-on-error: '${{ 1 == 1 }}', strategy: {matrix: {v: '${{ fromJSON(''[1]'') }}'}}, \(Self.rest)")
        #expect(jobs.map(\.name) == ["a (1)"])
        #expect(jobs.map(\.continueOnError) == [true])
    }

    @Test("a value a hundred levels deep is planned on a small stack")
    func deep() {
        let json = "{\"v\": " + String(repeating: "[", count: 99) + "7" + String(repeating: "]", count: 99) + "}"
        let job = "strategy: {matrix: '${{ fromJSON(''\(json)'') }}'}, \(Self.rest)"
        #expect(onSmallStack { planned(job).workflow?.jobs.first?.name } == "a (7)")
    }

    @Test("the expressions of a file have one budget")
    func budget() {
        let job = "name: \"${{ vars.big == 'y' }}\", strategy: {matrix: {v: '${{ fromJSON(vars.v) }}'}}, \(Self.rest)"
        let legs = "[" + (0..<200).map(String.init).joined(separator: ",") + "]"
        let contexts = PlanContexts(
            vars: .object([
                (key: "v", value: .string(legs)), (key: "big", value: .string(String(repeating: "x", count: 1 << 20))),
            ]))
        let reading = readWorkflow(Array("on: push\njobs: {a: {\(job)}}\n".utf8), path: "w.yml", contexts: contexts)
        #expect(reading.diagnostics.map(\.code) == ["expr-value", "planning-cost"])
        #expect(reading.diagnostics.first?.message.contains("too much work") == true)
    }
}
