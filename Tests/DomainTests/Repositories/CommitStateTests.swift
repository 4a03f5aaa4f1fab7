import Testing

@testable import Domain

@Suite("What is said of a commit")
struct CommitStateTests {
    @Test(
        "together",
        arguments: [
            ([], CommitState.pending), ([.success], .success), ([.success, .warning, .skipped], .success),
            ([.skipped], .success), ([.success, .pending], .pending), ([.pending, .failure], .failure),
            ([.success, .error], .failure), ([.warning], .success), ([.error, .pending, .success], .failure),
        ] as [([CommitState], CommitState)])
    func combined(states: [CommitState], expected: CommitState) {
        #expect(CommitState.combined(states) == expected)
        #expect(CommitState.combined(states.reversed()) == expected)
    }

    @Test(
        "by a job",
        arguments: [
            (Status.success, CommitState.success, "Successful in 5s"), (.failure, .failure, "Failing after 5s"),
            (.cancelled, .failure, "Canceled after 5s"), (.skipped, .skipped, "Skipped"),
            (.waiting, .pending, "Waiting to run"), (.running, .pending, "In progress"),
            (.blocked, .pending, "Blocked by required conditions"), (.cancelling, .pending, "Canceling"),
        ])
    func jobs(status: Status, state: CommitState, words: String) {
        #expect(CommitState(status) == state && statusDescription(of: status, seconds: 5) == words)
    }

    @Test("durations", arguments: [(0, "0s"), (-3, "0s"), (65, "1m5s"), (3600, "1h0m0s"), (7267, "2h1m7s")])
    func durations(seconds: Int64, text: String) {
        #expect(statusDescription(of: .success, seconds: seconds) == "Successful in \(text)")
    }
}
