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
    let usesCheckout: Bool
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
        jobNode = job
        self.job = name
        let steps = job["steps"]?.sequence.map(Array.init) ?? []
        stepIDs = steps.map { $0.mapping?["id"]?.scalar?.string }
        usesCheckout = steps.contains { step in
            (step.mapping?["uses"]?.scalar?.string ?? "").lowercased().hasPrefix("actions/checkout@")
        }
        let labels = job["runs-on"]?.mapping?["labels"] ?? job["runs-on"]
        runsOn = labels?.scalar.map { [$0.string] } ?? labels?.sequence?.compactMap { $0.scalar?.string } ?? []
    }

    struct Unreadable: Error { let reason: String }

    /// The id of the job that writes the result; the one to ask act for.
    var reportJob: String { "\(job)-millrace-report" }

    /// The workflow's text.
    ///
    /// - Parameter resultFile: gets `{"result": …, "outputs": {…}}` of the job. A file rather than a log line:
    ///   act masks secrets in lines, which could break the JSON.
    /// - Parameter delimiter: a word that no output contains, from a random source.
    func text(needs: [String: Runner_V1_TaskNeed], resultFile: String, delimiter: String) throws -> String {
        var jobs = Node.Mapping([])
        for (name, need) in needs.sorted(by: { $0.key < $1.key }) { jobs[quoted(name)] = standIn(for: need) }
        var job = jobNode
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
        root["jobs"] = Node.mapping(jobs)
        return try Yams.serialize(node: .mapping(root), width: -1, allowUnicode: true)
    }

    /// The label of the jobs around the real one.
    static let hostLabel = "millrace-host"

    /// A job that ends as the need did. act knows no cancelled jobs, so a cancelled need counts as failed here.
    private func standIn(for need: Runner_V1_TaskNeed) -> Node {
        let succeeded = need.result == .success
        var parts: [(String, Node)] = [
            ("runs-on", quoted(Self.hostLabel)),
            ("steps", steps(succeeded ? "true" : "exit 1")),
        ]
        if need.result == .skipped {
            parts.append(("if", quoted("false")))
        } else {
            let outputs = need.outputs.sorted { $0.key < $1.key }.map { ($0.key, quoted(withoutExpressions($0.value))) }
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

/// The text as act prints it unchanged: results of expressions are not evaluated again (workflows.md 11).
func withoutExpressions(_ text: String) -> String {
    text.replacing("${{", with: "${{ '$' }}{{")
}

/// Always in double quotes: go-yaml reads plain `010` and `1_000` as numbers.
private func quoted(_ text: String) -> Node {
    Node.scalar(Node.Scalar(text, Tag(.str), .doubleQuoted))
}

private func mapping(_ pairs: [(String, Node)]) -> Node {
    Node.mapping(Node.Mapping(pairs.map { (quoted($0.0), $0.1) }))
}
