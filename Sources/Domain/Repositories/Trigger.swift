/// What git tells of the commit that an event is about.
public struct EventCommit: Equatable, Sendable {
    public let message: String
    /// Nil when there are too many or they are not known: path filters then pass (workflows.md 5.3).
    public let changedPaths: [String]?
    public var rules = WorkflowRules.standard

    public init(message: String, changedPaths: [String]?) {
        self.message = message
        self.changedPaths = changedPaths
    }
}

public enum TriggerDecision: Equatable, Sendable {
    case runs
    case skipped(reason: String)
}

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
    if let reason = commit.rules.refusal(of: event, commit) { return .skipped(reason: reason) }
    switch event {
    case .push(let push): return verdict(filter, push, commit, &steps)
    case .pullRequest(let request): return verdict(filter, request, commit, &steps)
    case .create, .delete: return .runs
    case .workflowDispatch(let dispatch):
        return isMeant(dispatch.workflow, workflow, commit.rules)
            ? .runs : .skipped(reason: "another workflow was asked for")
    case .schedule(let schedule):
        guard isMeant(schedule.workflow, workflow, commit.rules) else {
            return .skipped(reason: "schedule of another workflow")
        }
        return filter.schedules.contains { sameScalars($0.cron, schedule.cron) }
            ? .runs : .skipped(reason: "workflow has no schedule \"\(schedule.cron)\"")
    case .workflowRun(let run):
        if let reason = refusal(of: run.type, filter, .workflowRun) { return .skipped(reason: reason) }
        guard let workflows = filter.workflows, run.names.contains(where: { workflows.passes([$0]) }) else {
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

/// `branches` test the base branch.
private func verdict(
    _ filter: EventFilter, _ request: RepositoryEvent.PullRequest, _ commit: EventCommit, _ steps: inout Int
) -> TriggerDecision {
    if let reason = refusal(of: request.type, filter, request.name) { return .skipped(reason: reason) }
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
func isMeant(_ wanted: String, _ path: String, _ rules: WorkflowRules) -> Bool {
    wanted.isEmpty || sameScalars(wanted, path) || sameScalars(wanted, workflowID(ofPath: path, rules))
}

private func paths(_ filter: EventFilter, _ commit: EventCommit, _ steps: inout Int) -> TriggerDecision {
    guard let paths = filter.paths, let changed = commit.changedPaths else { return .runs }
    guard !paths.passes(changed, &steps) else { return .runs }
    let shown = changed.prefix(3).map { "\"\(quoted($0))\"" }.joined(separator: ", ")
    let rest = changed.count > 3 ? " and \(changed.count - 3) more" : ""
    return .skipped(reason: "changed paths are filtered out: \(changed.isEmpty ? "there are none" : shown + rest)")
}
