/// Keys of a job that planning evaluates.
private let plannedKeys = ["strategy", "name", "runs-on", "continue-on-error", "environment"]

/// How a job is told of in an outline (``WorkflowOutline``), by what its planned keys read.
enum OutlineTiming: Equatable {
    case evaluated
    /// As its author wrote it: it reads what its needs give, and they do not run.
    case asWritten
    /// It reads values that only a server knows; as its author wrote it when those that are assumed make it impossible.
    case evaluatedIfPossible

    init(_ job: YAMLNode) {
        var names: Set<String> = []
        for key in plannedKeys {
            if let value = job[key]?.value { collectContexts(of: value, &names) }
        }
        let hasNeeds = job["needs"].map { !$0.value.isNull } ?? false
        if hasNeeds, names.contains("needs") {
            self = .asWritten
        } else if names.isDisjoint(with: ["github", "gitea", "vars", "inputs"]) {
            self = .evaluated
        } else {
            self = .evaluatedIfPossible
        }
    }
}

/// Names of the contexts that the expressions of a node read. What cannot be parsed is told elsewhere.
private func collectContexts(of node: YAMLNode, _ names: inout Set<String>) {
    func collect(_ text: String) {
        guard hasExpression(text), let template = try? Template(text, .job("")) else { return }
        for expression in template.expressions {
            _ = expression.contains { node in
                if case .context(let name) = node { names.insert(name) }
                return false
            }
        }
    }
    switch node.content {
    case .scalar(let scalar): collect(scalar.text)
    case .sequence(let items): for item in items { collectContexts(of: item, &names) }
    case .mapping(let pairs):
        for pair in pairs {
            collect(pair.key)
            collectContexts(of: pair.value, &names)
        }
    }
}

/// The one plan that stands for a job whose values are not known: its name and labels are as its author wrote them.
///
/// - Parameter workflow: the file's path.
func planAsWritten(_ job: JobDraft, of workflow: String, _ draft: DefinitionDraft) -> JobPlan {
    var labels: [String] = []
    switch job.runsOn {
    case .one(let text): labels = [text.source]
    case .list(let texts): labels = texts.map(\.source)
    }
    let written = DeferredJob(
        path: workflow, key: job.key, needs: draft.needs, workflow: draft.workflowMembers, job: draft.writtenMembers)
    let name = job.name.map(\.source) ?? ""
    var plan = JobPlan(
        key: job.key, name: cutJobName(name.isEmpty ? job.key : name), needs: draft.needs, runsOn: labels,
        condition: job.condition, continueOnError: false, hasOutputs: job.hasOutputs, stepNames: job.stepNames,
        timeoutMinutes: nil, mayIdentify: draft.mayIdentify, permissions: draft.permissions, matrixIndex: 0,
        definition: draft.definition(
            name: job.key, runsOn: Labels(labels: labels, isString: false), continueOnError: false, leg: nil),
        payload: written.file)
    plan.isCall = job.isCall
    return plan
}

extension Diagnostic {
    /// It is about a call that another server may take: of an outline it is a warning.
    var isOfThisServer: Bool {
        switch code {
        case "call-secret": message.contains("must be given as")
        case "uses-format": message.utf8.starts(with: "\"$/".utf8)
        default: false
        }
    }
}

extension ScalarTemplate {
    /// The text as its author wrote it.
    fileprivate var source: String { node.scalar.map(scalarText) ?? "" }
}
