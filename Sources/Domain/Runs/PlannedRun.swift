/// A run's id and number before it is made: names and labels may be expressions that ask for them.
public struct RunReservation: Equatable, Sendable {
    public let run: RunID
    public let number: Int64
    public let repository: RepositoryID
    public let owner: AccountID

    public init(run: RunID, number: Int64, repository: RepositoryID, owner: AccountID) {
        self.run = run
        self.number = number
        self.repository = repository
        self.owner = owner
    }
}

/// A run to be made: what planning found in one workflow file.
public struct PlannedRun: Equatable, Sendable {
    /// The file's path below the directory of workflows: `ci.yml`.
    public let workflowID: String
    public let workflowPath: String
    /// `run-name`, else the first line of the commit message.
    public let title: String
    /// The event's name as workflows list it.
    public let event: String
    /// The whole ref that the event is about.
    public let ref: String
    /// The commit that the file was read at.
    public let sha: String
    /// The webhook payload as JSON: `github.event`.
    public let payload: String
    /// Why there are no jobs; "" for a sound workflow.
    public let problem: String
    /// Remarks that stop nothing, one a line.
    public let warnings: String
    public let jobs: [PlannedJob]
    /// The workflow's concurrency group, evaluated; nil when it has none. A run without jobs enters none.
    public var group: PlannedGroup?
    /// It comes from somebody who may not write here: nothing of it starts until somebody who may approves it.
    public var needsApproval = false
    /// The context `inputs` of a dispatch as JSON; nil for other events.
    public var inputs: String?
    /// `name` of the workflow; "" when it has none.
    public var workflowName = ""
    /// Files of workflows that its jobs call.
    public var calledFiles: [CalledFile] = []

    /// A called file, as it was when the run was planned: reruns call the same.
    public struct CalledFile: Equatable, Sendable {
        /// Of its ``CallReference``.
        public let name: String
        public let text: [UInt8]

        public init(name: String, text: [UInt8]) {
            self.name = name
            self.text = text
        }
    }
    /// The event came from a fork (`receivesSecrets`). Issue 13 sets it; a push and a dispatch never do.
    public var isFromFork = false

    public init(
        workflowID: String, workflowPath: String, title: String, event: String, ref: String, sha: String,
        payload: String, problem: String, warnings: String = "", jobs: [PlannedJob]
    ) {
        self.workflowID = workflowID
        self.workflowPath = workflowPath
        self.title = title
        self.event = event
        self.ref = ref
        self.sha = sha
        self.payload = payload
        self.problem = problem
        self.warnings = warnings
        self.jobs = jobs
    }

    /// The failed run of a file that cannot be planned; every text of it can be stored.
    public func failed(_ problem: String) -> PlannedRun {
        PlannedRun(
            workflowID: storable(workflowID), workflowPath: storable(workflowPath), title: storable(title),
            event: event,
            ref: ref, sha: sha, payload: storable(payload), problem: storable(problem), jobs: [])
    }
}

/// The text without NUL, which PostgreSQL does not take.
private func storable(_ text: String) -> String {
    text.utf8.contains(0) ? String(decoding: text.utf8.filter { $0 != 0 }, as: UTF8.self) : text
}

/// A job of a run to be made: one job of the workflow file, or one leg of its matrix.
public struct PlannedJob: Equatable, Sendable {
    /// The job's id in the file, shared by the legs of a matrix.
    public let key: String
    /// The display name, with the values of the leg.
    public let name: String
    /// Keys of the jobs that must finish first.
    public let needs: [String]
    /// Labels that a runner must have; order and repetition do not matter.
    public let runsOn: [String]
    /// The text of `if`; nil when absent, never empty.
    public let condition: String?
    /// A failure of this job does not fail the run.
    public let continueOnError: Bool
    /// Dependents wait for outputs that come late (runner.md 4.6).
    public let hasOutputs: Bool
    /// Seconds until the server ends the job, above 0; nil when the file names none that the server can evaluate.
    public let timeoutSeconds: Int64?
    /// Its permissions let it ask for an identity token.
    public let mayIdentify: Bool
    /// What the job's token may do.
    public let permissions: TokenPermissions
    /// Names of the steps, one for each step of the payload.
    public let stepNames: [String]
    /// What the payload is made of at the claim (``JobDefinition/stored``); nil: `payload` is sent as it is.
    public let definition: String?
    /// It stands for legs that are planned later; the definition is then a ``DeferredJob``.
    public let isDeferred: Bool
    /// The payload as it would be now, for servers that do not know definitions (migration 0067).
    public let payload: String
    public var strategy = LegStrategy()
    /// Nil when the job names no group.
    public var concurrency: JobConcurrency?
    /// Nil when the job uses none.
    public var environment: JobEnvironment?

    public init(
        key: String, name: String, needs: [String], runsOn: [String], condition: String?, continueOnError: Bool,
        hasOutputs: Bool, timeoutSeconds: Int64?, mayIdentify: Bool = false,
        permissions: TokenPermissions = .unbounded, stepNames: [String], definition: String? = nil,
        isDeferred: Bool = false, payload: String
    ) {
        self.key = key
        self.name = name
        self.needs = needs
        self.runsOn = runsOn
        self.condition = condition
        self.continueOnError = continueOnError
        self.hasOutputs = hasOutputs
        self.timeoutSeconds = timeoutSeconds
        self.mayIdentify = mayIdentify
        self.permissions = permissions
        self.stepNames = stepNames
        self.definition = definition
        self.isDeferred = isDeferred
        self.payload = payload
    }
}

extension PlannedJob {
    /// - Parameter needs: of a deferred job, whose file does not tell them.
    package init(_ job: JobPlan, needs: [String]? = nil) {
        var definition = job.definition
        if let needs { definition.needs = needs }
        let stored = job.standsFor?.stored ?? definition.stored
        self.init(
            key: job.key, name: job.name, needs: definition.needs, runsOn: job.runsOn, condition: job.condition,
            continueOnError: job.continueOnError, hasOutputs: job.hasOutputs,
            timeoutSeconds: job.timeoutMinutes.flatMap(RecoveryLimits.timeoutSeconds), mayIdentify: job.mayIdentify,
            permissions: job.permissions, stepNames: job.stepNames,
            definition: String(decoding: stored, as: UTF8.self), isDeferred: job.standsFor != nil,
            payload: String(decoding: job.payload, as: UTF8.self))
        strategy = job.strategy
        concurrency = job.concurrency
        environment = job.environment
    }

    /// The job's row when it was just made.
    public func snapshot(_ id: JobID) -> JobSnapshot {
        var job = JobSnapshot(
            id: id, key: key, needs: needs, condition: condition, continueOnError: continueOnError,
            hasOutputs: hasOutputs, state: .blocked)
        if isDeferred { job.standsFor = definition.flatMap { JobPlaceholder(stored: Array($0.utf8)) } }
        job.strategy = strategy
        job.concurrency = concurrency
        job.environment = environment
        return job
    }
}
