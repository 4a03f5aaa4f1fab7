/// Keys the runner needs (workflows.md 15). `needs` goes, since its planner would look for those jobs; unknown keys go,
/// since a newer runner refuses them.
let payloadKeys = ["name", "run-name", "on", "env", "defaults", "permissions"]
private let payloadJobKeys = [
    "if", "env", "steps", "container", "services", "defaults", "outputs", "timeout-minutes", "concurrency",
    "permissions", "with", "secrets", "continue-on-error", "runs-on", "strategy",
]

/// A job's definition as far as it is the same for all legs of its matrix, written once; and what else they share.
struct DefinitionDraft {
    private enum Member {
        case written([UInt8])
        case runsOn
        case strategy
        case continueOnError
    }
    private let job: JobDraft
    private let rootMembers: [[UInt8]]
    private let members: [Member]
    /// Bytes that every leg has.
    let sharedBytes: Int
    let needs: [String]
    let mayIdentify: Bool
    let permissions: TokenPermissions
    let secrets: SecretGrant

    /// Members of the workflow that every job carries.
    var workflowMembers: [[UInt8]] { rootMembers }

    /// Members of the job that runners know, as its author wrote them.
    var writtenMembers: [[UInt8]] {
        (job.node.pairs ?? []).filter {
            $0.key == "name" || payloadJobKeys.contains($0.key) && $0.key != "if"
        }.map { pair in
            Self.member(pair.key) { json in
                if pair.key == "steps" {
                    json.array { json in job.steps.forEach { json.node($0) } }
                } else {
                    json.node(pair.value)
                }
            }
        }
    }

    /// Nil when an error was noted.
    ///
    /// - Parameter workflow: the file's path; its name is the workflow's name when it has none (workflows.md 2).
    init?(
        _ job: JobDraft, root: YAMLNode, workflow path: String, _ evaluator: inout PlanEvaluator,
        _ list: inout DiagnosticList
    ) {
        self.job = job
        needs = distinct(job.needs.map(\.text))
        mayIdentify = evaluator.mayIdentify(job.node, in: root)
        permissions = evaluator.permissions(of: job.node, in: root)
        secrets = evaluator.frame?.secrets ?? .all
        // Only what the runner evaluates: in a called workflow it does not know the inputs.
        var inputs = evaluator.frame.map { InputText($0.inputs, bytesMax: WorkflowLimits.jobPayloadBytesMax) }
        func shown(_ node: YAMLNode) -> YAMLNode { inputs?.replaced(node) ?? node }
        var bytes = 0
        func written(_ key: String, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
            let member = Self.member(key, body)
            bytes += member.count + 1
            return member
        }
        var rootMembers: [[UInt8]] = []
        var isNamed = false
        for pair in root.pairs ?? [] where payloadKeys.contains(pair.key) {
            let isName = pair.key == "name" || pair.key == "run-name"
            guard evaluator.charge(writingSteps(pair.value), at: job.node.position, &list) else { return nil }
            // A name that YAML reads as a number is a string to the runner.
            if isName, let scalar = pair.value.scalar, scalar.value != .null {
                if pair.key == "name", scalar.text.isEmpty { continue }
                isNamed = isNamed || pair.key == "name"
                rootMembers.append(written(pair.key) { $0.string(scalar.text) })
            } else if !(pair.key == "name" && pair.value.isNull) {
                rootMembers.append(written(pair.key) { $0.node(pair.key == "on" ? pair.value : shown(pair.value)) })
                guard list.isWithin(inputs, of: job) else { return nil }
            }
        }
        // Or the runner would take the name of the file that it happens to write this to.
        if !isNamed { rootMembers.insert(written("name") { $0.data(workflowID(ofPath: path)) }, at: 0) }
        self.rootMembers = rootMembers
        var members: [Member] = []
        for pair in job.node.pairs ?? [] where payloadJobKeys.contains(pair.key) {
            switch pair.key {
            case "runs-on": members.append(.runsOn)
            case "strategy": members.append(.strategy)
            case "if":
                // The server has judged it with all that a runner does not see (ancestors, `NaN`, `case()`) before it gives
                // the job out, and must not be contradicted. A runner that was told to stop still may.
                guard job.condition != nil else { continue }
                members.append(.written(written(pair.key) { $0.string("${{ !cancelled() }}") }))
            case "continue-on-error": members.append(.continueOnError)
            default:
                guard evaluator.charge(writingSteps(pair.value), at: job.node.position, &list) else { return nil }
                members.append(
                    .written(
                        written(pair.key) { json in
                            if pair.key == "steps" {
                                json.array { json in job.steps.forEach { json.node(inputs?.replaced(step: $0) ?? $0) } }
                            } else {
                                json.node(shown(pair.value))
                            }
                        }))
                guard list.isWithin(inputs, of: job) else { return nil }
            }
        }
        self.members = members
        sharedBytes = bytes
    }

    /// The definition of one leg.
    func definition(name: String, runsOn: Labels, continueOnError: Bool, leg: MatrixLeg?) -> JobDefinition {
        var made: [JobDefinition.Member] = []
        for member in members {
            switch member {
            case .written(let bytes): made.append(.written(bytes))
            case .runsOn: made.append(self.runsOn(runsOn))
            case .strategy:
                let strategy = strategyMembers(leg)
                if !strategy.isEmpty { made.append(.strategy(strategy)) }
            case .continueOnError:
                made.append(
                    .written(Self.member("continue-on-error") { $0.literal(continueOnError ? "true" : "false") }))
            }
        }
        var definition = JobDefinition(workflow: rootMembers, key: job.key, name: name, needs: needs, job: made)
        definition.secrets = secrets
        return definition
    }

    private func runsOn(_ labels: Labels) -> JobDefinition.Member {
        guard job.isOfGroupAlone, let written = job.node["runs-on"]?.value else { return .runsOn(labels) }
        return .written(Self.member("runs-on") { $0.node(written) })
    }

    private func strategyMembers(_ leg: MatrixLeg?) -> [JobDefinition.StrategyMember] {
        guard let strategy = job.strategy ?? job.node["strategy"]?.value else { return [] }
        var members: [JobDefinition.StrategyMember] = []
        for pair in strategy.pairs ?? [] {
            if ["fail-fast", "max-parallel"].contains(pair.key), !pair.value.isNull {
                members.append(.written(Self.member(pair.key) { $0.node(pair.value) }))
            } else if pair.key == "matrix", let leg {
                members.append(
                    .leg(
                        leg.values.map { value in
                            var json = JSONWriter()
                            json.node(value.value)
                            return JobDefinition.LegValue(key: value.key, json: json.bytes)
                        }))
            }
        }
        return members
    }

    private static func member(_ key: String, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.key(key)
        body(&json)
        return json.bytes
    }
}

extension DiagnosticList {
    /// Notes an error when the inputs of a call make a job too large.
    fileprivate mutating func isWithin(_ inputs: InputText?, of job: JobDraft) -> Bool {
        guard inputs?.isOver ?? false else { return true }
        let message =
            "job \"\(job.key)\" has more than \(WorkflowLimits.jobPayloadBytesMax) bytes with its inputs in their places; "
            + "use them in \"env\" once and read \"env\" elsewhere"
        error("too-large", message, at: job.node.position)
        return false
    }
}

func distinct(_ texts: [String]) -> [String] {
    var seen: Set<String> = []
    return texts.filter { seen.insert($0).inserted }
}

/// Steps to write a node: one each, and 32 bytes of text.
func writingSteps(_ node: YAMLNode) -> Int {
    switch node.content {
    case .scalar(let scalar): 1 + scalar.text.utf8.count / PlanningLimits.stepBytes
    case .sequence(let items): items.reduce(1) { $0 + writingSteps($1) }
    case .mapping(let pairs): pairs.reduce(1) { $0 + 1 + writingSteps($1.value) }
    }
}

/// `ci.yml` of `.gitea/workflows/ci.yml`: the path below the directory of workflows (workflows.md 2).
public func workflowID(ofPath path: String, _ rules: WorkflowRules = .standard) -> String {
    for directory in rules.directories where path.utf8.starts(with: "\(directory)/".utf8) {
        return String(decoding: path.utf8.dropFirst(directory.utf8.count + 1), as: UTF8.self)
    }
    // One of a directory that the operator took away since.
    return path.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 2).last.map { String(Substring($0)) } ?? path
}
