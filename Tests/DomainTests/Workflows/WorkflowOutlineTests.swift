import Testing

@testable import Domain

@Suite("A workflow file without a server")
struct WorkflowOutlineTests {
    static func outline(_ text: String, _ event: WorkflowOutline.Event = .init()) throws -> WorkflowOutline {
        try WorkflowOutline(Array(text.utf8), path: "w.yml", event: event)
    }

    @Test(
        "the plan as JSON",
        arguments: [
            (
                "on: [push, pull_request]\njobs:\n  a: {runs-on: x, steps: [run: x]}\n  b: {needs: [a], uses: ./.github/workflows/c.yml}\n",
                #"{"ok":true,"events":["push","pull_request"],"jobs":[{"id":"a","name":"a","needs":[],"runs_on":["x"]},{"id":"b","name":"b","needs":["a"],"runs_on":[]}]}"#
            ),
            (
                "on: {push: }\njobs: {a: {runs-on: '${{ matrix.os }}', strategy: {matrix: {os: [l, w]}}, steps: [run: x]}}",
                #"{"ok":true,"events":["push"],"jobs":[{"id":"a","name":"a (l)","needs":[],"runs_on":["l"]},{"id":"a","name":"a (w)","needs":[],"runs_on":["w"]}]}"#
            ),
            (
                "on: push\njobs: {a: {runs-on: x, steps: [run: x]}, b: {needs: a, name: 'n ${{ needs.a.result }}', runs-on: x, steps: [run: x]}}",
                #"{"ok":true,"events":["push"],"jobs":[{"id":"a","name":"a","needs":[],"runs_on":["x"]},{"id":"b","name":"n ${{ needs.a.result }}","needs":["a"],"runs_on":["x"]}]}"#
            ),
            (
                "on: push\njobs: {a: {runs-on: x, needs: b, steps: [run: x]}}",
                #"{"ok":false,"errors":[{"line":2,"col":31,"message":"job \"a\" needs \"b\", which does not exist; did you mean \"a\"?","code":"needs-unknown"}]}"#
            ),
        ])
    func plan(text: String, json: String) throws { #expect(try Self.outline(text).json == json) }

    @Test(
        "what only a server knows makes no fault: such a job is as its author wrote it",
        arguments: [
            ("runs-on: '${{ vars.RUNNER }}'", "a", ["${{ vars.RUNNER }}"]),
            ("runs-on: \"${{ vars.RUNNER || 'big' }}\"", "a", ["big"]),
            ("runs-on: x, strategy: {matrix: '${{ fromJSON(vars.M) }}'}", "a", ["x"]),
            (
                "runs-on: x, strategy: {matrix: '${{ fromJSON(inputs.m) }}'}, name: 'n ${{ matrix.v }}'",
                "n ${{ matrix.v }}", ["x"]
            ),
            ("runs-on: '${{ github.event.client_payload.r }}'", "a", ["${{ github.event.client_payload.r }}"]),
        ])
    func unknown(members: String, name: String, labels: [String]) throws {
        let outline = try Self.outline("on: push\njobs: {a: {\(members), steps: [run: x]}}")
        #expect(outline.errors == [])
        #expect(outline.jobs.map(\.name) == [name])
        #expect(outline.jobs.map(\.runsOn) == [labels])
    }

    @Test("a fault that no server could mend stays one")
    func fault() throws {
        let outline = try Self.outline(
            "on: push\njobs: {a: {runs-on: \"${{ fromJSON('[1') }}\", steps: [run: x]}}")
        #expect(outline.errors.map(\.code) == ["expr-value"])
    }

    @Test("the event, its ref, inputs and payload are given")
    func event() throws {
        let text = """
            on: {push: , workflow_dispatch: {inputs: {n: {default: d}, f: {type: boolean}}}}
            jobs: {a: {name: "${{ github.event_name }} ${{ github.ref }} ${{ inputs.n }} ${{ inputs.f == true }} ${{ github.event.x }} ${{ vars.v }}", runs-on: x, steps: [run: x]}}
            """
        func name(_ event: WorkflowOutline.Event) throws -> String? { try Self.outline(text, event).jobs.first?.name }
        #expect(try name(.init()) == "push refs/heads/main  false  ")
        #expect(
            try name(.init(name: "workflow_dispatch", ref: "side", inputs: [("f", "true")]))
                == "workflow_dispatch refs/heads/side d true  ")
        #expect(
            try name(.init(ref: "refs/tags/v1", payload: #"{"x":5}"#, vars: #"{"V":"w"}"#))
                == "push refs/tags/v1  false 5 w")
        #expect(throws: CaseFault("event \"pussh\" is not known")) { try Self.outline(text, .init(name: "pussh")) }
        #expect(throws: CaseFault.self) { try Self.outline(text, .init(payload: "{")) }
    }

    @Test("payloads are a list of texts; a job that calls a workflow has none")
    func payloads() throws {
        let text =
            "on: push\njobs: {a: {runs-on: x, strategy: {matrix: {v: [1, 2]}}, steps: [run: 'é😀']}, b: {uses: ./.github/workflows/c.yml}}"
        #expect(
            try Self.outline(text).payloads
                == #"["{\"name\":\"w.yml\",\"on\":\"push\",\"jobs\":{\"a\":{\"name\":\"a (1)\",\"runs-on\":\"x\",\"strategy\":{\"matrix\":{\"v\":[1]}},\"steps\":[{\"run\":\"é😀\"}]}}}","{\"name\":\"w.yml\",\"on\":\"push\",\"jobs\":{\"a\":{\"name\":\"a (2)\",\"runs-on\":\"x\",\"strategy\":{\"matrix\":{\"v\":[2]}},\"steps\":[{\"run\":\"é😀\"}]}}}"]"#
        )
    }

    @Test("a diagnostic as an annotation of the file")
    func annotation() {
        let remark = Diagnostic(
            severity: .warning, path: "a,b:c.yml", line: 3, column: 5, code: "type", message: "100%\nsure: yes, it is")
        #expect(
            remark.annotation
                == "::warning file=a%2Cb%3Ac.yml,line=3,col=5,title=type::100%25%0Asure: yes, it is")
    }
}
