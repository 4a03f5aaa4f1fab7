import RunnerProto
import Testing
import Yams

@testable import FCGIApp

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
        #expect(workflow.usesCheckout)
    }

    @Test("has a stand-in for each need, with outputs that are not evaluated, and keeps quotes")
    func needs() throws {
        let need = Runner_V1_TaskNeed.with {
            $0.result = .failure
            $0.outputs = ["x": "${{ y }}\nz"]
        }
        let text = try TaskWorkflow(payload: Self.payload)
            .text(needs: ["prepare": need], resultFile: "/r", delimiter: "END")
        let jobs = try #require(try Yams.compose(yaml: text)?["jobs"])
        #expect(jobs["prepare"]?["outputs"]?["x"]?.string == "${{ '$' }}{{ y }}\nz")
        #expect(jobs["prepare"]?["steps"]?[0]?["run"]?.string == "exit 1")
        #expect(jobs["build"]?["needs"]?[0]?.string == "prepare")
        #expect(jobs["build-millrace-report"]?["if"]?.string == "always()")
        #expect(text.contains(#""010""#))
    }

    @Test("refuses a payload of two jobs")
    func twoJobs() {
        #expect(throws: TaskWorkflow.Unreadable.self) {
            try TaskWorkflow(payload: #"{"jobs":{"a":{},"b":{}}}"#)
        }
    }
}
