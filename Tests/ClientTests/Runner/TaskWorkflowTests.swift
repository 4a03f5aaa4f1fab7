import RunnerProto
import Testing
import Yams

@testable import Client

@Suite("The workflow given to act")
struct TaskWorkflowTests {
    static let payload =
        #"{"name":"CI","on":"push","jobs":{"build":{"runs-on":["a","b"],"env":{"N":"010"},"steps":[{"id":"s","run":"x"},{"uses":"actions/checkout@v4"}]}}}"#

    @Test("says what the payload has")
    func read() throws {
        let workflow = try TaskWorkflow(payload: Self.payload)
        #expect(workflow.job == "build")
        #expect(workflow.stepIDs == ["s", nil])
        #expect(workflow.runsOn == ["a", "b"])
        #expect(workflow.uses == ["actions/checkout@v4"])
    }

    @Test("has a stand-in for each need, with outputs that are not evaluated, and keeps quotes")
    func needs() throws {
        let need = Runner_V1_TaskNeed.with {
            $0.result = .failure
            $0.outputs = ["x": "${{ y }}\nz"]
        }
        let text = try TaskWorkflow(payload: Self.payload)
            .text(
                needs: ["prepare": need], name: "ci.yml", exact: ExactText(mark: "~"), program: "/m", resultFile: "/r",
                delimiter: "END")
        let jobs = try #require(try Yams.compose(yaml: text)?["jobs"])
        #expect(jobs["prepare"]?["outputs"]?["x"]?.string == "$~{{ y }}\nz")
        #expect(jobs["prepare"]?["steps"]?[0]?["run"]?.string == "exit 1")
        #expect(jobs["build"]?["needs"]?[0]?.string == "prepare")
        #expect(jobs["build-millrace-report"]?["if"]?.string == "always()")
        #expect(text.contains(#""010""#))
    }

    @Test(
        "is called after its file when it has no name (field 18)",
        arguments: [("", "ci.yml"), (#""name":"CI","#, "CI")])
    func name(written: String, expected: String) throws {
        let payload = #"{\#(written)"on":"push","jobs":{"a":{"runs-on":"x","steps":[{"run":"y"}]}}}"#
        let text = try TaskWorkflow(payload: payload)
            .text(needs: [:], name: "ci.yml", exact: ExactText(), program: "/m", resultFile: "/r", delimiter: "END")
        #expect(try Yams.compose(yaml: text)?["name"]?.string == expected)
    }

    @Test(
        "reads the job's timeout-minutes (field 12)",
        arguments: [
            ("1", Duration?.some(.seconds(60))), ("0.1", .seconds(6)), ("0", nil), ("-1", nil), ("1e300", nil),
            (#""${{ x }}""#, nil),
        ])
    func timeout(written: String, expected: Duration?) throws {
        let payload = #"{"jobs":{"a":{"timeout-minutes":\#(written),"steps":[]}}}"#
        #expect(try TaskWorkflow(payload: payload).timeout == expected)
    }

    @Test("names services that a host starts not, and a step's time-out that act would pass over (field 17, 12)")
    func leftOut() throws {
        let job =
            #""services":{"db":{"image":"x"}},"steps":[{"run":"x","timeout-minutes":0.5},{"run":"y","timeout-minutes":2}]"#
        let workflow = try TaskWorkflow(payload: #"{"jobs":{"a":{\#(job)}}}"#)
        #expect(workflow.servicesLeftOut == ["db"])
        #expect(workflow.roundedTimeouts == [0])
        #expect(try TaskWorkflow(payload: #"{"jobs":{"a":{"container":"c",\#(job)}}}"#).servicesLeftOut == [])
    }

    @Test("puts itself before a shell that the workflow writes out (field 04), not before act's own or an expression")
    func shells() throws {
        let payload =
            #"{"on":"push","defaults":{"run":{"shell":"/bin/bash -x {0}"}},"jobs":{"a":{"runs-on":"x","steps":[{"run":"y","shell":"perl {0}"},{"run":"y","shell":"bash"},{"run":"y","shell":"${{ matrix.s }} {0}"}]}}}"#
        let text = try TaskWorkflow(payload: payload)
            .text(needs: [:], name: "", exact: ExactText(), program: "/it's/m", resultFile: "/r", delimiter: "END")
        let root = try #require(try Yams.compose(yaml: text))
        #expect(root["defaults"]?["run"]?["shell"]?.string == #"'/it'\''s/m' exec-step /bin/bash -x {0}"#)
        let shells = root["jobs"]?["a"]?["steps"]?.sequence?.map { $0["shell"]?.string }
        #expect(shells == [#"'/it'\''s/m' exec-step perl {0}"#, "bash", "${{ matrix.s }} {0}"])
    }

    @Test("refuses a payload of two jobs")
    func twoJobs() {
        #expect(throws: TaskWorkflow.Unreadable.self) {
            try TaskWorkflow(payload: #"{"jobs":{"a":{},"b":{}}}"#)
        }
    }
}
