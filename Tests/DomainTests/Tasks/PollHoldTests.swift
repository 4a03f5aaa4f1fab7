import Domain
import Testing

@Suite("H4: how long a poll is held")
struct PollHoldTests {
    @Test(
        "is the configured time, or the client's less a second",
        arguments: [
            (25_000, nil, 25_000), (25_000, 5_000, 4_000), (25_000, 30_000, 25_000), (50_000, 30_000, 29_000),
            (2_000, 30_000, 2_000), (25_000, 1_000, 0), (25_000, 0, 0), (25_000, 9_999_999_999, 25_000), (0, nil, 0),
        ] as [(Int64, Int64?, Int64)])
    func table(configured: Int64, deadline: Int64?, held: Int64) {
        let hold = pollHold(configuredMicroseconds: configured * 1000, deadlineMicroseconds: deadline.map { $0 * 1000 })
        #expect(hold == held * 1000)
    }
}
