public enum EnvironmentLimits {
    /// Bytes of a name (GitHub: 255 characters). An index row holds it, folded.
    public static let nameBytesMax = 255
    /// Bytes of `url` once it is evaluated.
    public static let urlBytesMax = 2048
    /// Minutes of a wait timer: 30 days (GitHub).
    public static let waitMinutesRange: ClosedRange<Int64> = 0...43_200
    public static let reviewersMax = 6
    /// Environments of one repository; a job that names another fails.
    public static let perRepositoryMax: Int64 = 100
    /// Patterns of one environment.
    public static let policiesMax: Int64 = 100
    /// Characters of a reviewer's comment.
    public static let commentBytesMax = 1024
}

/// Why a name is none of an environment, in words; nil when it is one.
public func whyNoEnvironmentName(_ name: String) -> String? {
    if name.utf8.contains(0) { return "the name of an environment cannot have a NUL character" }
    let bytes = max(name.utf8.count, foldedBytes(name).count)
    guard (1...EnvironmentLimits.nameBytesMax).contains(bytes) else {
        return "the name of an environment has 1 to \(EnvironmentLimits.nameBytesMax) bytes, this one has \(bytes)"
    }
    // A client could not name these in an address.
    if name == "." || name == ".." { return "an environment cannot be named \"\(name)\"" }
    return nil
}

/// What names of environments are compared by: case does not count, as on GitHub.
public func environmentKey(_ name: String) -> String { String(decoding: foldedBytes(name), as: UTF8.self) }

/// A pattern of branches or tags that may use an environment.
public struct BranchPolicy: Equatable, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        case branch, tag
    }
    public let pattern: String
    public let kind: Kind

    public init(pattern: String, kind: Kind) {
        self.pattern = pattern
        self.kind = kind
    }
}

/// Which refs may use an environment.
public enum BranchRule: Equatable, Sendable {
    case all
    /// Nothing protects branches here, and where no branch is protected, all may, as on GitHub.
    case protected
    case custom([BranchPolicy])

    /// - Parameter ref: whole, as runs have it. One that is neither a branch nor a tag is compared with patterns of branches, whole.
    public func allows(_ ref: String) -> Bool {
        guard case .custom(let policies) = self else { return true }
        let short = shortRef(ref)
        let kind = short.type == "tag" ? BranchPolicy.Kind.tag : .branch
        return policies.contains { policy in
            guard policy.kind == kind, let pattern = try? Pattern(policy.pattern) else { return false }
            return patterns([pattern], include: [short.name])
        }
    }
}

/// What an environment asks of a job before it may start.
public struct EnvironmentRules: Equatable, Sendable {
    public let id: EnvironmentID
    /// As it was made, for people.
    public let name: String
    public let waitMinutes: Int64
    /// Somebody has to approve: one of the reviewers.
    public let needsReview: Bool
    public let branches: BranchRule

    public init(id: EnvironmentID, name: String, waitMinutes: Int64, needsReview: Bool, branches: BranchRule) {
        self.id = id
        self.name = name
        self.waitMinutes = waitMinutes
        self.needsReview = needsReview
        self.branches = branches
    }
}

/// A job's way through an environment, as it is written down when the job's needs are done.
public struct PlannedDeployment: Equatable, Sendable {
    public let environment: EnvironmentID
    public let name: String
    public let url: String
    public let waitMinutes: Int64
    public let needsReview: Bool
    /// Why it is refused at once; "" when it is not.
    public let refusal: String

    public init(_ wanted: PlannedEnvironment, _ rules: EnvironmentRules, ref: String) {
        environment = rules.id
        name = rules.name
        url = wanted.url
        waitMinutes = rules.waitMinutes
        needsReview = rules.needsReview
        refusal =
            rules.branches.allows(ref)
            ? ""
            : "\"\(shortRef(ref).name)\" may not use the environment \"\(rules.name)\": no rule of its branches and tags fits"
    }
}

/// Whether a job has passed the rules of its environment.
public enum JobGate: Equatable, Sendable {
    /// A review or the wait timer is due.
    case closed
    case open
    case refused(String)

    /// - Parameter waits: the wait timer has not run out.
    public init(refusal: String, needsReview: Bool, isReviewed: Bool, waits: Bool) {
        if !refusal.isEmpty {
            self = .refused(refusal)
        } else {
            self = needsReview && !isReviewed || waits ? .closed : .open
        }
    }
}
