/// How long a client wants its artifact kept.
public enum AskedRetention: Equatable, Sendable {
    case unsaid
    /// v3: `RetentionDays`.
    case days(Int64)
    /// v4: `expires_at`.
    case until(Instant)
}

/// How long artifacts of one repository are kept.
public struct ArtifactRetention: Sendable {
    private static let daySeconds: Int64 = 86_400

    private let defaultSeconds: Int64
    private let maxSeconds: Int64

    /// - Parameters:
    ///   - instanceSeconds: when neither repository nor client says anything.
    ///   - maxSeconds: nobody gets more, whoever asks.
    ///   - repositorySeconds: the repository's own default; nil without one.
    public init(instanceSeconds: Int64, maxSeconds: Int64, repositorySeconds: Int64?) {
        precondition(maxSeconds > 0, "a maximum of no time at all keeps no artifact")
        defaultSeconds = min(repositorySeconds ?? instanceSeconds, maxSeconds)
        self.maxSeconds = maxSeconds
    }

    /// When an artifact that is announced now expires. A moment that was asked for is kept to the microsecond: whole days
    /// would make four of the five that a client asked for a second ago (artifacts.md 3.2).
    public func expiry(asked: AskedRetention, now: Instant) throws(RetentionProblem) -> Instant {
        switch asked {
        case .unsaid: return now.adding(seconds: defaultSeconds)
        case .days(let days):
            guard days > 0 else { throw .days(days) }
            return now.adding(seconds: days > maxSeconds / Self.daySeconds ? maxSeconds : days * Self.daySeconds)
        case .until(let moment):
            guard now < moment else { throw .past(byMicroseconds: now - moment) }
            return min(moment, now.adding(seconds: maxSeconds))
        }
    }
}

public enum RetentionProblem: Error, Equatable, Sendable, CustomStringConvertible {
    case days(Int64)
    case past(byMicroseconds: Int64)

    public var description: String {
        switch self {
        case .days(let days): "retention is \(days) days; ask for 1 or more, or leave it out"
        case .past(let microseconds):
            "the artifact would have expired \(microseconds / 1_000_000) seconds ago; "
                + "ask for a later time, or is the runner's clock wrong?"
        }
    }
}
