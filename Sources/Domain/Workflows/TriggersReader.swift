/// Reads the `on` part: a string, a sequence of strings, or a mapping (workflows.md 4).
/// Nil when it cannot be relied on.
func readTriggers(_ node: YAMLNode, _ list: inout DiagnosticList) -> Triggers? {
    var listed: [(name: EventName, filter: EventFilter)] = []
    let before = list.errorCount
    var unknown = 0
    var faults: [Diagnostic] = []
    func note(_ text: String, at position: Position) -> EventName? {
        if let name = EventName(rawValue: text) { return name }
        unknown += 1
        let known = EventName.allCases.map(\.rawValue)
        let hint = !list.hasRoomForError ? "" : nearest(text, among: known).map { "; did you mean \"\($0)\"?" } ?? ""
        list.error("event-unknown", "event \"\(text)\" is not known\(hint)", at: position)
        return nil
    }
    if let pairs = node.pairs {
        if pairs.isEmpty { list.error("type", "\"on\" names no event", at: node.position) }
        for pair in pairs {
            guard let name = note(pair.key, at: pair.position) else { continue }
            listed.append((name, readFilter(of: name, pair.value, &faults, &list)))
        }
    } else if let names = list.strings(node, of: "on") {
        if names.isEmpty { list.error("type", "\"on\" names no event", at: node.position) }
        for text in names {
            guard let name = note(text.text, at: text.node.position) else { continue }
            listed.append((name, EventFilter()))
        }
    }
    guard list.errorCount - before == unknown else { return nil }
    var triggers = Triggers(listed)
    triggers.faults = faults
    return triggers
}

/// - Parameter faults: takes errors below events other than a push, which end the planning of no push.
private func readFilter(
    of name: EventName, _ node: YAMLNode, _ faults: inout [Diagnostic], _ list: inout DiagnosticList
) -> EventFilter {
    guard name != .push else { return readPush(node, &list) }
    var own = DiagnosticList(path: list.path, source: list.source)
    var filter = EventFilter()
    if let pairs = node.pairs { own.checkKeys(below: name, pairs) }
    if name == .schedule {
        filter.schedules = readSchedules(node, &own)
    } else if let pairs = node.pairs {
        for pair in pairs {
            if name == .workflowDispatch {
                if pair.key == "inputs" { filter.inputs = readDispatchInputs(pair.value, &own) }
            } else {
                readFilter(pair, below: name, of: node, into: &filter, &own)
            }
        }
    } else if !node.isNull {
        own.type(node, of: name.rawValue, expected: "a mapping of filters")
    }
    if name == .workflowRun, filter.workflows == nil, own.errorCount == 0 {
        own.error(
            "missing-key", "\"workflow_run\" needs \"workflows\", the names of the workflows whose runs it follows",
            at: node.position)
    }
    let errors = own.all.filter { $0.severity == .error }
    filter.fault = errors.first?.description
    faults += errors
    for warning in own.all where warning.severity == .warning { list.add(warning, as: .warning) }
    return filter
}

private func readPush(_ node: YAMLNode, _ list: inout DiagnosticList) -> EventFilter {
    var filter = EventFilter()
    guard !node.isNull else { return filter }
    guard let pairs = node.pairs else {
        list.type(node, of: "push", expected: "a mapping of filters")
        return filter
    }
    list.checkKeys(below: .push, pairs)
    for pair in pairs where EventName.push.keys.contains(pair.key) {
        readFilter(pair, below: .push, of: node, into: &filter, &list)
    }
    return filter
}

/// Reads one filter; keys that are none are left to newer versions.
private func readFilter(
    _ pair: YAMLPair, below name: EventName, of event: YAMLNode, into filter: inout EventFilter,
    _ list: inout DiagnosticList
) {
    guard name.keys.contains(pair.key) else { return }
    if pair.key == "types" {
        guard !pair.value.isNull, let texts = list.strings(pair.value, of: "types") else { return }
        list.checkTypes(of: name, texts)
        if !texts.isEmpty { filter.types = texts.map(\.text) }  // an empty list filters nothing
        return
    }
    let isIgnore = pair.key.hasSuffix("-ignore")
    let subject = isIgnore ? String(pair.key.dropLast("-ignore".count)) : pair.key
    guard ["branches", "tags", "paths"].contains(subject) || pair.key == "workflows" else { return }
    if isIgnore, event[subject] != nil {
        list.error(
            "filter-conflict", "\"\(subject)\" and \"\(pair.key)\" cannot both filter one event", at: pair.position)
        return
    }
    let compiled = readPatterns(pair, &list)
    guard !compiled.isEmpty else { return }  // an empty list filters nothing (act)
    let found: FilterList = isIgnore ? .ignoring(compiled) : .including(compiled)
    switch subject {
    case "branches": filter.branches = found
    case "tags": filter.tags = found
    case "workflows": filter.workflows = found
    default: filter.paths = found
    }
}

private func readSchedules(_ node: YAMLNode, _ list: inout DiagnosticList) -> [ScheduleLine] {
    guard let items = node.items, !items.isEmpty else {
        list.type(node, of: "schedule", expected: "a sequence of mappings with \"cron\"")
        return []
    }
    guard items.count <= WorkflowLimits.schedulesMax else {
        list.error(
            "too-large", "\"schedule\" has more than \(WorkflowLimits.schedulesMax) lines", at: node.position)
        return []
    }
    return items.compactMap { item in
        guard let cron = item["cron"]?.value.scalar, cron.value != .null else {
            list.type(item, of: "schedule", expected: "a sequence of mappings with \"cron\"")
            return nil
        }
        let zone = item["timezone"]?.value
        let line = ScheduleLine(cron: cron.text, timezone: zone?.scalar.flatMap { $0.value == .null ? nil : $0.text })
        do throws(CronSchedule.Invalid) {
            _ = try line.schedule()
        } catch {
            let isKey = error.code == "timezone" && error.offset == 0
            let node = isKey ? zone : item["cron"]?.value
            let place = node.map { position(ofCharacter: error.offset, in: $0, list.source) } ?? item.position
            list.error(error.code, error.message, at: place)
            return nil
        }
        return line
    }
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
            let position =
                list.hasRoomForError ? position(ofCharacter: error.offset, in: node, list.source) : node.position
            list.error("glob", "invalid pattern \"\(text)\": \(error.message)", at: position)
        }
    }
    return out
}
