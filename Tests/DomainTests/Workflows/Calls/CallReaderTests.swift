import Testing

@testable import Domain

@Suite("A job that calls a workflow")
struct CallReaderTests {
    private static let callee =
        "on: {workflow_call: {inputs: {env: {type: string, required: true}, n: {type: number}}, secrets: {TOKEN: {required: true}}}}\njobs: {j: {runs-on: x, steps: [run: x]}}\n"

    @Test(
        "is checked against what it calls, with places",
        arguments: [
            ("with: {env: a}, secrets: inherit", []),
            ("with: {env: a, n: 5}, secrets: {token: '${{ secrets.x }}'}", []),
            ("with: {ENV: '${{ github.ref }}'}, secrets: inherit", []),
            ("secrets: inherit", ["2:12 call-input"]),
            ("with: {env: a, evn: b}, secrets: inherit", ["2:44 call-input"]),
            ("with: {env: a, n: x}, secrets: inherit", ["2:47 call-input"]),
            ("with: {env: a, n: '5'}, secrets: inherit", ["2:47 call-input"]),
            ("with: {env: [a]}, secrets: inherit", ["2:41 type"]),
            ("with: {env: '${{ steps.x }}'}, secrets: inherit", ["2:46 expr-context"]),
            ("with: {env: '${{ secrets.x }}'}, secrets: inherit", ["2:46 expr-context"]),
            ("with: {env: a}", ["2:12 call-secret"]),
            ("with: {env: a}, secrets: {}", ["2:45 call-secret"]),
            ("with: {env: a}, secrets: {TOKEN: x}", ["2:62 call-secret", "2:45 call-secret"]),
            ("with: {env: a}, secrets: {TOKEN: 'a${{ secrets.x }}'}", ["2:62 call-secret", "2:45 call-secret"]),
            ("with: {env: a}, secrets: {TOKEN: '${{ secrets.x }}', O: '${{ secrets.x }}'}", ["2:82 call-secret"]),
            ("with: {env: a}, secrets: all", ["2:54 call-secret"]),
            ("with: {env: a}, secrets: inherit, runs-on: x", ["2:63 unexpected-key"]),
            ("with: {env: a}, secrets: inherit, steps: [run: x]", ["2:63 unexpected-key"]),
        ] as [(String, [String])])
    func faults(members: String, expected: [String]) {
        var calls = CallWorld("on: push\njobs: {c: {uses: ./w/x.yml, \(members)}}\n", ["w/x.yml": Self.callee])
        let prefix = CallWorld.top + ":"
        let faults = calls.faults().map { line in
            let place = line.dropFirst(prefix.count).prefix { $0 != " " }.dropLast()
            return "\(place) \(line.split(separator: "[").last?.dropLast() ?? "")"
        }
        #expect(faults == expected)
    }

    @Test("is one row a leg, blocked until its needs are done, with what it may do")
    func rows() throws {
        var calls = CallWorld(
            "on: push\npermissions: {contents: read}\njobs: {c: {name: 'to ${{ matrix.e }}', strategy: {matrix: {e: [a, b]}}, uses: ./w/x.yml, with: {env: '${{ matrix.e }}'}, secrets: inherit}}\n",
            ["w/x.yml": Self.callee])
        let found = calls.run()
        let run = try #require(found)
        #expect(run.problem == "" && run.jobs.map(\.name) == ["to a", "to b"])
        for (job, value) in zip(run.jobs, ["a", "b"]) {
            #expect(job.isDeferred && job.payload == "" && job.stepNames == [] && job.runsOn == [])
            guard case .call(let call)? = JobPlaceholder(stored: Array(try #require(job.definition).utf8)) else {
                return #expect(Bool(false))
            }
            #expect(call.matrix == #"{"e":"\#(value)"}"# && call.secrets == .inherit)
            #expect(call.permissions.stored == "contents:read,actions:none,packages:none" && !call.mayIdentify)
        }
    }
}
