/// What a reading of one file gave.
public struct WorkflowReading: Sendable {
    /// Nil when there is any error.
    public let workflow: Workflow?
    /// The `on` part when it could be read, even when jobs are broken: the author's push
    /// then gets a failed run (workflows.md 2).
    public let triggers: Triggers?
    public let diagnostics: [Diagnostic]
    /// What parsing and planning took (``PlanningLimits``).
    public let steps: Int
}

public struct Workflow: Sendable {
    public let name: String?
    /// `run-name` evaluated; nil when it is absent or reads what is not known yet.
    public let runName: String?
    public let triggers: Triggers
    /// In source order; the legs of a matrix stand together, in matrix order.
    public let jobs: [JobPlan]
    /// The concurrency group of its runs.
    public var group: PlannedGroup?
}

/// The `on` part: the events a workflow lists, in source order, each with its filters.
public struct Triggers: Sendable {
    private let listed: [(name: EventName, filter: EventFilter)]
    /// What is wrong below events other than a push: each of these starts nothing, and the others start what they start.
    var faults: [Diagnostic] = []

    init(_ listed: [(name: EventName, filter: EventFilter)]) { self.listed = listed }

    public var names: [EventName] { listed.map(\.name) }

    /// The filters of an event; nil when the workflow does not list it. Of one listed twice, the last counts.
    public subscript(name: EventName) -> EventFilter? { listed.last { $0.name == name }?.filter }
}

/// What an event must satisfy to start a workflow that lists it (workflows.md 5.3). What is absent filters nothing.
public struct EventFilter: Sendable {
    /// Activity types.
    public var types: [String]?
    public var branches: FilterList?
    public var tags: FilterList?
    public var paths: FilterList?
    /// Names of the workflows whose runs count (`workflow_run`).
    public var workflows: FilterList?
    /// Lines of `schedule`.
    public var schedules: [ScheduleLine] = []
    /// Inputs of `workflow_dispatch`.
    public var inputs: [DispatchInput] = []
    /// Why the filters cannot be relied on; the event then starts nothing. Filters of `push` have diagnostics in its stead.
    public internal(set) var fault: String?

    public init() {}
}

/// A line of `schedule` as the workflow has it.
public struct ScheduleLine: Hashable, Sendable {
    public let cron: String
    /// The key `timezone`; nil when it is absent.
    public let timezone: String?

    public init(cron: String, timezone: String? = nil) {
        self.cron = cron
        self.timezone = timezone
    }

    public func schedule() throws(CronSchedule.Invalid) -> CronSchedule {
        try CronSchedule(cron, timezone: timezone)
    }
}

/// An input that `workflow_dispatch` declares (workflows.md 6).
public struct DispatchInput: Equatable, Sendable {
    public enum Kind: String, Sendable {
        case string, boolean, choice, number, environment
    }
    public let name: String
    public let kind: Kind
    public let isRequired: Bool
    public let fallback: String?
    /// What a choice may be.
    public let options: [String]
    /// For whoever fills in the form; "" without one.
    public var description = ""
}

/// A filter or its `-ignore` twin; never both.
public enum FilterList: Sendable {
    case including([Pattern])
    case ignoring([Pattern])

    public func passes(_ inputs: [String]) -> Bool {
        var steps = Int.max
        return passes(inputs, &steps)
    }

    /// - Parameter steps: what may still be spent; when that is used up it passes, as when paths are not known.
    func passes(_ inputs: [String], _ steps: inout Int) -> Bool {
        let found =
            switch self {
            case .including(let list): patterns(list, include: inputs, &steps)
            case .ignoring(let list): !patterns(list, ignoreAll: inputs, &steps)
            }
        return found || steps < 0
    }
}

/// One job to insert: a job of the file, or one leg of its matrix.
public struct JobPlan: Sendable {
    /// The job's id in the file; the legs of a matrix share it.
    public let key: String
    /// As people see it, the leg's values included.
    public let name: String
    public let needs: [String]
    public let runsOn: [String]
    /// The text of `if`; nil when absent.
    public let condition: String?
    public let continueOnError: Bool
    public let hasOutputs: Bool
    /// One for each step of the payload; the runner's step count must agree.
    public let stepNames: [String]
    /// Nil when absent or an expression that only the runner can evaluate.
    public let timeoutMinutes: Double?
    /// Its permissions have `id-token: write`.
    public let mayIdentify: Bool
    /// What the job's token may do.
    public let permissions: TokenPermissions
    /// 0-based place among the legs; 0 without a matrix.
    public let matrixIndex: Int
    /// What the job's payload is made of at the claim.
    public let definition: JobDefinition
    /// The payload as it would be now: JSON of a workflow with this one job (workflows.md 15).
    public let payload: [UInt8]
    /// It calls another workflow (`uses`) and is never given to a runner.
    public var isCall = false
    public var strategy = LegStrategy()
    public var concurrency: JobConcurrency?
    public var environment: JobEnvironment?
    /// What this row stands for until its needs are done; it then has no payload of its own.
    public var standsFor: JobPlaceholder?
}

/// What a job stands for that no runner gets.
public enum JobPlaceholder: Equatable, Sendable {
    /// The legs of a matrix, or one job, that are planned when the needs are done.
    case legs(DeferredJob)
    /// The jobs of a called workflow.
    case call(WorkflowCall)

    /// In the place of a job's definition.
    var stored: [UInt8] {
        switch self {
        case .legs(let job): job.stored
        case .call(let call): call.stored
        }
    }
}
