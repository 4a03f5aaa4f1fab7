/// Reads a workflow file: pure, total, and every complaint has a place (workflows.md 3, 4, 8, 15, 16).
///
/// - Parameters:
///   - bytes: the file as it stands in the commit; at most `WorkflowLimits.fileBytesMax`.
///   - path: as people see it, for the diagnostics.
public func readWorkflow(_ bytes: [UInt8], path: String) -> WorkflowReading {
    var reader = WorkflowReader(path: path)
    return reader.read(bytes)
}

struct WorkflowReader {
    let path: String
    var diagnostics: [Diagnostic] = []

    init(path: String) { self.path = path }

    mutating func read(_ bytes: [UInt8]) -> WorkflowReading {
        let root: YAMLTree
        do { root = try YAMLTree.parse(bytes, path: path) } catch {
            return WorkflowReading(workflow: nil, triggers: nil, diagnostics: [error])
        }
        guard case .mapping = root.content else {
            complain(root, "type", "a workflow must be a mapping with \"on\" and \"jobs\"")
            return WorkflowReading(workflow: nil, triggers: nil, diagnostics: diagnostics)
        }
        var triggers: Triggers?
        if let on = root["on"] {
            triggers = readTriggers(on)
        } else {
            complain(root, "missing-key", "\"on\" is missing")
        }
        let jobs = readJobs(root)
        let failed = diagnostics.contains { $0.severity == .error }
        return WorkflowReading(
            workflow: failed ? nil : Workflow(name: root["name"]?.text, jobs: jobs), triggers: triggers,
            diagnostics: Array(diagnostics.prefix(WorkflowLimits.errorsMax)))
    }

    mutating func complain(_ node: YAMLTree, _ code: String, _ message: String) {
        diagnostics.append(
            Diagnostic(
                severity: .error, path: path, line: node.line, column: node.column, code: code,
                message: String(message.prefix(WorkflowLimits.messageCharactersMax))))
    }

    // MARK: on

    private mutating func readTriggers(_ on: YAMLTree) -> Triggers {
        var triggers = Triggers()
        switch on.content {
        case .string(let name): triggers.events = [name]
        case .sequence(let items):
            for item in items {
                if let name = item.text {
                    triggers.events.append(name)
                } else {
                    complain(item, "type", "an event must be a name")
                }
            }
        case .mapping(let pairs):
            for pair in pairs {
                triggers.events.append(pair.name)
                if pair.name == "push" { triggers.push = readPush(pair.value) }
            }
        case .null, .bool, .number: complain(on, "type", "\"on\" must be an event, a list of events or a mapping")
        }
        return triggers
    }

    private mutating func readPush(_ node: YAMLTree) -> PushFilter {
        var filter = PushFilter()
        switch node.content {
        case .null: return filter
        case .mapping(let pairs):
            for pair in pairs {
                let patterns = strings(pair.value, of: pair.name)
                for (item, text) in patterns {
                    do { _ = try Pattern(text) } catch { complain(item, "glob", error.description) }
                }
                let texts = patterns.map(\.text)
                switch pair.name {
                case "branches": filter.branches = texts
                case "branches-ignore": filter.branchesIgnore = texts
                case "tags": filter.tags = texts
                case "tags-ignore": filter.tagsIgnore = texts
                case "paths": filter.paths = texts
                case "paths-ignore": filter.pathsIgnore = texts
                default:
                    complain(
                        pair.key, "unexpected-key",
                        "unexpected key \"\(pair.name)\" for \"push\"; expected branches, tags, paths or one of them with -ignore"
                    )
                }
            }
            let twins = [
                ("branches", filter.branches, filter.branchesIgnore), ("tags", filter.tags, filter.tagsIgnore),
                ("paths", filter.paths, filter.pathsIgnore),
            ]
            for (name, with, without) in twins where with != nil && without != nil {
                complain(
                    node, "filter-conflict",
                    "\"\(name)\" and \"\(name)-ignore\" exclude each other; use \"!\" patterns in \"\(name)\"")
            }
        case .bool, .number, .string, .sequence: complain(node, "type", "\"push\" must be a mapping of filters")
        }
        return filter
    }

    /// A single scalar or a list of scalars.
    mutating func strings(_ node: YAMLTree, of name: String) -> [(node: YAMLTree, text: String)] {
        if let text = node.text { return [(node, text)] }
        guard case .sequence(let items) = node.content else {
            complain(node, "type", "\"\(name)\" must be a name or a list of names")
            return []
        }
        var out: [(YAMLTree, String)] = []
        for item in items {
            if let text = item.text {
                out.append((item, text))
            } else {
                complain(item, "type", "\"\(name)\" must hold names")
            }
        }
        return out
    }

    // MARK: jobs

    private mutating func readJobs(_ root: YAMLTree) -> [JobPlan] {
        guard let node = root["jobs"] else {
            complain(root, "missing-key", "\"jobs\" is missing")
            return []
        }
        guard case .mapping(let pairs) = node.content, !pairs.isEmpty else {
            complain(node, "type", "\"jobs\" must be a mapping with at least one job")
            return []
        }
        guard pairs.count <= WorkflowLimits.jobsMax else {
            complain(node, "matrix-limit", "\(pairs.count) jobs; a run has at most \(WorkflowLimits.jobsMax)")
            return []
        }
        var jobs: [JobPlan] = []
        var needItems: [(job: String, item: YAMLTree, need: String)] = []
        for pair in pairs {
            checkID(pair.key, pair.name)
            guard case .mapping = pair.value.content else {
                complain(pair.value, "type", "job \"\(pair.name)\" must be a mapping")
                continue
            }
            if let job = readJob(pair.name, pair.key, pair.value, root, &needItems) { jobs.append(job) }
        }
        checkNeeds(pairs.map { ($0.name, $0.key) }, needItems)
        return jobs
    }

    private mutating func checkID(_ node: YAMLTree, _ id: String) {
        let isWord = id.utf8.allSatisfy {
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 || 48...57 ~= $0 || $0 == 95 || $0 == 45
        }
        let startsWell = id.utf8.first.map { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 || $0 == 95 } ?? false
        guard isWord, startsWell, !id.hasPrefix("__"), id.count <= WorkflowLimits.jobIDCharactersMax else {
            return complain(
                node, "job-id",
                "job id \"\(id)\" must start with a letter or \"_\", hold letters, digits, \"-\" and \"_\", and have under 100 characters"
            )
        }
    }

    private mutating func readJob(
        _ id: String, _ key: YAMLTree, _ job: YAMLTree, _ root: YAMLTree,
        _ needItems: inout [(job: String, item: YAMLTree, need: String)]
    ) -> JobPlan? {
        let before = diagnostics.count
        for name in ["uses", "strategy"] {
            if let node = job[name] {
                complain(
                    node, "not-yet", "job \"\(id)\" has \"\(name)\", which this version of Millrace cannot run yet")
            }
        }
        var needs: [String] = []
        if let node = job["needs"] {
            for (item, text) in strings(node, of: "needs") {
                needs.append(text)
                needItems.append((id, item, text))
            }
        }
        let runsOn = readRunsOn(id, key, job)
        let name = job["name"]?.text ?? id
        if let node = job["name"], name.contains("${{") {
            complain(node, "not-yet", "an expression in \"name\" cannot be evaluated by this version of Millrace yet")
        }
        var steps: [YAMLTree] = []
        if let node = job["steps"] {
            if case .sequence(let items) = node.content {
                steps = items.filter { if case .null = $0.content { false } else { true } }
            } else {
                complain(node, "type", "\"steps\" must be a list")
            }
        } else {
            complain(key, "missing-key", "\"steps\" is missing in job \"\(id)\"")
        }
        for step in steps {
            guard case .mapping = step.content, step["run"]?.text != nil || step["uses"]?.text != nil else {
                complain(step, "type", "a step must be a mapping with \"run\" or \"uses\"")
                continue
            }
        }
        var continueOnError = false
        if let node = job["continue-on-error"] {
            if case .bool(let flag) = node.content {
                continueOnError = flag
            } else {
                complain(node, "not-yet", "\"continue-on-error\" must be true or false in this version of Millrace")
            }
        }
        guard diagnostics.count == before else { return nil }
        return JobPlan(
            key: id, name: cut(name, bytesMax: WorkflowLimits.stepNameBytesMax), needs: needs, runsOn: runsOn,
            condition: job["if"]?.text,
            continueOnError: continueOnError, hasOutputs: job["outputs"] != nil, stepNames: steps.map(Self.stepName),
            payload: payload(id, job, steps, runsOn, root))
    }

    private mutating func readRunsOn(_ id: String, _ key: YAMLTree, _ job: YAMLTree) -> [String] {
        guard let node = job["runs-on"] else {
            complain(key, "missing-key", "\"runs-on\" is missing in job \"\(id)\"")
            return []
        }
        var wanted = node
        if case .mapping = node.content {
            guard let labels = node["labels"] else {
                complain(node, "type", "\"runs-on\" must name labels")
                return []
            }
            wanted = labels
        }
        let items = strings(wanted, of: "runs-on")
        for (item, text) in items where text.contains("${{") {
            complain(
                item, "not-yet", "an expression in \"runs-on\" cannot be evaluated by this version of Millrace yet")
        }
        if items.isEmpty { complain(wanted, "type", "\"runs-on\" names no label, so no runner could take the job") }
        return items.map(\.text)
    }

    static func stepName(_ step: YAMLTree) -> String {
        let body = step["run"]?.text ?? step["uses"]?.text ?? step["id"]?.text ?? ""
        let line = body.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return cut(step["name"]?.text ?? "Run \(line)", bytesMax: WorkflowLimits.stepNameBytesMax)
    }

    private func payload(
        _ id: String, _ job: YAMLTree, _ steps: [YAMLTree], _ runsOn: [String], _ root: YAMLTree
    ) -> [UInt8] {
        var stepsJSON = "["
        for (index, step) in steps.enumerated() {
            if index > 0 { stepsJSON += "," }
            step.appendJSON(to: &stepsJSON)
        }
        stepsJSON += "]"
        let labels = "[" + runsOn.map(jsonString).joined(separator: ",") + "]"
        var jobJSON = ""
        job.appendJSON(to: &jobJSON, replacing: ["needs": nil, "steps": stepsJSON, "runs-on": labels])
        var out = ""
        root.appendJSON(
            to: &out, replacing: ["jobs": "{\(jsonString(id)):\(jobJSON)}", "concurrency": nil])
        return Array(out.utf8)
    }

    // MARK: needs

    private mutating func checkNeeds(
        _ jobs: [(id: String, key: YAMLTree)], _ items: [(job: String, item: YAMLTree, need: String)]
    ) {
        let known = Set(jobs.map(\.id))
        for entry in items where !known.contains(entry.need) {
            complain(entry.item, "needs-unknown", "job \"\(entry.job)\" needs \"\(entry.need)\", which does not exist")
        }
        // Kahn's algorithm: what cannot be ordered stands on a cycle or behind one.
        var open = Dictionary(grouping: items.filter { known.contains($0.need) }, by: \.job).mapValues {
            Set($0.map(\.need))
        }
        var ready = jobs.map(\.id).filter { open[$0] == nil }
        while let done = ready.popLast() {
            for (job, needs) in open where needs.contains(done) {
                let rest = needs.subtracting([done])
                if rest.isEmpty {
                    open.removeValue(forKey: job)
                    ready.append(job)
                } else {
                    open[job] = rest
                }
            }
        }
        guard let start = jobs.first(where: { open[$0.id] != nil }) else { return }
        var chain: [String] = []
        var at = start.id
        while !chain.contains(at), let next = open[at]?.min() {
            chain.append(at)
            at = next
        }
        let cycle = (chain[(chain.firstIndex(of: at) ?? 0)...] + [at]).map { "\"\($0)\"" }
        let node = jobs.first { $0.id == at }?.key ?? start.key
        complain(node, "needs-cycle", "jobs need each other in a circle: \(cycle.joined(separator: " -> "))")
    }
}
