import Testing

@testable import Domain

@Suite("The queue's order")
struct QueueTests {
    @Test("is plain oldest-first without spacing")
    func plain() {
        #expect(queueKey(now: Instant(microseconds: 5), ownerLast: 900, spacingMicroseconds: 0, weight: 1) == 5)
    }

    @Test("puts an owner's next job behind its last one, closer the greater the weight")
    func fair() {
        let now = Instant(microseconds: 1000)
        #expect(queueKey(now: now, ownerLast: nil, spacingMicroseconds: 100, weight: 1) == 1000)
        #expect(queueKey(now: now, ownerLast: 1000, spacingMicroseconds: 100, weight: 1) == 1100)
        #expect(queueKey(now: now, ownerLast: 1000, spacingMicroseconds: 100, weight: 4) == 1025)
        #expect(queueKey(now: now, ownerLast: 10, spacingMicroseconds: 100, weight: 1) == 1000)
    }
}
