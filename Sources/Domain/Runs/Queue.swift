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
