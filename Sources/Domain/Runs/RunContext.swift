/// The run that a task or a condition belongs to, in the words of the `github` context.
public struct RunContext: Equatable, Sendable {
    public let run: RunID
    public let runNumber: Int64
    public let attempt: Int64
    public let event: String
    public let ref: String
    public let sha: String
    public let workflowID: String
    public let workflowPath: String
    public let actor: String
    public let triggeringActor: String
    public let repositoryOwner: String
    public let repositoryName: String

    public init(
        run: RunID, runNumber: Int64, attempt: Int64, event: String, ref: String, sha: String, workflowID: String,
        workflowPath: String, actor: String, triggeringActor: String, repositoryOwner: String, repositoryName: String
    ) {
        self.run = run
        self.runNumber = runNumber
        self.attempt = attempt
        self.event = event
        self.ref = ref
        self.sha = sha
        self.workflowID = workflowID
        self.workflowPath = workflowPath
        self.actor = actor
        self.triggeringActor = triggeringActor
        self.repositoryOwner = repositoryOwner
        self.repositoryName = repositoryName
    }
}

/// The `github` context's texts, all strings: what a runner is sent and what the server's own conditions see.
/// Tokens, `event`, `job` and `ref_protected` are added by who needs them.
///
/// - Parameter base: the server's address without a slash at the end.
/// - Source: runner.md 3.7, workflows.md 14.
public func githubTexts(
    _ run: RunContext, base: String, request: PullRequestRefs = .none
) -> [(key: String, value: String)] {
    let repository = "\(run.repositoryOwner)/\(run.repositoryName)"
    let ref = shortRef(run.ref)
    return [
        ("event_name", run.event), ("actor", run.actor), ("triggering_actor", run.triggeringActor),
        ("repository", repository), ("repository_owner", run.repositoryOwner), ("sha", run.sha), ("ref", run.ref),
        ("ref_name", refName(run.ref)), ("ref_type", ref.type), ("head_ref", request.head), ("base_ref", request.base),
        ("run_id", "\(run.run)"),
        ("run_number", "\(run.runNumber)"), ("run_attempt", "\(run.attempt)"), ("server_url", base + "/"),
        ("api_url", base + "/api/v1"), ("retention_days", ""), ("workflow", run.workflowID),
        ("workflow_ref", "\(repository)/\(run.workflowPath)@\(run.ref)"),
        ("repositoryUrl", "\(base)/\(repository).git"), ("secret_source", "Actions"),
        // The runner fills these.
        ("action", ""), ("action_path", ""), ("action_ref", ""), ("action_repository", ""), ("action_status", ""),
        ("env", ""), ("event_path", ""), ("graphql_url", ""), ("path", ""), ("workspace", ""),
    ]
}

/// The `github` context as conditions on the server see it: the texts and `event`.
///
/// - Parameter event: the webhook payload as JSON text; one that cannot be read is null, as if it had no properties.
public func githubValue(_ run: RunContext, base: String, event: String) -> ExpressionValue {
    githubValue(run, base: base, event: (try? ExpressionValue(json: event)) ?? .null)
}

/// - Parameter event: the payload, parsed once for all runs of an event.
public func githubValue(_ run: RunContext, base: String, event: ExpressionValue) -> ExpressionValue {
    let request = PullRequestRefs(of: run.event, payload: event)
    let texts = githubTexts(run, base: base, request: request).map {
        (key: $0.key, value: ExpressionValue.string($0.value))
    }
    return .object(texts + [(key: "event", value: event), (key: "ref_protected", value: .bool(false))])
}

/// `github.head_ref` and `github.base_ref`: short names of the branches of a pull request, empty for other events.
public struct PullRequestRefs: Equatable, Sendable {
    public let head: String
    public let base: String
    public static let none = PullRequestRefs(head: "", base: "")

    init(head: String, base: String) {
        self.head = head
        self.base = base
    }

    public init(of event: String, payload: ExpressionValue) {
        guard [EventName.pullRequest.rawValue, EventName.pullRequestTarget.rawValue].contains(event),
            case .object(let object) = payload, case .object(let request)? = object["pull_request"]
        else {
            self = .none
            return
        }
        func ref(_ side: String) -> String {
            guard case .object(let object)? = request[side] else { return "" }
            return object["ref"]?.text ?? ""
        }
        self.init(head: ref("head"), base: ref("base"))
    }

    /// - Parameter payload: JSON text; read only for the events that have them.
    public init(of event: String, payload: String) {
        let asks = [EventName.pullRequest.rawValue, EventName.pullRequestTarget.rawValue].contains(event)
        self.init(of: event, payload: asks ? (try? ExpressionValue(json: payload)) ?? .null : .null)
    }
}

/// `github.ref_name`: `12/head` of a pull request, as GitHub has `12/merge`.
private func refName(_ ref: String) -> String {
    let prefix = "refs/pull/"
    return ref.utf8.starts(with: prefix.utf8)
        ? String(decoding: ref.utf8.dropFirst(prefix.utf8.count), as: UTF8.self) : shortRef(ref).name
}
