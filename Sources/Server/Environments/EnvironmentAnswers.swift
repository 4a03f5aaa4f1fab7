import Domain
import Postgres
import Web

/// Where an environment is told of.
struct EnvironmentPlace {
    let base: String
    /// Of the repository, in the API.
    let api: String
    let repository: String
}

struct EnvironmentList: Described {
    let total_count: Int64
    let environments: [EnvironmentAnswer]
    static let example = EnvironmentList(total_count: 1, environments: [.example])
}

/// An environment in the shape of GitHub's API.
struct EnvironmentAnswer: Described {
    let id: Int64
    let node_id: String
    let name: String
    let url: String
    let html_url: String
    let created_at: String
    let updated_at: String
    let protection_rules: [ProtectionRule]
    /// Null when all branches may use it.
    let deployment_branch_policy: BranchPolicySetting?

    static let schemaName = "Environment"
    static let example = EnvironmentAnswer(
        id: 1, node_id: "environment-1", name: "production",
        url: "https://ci.example/api/v1/repos/ann/app/environments/production",
        html_url: "https://ci.example/ann/app/actions", created_at: "2026-03-01T10:00:00Z",
        updated_at: "2026-03-01T10:00:00Z", protection_rules: [.example], deployment_branch_policy: .example)
}

/// One rule; which members it has follows from its type.
struct ProtectionRule: Described {
    let id: Int64
    let node_id: String
    /// `wait_timer`, `required_reviewers` or `branch_policy`.
    let type: String
    var wait_timer: Int64?
    var prevent_self_review: Bool?
    var reviewers: [ReviewerAnswer]?

    static let example = ProtectionRule(
        id: 1, node_id: "rule-1", type: "required_reviewers", wait_timer: 30, prevent_self_review: false,
        reviewers: [.example])
}

struct ReviewerAnswer: Described {
    /// `User` or `Team`.
    let type: String
    let reviewer: ReviewerIdentity
    static let example = ReviewerAnswer(.account(AccountID(1), name: "ann"), base: "https://ci.example")
}

/// A user has a login, a team a slug.
struct ReviewerIdentity: Described {
    let id: Int64
    let node_id: String
    var login: String?
    var name: String?
    var slug: String?
    let html_url: String
    static let example = ReviewerIdentity(
        id: 1, node_id: "user-1", login: "ann", name: "ops", slug: "ops", html_url: "https://ci.example/ann")
}

struct BranchPolicySetting: Described, Decodable {
    let protected_branches: Bool
    let custom_branch_policies: Bool
    static let example = BranchPolicySetting(protected_branches: false, custom_branch_policies: true)
}

extension EnvironmentAnswer {
    init(_ environment: EnvironmentView, at place: EnvironmentPlace) {
        id = environment.id.number
        node_id = "environment-\(environment.id)"
        name = environment.name
        url = "\(place.api)/environments/\(percentEncoded(environment.name))"
        html_url = "\(place.base)/\(place.repository)/actions"
        created_at = clockText(environment.createdAt)
        updated_at = clockText(environment.updatedAt)
        var rules: [ProtectionRule] = []
        // A rule is named by its environment and its place: there is one of each kind.
        func rule(_ type: String) -> ProtectionRule {
            let number = environment.id.number * 4 + Int64(rules.count) + 1
            return ProtectionRule(id: number, node_id: "rule-\(number)", type: type)
        }
        if environment.waitMinutes > 0 {
            var timer = rule("wait_timer")
            timer.wait_timer = environment.waitMinutes
            rules.append(timer)
        }
        if !environment.reviewers.isEmpty {
            var review = rule("required_reviewers")
            review.prevent_self_review = environment.preventsSelfReview
            review.reviewers = environment.reviewers.map { ReviewerAnswer($0, base: place.base) }
            rules.append(review)
        }
        switch environment.branches {
        case .all: deployment_branch_policy = nil
        case .protected:
            rules.append(rule("branch_policy"))
            deployment_branch_policy = BranchPolicySetting(protected_branches: true, custom_branch_policies: false)
        case .custom:
            rules.append(rule("branch_policy"))
            deployment_branch_policy = BranchPolicySetting(protected_branches: false, custom_branch_policies: true)
        }
        protection_rules = rules
    }
}

extension ReviewerAnswer {
    init(_ reviewer: Reviewer, base: String) {
        switch reviewer {
        case .account(let id, let name):
            type = "User"
            self.reviewer = ReviewerIdentity(
                id: id.number, node_id: "user-\(id)", login: name, html_url: "\(base)/\(name)")
        case .team(let id, let name):
            type = "Team"
            self.reviewer = ReviewerIdentity(id: id, node_id: "team-\(id)", name: name, slug: name, html_url: base)
        }
    }
}

/// What a client sets an environment to.
struct EnvironmentBody: Described, Decodable {
    struct Reviewer: Described, Decodable {
        let type: String
        let id: Int64
        static let schemaName = "EnvironmentReviewer"
        static let example = Reviewer(type: "User", id: 1)
    }
    var wait_timer: Int64?
    var prevent_self_review: Bool?
    var reviewers: [Reviewer]?
    var deployment_branch_policy: BranchPolicySetting?

    static let schemaName = "EnvironmentEdit"
    static let example = EnvironmentBody(
        wait_timer: 30, prevent_self_review: false, reviewers: [.example], deployment_branch_policy: .example)

    /// - Throws: `.invalid` with what is wrong.
    func edit() throws -> EnvironmentEdit {
        let minutes = wait_timer ?? 0
        guard EnvironmentLimits.waitMinutesRange.contains(minutes) else {
            throw Failure(
                .invalid,
                "wait_timer is \(minutes); it has 0 to \(EnvironmentLimits.waitMinutesRange.upperBound) minutes")
        }
        let wanted = reviewers ?? []
        guard wanted.count <= EnvironmentLimits.reviewersMax else {
            throw Failure(
                .invalid, "\(wanted.count) reviewers; an environment has at most \(EnvironmentLimits.reviewersMax)")
        }
        var seen: Set<EnvironmentEdit.ReviewerID> = []
        let reviewers = try wanted.map { reviewer -> EnvironmentEdit.ReviewerID in
            guard ["User", "Team"].contains(reviewer.type) else {
                throw Failure(.invalid, "type of a reviewer is \"User\" or \"Team\"")
            }
            let id = EnvironmentEdit.ReviewerID(isTeam: reviewer.type == "Team", id: reviewer.id)
            guard seen.insert(id).inserted else { throw Failure(.invalid, "a reviewer is there twice") }
            return id
        }
        var rule: Int64 = 0
        if let policy = deployment_branch_policy {
            guard policy.protected_branches != policy.custom_branch_policies else {
                throw Failure(
                    .invalid,
                    "protected_branches and custom_branch_policies cannot be the same; send null for all branches")
            }
            rule = policy.protected_branches ? 1 : 2
        }
        return EnvironmentEdit(
            waitMinutes: minutes, preventsSelfReview: prevent_self_review ?? false, reviewers: reviewers,
            branchRule: rule)
    }
}

struct BranchPolicyList: Described {
    let total_count: Int64
    let branch_policies: [BranchPolicyAnswer]
    static let example = BranchPolicyList(total_count: 1, branch_policies: [.example])
}

struct BranchPolicyAnswer: Described {
    let id: Int64
    let node_id: String
    let name: String
    let type: String

    static let schemaName = "DeploymentBranchPolicy"
    static let example = BranchPolicyAnswer(id: 1, node_id: "policy-1", name: "release/*", type: "branch")
}

extension BranchPolicyAnswer {
    init(_ policy: BranchPolicyView) {
        self.init(
            id: policy.id, node_id: "policy-\(policy.id)", name: policy.policy.pattern,
            type: policy.policy.kind.rawValue)
    }
}

struct BranchPolicyBody: Described, Decodable {
    let name: String
    let type: String?

    static let schemaName = "DeploymentBranchPolicyEdit"
    static let example = BranchPolicyBody(name: "release/*", type: "branch")

    func policy() throws -> BranchPolicy {
        guard let kind = BranchPolicy.Kind(rawValue: type ?? "branch") else {
            throw Failure(.invalid, "type is \"branch\" or \"tag\"")
        }
        guard !name.utf8.contains(0) else { throw Failure(.invalid, "name has a NUL character") }
        do throws(Pattern.Invalid) {
            _ = try Pattern(name)
        } catch {
            throw Failure(.invalid, "name is no pattern: \(error.message)")
        }
        return BranchPolicy(pattern: name, kind: kind)
    }
}

/// An environment that jobs of a run wait for.
struct PendingDeploymentAnswer: Described {
    struct Named: Described {
        let id: Int64
        let node_id: String
        let name: String
        let url: String
        let html_url: String
        static let schemaName = "PendingEnvironment"
        static let example = Named(
            id: 1, node_id: "environment-1", name: "production",
            url: "https://ci.example/api/v1/repos/ann/app/environments/production",
            html_url: "https://ci.example/ann/app")
    }
    let environment: Named
    let wait_timer: Int64
    let wait_timer_started_at: String
    let current_user_can_approve: Bool
    let reviewers: [ReviewerAnswer]

    static let schemaName = "PendingDeployment"
    static let example = PendingDeploymentAnswer(
        environment: .example, wait_timer: 30, wait_timer_started_at: "2026-03-01T10:00:00Z",
        current_user_can_approve: true, reviewers: [.example])
}

extension PendingDeploymentAnswer {
    init(_ pending: PendingDeployment, at place: EnvironmentPlace) {
        environment = Named(
            id: pending.environment.number, node_id: "environment-\(pending.environment)", name: pending.name,
            url: "\(place.api)/environments/\(percentEncoded(pending.name))",
            html_url: "\(place.base)/\(place.repository)")
        wait_timer = pending.waitMinutes
        wait_timer_started_at = clockText(pending.startedAt)
        current_user_can_approve = pending.mayReview
        reviewers = pending.reviewers.map { ReviewerAnswer($0, base: place.base) }
    }
}

struct ReviewBody: Described, Decodable {
    let environment_ids: [Int64]
    let state: String
    let comment: String?

    static let schemaName = "DeploymentReview"
    static let example = ReviewBody(environment_ids: [1], state: "approved", comment: "go")
}

/// A job that a review was about.
struct DeploymentAnswer: Described {
    let id: Int64
    let node_id: String
    let sha: String
    let ref: String
    let task: String
    let environment: String
    let created_at: String
    let updated_at: String

    static let schemaName = "Deployment"
    static let example = DeploymentAnswer(
        id: 1, node_id: "deployment-1", sha: "0123456789012345678901234567890123456789", ref: "main", task: "deploy",
        environment: "production", created_at: "2026-03-01T10:00:00Z", updated_at: "2026-03-01T10:00:00Z")
}

extension DeploymentAnswer {
    init(_ review: PendingReview, _ run: RunView) {
        self.init(
            id: review.job.number, node_id: "deployment-\(review.job)", sha: run.sha, ref: shortRef(run.ref).name,
            task: "deploy", environment: review.name, created_at: clockText(run.createdAt),
            updated_at: clockText(run.createdAt))
    }
}
