import Domain
import Testing

@Suite("Limits of workflows agree with each other and with what stores them")
struct WorkflowLimitsTests {
    /// PostgreSQL refuses index rows of more bytes.
    static let indexRowBytesMax = 2704

    @Test("labels and paths fit into index rows")
    func index() {
        let overhead = WorkflowLimits.labelsMax * 7
        #expect(WorkflowLimits.labelsBytesMax + overhead < Self.indexRowBytesMax)
        #expect(WorkflowLimits.pathBytesMax < Self.indexRowBytesMax)
        #expect(WorkflowLimits.labelBytesMax == RunnerLimits.labelBytesMax, "no runner has a longer one")
    }

    @Test("what is part of another fits into it")
    func parts() {
        #expect(WorkflowLimits.scriptBytesMax < WorkflowLimits.fileBytesMax)
        #expect(WorkflowLimits.scriptBytesMax < WorkflowLimits.jobPayloadBytesMax)
        #expect(WorkflowLimits.jobPayloadBytesMax <= WorkflowLimits.payloadBytesMax)
        #expect(WorkflowLimits.jobNameCharactersMax < WorkflowLimits.jobNameBytesMax)
        #expect(WorkflowLimits.needsMax == WorkflowLimits.jobsMax)
        #expect(WorkflowLimits.keyBytesMax <= 1024, "libyaml refuses longer simple keys")
    }
}
