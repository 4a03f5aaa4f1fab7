/// What workflows may write below an event of `on` (workflows.md 5.2, 5.3).
extension EventName {
    /// Activity types; nil when any text is one, empty when the event has none.
    var activityTypes: [String]? {
        switch self {
        case .repositoryDispatch: return nil
        case .pullRequest, .pullRequestTarget:
            return [
                "assigned", "unassigned", "labeled", "unlabeled", "opened", "edited", "closed", "reopened",
                "synchronize", "converted_to_draft", "ready_for_review", "locked", "unlocked", "review_requested",
                "review_request_removed", "auto_merge_enabled", "auto_merge_disabled", "milestoned", "demilestoned",
                "enqueued", "dequeued", "stacked",
            ]
        case .pullRequestReview: return ["submitted", "edited", "dismissed"]
        case .issues:
            return [
                "opened", "edited", "deleted", "transferred", "pinned", "unpinned", "closed", "reopened", "assigned",
                "unassigned", "labeled", "unlabeled", "locked", "unlocked", "milestoned", "demilestoned", "typed",
                "untyped", "field_added", "field_removed",
            ]
        case .pullRequestReviewComment, .pullRequestComment, .issueComment, .discussionComment, .label,
            .branchProtectionRule:
            return ["created", "edited", "deleted"]
        case .release:
            return ["published", "unpublished", "created", "edited", "deleted", "prereleased", "released"]
        case .registryPackage: return ["published", "updated", "created", "deleted"]
        case .workflowRun: return ["requested", "in_progress", "completed"]
        case .checkRun: return ["created", "rerequested", "completed", "requested_action"]
        case .checkSuite: return ["completed", "requested", "rerequested"]
        case .discussion:
            return [
                "created", "edited", "deleted", "transferred", "pinned", "unpinned", "labeled", "unlabeled", "locked",
                "unlocked", "category_changed", "answered", "unanswered",
            ]
        case .mergeGroup: return ["checks_requested", "destroyed"]
        case .milestone: return ["created", "closed", "opened", "edited", "deleted"]
        case .project: return ["created", "updated", "closed", "reopened", "edited", "deleted"]
        case .projectCard: return ["created", "moved", "converted", "edited", "deleted"]
        case .projectColumn: return ["created", "updated", "moved", "deleted"]
        case .watch: return ["started"]
        case .imageVersion: return ["created", "ready", "deleted"]
        case .push, .create, .delete, .fork, .gollum, .pageBuild, .public, .status, .deployment, .deploymentStatus,
            .workflowDispatch, .schedule, .workflowCall:
            return []
        }
    }

    /// Keys that may stand below the event. A filter that is not among them filters nothing on GitHub or Gitea.
    var keys: [String] {
        let branches = ["branches", "branches-ignore"]
        let paths = ["paths", "paths-ignore"]
        switch self {
        case .push: return branches + ["tags", "tags-ignore"] + paths
        case .pullRequest, .pullRequestTarget: return ["types"] + branches + paths
        case .mergeGroup: return ["types"] + branches
        case .workflowRun: return ["workflows", "types"] + branches
        case .workflowDispatch: return ["inputs"]
        case .imageVersion: return ["types", "names", "versions"]
        case .workflowCall: return ["inputs", "secrets", "outputs"]
        default: return activityTypes.map { $0.isEmpty ? [] : ["types"] } ?? ["types"]
        }
    }
}

/// Every key that filters some event.
let filterKeys = [
    "types", "branches", "branches-ignore", "tags", "tags-ignore", "paths", "paths-ignore", "workflows",
]

extension DiagnosticList {
    /// Notes keys that do not belong below an event. A filter of other events is an error: its author believes that it holds.
    mutating func checkKeys(below name: EventName, _ pairs: [YAMLPair]) {
        let known = name.keys
        for pair in pairs where !known.contains(pair.key) {
            let isIgnored = name.activityTypes?.isEmpty == true && name != .push && name != .workflowDispatch
            if filterKeys.contains(pair.key), !isIgnored || name == .workflowCall {
                let ones = EventName.allCases.filter { $0.keys.contains(pair.key) }.map(\.rawValue)
                error(
                    "filter-unavailable",
                    "\"\(pair.key)\" cannot filter event \"\(name.rawValue)\"; it is for \(ones.joined(separator: ", "))",
                    at: pair.position)
            } else {
                unknownKey(pair, in: "event \"\(name.rawValue)\"", known: known)
            }
        }
    }

    /// Notes activity types that the event does not have.
    mutating func checkTypes(of name: EventName, _ types: [(text: String, node: YAMLNode)]) {
        guard let known = name.activityTypes, !known.isEmpty else { return }
        for type in types where !known.contains(where: { sameScalars($0, type.text) }) {
            let hint =
                !hasRoomForError ? "" : nearest(type.text, among: known).map { "; did you mean \"\($0)\"?" } ?? ""
            error(
                "event-type", "event \"\(name.rawValue)\" has no activity type \"\(quoted(type.text))\"\(hint)",
                at: type.node.position)
        }
    }
}
