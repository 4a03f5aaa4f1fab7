/// Plans the runs that one event starts: its workflow files one after the other, each within its own budget.
///
/// Pure: it asks for what it lacks (`next`), is given it, and goes on from there, so that whoever reads git and PostgreSQL
/// looks up no more than is asked for. A file that cannot be read, overruns its budget or has values that nobody can store
/// gets a failed run with the diagnostic; the other files are planned.
public struct Planner: Sendable {
    /// Something to be looked up; answered by the `take` of the same kind.
    public enum Need: Equatable, Sendable {
        case file(CommitEntry)
        /// A file that a workflow calls.
        case called(CallReference)
        /// The paths that the event changed.
        case changedPaths
        /// The event's payload in at most so many bytes: each of its runs stores it.
        case payload(bytesMax: Int)
        /// What the repository is set to, before the first file.
        case settings
        /// A number for the next run.
        case run
    }

    /// Bytes of all jobs of one event that are held until they are stored. The event is bounded by `eventBytes`.
    private static let payloadBytesMax = 64 * 1024 * 1024

    private enum Stage {
        case between
        case reading(CommitEntry)
        case judging(WorkflowFile, steps: Int)
        /// Files that it calls are gathered.
        case calling(WorkflowFile)
        case starting(WorkflowFile)
        case failing(path: String, problem: String)
        case done
    }

    private let subject: PlanSubject
    private let paths: [String]
    private let entries: [String: CommitEntry]
    private var place = 0
    /// The `on` of each file was read.
    private var isWhole = true
    private var stage = Stage.between
    private var changedPaths: [String]??
    private var payload: EventPayload?
    private var reserved: RunReservation?
    private var isGone = false
    private var settings: PlanSettings?
    private var steps = 0
    private var payloadBytes = 0
    private var called: CalledFiles

    /// The runs, in the order of their files.
    public private(set) var runs: [(plan: PlannedRun, as: RunReservation)] = []
    /// Events that the files list, as far as they were read.
    public private(set) var listed: Set<EventName> = []
    /// What became of each file, one a line, for `millrace why push`.
    public private(set) var words = ""

    /// - Parameters:
    ///   - entries: what stands below the directories of workflows.
    ///   - payload: the event's payload when it is known; else it is asked for if a run starts.
    public init(_ subject: PlanSubject, entries: [CommitEntry], payload: EventPayload? = nil) {
        self.subject = subject
        self.payload = payload
        called = CalledFiles(base: subject.base)
        self.entries = Dictionary(entries.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        let sorted = self.entries.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let known = self.entries
        let rules = subject.rules
        var paths = rules.files(in: sorted).filter { known[$0]?.isFile ?? false }
        // The others need not be read.
        switch subject.event {
        case .workflowDispatch(let dispatch): paths = paths.filter { isMeant(dispatch.workflow, $0, rules) }
        case .schedule(let schedule): paths = paths.filter { isMeant(schedule.workflow, $0, rules) }
        default: break
        }
        self.paths = paths
        if paths.isEmpty {
            words = "no workflow files: starts nothing"
        } else if let reason = rules.refusal(
            of: subject.event, EventCommit(message: subject.head.message, changedPaths: nil))
        {
            words = "\(reason): starts nothing"
            isWhole = false
            stage = .done
        }
        if let payload, payload.json.utf8.count > payloadBytesMax {
            words =
                "the event's payload has \(payload.json.utf8.count) bytes; at most \(payloadBytesMax) are stored for each run: starts nothing"
            stage = .done
        }
    }

    /// Runs that the event may start; each stores the payload.
    private var runsMax: Int { min(paths.count, PlanningLimits.filesMax + 1) }
    private var payloadBytesMax: Int { eventBytes(runs: runsMax) }

    /// Whether a file may list an event: all that were read tell; of those that were not nobody knows.
    public func mayList(_ name: EventName) -> Bool {
        guard !paths.isEmpty else { return false }
        return listed.contains(name) || !isWhole
    }

    // MARK: questions and answers

    /// What is needed to go on; nil when everything is planned.
    public mutating func next() -> Need? {
        while true {
            switch stage {
            case .done: return nil
            case .between:
                if settings == nil, place < paths.count { return .settings }
                beginNextFile()
            case .reading(let entry): return .file(entry)
            case .judging(let file, let given):
                if let on = file.triggers {
                    if on[subject.event.name]?.paths != nil, changedPaths == nil { return .changedPaths }
                    judge(file, on, steps: given)
                } else if case .push = subject.event {
                    stage = .starting(file)
                } else {
                    // Whether it is meant cannot be told, and only its author's push should tell of it.
                    tell(file.path, "\"on\" cannot be read")
                    stage = .between
                }
            case .calling(let file):
                if let reference = called.next() { return .called(reference) }
                stage = .starting(file)
            case .starting, .failing:
                if isGone {
                    stage = .between
                } else if payload == nil {
                    return .payload(bytesMax: payloadBytesMax)
                } else if reserved == nil {
                    return .run
                } else {
                    finishFile()
                }
            }
        }
    }

    /// - Parameter bytes: nil when git has no such object.
    public mutating func take(file bytes: [UInt8]?) {
        guard case .reading(let entry) = stage else { return }
        guard let bytes else { return stage = Self.tooLarge(entry) }
        let given = stepsOfNextFile(
            spent: steps, filesLeft: min(paths.count, PlanningLimits.filesMax) - (place - 1))
        stage = .judging(WorkflowFile(bytes, path: entry.path, steps: given), steps: given)
    }

    public mutating func take(called answer: CalledFiles.Answer) {
        guard case .calling = stage else { return }
        called.take(answer)
    }

    /// - Parameter paths: nil when they cannot be told, or are too many: filters pass.
    public mutating func take(changedPaths paths: [String]?) { changedPaths = .some(paths) }

    public mutating func take(payload: EventPayload) { self.payload = payload }

    public mutating func take(settings: PlanSettings) { self.settings = settings }

    /// - Parameter run: nil when the repository is gone; then nothing starts.
    public mutating func take(run: RunReservation?) {
        reserved = run
        isGone = isGone || run == nil
    }

    // MARK: one file

    private mutating func beginNextFile() {
        guard place < paths.count, let entry = entries[paths[place]] else { return stage = .done }
        place += 1
        guard place <= PlanningLimits.filesMax else {
            stage = .failing(
                path: entry.path,
                problem:
                    "\(entry.path):1:1: the commit has \(paths.count) workflow files; \(PlanningLimits.filesMax) are read, this and those behind it are not [too-many-files]"
            )
            place = paths.count
            return
        }
        if settings?.disabledWorkflows.contains(workflowID(ofPath: entry.path, subject.rules)) ?? false {
            return tell(entry.path, "the workflow is disabled")
        }
        guard entry.size <= WorkflowLimits.fileBytesMax else { return stage = Self.tooLarge(entry) }
        guard entry.path.utf8.count <= WorkflowLimits.pathBytesMax else {
            return stage = .failing(
                path: entry.path,
                problem:
                    "path has \(entry.path.utf8.count) bytes; at most \(WorkflowLimits.pathBytesMax) are allowed [too-large]"
            )
        }
        stage = .reading(entry)
    }

    private static func tooLarge(_ entry: CommitEntry) -> Stage {
        .failing(
            path: entry.path,
            problem:
                "\(entry.path):1:1: file has \(entry.size) bytes; at most \(WorkflowLimits.fileBytesMax) are read [too-large]"
        )
    }

    private mutating func judge(_ file: WorkflowFile, _ on: Triggers, steps given: Int) {
        var filterSteps = given
        var commit = EventCommit(message: subject.head.message, changedPaths: changedPaths ?? nil)
        commit.rules = subject.rules
        listed.formUnion(on.names)
        let decision = triggers(on, of: file.path, by: subject.event, commit, &filterSteps)
        steps += given - max(0, filterSteps)
        switch decision {
        case .runs:
            called.want(by: file)
            stage = .calling(file)
        case .skipped(let reason):
            steps += file.parsingSteps
            tell(file.path, reason)
            stage = .between
        }
    }

    private mutating func finishFile() {
        guard let payload, let run = reserved else { return }
        reserved = nil
        switch stage {
        case .starting(let file): start(file, payload, run)
        case .failing(let path, let problem): fail(path, problem, payload, run)
        case .between, .reading, .judging, .calling, .done: break
        }
        stage = .between
    }

    private mutating func start(_ file: WorkflowFile, _ payload: EventPayload, _ reserved: RunReservation) {
        let event = subject.event.name.rawValue
        let facts = RunContext(
            run: reserved.run, runNumber: reserved.number, attempt: 1, event: event, ref: subject.ref,
            sha: subject.commit, workflowID: workflowID(ofPath: file.path, subject.rules), workflowPath: file.path,
            actor: subject.actor, triggeringActor: subject.actor, repositoryOwner: subject.repositoryOwner,
            repositoryName: subject.repositoryName)
        let github = githubValue(facts, base: subject.base, event: payload.value)
        let inputs = inputs(of: subject.event, file.triggers)
        var contexts = PlanContexts(github: github, vars: settings?.vars ?? .object([]), inputs: inputs)
        let callsOthers = file.triggers != nil && !file.calls.isEmpty
        if callsOthers { contexts.called = called }
        let reading = file.reading(contexts)
        steps += reading.steps
        let errors =
            reading.diagnostics.filter { $0.severity == .error } + (callsOthers ? called.faults(for: file) : [])
        var problem = errors.map(\.description).joined(separator: "\n")
        var jobs = errors.isEmpty ? reading.workflow?.jobs ?? [] : []
        payloadBytes += jobs.reduce(0) { $0 + $1.payload.count }
        if payloadBytes > Self.payloadBytesMax {
            problem =
                "\(file.path):1:1: the jobs of this push are larger than \(Self.payloadBytesMax) bytes together [too-large]"
            jobs = []
        }
        let warnings = reading.diagnostics.filter { $0.severity == .warning }.map(\.description)
        var plan = PlannedRun(
            workflowID: facts.workflowID, workflowPath: file.path, title: title(reading.workflow?.runName),
            event: event, ref: subject.ref, sha: subject.commit, payload: payload.json, problem: problem,
            warnings: warnings.joined(separator: "\n"), jobs: jobs.map { PlannedJob($0) })
        if callsOthers, !jobs.isEmpty { plan.calledFiles = called.kept(for: file) }
        plan.workflowName = cut(reading.workflow?.name ?? "", bytesMax: PushLimits.titleBytesMax)
        plan.group = reading.workflow?.group
        if plan.group == nil, plan.jobs.allSatisfy({ $0.concurrency == nil }) {
            plan.group = subject.rules.supersedes.group(
                of: subject.event, ref: subject.ref, workflow: facts.workflowID)
        }
        if case .workflowDispatch = subject.event {
            plan.inputs = try? inputs.json(bytesMax: PlanSettings.inputsBytesMax)
        }
        if case .pullRequest(let request) = subject.event, request.isFromFork, request.name != .pullRequestTarget {
            plan.isFromFork = true
            plan.needsApproval = !plan.jobs.isEmpty
        }
        runs.append((plan, reserved))
        tell(
            file.path,
            "run #\(reserved.number)\(plan.needsApproval ? ", which waits for an approval" : "")\(problem.isEmpty ? "" : ", failed: \(errors.first?.message ?? problem)")"
        )
    }

    private mutating func fail(
        _ path: String, _ problem: String, _ payload: EventPayload, _ reserved: RunReservation
    ) {
        let shown = cut(path, bytesMax: WorkflowLimits.pathBytesMax)
        let plan = PlannedRun(
            workflowID: workflowID(ofPath: shown, subject.rules), workflowPath: shown, title: title(nil),
            event: subject.event.name.rawValue, ref: subject.ref, sha: subject.commit, payload: payload.json,
            problem: problem, jobs: [])
        runs.append((plan, reserved))
        tell(shown, "run #\(reserved.number), failed: \(problem)")
    }

    private func title(_ runName: String?) -> String {
        var title = subject.head.title ?? "(no message)"
        if case .pullRequest(let request) = subject.event, !request.title.isEmpty { title = request.title }
        return cut(runName ?? title, bytesMax: PushLimits.titleBytesMax)
    }

    private mutating func tell(_ path: String, _ what: String) {
        guard words.utf8.count < PushLimits.outcomeBytesMax else { return }
        words += (words.isEmpty ? "" : "\n") + "\(path): \(what)".filter { $0 != "\0" }
    }
}

/// The context `inputs`: what a dispatch gave, by the types that the workflow declares (workflows.md 6); empty for other events.
func inputs(of event: RepositoryEvent, _ on: Triggers?) -> ExpressionValue {
    guard case .workflowDispatch(let dispatch) = event else { return .object([]) }
    let declared = on?[.workflowDispatch]?.inputs ?? []
    return .object(
        declared.map { input in
            let text = dispatch.inputs.last { sameScalars($0.name, input.name) }?.text ?? input.fallback ?? ""
            let value: ExpressionValue =
                switch input.kind {
                case .boolean: .bool(text == "true")
                case .number: .number(ExpressionValue.string(text).number)
                case .string, .choice, .environment: .string(text)
                }
            return (key: input.name, value: value)
        })
}
