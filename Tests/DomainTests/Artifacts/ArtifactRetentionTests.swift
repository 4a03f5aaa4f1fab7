import Domain
import Testing

@Suite("How long an artifact is kept")
struct ArtifactRetentionTests {
    static let now = Instant(microseconds: 1_750_000_000_123_456)
    static let day: Int64 = 86_400
    static let lastMicrosecond = Instant(microseconds: now.microseconds + 1)

    /// 90 days unless said otherwise, 400 at most.
    static func retention(repositorySeconds: Int64? = nil) -> ArtifactRetention {
        ArtifactRetention(instanceSeconds: 90 * day, maxSeconds: 400 * day, repositorySeconds: repositorySeconds)
    }

    @Test(
        "is what was asked, within the maximum",
        arguments: [
            (AskedRetention.unsaid, nil, now.adding(seconds: 90 * day)),
            (.unsaid, 3 * day, now.adding(seconds: 3 * day)),
            (.unsaid, 500 * day, now.adding(seconds: 400 * day)),
            (.days(1), nil, now.adding(seconds: day)), (.days(5), 3 * day, now.adding(seconds: 5 * day)),
            (.days(400), nil, now.adding(seconds: 400 * day)), (.days(401), nil, now.adding(seconds: 400 * day)),
            (.days(401), 500 * day, now.adding(seconds: 400 * day)), (.days(.max), nil, now.adding(seconds: 400 * day)),
            // Five days, asked for 10 seconds ago by a client whose message took so long: not four.
            (.until(now.adding(seconds: 5 * day - 10)), nil, now.adding(seconds: 5 * day - 10)),
            (.until(lastMicrosecond), nil, lastMicrosecond),
            (.until(now.adding(seconds: 401 * day)), 500 * day, now.adding(seconds: 400 * day)),
            (.until(Instant(microseconds: .max)), nil, now.adding(seconds: 400 * day)),
        ] as [(AskedRetention, Int64?, Instant)])
    func kept(asked: AskedRetention, repositorySeconds: Int64?, expiry: Instant) throws {
        #expect(try Self.retention(repositorySeconds: repositorySeconds).expiry(asked: asked, now: Self.now) == expiry)
    }

    @Test("is not rounded away by a maximum of less than a day")
    func short() throws {
        let retention = ArtifactRetention(instanceSeconds: 90 * Self.day, maxSeconds: 60, repositorySeconds: nil)
        #expect(try retention.expiry(asked: .days(1), now: Self.now) == Self.now.adding(seconds: 60))
        #expect(try retention.expiry(asked: .unsaid, now: Self.now) == Self.now.adding(seconds: 60))
    }

    @Test(
        "is refused when it is none",
        arguments: [
            (AskedRetention.days(0), "retention is 0 days; ask for 1 or more, or leave it out"),
            (.days(.min), "retention is -9223372036854775808 days; ask for 1 or more, or leave it out"),
            (
                .until(now),
                "the artifact would have expired 0 seconds ago; ask for a later time, or is the runner's clock wrong?"
            ),
            (
                .until(now.adding(seconds: -3600)),
                "the artifact would have expired 3600 seconds ago; ask for a later time, or is the runner's clock wrong?"
            ),
        ])
    func refused(asked: AskedRetention, words: String) {
        let problem = #expect(throws: RetentionProblem.self) {
            try Self.retention().expiry(asked: asked, now: Self.now)
        }
        #expect(problem?.description == words)
    }
}
