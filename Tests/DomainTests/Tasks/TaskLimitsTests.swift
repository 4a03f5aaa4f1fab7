import Domain
import Testing

@Suite("Limits of tasks agree with each other")
struct TaskLimitsTests {
    @Test("what is part of another fits into it")
    func relations() {
        #expect(Int64(TaskLimits.outputValueBytesMax) < TaskLimits.runOutputBytesMax)
        #expect(TaskLimits.outputsMax < TaskLimits.reportedOutputsMax)
        #expect(TaskLimits.reportedStepsMax >= WorkflowLimits.stepsMax, "a report may have every step")
        #expect(TaskLimits.outputNameBytesMax < 2704, "PostgreSQL refuses longer index rows")
    }

    @Test("a task that reports is heard often enough never to be taken for a silent one")
    func heard() {
        let limits = RecoveryLimits()
        let shortest = min(limits.unheardSeconds, limits.silentSeconds, limits.restartSilenceSeconds)
        #expect(2 * TaskLimits.heardEverySeconds < shortest)
        #expect(TaskLimits.heardEverySeconds < RecoveryLimits.cancelHeardSeconds)
    }
}
