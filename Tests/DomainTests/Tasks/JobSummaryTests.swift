import Domain
import Testing

@Suite("A job's summary")
struct JobSummaryTests {
    static let max = JobSummaryLimits.stepBytesMax

    @Test(
        "is stored within the limits, and cleared by an empty one",
        arguments: [
            (1, 0, SummaryChange.store), (max, 0, .store), (max - 10, 10, .store), (0, max, .clear),
        ])
    func change(bytes: Int, others: Int, expected: SummaryChange) throws {
        for place in [SummaryPlace.step(0), .job] {
            #expect(try judgeSummary(byteCount: bytes, at: place, stepExists: true, otherBytes: others) == expected)
        }
    }

    @Test(
        "is refused beyond them",
        arguments: [
            (max + 1, 0, SummaryRefusal.tooLarge(byteCount: max + 1)),
            (max - 9, 10, .taskIsFull(byteCount: max + 1)), (1, max, .taskIsFull(byteCount: max + 1)),
        ])
    func refusal(bytes: Int, others: Int, expected: SummaryRefusal) {
        #expect(throws: expected) {
            try judgeSummary(byteCount: bytes, at: .job, stepExists: false, otherBytes: others)
        }
    }

    @Test("belongs to a step that there is, even when it only clears", arguments: [0, 5])
    func step(bytes: Int) {
        #expect(throws: SummaryRefusal.unknownStep(7)) {
            try judgeSummary(byteCount: bytes, at: .step(7), stepExists: false, otherBytes: 0)
        }
    }
}
