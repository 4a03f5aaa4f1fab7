/// How jobs of several owners share the runners.
public enum QueueLimits {
    /// An owner's weight; twice the weight is twice the share.
    public static let weightRange: ClosedRange<Int64> = 1...1000
}

/// A job's place in the queue: the smallest key is taken first, ties go by id (DESIGN section 2, claim).
///
/// With spacing 0, the default, the key is the time at which the job became runnable: plain oldest-first. With a
/// spacing, each job of an owner stands that far behind the owner's last waiting one, divided by the owner's weight, so
/// that a thousand jobs of one owner do not stand before the first job of another.
///
/// - Parameters:
///   - ownerLast: the largest key among the owner's waiting jobs; nil when none waits.
///   - spacingMicroseconds: about the usual length of a job, for fair shares.
/// - Returns: microseconds; never below `now`.
public func queueKey(now: Instant, ownerLast: Int64?, spacingMicroseconds: Int64, weight: Int64) -> Int64 {
    guard spacingMicroseconds > 0, let ownerLast else { return now.microseconds }
    let weight = min(max(weight, QueueLimits.weightRange.lowerBound), QueueLimits.weightRange.upperBound)
    return max(now.microseconds, ownerLast + spacingMicroseconds / weight)
}

/// Places in the queue for the new jobs of one change, each behind the one before.
public struct QueueTail: Sendable {
    public let now: Instant
    /// The largest key among the owner's waiting jobs.
    public private(set) var last: Int64?
    public let weight: Int64
    public let spacingMicroseconds: Int64

    public init(now: Instant, last: Int64?, weight: Int64, spacingMicroseconds: Int64) {
        self.now = now
        self.last = last
        self.weight = weight
        self.spacingMicroseconds = spacingMicroseconds
    }

    public mutating func next() -> Int64 {
        let key = queueKey(now: now, ownerLast: last, spacingMicroseconds: spacingMicroseconds, weight: weight)
        last = key
        return key
    }
}
