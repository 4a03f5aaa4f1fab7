/// A moment, in microseconds since 1970-01-01 UTC: PostgreSQL's own resolution.
/// Rules never read a clock; they are handed one of these.
///
/// Arithmetic saturates: a moment may be what a client said, and no client may stop the process by an overflow.
public struct Instant: Hashable, Comparable, Sendable {
    public let microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// A moment as a client said it, pulled into the years 1 to 9999: outside of them neither PostgreSQL's times nor
    /// protobuf's are defined.
    public init(clientSeconds: Int64, nanoseconds: Int32) {
        let seconds = min(max(clientSeconds, -62_135_596_800), 253_402_300_799)
        let rest = min(max(nanoseconds, 0), 999_999_999)
        self.init(microseconds: seconds * 1_000_000 + Int64(rest) / 1000)
    }

    public static func < (left: Instant, right: Instant) -> Bool { left.microseconds < right.microseconds }

    /// Microseconds from the right moment to the left one.
    public static func - (left: Instant, right: Instant) -> Int64 {
        let (difference, overflow) = left.microseconds.subtractingReportingOverflow(right.microseconds)
        return overflow ? (left < right ? .min : .max) : difference
    }

    public func adding(seconds: Int64) -> Instant {
        let (added, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, sumOverflow) = microseconds.addingReportingOverflow(overflow ? (seconds < 0 ? .min : .max) : added)
        return Instant(microseconds: sumOverflow ? (seconds < 0 ? .min : .max) : sum)
    }
}

/// A moment as REST and pages write it: UTC to the second, `2026-01-02T03:04:05Z`; of none the epoch, since clients of
/// Gitea's API take no null there (rest.md 7).
///
/// - Parameter microseconds: since 1970.
public func clockText(_ microseconds: Int64?) -> String {
    let seconds = (microseconds ?? 0) / 1_000_000
    return String(logTime(seconds: seconds, nanoseconds: 0).prefix(19)) + "Z"
}
