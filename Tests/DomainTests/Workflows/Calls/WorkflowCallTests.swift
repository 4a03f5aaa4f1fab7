import Testing

@testable import Domain

@Suite("A call of a workflow")
struct WorkflowCallTests {
    private static let names = ["./w/x.yml"]

    /// The call as its row holds it.
    private static func call(_ members: String, top: String = "", files: [String: String]) throws -> WorkflowCall {
        var world = CallWorld("on: push\n\(top)jobs: {a: {runs-on: x, steps: [run: x]}, c: {\(members)}}\n", files)
        let found = world.run()
        let run = try #require(found)
        #expect(run.problem == "")
        let job = try #require(run.jobs.last)
        guard case .call(let call)? = JobPlaceholder(stored: Array(try #require(job.definition).utf8)) else {
            throw JobDefinition.Fault(description: "it is no call")
        }
        return call
    }
    private static func expand(
        _ call: WorkflowCall, _ files: [String: String], needs: [NeedResult] = [], jobsMax: Int = 100
    ) -> WorkflowCall.Expansion {
        var steps = PlanningLimits.pushStepsMax
        let bytes = Dictionary(uniqueKeysWithValues: files.map { ("./" + $0.key, Array($0.value.utf8)) })
        return call.expansion(
            RunValues(github: .object([(key: "ref", value: .string("r"))])), needs: needs, files: bytes,
            jobsMax: jobsMax, steps: &steps)
    }
    private static func jobs(_ expansion: WorkflowCall.Expansion) throws -> [PlannedJob] {
        guard case .jobs(let jobs, _) = expansion else { throw JobDefinition.Fault(description: "\(expansion)") }
        return jobs
    }

    static let callee = """
        on:
          workflow_call:
            inputs:
              env: {type: string, required: true}
              count: {type: number, default: 2}
              dry: {type: boolean}
              where: {type: string, default: "${{ github.ref }}"}
            secrets: {TOKEN: {required: false}}
            outputs: {url: {value: "${{ jobs.build.outputs.u }}-${{ inputs.env }}"}}
        env: {E: "${{ inputs.env }}"}
        jobs:
          build: {runs-on: "${{ inputs.env }}-x", strategy: {matrix: {v: "${{ fromJSON(format('[1,{0}]', inputs.count)) }}"}}, steps: [{run: "echo ${{ inputs.where }}", if: inputs.dry}]}
          after: {runs-on: x, needs: build, if: "inputs.dry", steps: [run: x]}
        """

    @Test("makes the callee's jobs with its inputs, by their types; runners get literals")
    func expansion() throws {
        let files = ["w/x.yml": Self.callee]
        let call = try Self.call(
            "needs: a, name: Deploy, uses: ./w/x.yml, with: {env: \"${{ needs.a.outputs.e }}\", dry: true}",
            files: files)
        let need = NeedResult(key: "a", result: .success, outputs: [JobOutput(name: "e", value: "pr'od")])
        let expansion = Self.expand(call, files, needs: [need])
        let jobs = try Self.jobs(expansion)
        #expect(jobs.map(\.name) == ["Deploy / build (1)", "Deploy / build (2)", "Deploy / after"])
        #expect(jobs.map(\.key) == ["build", "build", "after"] && jobs[2].needs == ["build"])
        #expect(jobs[0].runsOn == ["pr'od-x"])
        #expect(jobs[2].condition == "inputs.dry")
        #expect(
            jobs[0].payload.contains(#""env":{"E":"${{ 'pr''od' }}"}"#)
                && jobs[0].payload.contains(#"{"run":"echo ${{ 'r' }}","if":"true"}"#), "\(jobs[0].payload)")
        guard case .jobs(_, let scope) = expansion else { return }
        #expect(scope.inputs == #"{"env":"pr'od","count":2,"dry":true,"where":"r"}"#)
        let outputs = try scope.outputs(
            RunValues(github: .null),
            jobs: [NeedResult(key: "build", result: .success, outputs: [JobOutput(name: "u", value: "http")])])
        #expect(outputs == [JobOutput(name: "url", value: "http-pr'od")])
        #expect(try CallScope(stored: scope.stored) == scope)
        #expect(try WorkflowCall(stored: call.stored) == call)
    }

    @Test("a value of another type, or none, is a fault with words")
    func types() throws {
        let files = ["w/x.yml": Self.callee]
        let cases = [
            ("env: \"${{ fromJSON('{}') }}\"", "\"env\" of \"with\" is a mapping, not a string"),
            ("env: x, dry: \"${{ 'true' }}\"", "\"dry\" of \"with\" is the string \"true\", not a boolean"),
            ("env: x, count: \"${{ true }}\"", "\"count\" of \"with\" is a boolean, not a number"),
            ("env: x, count: \"${{ fromJSON('x') }}\"", "\"count\" of \"with\" cannot be evaluated"),
        ]
        for (with, words) in cases {
            let call = try Self.call("uses: ./w/x.yml, with: {\(with)}", files: files)
            guard case .fault(let fault) = Self.expand(call, files) else {
                return #expect(Bool(false), "\(with) is taken")
            }
            #expect(fault.hasPrefix("job \"c\" cannot call its workflow: ") && fault.contains(words), "\(fault)")
        }
        let call = try Self.call("uses: ./w/x.yml, with: {env: x}", files: files)
        guard case .fault(let few) = Self.expand(call, files, jobsMax: 2) else { return #expect(Bool(false)) }
        #expect(few.contains("makes 3 jobs, and the run may have 2 more"))
        guard case .fault = Self.expand(call, [:]) else { return #expect(Bool(false)) }
    }

    @Test("secrets and permissions shrink from call to call, and placeholders keep them")
    func frames() throws {
        let inner =
            "on: {workflow_call: {secrets: {B: {}}}}\njobs: {j: {runs-on: x, permissions: write-all, steps: [run: x]}, k: {runs-on: x, steps: [run: x]}}"
        let outer =
            "on: {workflow_call: {secrets: {A: {}}}}\njobs: {a: {runs-on: x, outputs: {l: x}, steps: [run: x]}, d: {needs: a, name: \"${{ needs.a.outputs.l }}\", runs-on: x, steps: [run: x]}, i: {uses: ./w/y.yml, secrets: {B: \"${{ secrets.A }}\"}}}"
        let files = ["w/x.yml": outer, "w/y.yml": inner]
        let call = try Self.call(
            "uses: ./w/x.yml, permissions: {contents: read}, secrets: {a: \"${{ secrets.Deploy }}\"}", files: files)
        let jobs = try Self.jobs(Self.expand(call, files))
        #expect(jobs.map(\.name) == ["c / a", "c / d", "c / i"])
        #expect(jobs.map(\.isDeferred) == [false, true, true])
        #expect(Set(jobs.map(\.permissions.stored)) == ["contents:read,actions:none,packages:none"])
        let grant = SecretGrant.these([SecretGrant.Item(name: "A", source: "DEPLOY")])
        #expect(try JobDefinition(stored: Array(try #require(jobs[0].definition).utf8)).secrets == grant)
        var steps = PlanningLimits.pushStepsMax
        guard case .legs(let later)? = JobPlaceholder(stored: Array(try #require(jobs[1].definition).utf8)),
            case .legs(let legs) = later.expansion(
                RunValues(github: .null),
                needs: [NeedResult(key: "a", result: .success, outputs: [JobOutput(name: "l", value: "late")])],
                legsMax: 5, steps: &steps),
            case .call(let next)? = JobPlaceholder(stored: Array(try #require(jobs[2].definition).utf8))
        else { return #expect(Bool(false)) }
        #expect(legs.map(\.name) == ["c / late"])
        #expect(try JobDefinition(stored: Array(try #require(legs[0].definition).utf8)).secrets == grant)
        let nested = try Self.jobs(Self.expand(next, files))
        #expect(nested.map(\.name) == ["c / i / j", "c / i / k"])
        // `write-all` of a callee is no more than the caller has; one that says nothing has the same.
        #expect(Set(nested.map(\.permissions.stored)) == ["contents:read,actions:none,packages:none"])
        let passed = SecretGrant.these([SecretGrant.Item(name: "B", source: "DEPLOY")])
        #expect(try JobDefinition(stored: Array(try #require(nested[0].definition).utf8)).secrets == passed)
    }

    @Test("inputs that many expressions of a job read make it too large before it is made")
    func largeInputs() throws {
        let text = String(repeating: "x", count: 100_000)
        func problem(reads count: Int) throws -> String {
            let run = String(repeating: "${{inputs.x}}", count: count)
            let files = [
                "w/x.yml":
                    "on: {workflow_call: {inputs: {x: {type: string}}}}\njobs: {j: {runs-on: x, steps: [{run: \"\(run)\"}]}}"
            ]
            let call = try Self.call("uses: ./w/x.yml, with: {x: \(text)}", files: files)
            guard case .fault(let words) = Self.expand(call, files) else { return "" }
            return words
        }
        #expect(try problem(reads: 10) == "")
        #expect(
            try problem(reads: 5000).contains(
                "job \"j\" has more than 4194304 bytes with its inputs in their places; use them in \"env\" once"))
    }

    @Test("outputs that cannot be had are a fault")
    func outputs() throws {
        let scope = try CallScope(stored: #"{"inputs":{},"outputs":{"o":"${{ fromJSON(jobs.j.outputs.v) }}"}}"#)
        func outputs(_ text: String) throws -> [JobOutput] {
            try scope.outputs(
                RunValues(github: .null),
                jobs: [NeedResult(key: "j", result: .success, outputs: [JobOutput(name: "v", value: text)])])
        }
        #expect(try outputs("1") == [JobOutput(name: "o", value: "1")])
        #expect(throws: CallFault.self) { try outputs("x") }
        #expect(throws: CallFault.self) { try outputs(#""\#(String(repeating: "x", count: 1024 * 1024))""#) }
    }
}
