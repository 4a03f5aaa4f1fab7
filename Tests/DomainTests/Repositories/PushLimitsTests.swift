import Domain
import Testing

@Suite("What one push may bring")
struct PushLimitsTests {
    @Test("the copies of its event have an end together, however many runs it starts")
    func events() {
        #expect(eventBytes(runs: 0) == PushLimits.eventBytesMax)
        #expect(eventBytes(runs: 1) == PushLimits.eventBytesMax)
        for runs in [2, 16, 17, 256, 5000] {
            #expect(eventBytes(runs: runs) * runs <= PushLimits.eventsBytesMax)
            #expect(eventBytes(runs: runs) > 0)
        }
    }

    @Test("what is read of one commit fits into what one program may write")
    func relations() {
        #expect(PushLimits.commitBytesMax < PushLimits.gitOutputBytesMax)
        #expect(PushLimits.eventBytesMax <= PushLimits.eventsBytesMax)
        #expect(PushLimits.extraGitSeconds < PushLimits.gitSeconds)
        // PostgreSQL refuses index rows above 2 704 bytes.
        #expect(PushLimits.refBytesMax < 2704 && PushLimits.personBytesMax < PushLimits.titleBytesMax + 1)
    }
}
