import Testing

@testable import Domain

@Suite("What workflow_run tells of a run")
struct RunHappeningTests {
    @Test(
        "by its status",
        arguments: [
            (Status.running, RunHappening?.some(.inProgress)), (.success, .completed(.success)),
            (.failure, .completed(.failure)),
            (.cancelled, .completed(.cancelled)), (.skipped, .completed(.skipped)), (.waiting, nil), (.blocked, nil),
            (.cancelling, nil),
        ])
    func status(status: Status, happening: RunHappening?) { #expect(RunHappening(status) == happening) }

    @Test("in GitHub's words")
    func words() {
        #expect(
            [RunHappening.requested, .inProgress, .completed(.skipped)].map(\.action) == [
                "requested", "in_progress", "completed",
            ])
        #expect(RunHappening.requested.status == "queued" && RunHappening.inProgress.conclusion.isEmpty)
        #expect(RunHappening.completed(.failure).conclusion == "failure")
    }
}
