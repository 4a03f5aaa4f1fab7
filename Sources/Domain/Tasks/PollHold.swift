public enum PollLimits {
    /// A held poll is answered this long before its client gives up.
    public static let answerMarginMicroseconds: Int64 = 1_000_000
}

/// How long a FetchTask is held: `tasks.poll_hold`, but never into the last second before its client gives up.
///
/// - Parameters:
///   - configuredMicroseconds: `tasks.poll_hold`.
///   - deadlineMicroseconds: what Connect-Timeout-Ms said; nil when the client waits for ever.
/// - Source: runner.md 7.5. Five seconds are usual, Forgejo's newest runner gives thirty.
public func pollHold(configuredMicroseconds: Int64, deadlineMicroseconds: Int64?) -> Int64 {
    guard let deadlineMicroseconds else { return configuredMicroseconds }
    return max(0, min(configuredMicroseconds, deadlineMicroseconds - PollLimits.answerMarginMicroseconds))
}
