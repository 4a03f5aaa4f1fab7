/// A push as the hook and the repository tell it.
public struct PushEvent: Sendable {
    /// The whole ref: `refs/heads/main`.
    public let ref: String
    public let before: String
    public let after: String
    public let headMessage: String
    /// Nil when there are too many or they are not known: path filters then pass (workflows.md 5.3).
    public let changedPaths: [String]?

    public init(ref: String, before: String, after: String, headMessage: String, changedPaths: [String]?) {
        self.ref = ref
        self.before = before
        self.after = after
        self.headMessage = headMessage
        self.changedPaths = changedPaths
    }
}

public enum TriggerDecision: Equatable, Sendable {
    case runs
    case skipped(reason: String)
}

/// Strings in the head commit's message that stop a push from running anything.
/// Case-sensitive, anywhere (workflows.md 5.5).
public let skipStrings = ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]"]

/// Does a push start a workflow? (workflows.md 5.3, 5.5)
public func triggers(_ on: Triggers, by push: PushEvent) -> TriggerDecision {
    var steps = PlanningLimits.fileStepsMax
    return triggers(on, by: push, &steps)
}

/// - Parameter steps: what path filters may still take, counted down (``PlanningLimits``). When nothing is left they pass.
public func triggers(_ on: Triggers, by push: PushEvent, _ steps: inout Int) -> TriggerDecision {
    guard let filter = on.push else { return .skipped(reason: "workflow does not run on push") }
    guard !push.after.allSatisfy({ $0 == "0" }) else { return .skipped(reason: "push deletes \"\(push.ref)\"") }
    if let found = skipStrings.first(where: { contains(push.headMessage, $0) }) {
        return .skipped(reason: "commit message contains \"\(found)\"")
    }
    let ref = shortRef(push.ref)
    switch ref.type {
    case "branch":
        guard filter.branches != nil || filter.tags != nil else { return paths(filter, push, &steps) }
        guard let branches = filter.branches else {
            return .skipped(reason: "only tags are named, not branch \"\(ref.name)\"")
        }
        return branches.passes([ref.name])
            ? paths(filter, push, &steps) : .skipped(reason: "branch \"\(ref.name)\" is filtered out")
    case "tag":
        // Path filters do not apply to tags (GitHub; Gitea differs).
        if let tags = filter.tags {
            return tags.passes([ref.name]) ? .runs : .skipped(reason: "tag \"\(ref.name)\" is filtered out")
        }
        return filter.branches == nil ? .runs : .skipped(reason: "only branches are named, not tag \"\(ref.name)\"")
    default: return .skipped(reason: "ref \"\(push.ref)\" is neither a branch nor a tag")
    }
}

private func paths(_ filter: PushFilter, _ push: PushEvent, _ steps: inout Int) -> TriggerDecision {
    guard let paths = filter.paths, let changed = push.changedPaths else { return .runs }
    return paths.passes(changed, &steps) ? .runs : .skipped(reason: "changed paths are filtered out")
}

private func contains(_ text: String, _ part: String) -> Bool { contains(Array(text.utf8), Array(part.utf8)) }

/// The workflow files among the paths of a commit: the first directory that exists wins, even without a workflow in it
/// (workflows.md 2). The caller leaves out symbolic links and submodules.
///
/// - Returns: whole paths, in the order given.
public func workflowFiles(in paths: [String]) -> [String] {
    for directory in [".gitea/workflows/", ".github/workflows/"] {
        let below = paths.filter { $0.utf8.starts(with: directory.utf8) }
        if !below.isEmpty { return below.filter { $0.hasSuffix(".yml") || $0.hasSuffix(".yaml") } }
    }
    return []
}
