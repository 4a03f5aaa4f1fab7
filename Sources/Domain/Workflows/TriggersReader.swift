/// Event names a workflow may list (workflows.md 5.2); not all of them ever happen here.
let knownEvents: [String] = [
    "push", "create", "delete", "fork", "gollum", "page_build", "public", "status", "deployment", "deployment_status",
    "pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment", "pull_request_comment",
    "issues", "issue_comment", "release", "registry_package", "workflow_run", "workflow_dispatch", "schedule",
    "workflow_call", "repository_dispatch", "check_run", "check_suite", "discussion", "discussion_comment", "label",
    "merge_group", "milestone", "project", "project_card", "project_column", "watch", "branch_protection_rule",
]

/// Reads the `on` part: a string, a sequence of strings, or a mapping (workflows.md 4).
/// Nil when it cannot be relied on.
func readTriggers(_ node: YAMLNode, _ list: inout DiagnosticList) -> Triggers? {
    var events: [String] = []
    var push: PushFilter?
    let before = list.errorCount
    var unknown = 0
    func note(_ name: String, at position: Position) {
        guard knownEvents.contains(name) else {
            unknown += 1
            let hint =
                !list.hasRoomForError ? "" : nearest(name, among: knownEvents).map { "; did you mean \"\($0)\"?" } ?? ""
            return list.error("event-unknown", "event \"\(name)\" is not known\(hint)", at: position)
        }
        events.append(name)
        if name == "push" { push = PushFilter() }
    }
    if let pairs = node.pairs {
        if pairs.isEmpty { list.error("type", "\"on\" names no event", at: node.position) }
        for pair in pairs {
            note(pair.key, at: pair.position)
            if pair.key == "push" { push = readPush(pair.value, &list) }
        }
    } else if let names = list.strings(node, of: "on") {
        if names.isEmpty { list.error("type", "\"on\" names no event", at: node.position) }
        for name in names { note(name.text, at: name.node.position) }
    }
    guard list.errorCount - before == unknown else { return nil }
    return Triggers(events: events, push: push)
}

private let pushKeys = ["branches", "branches-ignore", "tags", "tags-ignore", "paths", "paths-ignore"]

private func readPush(_ node: YAMLNode, _ list: inout DiagnosticList) -> PushFilter {
    var filter = PushFilter()
    guard !node.isNull else { return filter }
    guard let pairs = node.pairs else {
        list.type(node, of: "push", expected: "a mapping of filters")
        return filter
    }
    for pair in pairs {
        guard pushKeys.contains(pair.key) else {
            list.unknownKey(pair, in: "event \"push\"", known: pushKeys)
            continue
        }
        let isIgnore = pair.key.hasSuffix("-ignore")
        let subject = isIgnore ? String(pair.key.dropLast("-ignore".count)) : pair.key
        if isIgnore, node[subject] != nil {
            list.error(
                "filter-conflict", "\"\(subject)\" and \"\(pair.key)\" cannot both filter one event", at: pair.position)
            continue
        }
        let compiled = readPatterns(pair, &list)
        guard !compiled.isEmpty else { continue }  // an empty list filters nothing (act)
        let found: FilterList = isIgnore ? .ignoring(compiled) : .including(compiled)
        switch subject {
        case "branches": filter.branches = found
        case "tags": filter.tags = found
        default: filter.paths = found
        }
    }
    return filter
}

private func readPatterns(_ pair: YAMLPair, _ list: inout DiagnosticList) -> [Pattern] {
    guard !pair.value.isNull, let texts = list.strings(pair.value, of: pair.key) else { return [] }
    guard texts.count <= WorkflowLimits.patternsMax else {
        list.error(
            "too-large", "\"\(pair.key)\" has more than \(WorkflowLimits.patternsMax) patterns", at: pair.position)
        return []
    }
    var out: [Pattern] = []
    for (text, node) in texts {
        do throws(Pattern.Invalid) {
            out.append(try Pattern(text))
        } catch {
            // The mark of a quoted scalar is its quote; an escape before the fault would shift the column further.
            let quote = node.scalar?.style == .quoted ? 1 : 0
            let position =
                node.scalar?.style == .block
                ? node.position
                : Position(line: node.position.line, column: node.position.column + quote + error.offset)
            list.error("glob", "invalid pattern \"\(text)\": \(error.message)", at: position)
        }
    }
    return out
}
