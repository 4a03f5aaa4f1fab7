/// When a job or a step waited and ran. Times are Unix microseconds.
public struct TimeSpan: Equatable, Sendable {
    /// When it could have started; nil: it never waited.
    public let readyAt: Int64?
    /// Nil: it did not start.
    public let startedAt: Int64?
    /// Nil: it goes on, or waits still.
    public let stoppedAt: Int64?

    public init(readyAt: Int64? = nil, startedAt: Int64? = nil, stoppedAt: Int64? = nil) {
        self.readyAt = readyAt
        self.startedAt = startedAt
        self.stoppedAt = stoppedAt
    }

    /// Waiting time so far; nil when nothing is known of it.
    public func waited(now: Int64) -> Int64? {
        guard let readyAt else { return nil }
        // What was cancelled or skipped while it waited has waited until then.
        return max(0, difference(startedAt ?? stoppedAt ?? now, readyAt))
    }

    /// Running time so far; nil before it started.
    public func ran(now: Int64) -> Int64? {
        startedAt.map { max(0, difference(stoppedAt ?? now, $0)) }
    }
}

/// Bars over one axis of time, in thousandths of its length: SVG places them by attributes.
public struct Waterfall: Equatable, Sendable {
    public static let length = 1000
    /// A bar that would not be seen is this long.
    public static let barMin = 2

    public struct Bar: Equatable, Sendable {
        /// The waiting part, and the running part behind it; 0 wide when there is none.
        public let waitFrom: Int
        public let waitWidth: Int
        public let runFrom: Int
        public let runWidth: Int
    }

    public struct Tick: Equatable, Sendable {
        public let at: Int
        /// Microseconds since the axis began.
        public let time: Int64
    }

    public let startsAt: Int64
    public let endsAt: Int64
    public let ticks: [Tick]

    /// - Parameters:
    ///   - spans: all that is shown; the axis holds them.
    ///   - now: the end of what goes on.
    public init(_ spans: [TimeSpan], now: Int64) {
        let starts = spans.compactMap { $0.readyAt ?? $0.startedAt }
        let start = starts.min() ?? now
        let ends = spans.compactMap { span -> Int64? in
            guard span.readyAt != nil || span.startedAt != nil else { return nil }
            return span.stoppedAt ?? now
        }
        startsAt = start
        // A run of no time is a second wide.
        endsAt = max(ends.max() ?? now, Instant(microseconds: start).adding(seconds: 1).microseconds)
        ticks = Self.ticks(difference(endsAt, startsAt))
    }

    public func bar(_ span: TimeSpan, now: Int64) -> Bar {
        let end = span.stoppedAt ?? now
        let running = span.startedAt.map { part(from: $0, to: max($0, end)) }
        let waiting = span.readyAt.map { part(from: $0, to: max($0, span.startedAt ?? end)) }
        let run = running.map { ($0.from, max($0.width, Self.barMin)) }
        return Bar(
            waitFrom: waiting?.from ?? run?.0 ?? 0, waitWidth: waiting?.width ?? 0,
            runFrom: run?.0 ?? waiting?.from ?? 0,
            runWidth: run?.1 ?? 0)
    }

    private func part(from: Int64, to: Int64) -> (from: Int, width: Int) {
        let (first, last) = (place(from), place(to))
        return (min(first, Self.length - Self.barMin), last - first)
    }

    private func place(_ moment: Int64) -> Int {
        let whole = max(1, difference(endsAt, startsAt))
        let part = min(max(0, difference(moment, startsAt)), whole)
        return Int(Double(part) / Double(whole) * Double(Self.length))
    }

    /// Round steps, four to seven of them.
    private static func ticks(_ whole: Int64) -> [Tick] {
        let second: Int64 = 1_000_000
        let rounds: [Int64] =
            [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800].map { $0 * second }
            + [1, 2, 3, 6, 12, 24, 48, 168, 720, 8760].map { $0 * 3600 * second }
        let step = rounds.first { whole / $0 <= 6 } ?? max(second, whole / 6)
        return (0...min(6, whole / step)).map { number in
            let time = number * step
            return Tick(at: Int(Double(time) / Double(max(1, whole)) * Double(length)), time: time)
        }
    }
}

/// Of two moments; what a wrong clock said may be as far apart as numbers go.
private func difference(_ left: Int64, _ right: Int64) -> Int64 {
    Instant(microseconds: left) - Instant(microseconds: right)
}
