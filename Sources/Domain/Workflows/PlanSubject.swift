/// What an event is about: where its workflow files stand, and what their expressions see of it.
public struct PlanSubject: Sendable {
    public let event: RepositoryEvent
    /// The whole ref that runs show.
    public let ref: String
    /// The commit whose files are read.
    public let commit: String
    public let head: Commit
    /// Name of whoever caused it.
    public let actor: String
    public let repositoryOwner: String
    public let repositoryName: String
    /// The server's address without a slash at the end.
    public let base: String
    public var rules = WorkflowRules.standard

    public init(
        event: RepositoryEvent, ref: String, commit: String, head: Commit, actor: String, repositoryOwner: String,
        repositoryName: String, base: String
    ) {
        self.event = event
        self.ref = ref
        self.commit = commit
        self.head = head
        self.actor = actor
        self.repositoryOwner = repositoryOwner
        self.repositoryName = repositoryName
        self.base = base
    }
}

/// The webhook payload of an event, `github.event`, and its value, read once for all runs.
public struct EventPayload: Sendable {
    public let json: String
    public let value: ExpressionValue

    /// A text that cannot be read is null to expressions, as if it had no properties.
    public init(json: String) {
        self.json = json
        value = (try? ExpressionValue(json: json)) ?? .null
    }
}

/// What a repository is set to, as far as planning asks.
public struct PlanSettings: Sendable {
    /// The context `vars`.
    public let vars: ExpressionValue
    /// Files below the directory of workflows that start nothing.
    public let disabledWorkflows: Set<String>

    public init(vars: ExpressionValue = .object([]), disabledWorkflows: Set<String> = []) {
        self.vars = vars
        self.disabledWorkflows = disabledWorkflows
    }

    /// Bytes of the context `inputs` that a run keeps; a dispatch has less (`DispatchLimits`).
    static let inputsBytesMax = 1024 * 1024
}

/// A file of a commit, as git lists it.
public struct CommitEntry: Equatable, Sendable {
    public let path: String
    /// The blob's object id.
    public let id: String
    /// False for links and submodules, which are no files, though their directory exists (workflows.md 2).
    public let isFile: Bool
    public let size: Int

    public init(path: String, id: String, isFile: Bool, size: Int) {
        self.path = path
        self.id = id
        self.isFile = isFile
        self.size = size
    }
}
