import Domain
import Testing

@Suite("A lost task")
struct RecoveryTests {
    static func at(_ seconds: Int64) -> Instant { Instant(microseconds: seconds * 1_000_000) }
    static func clock(_ heard: Int64?, timeout: Int64? = nil, declared: Int64? = nil) -> TaskClock {
        TaskClock(
            startedAt: at(0), heardAt: heard.map(at), timeoutSeconds: timeout, declaredAt: declared.map(at))
    }

    @Test(
        "is told by its clocks (runner.md 3.4, 4.2, 7.3)",
        arguments: [
            (clock(nil), Int64(59), TaskLoss?.none), (clock(nil), 60, .unheard),
            (clock(1), 600, nil), (clock(1), 601, .silent),
            (clock(21_599), 21_599, nil), (clock(21_599), 21_600, .overlong),
            // H6: its own timeout-minutes alone counts, shorter or longer (go-gitea/gitea#32694), and two minutes more.
            (clock(30_119, timeout: 30_000), 30_119, nil), (clock(30_119, timeout: 30_000), 30_120, .overlong),
            (clock(179, timeout: 60), 179, nil), (clock(179, timeout: 60), 180, .overlong),
            (clock(2_592_119, timeout: .max), 2_592_119, nil), (clock(2_592_120, timeout: .max), 2_592_120, .overlong),
            // A runner that started anew after the last sign, and silence since.
            (clock(5, declared: 10), 34, nil), (clock(5, declared: 10), 35, .runnerRestarted),
            (clock(20, declared: 10), 60, nil),
            (clock(nil, declared: 10), 29, nil), (clock(nil, declared: 10), 30, .unheard),
        ])
    func told(clock: TaskClock, now: Int64, loss expected: TaskLoss?) {
        #expect(loss(of: clock, now: Self.at(now), limits: RecoveryLimits()) == expected)
    }

    @Test(
        "field 12: timeout-minutes in seconds, fractions too",
        arguments: [
            (0.1, 6), (1, 60), (0.001, 1), (1.5, 90), (360, 21_600), (1e300, 2_592_000), (0, nil), (-1, nil),
            (.nan, nil), (.infinity, nil),
        ] as [(Double, Int64?)])
    func timeouts(minutes: Double, seconds: Int64?) {
        #expect(RecoveryLimits.timeoutSeconds(minutes: minutes) == seconds)
    }

    @Test("has words that name whose limit it was")
    func overlong() {
        let limits = RecoveryLimits()
        let own = TaskLoss.overlong.words(runner: "r1", limits: limits, timeoutSeconds: 6)
        #expect(
            own.contains("its timeout-minutes (6 seconds) and runner \"r1\" did not end it within another 2 minutes"))
        let ours = TaskLoss.overlong.words(runner: "r1", limits: limits, timeoutSeconds: nil)
        #expect(ours.contains("longer than 6 hours, the limit of jobs without timeout-minutes"))
    }

    @Test("is told to its runner as cancelled when the server ended it (runner.md 4.4)")
    func wire() {
        #expect(wireResult(.failure, endedByServer: true) == 3)
        #expect(wireResult(.failure, endedByServer: false) == 2)
        #expect(wireResult(.running, endedByServer: false) == 0)
        #expect(wireResult(.cancelling, endedByServer: true) == 3)
        #expect(wireResult(.success, endedByServer: false) == 1)
    }

    @Test(
        "has words that name the time",
        arguments: [
            (Int64(600), "10 minutes"), (3600, "1 hour"), (45, "45 seconds"), (86_400, "1 day"), (90, "90 seconds"),
            (1, "1 second"),
        ])
    func words(seconds: Int64, text: String) { #expect(spelled(seconds) == text) }
}
