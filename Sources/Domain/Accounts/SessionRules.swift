/// How long a log-in by browser lasts, and how its secret is renewed.
public enum SessionLimits {
    /// From the log-in on, whatever is done meanwhile.
    public static let lifeSeconds: Int64 = 30 * 86_400
    /// Without a request for so long it is over: a browser that was forgotten on another machine.
    public static let idleSeconds: Int64 = 7 * 86_400
    /// A secret that is older is replaced, so that one that leaked is of use for hours and not for weeks.
    public static let renewedAfterSeconds: Int64 = 3600
    /// The secret before it is taken for so long after the new one was first used: requests may have been under way.
    public static let graceSeconds: Int64 = 60
    /// That it was seen is written at most this often.
    public static let seenEverySeconds: Int64 = 300
    /// Sessions of one account; a log-in beyond it ends the oldest.
    public static let perAccountMax: Int64 = 50
    /// Hexadecimal digits of a secret: 256 bits.
    public static let secretDigits = 64
    /// Kept of what a browser calls itself.
    public static let userAgentBytesMax = 256
    /// Rows that one statement of the sweep removes.
    public static let sweptMax: Int64 = 1000
}

/// Which of its two secrets a request came with.
public enum SessionSecret: Equatable, Sendable {
    case current
    /// The one before the last renewal.
    case previous
}

/// What is known of a session's times.
public struct SessionTimes: Equatable, Sendable {
    public let expiresAt: Instant
    /// When the current secret was made.
    public let renewedAt: Instant
    /// When it was first used; nil: the browser may not have it.
    public let confirmedAt: Instant?

    public init(expiresAt: Instant, renewedAt: Instant, confirmedAt: Instant?) {
        self.expiresAt = expiresAt
        self.renewedAt = renewedAt
        self.confirmedAt = confirmedAt
    }

    /// Until when a session lasts that was just seen.
    public static func end(createdAt: Instant, seenAt: Instant) -> Instant {
        min(
            createdAt.adding(seconds: SessionLimits.lifeSeconds), seenAt.adding(seconds: SessionLimits.idleSeconds))
    }
}

/// Whether a request with a session's secret is let in, and what is due with it.
public enum SessionVerdict: Equatable, Sendable {
    case ended
    case live
    /// The current secret was used for the first time: from now on the one before it ends soon.
    case confirm
    /// The browser is to be given another secret with this answer.
    case renew
}

/// The verdict on a request with one of a session's secrets.
///
/// An answer that gives a new secret may be lost. The old secret therefore stays good until the new one was used, and gets
/// another new one when that does not happen within the grace.
public func judgeSession(_ times: SessionTimes, by secret: SessionSecret, now: Instant) -> SessionVerdict {
    guard now < times.expiresAt else { return .ended }
    let age = now.microseconds - times.renewedAt.microseconds
    switch (secret, times.confirmedAt) {
    case (.current, nil): return .confirm
    case (.current, .some): return age >= SessionLimits.renewedAfterSeconds * 1_000_000 ? .renew : .live
    case (.previous, nil): return age >= SessionLimits.graceSeconds * 1_000_000 ? .renew : .live
    case (.previous, .some(let confirmedAt)):
        return now < confirmedAt.adding(seconds: SessionLimits.graceSeconds) ? .live : .ended
    }
}
