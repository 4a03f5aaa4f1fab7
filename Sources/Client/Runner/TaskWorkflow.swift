import RunnerProto
import Yams

/// The task's payload as a workflow for act: the payload's one job, one stand-in job for each need, and a job that
/// writes down what became of it all.
///
/// act has no way to be told the results of `needs` nor to print a job's outputs; jobs around the real one do both.
struct TaskWorkflow {
    /// The job's id in the payload; lines of act that carry another id are not logged.
    let job: String
    /// The `id` of each step, nil for none; positions are the step ids of the protocol (runner.md 7.2).
    let stepIDs: [String?]
    let runsOn: [String]
    /// `uses` of the steps, as written.
    let uses: [String]
    /// Names of the services that a job without a container asks for: act starts none on a host.
    let servicesLeftOut: [String]
    /// `timeout-minutes` of the job; nil when it has none or only an expression says it.
    let timeout: Duration?
    /// Steps whose `timeout-minutes` is not a whole number, which act passes over without a word; rounded up for it.
    let roundedTimeouts: [Int]
    private let root: Node.Mapping
    private let jobNode: Node.Mapping

    /// - Throws: ``Unreadable`` with the reason, shown in the job's log.
    init(payload: String) throws {
        guard let root = try Yams.compose(yaml: payload)?.mapping, let jobs = root["jobs"]?.mapping else {
            throw Unreadable(reason: "the payload is not a workflow with jobs")
        }
        guard let (id, node) = jobs.first, jobs.count == 1, let name = id.scalar?.string, let job = node.mapping else {
            throw Unreadable(reason: "the payload has \(jobs.count) jobs instead of one")
        }
        self.root = root
        self.job = name
        var steps = job["steps"]?.sequence.map(Array.init) ?? []
        stepIDs = steps.map { $0.mapping?["id"]?.scalar?.string }
        uses = steps.compactMap { $0.mapping?["uses"]?.scalar?.string }
        let services = job["services"]?.mapping?.keys.compactMap { $0.scalar?.string } ?? []
        servicesLeftOut = job["container"] == nil ? services : []
        timeout = job["timeout-minutes"]?.scalar.flatMap { Double($0.string) }.flatMap(Self.duration)
        var rounded: [Int] = []
        for (index, step) in steps.enumerated() {
            guard var mapping = step.mapping else { continue }
            if let text = mapping["uses"]?.scalar?.string, case .remote(let action) = ActionUse(text) {
                mapping["uses"] = quoted(action.uses)
            }
            if let minutes = mapping["timeout-minutes"]?.scalar.flatMap({ Double($0.string) }),
                let whole = Int64(exactly: minutes.rounded(.up)), Double(whole) != minutes
            {
                mapping["timeout-minutes"] = Node.scalar(Node.Scalar("\(whole)"))
                rounded.append(index)
            }
            steps[index] = .mapping(mapping)
        }
        roundedTimeouts = rounded
        var changed = job
        changed["steps"] = Node.sequence(Node.Sequence(steps))
        jobNode = changed
        let labels = job["runs-on"]?.mapping?["labels"] ?? job["runs-on"]
        runsOn = labels?.scalar.map { [$0.string] } ?? labels?.sequence?.compactMap { $0.scalar?.string } ?? []
    }

    /// nil for what is no time: a bound that cannot be reckoned with is none of ours.
    private static func duration(minutes: Double) -> Duration? {
        guard minutes > 0, minutes < 1e7 else { return nil }
        return .milliseconds(Int64(minutes * 60_000))
    }

    struct Unreadable: Error { let reason: String }

    /// The id of the job that writes the result; the one to ask act for.
    var reportJob: String { "\(job)-millrace-report" }

    /// The workflow's text.
    ///
    /// - Parameter name: what the workflow is called when its file does not say (workflows.md 4).
    /// - Parameter resultFile: gets `{"result": …, "outputs": {…}}` of the job. A file rather than a log line:
    ///   act masks secrets in lines, which could break the JSON.
    /// - Parameter delimiter: a word that no output contains, from a random source.
    /// - Parameter program: this very program, which stands before shells that the workflow names by a command of its own.
    package func text(
        needs: [String: Runner_V1_TaskNeed], name: String, exact: ExactText, program: String, resultFile: String,
        delimiter: String
    ) throws -> String {
        var jobs = Node.Mapping([])
        for (name, need) in needs.sorted(by: { $0.key < $1.key }) { jobs[quoted(name)] = standIn(for: need, exact) }
        var job = jobNode
        for (index, step) in (job["steps"]?.sequence.map(Array.init) ?? []).enumerated() {
            job["steps"]?[index] = shimmed(step, program)
        }
        job["defaults"] = job["defaults"].map { shimmedDefaults($0, program) }
        job["needs"] = needs.isEmpty ? nil : Node.sequence(Node.Sequence(needs.keys.sorted().map(quoted)))
        jobs[quoted(self.job)] = Node.mapping(job)
        jobs[quoted(reportJob)] = mapping([
            ("needs", Node.sequence(Node.Sequence([quoted(self.job)]))),
            ("if", quoted("always()")),
            ("runs-on", quoted(Self.hostLabel)),
            (
                "steps",
                steps(
                    // A document in the script and not a variable: outputs of 1 MiB exceed what exec takes.
                    """
                    cat > '\(resultFile)' <<'\(delimiter)'
                    ${{ toJSON(needs['\(self.job)']) }}
                    \(delimiter)

                    """)
            ),
        ])
        var root = self.root
        root["defaults"] = root["defaults"].map { shimmedDefaults($0, program) }
        root["jobs"] = Node.mapping(jobs)
        if root["name"]?.scalar?.string.isEmpty ?? true, !name.isEmpty { root["name"] = quoted(name) }
        return try Yams.serialize(node: .mapping(root), width: -1, allowUnicode: true)
    }

    /// A shell such as `perl {0}` or `/bin/bash -x {0}`, called through ``StepShim``; those that act knows by name are found
    /// on its PATH, where the shims stand.
    private func shimmed(_ step: Node, _ program: String) -> Node {
        guard var mapping = step.mapping, let shell = mapping["shell"]?.scalar?.string, shell.contains("{0}"),
            !shell.contains("${{")
        else { return step }
        mapping["shell"] = quoted("'\(program.replacing("'", with: "'\\''"))' exec-step \(shell)")
        return .mapping(mapping)
    }

    private func shimmedDefaults(_ defaults: Node, _ program: String) -> Node {
        guard var mapping = defaults.mapping, let run = mapping["run"] else { return defaults }
        mapping["run"] = shimmed(run, program)
        return .mapping(mapping)
    }

    /// The label of the jobs around the real one.
    static let hostLabel = "millrace-host"

    /// A job that ends as the need did. act knows no cancelled jobs, so a cancelled need counts as failed here.
    private func standIn(for need: Runner_V1_TaskNeed, _ exact: ExactText) -> Node {
        let succeeded = need.result == .success
        var parts: [(String, Node)] = [
            ("runs-on", quoted(Self.hostLabel)),
            ("steps", steps(succeeded ? "true" : "exit 1")),
        ]
        if need.result == .skipped {
            parts.append(("if", quoted("false")))
        } else {
            let outputs = need.outputs.sorted { $0.key < $1.key }.map { ($0.key, quoted(exact.guarded($0.value))) }
            parts.append(("outputs", mapping(outputs)))
        }
        return mapping(parts)
    }

    /// One step, told everything that the workflow's `defaults` could change.
    private func steps(_ script: String) -> Node {
        let step = mapping([
            ("name", quoted("millrace")), ("shell", quoted("sh")), ("working-directory", quoted(".")),
            ("run", quoted(script)),
        ])
        return Node.sequence(Node.Sequence([step]))
    }
}

/// Always in double quotes: go-yaml reads plain `010` and `1_000` as numbers.
private func quoted(_ text: String) -> Node {
    Node.scalar(Node.Scalar(text, Tag(.str), .doubleQuoted))
}

private func mapping(_ pairs: [(String, Node)]) -> Node {
    Node.mapping(Node.Mapping(pairs.map { (quoted($0.0), $0.1) }))
}
