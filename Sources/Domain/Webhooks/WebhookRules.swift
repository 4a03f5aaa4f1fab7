public struct WebhookID: EntityID {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
}

public struct DeliveryID: EntityID {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
}

public enum WebhookLimits {
    public static let perRepositoryMax: Int64 = 50
    public static let addressBytesMax = 2000
    public static let secretBytesMax = 1000
    public static let branchFilterBytesMax = 500
    /// Bytes of an answer that are kept for people.
    public static let responseBytesMax = 16 * 1024
    /// Seconds that a receiver may take for one delivery, all in all.
    public static let seconds = 10
    /// Seconds for which a delivery is left to the instance that sends it: above `seconds`.
    public static let leaseSeconds: Int64 = 60
    /// Seconds for which nothing is sent to a receiver that gave no answer.
    public static let silenceSeconds: Int64 = 20
    /// Days that deliveries are kept.
    public static let keptDays: Int64 = 30
}

/// Seconds until a delivery that was not taken is tried again; nil: it is not.
///
/// - Parameter tries: made so far, at least 1.
public func deliveryPause(afterTries tries: Int64) -> Int64? {
    let pauses: [Int64] = [30, 120, 600, 3600, 21_600]
    guard tries >= 1, tries <= pauses.count else { return nil }
    return pauses[Int(tries) - 1]
}

/// The names of events as webhooks have them (Gitea's). Of those that nothing here tells, a webhook may name any: it hears
/// nothing of them.
public enum WebhookEvents {
    /// What is told here.
    public static let told = ["push", "create", "delete", "pull_request", "workflow_run", "workflow_job"]
    private static let others = [
        "fork", "issues", "issue_assign", "issue_label", "issue_milestone", "issue_comment", "pull_request_assign",
        "pull_request_label", "pull_request_milestone", "pull_request_comment", "pull_request_review",
        "pull_request_review_request", "pull_request_sync", "wiki", "repository", "release", "package", "status",
    ]

    /// - Returns: the events in order, each once; or the first name that is none.
    public static func known(_ names: [String]) -> (events: [String], unknown: String?) {
        var events: [String] = []
        for name in names where !events.contains(name) {
            guard told.contains(name) || others.contains(name) else { return ([], name) }
            events.append(name)
        }
        return (events, nil)
    }
}

/// Why an address is none of a webhook, in words; nil when it may be one. Whether it may be connected to is told when it is
/// (``AllowedHosts``).
public func whyNoWebhookAddress(_ address: String) -> String? {
    guard address.utf8.count <= WebhookLimits.addressBytesMax else {
        return "the address has more than \(WebhookLimits.addressBytesMax) bytes"
    }
    guard address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
        return "the address has a character that is written with % there"
    }
    let lower = address.lowercased()
    guard let scheme = ["https://", "http://"].first(where: { lower.hasPrefix($0) }) else {
        return "the address begins with https:// or http://"
    }
    let host = lower.dropFirst(scheme.count).prefix { !["/", "?", "#"].contains($0) }
    if host.contains("@") { return "the address has a user or password; use the Authorization header" }
    if host.isEmpty || host.hasPrefix(":") { return "the address names no host" }
    return nil
}
