import Testing

@testable import Domain

func read(_ text: String) -> WorkflowReading { readWorkflow(Array(text.utf8), path: "w.yml") }

/// The plans of one job `a` whose text is given in flow style.
func plans(_ job: String) -> [JobPlan] { read("on: push\njobs: {a: {\(job)}}\n").workflow?.jobs ?? [] }

@Suite("A workflow file")
struct WorkflowReaderTests {
    static let step = "runs-on: x, steps: [run: x]"

    @Test(
        "faults and warnings have a position",
        arguments: [
            ("name: x\n", ["1:1 missing-key", "1:1 missing-key"]), ("[a]", ["1:1 type"]),
            ("on: push\njobs: {}\n", ["2:7 missing-key"]),
            ("on: push\njobs: [a]\n", ["2:7 type"]), ("on: push\njobs:\n  a: 1\n", ["3:6 type"]),
            ("on: push\njobs:\n  a:\n    steps: [run: x]\n", ["4:5 missing-key"]),
            ("on: push\njobs:\n  a:\n    runs-on: x\n", ["4:5 missing-key"]),
            ("on: push\njobs: {1a: {\(step)}}\n", ["2:8 job-id"]),
            ("on: push\njobs: {__a: {\(step)}}\n", ["2:8 job-id"]),
            ("on: push\njobs: {a: {\(step), needs: b}}\n", ["2:48 needs-unknown"]),
            ("on: push\njobs: {a: {\(step), needs: [a]}}\n", ["2:49 needs-cycle"]),
            (
                "on: push\njobs: {a: {\(step), needs: b}, b: {needs: c, \(step)}, c: {needs: a, \(step)}}\n",
                ["2:107 needs-cycle"]
            ),
            ("on: push\nnmae: x\njobs: {a: {\(step)}}\n", ["2:1 unexpected-key"]),
            ("on: push\njobs: {a: {\(step), run-on: y}}\n", ["2:41 unexpected-key"]),
            ("on: push\njobs: {a: {runs-on: '${{ inputs.x }}', steps: [run: x]}}\n", []),
            ("on: push\njobs: {a: {\(step), name: 'x ${{ github.ref }}'}}\n", []),
            ("on: push\njobs: {a: {\(step), continue-on-error: '${{ github.x }}'}}\n", []),
            ("on: push\njobs: {a: {uses: ./x.yml}}\n", []),
            ("on: push\njobs: {a: {\(step), strategy: {matrix: {v: '${{ fromJSON(vars.v) }}'}}}}\n", []),
            ("on: push\njobs: {a: {\(step), strategy: {matrix: {v: []}}}}\n", ["2:64 matrix-empty"]),
            ("on: push\njobs: {a: {\(step), strategy: {matrix: {}}}}\n", ["2:60 matrix-empty"]),
            (
                "on: push\njobs: {a: {\(step), strategy: {matrix: {v: [1], exclude: [{w: 1}]}}}}\n",
                ["2:80 matrix-exclude-key"]
            ),
            ("on: push\njobs: {a: {\(step), strategy: {matrix: {v: 1}}}}\n", ["2:64 type"]),
            ("on: push\njobs: {a: {runs-on: x, steps: [1]}}\n", ["2:32 type"]),
            ("on: push\njobs: {a: {runs-on: x, steps: [{id: b}]}}\n", ["2:32 missing-key"]),
            ("on: push\njobs: {a: {\(step), timeout-minutes: x}}\n", ["2:58 type"]),
            ("on: push\njobs: {a: {\(step), outputs: x}}\n", ["2:50 type"]),
        ])
    func faults(text: String, expected: [String]) {
        #expect(read(text).diagnostics.map { "\($0.line):\($0.column) \($0.code)" } == expected)
    }

    @Test("messages read well")
    func messages() {
        let text = "on: push\njobs: {ab: {\(Self.step), needs: ac}, ad: {\(Self.step), needs: ad, run-on: x}}\n"
        #expect(
            read(text).diagnostics.map(\.description) == [
                "w.yml:2:99: unexpected key \"run-on\" in job \"ad\"; did you mean \"runs-on\"? [unexpected-key]",
                "w.yml:2:49: job \"ab\" needs \"ac\", which does not exist; did you mean \"ab\"? [needs-unknown]",
                "w.yml:2:95: jobs need each other: ad → ad [needs-cycle]",
            ])
    }

    @Test("triggers are known although jobs are broken; ten errors are kept")
    func brokenJobs() {
        let reading = read("on: push\njobs:\n" + (0..<20).map { "  a\($0): 1\n" }.joined())
        #expect(reading.workflow == nil)
        #expect(reading.triggers?[.push] != nil)
        #expect(reading.diagnostics.count == 10)
    }

    @Test("a job's plan")
    func plan() throws {
        let text = """
            name: CI
            on: push
            jobs:
              build:
                needs: [lint, lint]
                runs-on: [self-hosted, linux]
                if: ${{ always() }}
                continue-on-error: true
                timeout-minutes: 5
                outputs: {v: "${{ steps.a.outputs.v }}"}
                steps:
                  - run: |

                      make all
                      make test
                  -
                  - uses: actions/checkout@v4
                  - {name: Named, run: x}
              lint: {runs-on: x, steps: [{run: x}]}
            """
        let workflow = try #require(read(text).workflow)
        #expect(workflow.name == "CI")
        #expect(workflow.jobs.map(\.key) == ["build", "lint"])
        let job = workflow.jobs[0]
        #expect(job.needs == ["lint"])
        #expect(job.runsOn == ["self-hosted", "linux"])
        #expect(job.condition == "${{ always() }}")
        #expect(job.continueOnError && job.hasOutputs)
        #expect(job.timeoutMinutes == 5)
        #expect(job.stepNames == ["Run make all", "Run actions/checkout@v4", "Named"])
        #expect(
            String(decoding: job.payload, as: UTF8.self)
                == #"{"name":"CI","on":"push","jobs":{"build":{"name":"build","runs-on":["self-hosted","linux"],"if":"${{ !cancelled() }}","continue-on-error":true,"timeout-minutes":5,"outputs":{"v":"${{ steps.a.outputs.v }}"},"steps":[{"run":"\nmake all\nmake test\n"},{"uses":"actions/checkout@v4"},{"name":"Named","run":"x"}]}}}"#
        )
    }

    @Test("a payload keeps types, drops what the runner must not see")
    func payload() throws {
        let text = """
            on: {push: }
            env: {A: "10", B: 10, C: 3.10, D: on, E: é😀/, F: ~, G: "true", H: yes, I: "a\\tb\\u0001"}
            concurrency: x
            jobs:
              a:
                environment: prod
                runs-on: ${{ matrix.os }}
                strategy: {fail-fast: false, max-parallel: 2, matrix: {os: [u], v: ["1", 1.0], include: [{v: 1, x: {y: [1]}}]}}
                steps: [run: x]
            """
        let jobs = try #require(read(text).workflow).jobs
        #expect(jobs.map(\.name) == ["a (u, 1)", "a (u, 1)"])
        #expect(jobs.map(\.matrixIndex) == [0, 1])
        #expect(
            String(decoding: jobs[0].payload, as: UTF8.self)
                == #"{"name":"w.yml","on":{"push":null},"env":{"A":"10","B":10,"C":3.1,"D":"on","E":"é😀/","F":null,"G":"true","H":"yes","I":"a\tb\u0001"},"jobs":{"a":{"name":"a (u, 1)","runs-on":"u","strategy":{"fail-fast":false,"max-parallel":2,"matrix":{"os":["u"],"v":["1"],"x":[{"y":[1]}]}},"steps":[{"run":"x"}]}}}"#
        )
    }
}
