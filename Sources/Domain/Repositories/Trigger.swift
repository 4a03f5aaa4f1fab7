/// A pushed ref, as far as workflows may ask about it.
public struct PushEvent: Sendable {
    public let ref: String
    public let before: String
    public let after: String
    public let headMessage: String
    /// nil: too many, or not to be told; `paths` filters pass (workflows.md 5.3).
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
    case skipped(String)
}

/// A head commit's message with one of these starts nothing (workflows.md 5.5).
public let skipStrings = ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]"]

/// Does this push start a workflow with these triggers? (workflows.md 5.3, 5.5)
public func triggers(_ on: Triggers, by push: PushEvent) -> TriggerDecision {
    guard on.events.contains("push") else { return .skipped("the workflow is not started by push") }
    guard push.after.contains(where: { $0 != "0" }) else { return .skipped("the push deleted the ref") }
    if let word = skipStrings.first(where: { push.headMessage.contains($0) }) {
        return .skipped("the commit message contains \(word)")
    }
    let filter = on.push
    let hasBranches = filter.branches != nil || filter.branchesIgnore != nil
    let hasTags = filter.tags != nil || filter.tagsIgnore != nil
    if push.ref.hasPrefix("refs/tags/") {
        let name = String(push.ref.dropFirst("refs/tags/".count))
        // `paths` are not evaluated for tags.
        return passes(name, filter.tags, filter.tagsIgnore, own: hasTags, other: hasBranches)
            ? .runs : .skipped("tag \"\(name)\" does not pass the filters")
    }
    guard push.ref.hasPrefix("refs/heads/") else { return .skipped("\"\(push.ref)\" is neither a branch nor a tag") }
    let name = String(push.ref.dropFirst("refs/heads/".count))
    guard passes(name, filter.branches, filter.branchesIgnore, own: hasBranches, other: hasTags) else {
        return .skipped("branch \"\(name)\" does not pass the filters")
    }
    guard let paths = push.changedPaths else { return .runs }
    if let wanted = filter.paths, !included(paths, by: wanted) { return .skipped("no changed file passes \"paths\"") }
    if let ignored = filter.pathsIgnore, !remains(paths, ignoring: ignored) {
        return .skipped("every changed file is ignored by \"paths-ignore\"")
    }
    return .runs
}

/// A filter for the other kind of ref alone silences this kind.
private func passes(_ name: String, _ with: [String]?, _ without: [String]?, own: Bool, other: Bool) -> Bool {
    guard own else { return !other }
    if let with, !included([name], by: with) { return false }
    if let without, !remains([name], ignoring: without) { return false }
    return true
}

/// The workflow files among a commit's paths: the first directory that exists wins, even without such files
/// (workflows.md 2).
public func workflowFiles(in paths: [String]) -> [String] {
    for directory in [".gitea/workflows/", ".github/workflows/"] {
        let own = paths.filter { $0.hasPrefix(directory) }
        if !own.isEmpty { return own.filter { $0.hasSuffix(".yml") || $0.hasSuffix(".yaml") } }
    }
    return []
}
