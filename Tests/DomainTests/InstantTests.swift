import Domain
import Testing

@Suite("A moment")
struct InstantTests {
    @Test("moves by whole seconds")
    func adding() {
        #expect(Instant(microseconds: 5).adding(seconds: 2) == Instant(microseconds: 2_000_005))
        #expect(Instant(microseconds: 5) < Instant(microseconds: 6))
    }
}
