/// What git tells of the commit that an event is about.
public struct EventCommit: Equatable, Sendable {
    public let message: String
    /// Nil when there are too many or they are not known: path filters then pass (workflows.md 5.3).
    public let changedPaths: [String]?

    public init(message: String, changedPaths: [String]?) {
        self.message = message
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

/// Does an event start a workflow? (workflows.md 5.2, 5.3, 5.5)
///
/// - Parameters:
///   - workflow: the file's path, for events that are meant for one workflow.
///   - steps: what path filters may still take, counted down (``PlanningLimits``). When nothing is left they pass.
public func triggers(
    _ on: Triggers, of workflow: String, by event: RepositoryEvent, _ commit: EventCommit, _ steps: inout Int
) -> TriggerDecision {
    guard let filter = on[event.name] else {
        return .skipped(reason: "workflow does not run on \(event.name.rawValue)")
    }
    if let fault = filter.fault {
        return .skipped(reason: "filters of \"\(event.name.rawValue)\" cannot be read: \(fault)")
    }
    switch event {
    case .push(let push): return verdict(filter, push, commit, &steps)
    case .pullRequest(let request): return verdict(filter, request, commit, &steps)
    case .create, .delete: return .runs
    case .workflowDispatch(let dispatch):
        return isMeant(dispatch.workflow, workflow) ? .runs : .skipped(reason: "another workflow was asked for")
    case .schedule(let schedule):
        guard isMeant(schedule.workflow, workflow) else { return .skipped(reason: "schedule of another workflow") }
        return filter.schedules.contains { sameScalars($0.cron, schedule.cron) }
            ? .runs : .skipped(reason: "workflow has no schedule \"\(schedule.cron)\"")
    case .workflowRun(let run):
        if let reason = refusal(of: run.type, filter, .workflowRun) { return .skipped(reason: reason) }
        guard let workflows = filter.workflows, workflows.passes([run.workflow]) else {
            return .skipped(reason: "runs of workflow \"\(run.workflow)\" are not named")
        }
        if let branches = filter.branches, !branches.passes([run.headBranch]) {
            return .skipped(reason: "branch \"\(run.headBranch)\" is filtered out")
        }
        return .runs
    case .repositoryDispatch(let type), .release(let type, _), .activity(_, let type):
        return refusal(of: type, filter, event.name).map { .skipped(reason: $0) } ?? .runs
    }
}

private func verdict(
    _ filter: EventFilter, _ push: RepositoryEvent.Push, _ commit: EventCommit, _ steps: inout Int
) -> TriggerDecision {
    guard !push.isDeletion else { return .skipped(reason: "push deletes \"\(push.ref)\"") }
    if let found = skipStrings.first(where: { contains(commit.message, $0) }) {
        return .skipped(reason: "commit message contains \"\(found)\"")
    }
    let ref = shortRef(push.ref)
    switch ref.type {
    case "branch":
        guard filter.branches != nil || filter.tags != nil else { return paths(filter, commit, &steps) }
        guard let branches = filter.branches else {
            return .skipped(reason: "only tags are named, not branch \"\(ref.name)\"")
        }
        return branches.passes([ref.name])
            ? paths(filter, commit, &steps) : .skipped(reason: "branch \"\(ref.name)\" is filtered out")
    case "tag":
        // Path filters do not apply to tags (GitHub; Gitea differs).
        if let tags = filter.tags {
            return tags.passes([ref.name]) ? .runs : .skipped(reason: "tag \"\(ref.name)\" is filtered out")
        }
        return filter.branches == nil ? .runs : .skipped(reason: "only branches are named, not tag \"\(ref.name)\"")
    default: return .skipped(reason: "ref \"\(push.ref)\" is neither a branch nor a tag")
    }
}

/// `branches` test the base branch; `pull_request_target` knows no skip strings (GitHub; Gitea differs).
private func verdict(
    _ filter: EventFilter, _ request: RepositoryEvent.PullRequest, _ commit: EventCommit, _ steps: inout Int
) -> TriggerDecision {
    if let reason = refusal(of: request.type, filter, request.name) { return .skipped(reason: reason) }
    if request.name == .pullRequest {
        for (place, text) in [("commit message", commit.message), ("title", request.title)] {
            if let found = skipStrings.first(where: { contains(text, $0) }) {
                return .skipped(reason: "\(place) contains \"\(found)\"")
            }
        }
    }
    if let branches = filter.branches, !branches.passes([request.baseBranch]) {
        return .skipped(reason: "base branch \"\(request.baseBranch)\" is filtered out")
    }
    return paths(filter, commit, &steps)
}

private func refusal(of type: String, _ filter: EventFilter, _ name: EventName) -> String? {
    guard let types = filter.types ?? name.defaultTypes, !types.contains(where: { sameScalars($0, type) }) else {
        return nil
    }
    return "activity type \"\(type)\" is not named"
}

/// - Parameter wanted: a workflow by its id or its path; empty: any.
func isMeant(_ wanted: String, _ path: String) -> Bool {
    wanted.isEmpty || sameScalars(wanted, path) || sameScalars(wanted, workflowID(ofPath: path))
}

private func paths(_ filter: EventFilter, _ commit: EventCommit, _ steps: inout Int) -> TriggerDecision {
    guard let paths = filter.paths, let changed = commit.changedPaths else { return .runs }
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
