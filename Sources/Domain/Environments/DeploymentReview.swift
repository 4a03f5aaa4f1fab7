/// What a reviewer says of jobs that wait for an environment.
public enum ReviewState: String, Equatable, Sendable, CaseIterable {
    case approved, rejected
}

/// A job that waits for a review, and who may give it.
public struct PendingReview: Equatable, Sendable {
    public let job: JobID
    public let environment: EnvironmentID
    /// For people.
    public let name: String
    /// Accounts that may, those of teams among them.
    public let reviewers: Set<AccountID>
    /// Whoever started the attempt may not.
    public let preventsSelfReview: Bool

    public init(
        job: JobID, environment: EnvironmentID, name: String, reviewers: Set<AccountID>, preventsSelfReview: Bool
    ) {
        self.job = job
        self.environment = environment
        self.name = name
        self.reviewers = reviewers
        self.preventsSelfReview = preventsSelfReview
    }

    /// - Parameter starter: who started the attempt; nil: nobody knows, so it may be the reviewer.
    public func mayReview(_ account: AccountID, starter: AccountID?) -> Bool {
        reviewers.contains(account) && !(preventsSelfReview && account == starter ?? account)
    }
}

/// A review as somebody gives it.
public struct DeploymentReview: Equatable, Sendable {
    public let environments: [EnvironmentID]
    public let state: ReviewState
    public let comment: String
    public let reviewer: AccountID
    /// The reviewer's name.
    public let reviewerName: String

    public init(
        environments: [EnvironmentID], state: ReviewState, comment: String, reviewer: AccountID, reviewerName: String
    ) {
        self.environments = environments
        self.state = state
        self.comment = comment
        self.reviewer = reviewer
        self.reviewerName = reviewerName
    }

    /// Why the jobs of an environment fail; "" when they do not.
    public func refusal(_ environment: String) -> String {
        guard state == .rejected else { return "" }
        let words = comment.isEmpty ? "" : ": \(comment)"
        return "\(reviewerName) rejected it for the environment \"\(environment)\"\(words)"
    }
}

/// Why a review is refused; nothing was changed.
public enum ReviewRefusal: Error, Equatable, Sendable {
    /// Nothing of the run waits for a review of these environments.
    case nothingWaits
    case noReviewer(environment: String)
    case ownRun(environment: String)
    case unknownStarter(environment: String)
}

/// The jobs that a review is about.
///
/// - Parameters:
///   - pending: all of the run that wait for a review.
///   - starter: who started the attempt; nil: nobody knows.
public func reviewed(
    _ review: DeploymentReview, among pending: [PendingReview], starter: AccountID?
) throws(ReviewRefusal) -> [PendingReview] {
    let meant = pending.filter { review.environments.contains($0.environment) }
    guard !meant.isEmpty else { throw .nothingWaits }
    for one in meant where !one.mayReview(review.reviewer, starter: starter) {
        guard one.reviewers.contains(review.reviewer) else { throw .noReviewer(environment: one.name) }
        throw starter == nil ? .unknownStarter(environment: one.name) : .ownRun(environment: one.name)
    }
    return meant
}

extension RunScript {
    /// Approves or rejects what waits for environments. Of two reviews at once the second finds that nothing waits.
    ///
    /// - Returns: the jobs that it was about; nil when the run is gone.
    /// - Throws: `ReviewRefusal`, with nothing changed.
    public func review(_ run: RunID, _ review: DeploymentReview) throws -> [PendingReview]? {
        guard let locked = try lock(run) else { return nil }
        let jobs = try reviewed(
            review, among: tables.pendingReviews(of: run), starter: tables.starter(of: run))
        for job in jobs {
            try tables.review(job.job, review, refusal: review.refusal(job.name))
            let words = "\(job.name)" + (review.comment.isEmpty ? "" : ": \(review.comment)")
            try tables.append(
                Event(
                    review.state == .approved ? .deploymentApproved : .deploymentRejected, run: run, job: job.job,
                    actor: review.reviewer, detail: words))
        }
        _ = try apply(.woken, to: locked)
        return jobs
    }
}
