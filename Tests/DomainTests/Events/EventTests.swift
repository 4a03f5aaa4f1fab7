import Domain
import Testing

@Suite("Events")
struct EventTests {
    /// They stand in rows of years ago, and `millrace verify` and the queries of sql/checks read them.
    @Test("keep the names under which they are stored")
    func kinds() {
        #expect(
            EventKind.allCases.map(\.rawValue) == [
                "run_planned", "run_rerun", "run_approved", "deployment_approved", "deployment_rejected", "run_removed",
                "cancel_requested", "run_status",
                "job_status", "task_lost",
                "runner_registered", "runner_spent", "runner_changed", "runner_removed",
            ])
    }

    @Test("say nothing that they were not told")
    func empty() {
        let event = Event(.runPlanned, run: RunID(1))
        #expect(event == Event(.runPlanned, run: RunID(1), job: nil, task: nil, runner: nil, status: nil, detail: ""))
        #expect(event != Event(.runPlanned, run: RunID(1), detail: "x"))
    }
}
