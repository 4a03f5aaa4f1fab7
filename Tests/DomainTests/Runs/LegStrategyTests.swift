import Testing

@testable import Domain

@Suite("A strategy of legs")
struct LegStrategyTests {
    @Test("cancels siblings and limits nothing, unless it says otherwise")
    func defaults() {
        #expect(LegStrategy() == LegStrategy(failFast: true, maxParallel: nil))
    }

    @Test("counts what waits for a runner, runs or is being cancelled")
    func slots() {
        let states: [(JobState, Bool)] = [
            (.blocked, false), (.waiting, true), (.running(TaskID(1), runnerCanCancel: false), true),
            (.cancelling(TaskID(1)), true), (.done(.failure), false),
        ]
        for (state, holds) in states { #expect(RunDecisionTests.job(1, "a", state).holdsSlot == holds) }
    }
}
