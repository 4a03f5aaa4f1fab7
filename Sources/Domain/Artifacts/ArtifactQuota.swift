/// How many bytes of artifacts a repository, and all of its owner's together, may take. Nil: as many as the disk holds.
public struct ArtifactQuota: Sendable {
    private let repositoryBytes: Int64?
    private let ownerBytes: Int64?

    public init(repositoryBytes: Int64?, ownerBytes: Int64?) {
        self.repositoryBytes = repositoryBytes
        self.ownerBytes = ownerBytes
    }

    /// Whether anything is refused at all.
    public var isBounded: Bool { repositoryBytes != nil || ownerBytes != nil }

    /// Whether `adding` bytes more fit. Adding none asks whether an upload may begin at all, which is refused when nothing
    /// more would fit.
    public func admit(repositoryUsed: Int64, ownerUsed: Int64, adding: Int64) throws(QuotaRefusal) {
        precondition(adding >= 0, "an upload cannot take bytes away")
        for (quota, limit, used) in [
            (QuotaRefusal.Quota.repository, repositoryBytes, repositoryUsed), (.owner, ownerBytes, ownerUsed),
        ] {
            // Subtracted, since a sum could overflow.
            guard let limit, used >= limit || adding > limit - used else { continue }
            throw QuotaRefusal(quota: quota, limit: limit, used: used, adding: adding)
        }
    }
}

/// No bytes left. The toolkit looks for "insufficient usage" and then says so and does not try again (artifacts.md 3.7).
public struct QuotaRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Quota: Sendable { case repository, owner }

    public let quota: Quota
    public let limit: Int64
    public let used: Int64
    public let adding: Int64

    public init(quota: Quota, limit: Int64, used: Int64, adding: Int64) {
        self.quota = quota
        self.limit = limit
        self.used = used
        self.adding = adding
    }

    public var description: String {
        let (whose, key) =
            switch quota {
            case .repository: ("the repository's artifacts", "artifacts.repository_quota")
            case .owner: ("the artifacts of all repositories of this owner", "artifacts.owner_quota")
            }
        return "insufficient usage: \(whose) take \(used) of \(limit) bytes"
            + (adding > 0 ? " and \(adding) more do not fit" : "")
            + "; delete artifacts, shorten retention, or raise \(key)"
    }
}
