import Domain
import Testing

@Suite("A session's secret")
struct SessionRulesTests {
    private static let made = Instant(microseconds: 1_700_000_000_000_000)
    private static let grace = SessionLimits.graceSeconds
    private static let old = SessionLimits.renewedAfterSeconds

    @Test(
        "is let in, renewed or ended by its age and use",
        arguments: [
            // secret, seconds since it was made, the new one was used at, verdict
            (.current, 0, nil, .confirm), (.current, old * 2, nil, .confirm),
            (.current, 1, 0, .live), (.current, old - 1, 0, .live), (.current, old, 0, .renew),
            (.previous, 0, nil, .live), (.previous, grace - 1, nil, .live),
            // The answer with the new one was lost.
            (.previous, grace, nil, .renew), (.previous, old * 3, nil, .renew),
            (.previous, 10 + grace - 1, 10, .live), (.previous, 10 + grace, 10, .ended),
            (.current, 200_000, 0, .ended), (.previous, 200_000, nil, .ended),
        ] as [(SessionSecret, Int64, Int64?, SessionVerdict)])
    func verdict(secret: SessionSecret, age: Int64, confirmed: Int64?, expected: SessionVerdict) {
        let times = SessionTimes(
            expiresAt: Self.made.adding(seconds: 200_000), renewedAt: Self.made,
            confirmedAt: confirmed.map { Self.made.adding(seconds: $0) })
        #expect(judgeSession(times, by: secret, now: Self.made.adding(seconds: age)) == expected)
    }

    @Test(
        "lasts a week after the last request, and a month in all",
        arguments: [(0, 7), (3, 10), (22, 29), (23, 30), (24, 30), (29, 30)] as [(Int64, Int64)])
    func end(seenAfterDays: Int64, endsAfterDays: Int64) {
        #expect(
            SessionTimes.end(createdAt: Self.made, seenAt: Self.made.adding(seconds: seenAfterDays * 86_400))
                == Self.made.adding(seconds: endsAfterDays * 86_400))
    }
}
