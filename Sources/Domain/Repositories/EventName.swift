/// Names of events as workflows list them below `on` (workflows.md 5.2); not all of them ever happen here. The inbox stores
/// them as the kind of its rows.
public enum EventName: String, CaseIterable, Sendable {
    case push, create, delete, fork, gollum
    case pageBuild = "page_build"
    case `public`, status, deployment
    case deploymentStatus = "deployment_status"
    case pullRequest = "pull_request"
    case pullRequestTarget = "pull_request_target"
    case pullRequestReview = "pull_request_review"
    case pullRequestReviewComment = "pull_request_review_comment"
    case pullRequestComment = "pull_request_comment"
    case issues
    case issueComment = "issue_comment"
    case release
    case registryPackage = "registry_package"
    case workflowRun = "workflow_run"
    case workflowDispatch = "workflow_dispatch"
    case schedule
    /// Only another workflow fires it: never an event of the inbox.
    case workflowCall = "workflow_call"
    case repositoryDispatch = "repository_dispatch"
    case checkRun = "check_run"
    case checkSuite = "check_suite"
    case discussion
    case discussionComment = "discussion_comment"
    case label
    case mergeGroup = "merge_group"
    case milestone, project
    case projectCard = "project_card"
    case projectColumn = "project_column"
    case watch
    case branchProtectionRule = "branch_protection_rule"
    /// Of GitHub's hosted runners.
    case imageVersion = "image_version"

    /// Kinds of inbox rows that this server reads; it leaves others to newer ones.
    public static let happening = allCases.filter { $0 != .workflowCall }

    /// Activity types that count when a workflow names none; nil: all (workflows.md 5.2).
    var defaultTypes: [String]? {
        self == .pullRequest || self == .pullRequestTarget ? ["opened", "synchronize", "reopened"] : nil
    }
}
