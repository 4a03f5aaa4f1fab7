import Testing

@testable import Domain

@Suite("The waterfall of a run")
struct WaterfallTests {
    private static let second: Int64 = 1_000_000
    private static func span(_ ready: Int64?, _ start: Int64?, _ stop: Int64?) -> TimeSpan {
        TimeSpan(
            readyAt: ready.map { $0 * second }, startedAt: start.map { $0 * second },
            stoppedAt: stop.map { $0 * second })
    }

    @Test(
        "bars, in thousandths of 100 s that end now",
        arguments: [
            (span(0, 10, 50), [0, 100, 100, 400]),
            (span(20, 20, 100), [200, 0, 200, 800]),
            // Runs still, waits still.
            (span(0, 50, nil), [0, 500, 500, 500]),
            (span(40, nil, nil), [400, 600, 400, 0]),
            // Cancelled while it waited; never ready.
            (span(40, nil, 60), [400, 200, 400, 0]),
            (span(nil, nil, 60), [0, 0, 0, 0]),
            // Of no time, at the end, and with a clock that goes backwards: seen, and inside.
            (span(nil, 100, 100), [998, 0, 998, 2]),
            (span(60, 50, 40), [600, 0, 500, 2]),
        ])
    func bars(span: TimeSpan, expected: [Int]) {
        let axis = Waterfall([Self.span(0, 0, 100)], now: 100 * Self.second)
        let bar = axis.bar(span, now: 100 * Self.second)
        #expect([bar.waitFrom, bar.waitWidth, bar.runFrom, bar.runWidth] == expected)
    }

    @Test(
        "ticks are round and few",
        arguments: [
            (0, [0, 1]), (6, [0, 1, 2, 3, 4, 5, 6]), (100, [0, 15, 30, 45, 60, 75, 90]),
            (3600, [0, 600, 1200, 1800, 2400, 3000, 3600]),
        ]
            as [(Int64, [Int64])])
    func ticks(seconds: Int64, expected: [Int64]) {
        let axis = Waterfall([Self.span(0, 0, seconds)], now: 0)
        #expect(axis.ticks.map { $0.time / Self.second } == expected)
        #expect(axis.ticks.allSatisfy { (0...Waterfall.length).contains($0.at) })
    }

    @Test("times of any clock are drawn")
    func extremes() {
        for span in [
            TimeSpan(readyAt: .min, startedAt: .max, stoppedAt: .min), TimeSpan(readyAt: .max, startedAt: .min),
            TimeSpan(startedAt: 0, stoppedAt: .max),
        ] {
            let axis = Waterfall([span], now: 0)
            let bar = axis.bar(span, now: 0)
            #expect((0...Waterfall.length).contains(bar.runFrom) && bar.runFrom + bar.runWidth <= Waterfall.length + 2)
            #expect(axis.ticks.count <= 7)
        }
    }

    @Test("says how long something waited and ran")
    func lengths() {
        let now = 100 * Self.second
        #expect(Self.span(10, 30, 90).waited(now: now) == 20 * Self.second)
        #expect(Self.span(10, 30, 90).ran(now: now) == 60 * Self.second)
        #expect(Self.span(10, nil, nil).waited(now: now) == 90 * Self.second)
        #expect(Self.span(10, nil, 40).waited(now: now) == 30 * Self.second)
        #expect(Self.span(nil, nil, nil).waited(now: now) == nil)
        #expect(Self.span(10, nil, nil).ran(now: now) == nil)
    }
}
