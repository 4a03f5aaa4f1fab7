import Domain
import Testing

@Suite("Whether more rows are to be expected")
struct LogEndTests {
    @Test(
        "by state",
        arguments: [
            (false, LogState.closed(secondsAgo: 0), Int64?.some(0), false), (true, .closed(secondsAgo: 0), 0, true),
            (true, .sealed, 0, true), (true, .open, 60, false), (true, .open, 61, true), (true, .open, nil, true),
            (false, .open, nil, false), (false, .open, 9999, false),
        ])
    func ended(isFinal: Bool, state: LogState, quiet: Int64?, expected: Bool) {
        #expect(logHasEnded(isFinal: isFinal, state: state, quietSeconds: quiet, graceSeconds: 60) == expected)
    }
}
