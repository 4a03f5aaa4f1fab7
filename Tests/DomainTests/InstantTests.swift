import Domain
import Testing

@Suite("A moment")
struct InstantTests {
    @Test("moves by whole seconds")
    func adding() {
        #expect(Instant(microseconds: 5).adding(seconds: 2) == Instant(microseconds: 2_000_005))
        #expect(Instant(microseconds: 5) < Instant(microseconds: 6))
    }

    @Test("A1: never overflows, however far away it is")
    func saturation() {
        let ends = [Int64.min, .min + 1, -9_223_372_036_854, -1, 0, 1, 9_223_372_036_854, .max - 1, .max]
        for one in ends {
            for other in ends {
                let (left, right) = (Instant(microseconds: one), Instant(microseconds: other))
                #expect((left - right > 0) == (left > right) && (left - right == 0) == (left == right))
                #expect((left.adding(seconds: other) < left) == (other < 0 && one > .min))
                let wire = Instant(clientSeconds: one, nanoseconds: Int32(truncatingIfNeeded: other))
                #expect(wire.microseconds >= -62_135_596_800_000_000 && wire.microseconds < 253_402_300_800_000_000)
            }
        }
        #expect(Instant(microseconds: 5) - Instant(microseconds: 7) == -2)
        #expect(Instant(clientSeconds: 1_700_000_000, nanoseconds: 120_000_999).microseconds == 1_700_000_000_120_000)
    }
}
