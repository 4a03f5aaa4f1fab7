import Testing

@testable import Domain

@Suite("A run to be made")
struct PlannedRunTests {
    @Test("of a file that cannot be planned has the reason, no job, and texts that can be stored")
    func failed() {
        let run = PlannedRun(
            workflowID: "c\u{0}i.yml", workflowPath: "\u{0}p", title: "t\u{0}", event: "push", ref: "refs/heads/a",
            sha: "1", payload: "{\"a\":\"\u{0}\"}", problem: "", warnings: "w",
            jobs: [
                PlannedJob(
                    key: "a", name: "a", needs: [], runsOn: ["x"], condition: nil, continueOnError: false,
                    hasOutputs: false, timeoutSeconds: nil, stepNames: [], payload: "")
            ])
        let failed = run.failed("no\u{0} good é")
        #expect(failed.jobs.isEmpty && failed.problem == "no good é" && failed.warnings == "")
        #expect(failed.workflowID == "ci.yml" && failed.workflowPath == "p" && failed.title == "t")
        #expect(failed.payload == "{\"a\":\"\"}")
        #expect(failed.event == run.event && failed.ref == run.ref && failed.sha == run.sha)
    }
}
