import Domain
import Testing

@Suite("Delays of guesses")
struct GuessLimitsTests {
    @Test(
        "A8: the first are free, then the wait doubles up to its limit",
        arguments: [
            (0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (10, 32), (11, 60), (1_000, 60), (Int.max, 60),
        ] as [(Int, Int64)])
    func rows(wrong: Int, seconds: Int64) {
        #expect(guessDelaySeconds(wrong: wrong, free: GuessLimits.freeOfAccount) == seconds)
    }
}
