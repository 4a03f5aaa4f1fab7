/// Days side by side, as SVG draws them: how many runs went well, and how long they took. Places are numbers of a field of
/// `width` by `height`, stretched to the page.
public struct DayChart: Equatable, Sendable {
    public static let width = 1000
    public static let height = 100

    public struct Bar: Equatable, Sendable {
        public let x: Int
        public let width: Int
        /// From the bottom: what succeeded, and above it what failed.
        public let goodY: Int
        public let goodHeight: Int
        public let badY: Int
        public let badHeight: Int
    }

    public let bars: [Bar]
    /// Runs of the busiest day.
    public let most: Int
    /// Lines as SVG's `points`, with a point for each day that has a value.
    public let ran50: String
    public let ran95: String
    /// The highest value of both lines, in microseconds.
    public let longest: Int64

    public init(_ days: [DayStatistics]) {
        let most = days.map { $0.statistics.succeeded + $0.statistics.failed }.max() ?? 0
        let longest = days.compactMap(\.statistics.ran95).max() ?? 0
        let step = days.isEmpty ? Self.width : max(1, Self.width / days.count)
        func part(_ count: Int) -> Int { most == 0 ? 0 : count * Self.height / most }
        bars = days.enumerated().map { number, day in
            let good = part(day.statistics.succeeded)
            let bad = part(day.statistics.succeeded + day.statistics.failed) - good
            return Bar(
                x: number * step, width: max(1, step - step / 5), goodY: Self.height - good, goodHeight: good,
                badY: Self.height - good - bad, badHeight: bad)
        }
        func line(_ value: (Statistics) -> Int64?) -> String {
            days.enumerated().compactMap { number, day in
                value(day.statistics).map { time in
                    let part = longest == 0 ? 0 : Int(Double(time) / Double(longest) * Double(Self.height))
                    return "\(number * step + step / 2),\(Self.height - part)"
                }
            }.joined(separator: " ")
        }
        self.most = most
        self.longest = longest
        ran50 = line(\.ran50)
        ran95 = line(\.ran95)
    }
}
