import Testing

@testable import Domain

@Suite("Spans of time in words")
struct SpanWordsTests {
    @Test(
        "name the two greatest units",
        arguments: [
            (0, "0 s"), (999_999, "0 s"), (41_000_000, "41 s"), (60_000_000, "1 m"), (161_000_000, "2 m 41 s"),
            (3_600_000_000, "1 h"), (11_100_000_000, "3 h 5 m"), (86_400_000_000, "1 d"), (187_200_000_000, "2 d 4 h"),
            (-5, "0 s"), (Int64.min, "0 s"), (Int64.max, "106751991 d 4 h"),
        ] as [(Int64, String)])
    func durations(microseconds: Int64, words: String) { #expect(durationWords(microseconds) == words) }

    /// The table of frame.js too (Tests/Clients/test_page_scripts.py).
    static let agoes: [(seconds: Int64, words: String)] = [
        (0, "just now"), (44, "just now"), (45, "1 min ago"), (89, "1 min ago"), (90, "2 min ago"),
        (2_699, "45 min ago"), (2_700, "1 hour ago"), (5_400, "2 hours ago"), (79_199, "22 hours ago"),
        (79_200, "1 day ago"), (129_600, "2 days ago"), (2_592_000, "30 days ago"), (2_592_001, "2026-01-01"),
        (-60, "in 1 min"), (-7_200, "in 2 hours"), (-44, "just now"), (-172_800, "in 2 days"),
    ]

    @Test("say how long ago a moment is", arguments: agoes)
    func ago(seconds: Int64, words: String) {
        let now = Instant(microseconds: 1_769_817_600_000_000 + 1_000_000)  // 2026-01-31T00:00:01Z
        #expect(agoWords(now.adding(seconds: -seconds), now: now) == words)
    }

    @Test("say the day of moments at the ends of time", arguments: [Int64.min, Int64.max])
    func extremes(microseconds: Int64) {
        #expect(!agoWords(Instant(microseconds: microseconds), now: Instant(microseconds: 0)).isEmpty)
    }
}
