/// A workflow file as far as it could be read.
public struct WorkflowReading: Sendable {
    /// nil when there are errors in the jobs.
    public let workflow: Workflow?
    /// The `on` part, readable even when the jobs are not.
    public let triggers: Triggers?
    public let diagnostics: [Diagnostic]
}

public struct Workflow: Sendable {
    public let name: String?
    public let jobs: [JobPlan]
}

/// One job, ready to be stored: everything but the values that exist only when it is assigned.
public struct JobPlan: Sendable {
    public let key: String
    public let name: String
    public let needs: [String]
    public let runsOn: [String]
    /// The text of `if`; the runner evaluates it.
    public let condition: String?
    public let continueOnError: Bool
    public let hasOutputs: Bool
    public let stepNames: [String]
    /// The single-job workflow of workflows.md 15, as JSON.
    public let payload: [UInt8]
}

/// What a workflow asks to be started by. Only `push` starts anything in this version.
public struct Triggers: Equatable, Sendable {
    public var events: [String] = []
    public var push = PushFilter()
}

/// Filters of `on.push`; nil means not given, which is not the same as empty.
public struct PushFilter: Equatable, Sendable {
    public var branches: [String]?
    public var branchesIgnore: [String]?
    public var tags: [String]?
    public var tagsIgnore: [String]?
    public var paths: [String]?
    public var pathsIgnore: [String]?
    public init() {}
}
