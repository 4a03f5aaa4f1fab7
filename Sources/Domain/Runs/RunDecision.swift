/// What the rules need to know of one job of the latest attempt.
public struct JobSnapshot: Equatable, Sendable {
    public let id: JobID
    public let key: String
    public let needs: [String]
    /// The text of `if`; nil when absent.
    public let condition: String?
    public let continueOnError: Bool
    public let hasOutputs: Bool
    public var state: JobState
    /// Ended, but its dependents wait for late outputs (runner.md 4.6).
    public var isSettling: Bool
    /// What its task reported; names once.
    public var outputs: [JobOutput]
    /// What it stands for while it is blocked; nil for a job that runners get.
    public var standsFor: JobPlaceholder?
    /// The job that called its workflow; nil at the top. Keys are unique among the jobs of one caller.
    public var caller: JobID?
    /// What the jobs that it called share; nil until it has called them, and for jobs that call nothing.
    public var scope: CallScope?

    /// The legs that it stands for.
    public var deferred: DeferredJob? { if case .legs(let job)? = standsFor { job } else { nil } }
    public var call: WorkflowCall? { if case .call(let call)? = standsFor { call } else { nil } }

    public init(
        id: JobID, key: String, needs: [String], condition: String?, continueOnError: Bool, hasOutputs: Bool,
        state: JobState, isSettling: Bool = false, outputs: [JobOutput] = [], deferred: DeferredJob? = nil
    ) {
        self.id = id
        self.key = key
        self.needs = needs
        self.condition = condition
        self.continueOnError = continueOnError
        self.hasOutputs = hasOutputs
        self.state = state
        self.isSettling = isSettling
        self.outputs = outputs
        standsFor = deferred.map(JobPlaceholder.legs)
    }

    /// The status that counts for the run and for dependents.
    public var countedStatus: Status { Domain.countedStatus(state.status, continueOnError: continueOnError) }
}

/// A failed job with continue-on-error counts as successful (runner.md 4.7).
public func countedStatus(_ status: Status, continueOnError: Bool) -> Status {
    status == .failure && continueOnError ? .success : status
}

public struct JobOutput: Equatable, Sendable {
    public let name: String
    public let value: String
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// Every job of the latest attempt in order of id, and what conditions can ask about the run.
public struct RunSnapshot: Sendable {
    public var jobs: [JobSnapshot]
    /// What expressions see of the run (workflows.md 14); nothing when no job has a condition.
    public let values: RunValues
    /// Somebody cancelled this attempt: what has not started starts only to clean up (workflows.md 20.2).
    public var isCancelRequested: Bool
    /// A cancel lets blocked jobs clean up whose `if` holds with `cancelled()` true; without this it ends them with the rest.
    public let cleansUp: Bool
    /// The concurrency group, whose next run may start when this one ends.
    public let group: GroupID?
    /// Another run holds the group, so nothing may start.
    public let isHeld: Bool
    /// The files of workflows that jobs call, by name; empty when no call may start.
    public var calledFiles: [String: [UInt8]] = [:]

    public init(
        jobs: [JobSnapshot], values: RunValues = .unasked, isCancelRequested: Bool = false, cleansUp: Bool = false,
        group: GroupID? = nil, isHeld: Bool = false
    ) {
        self.jobs = jobs
        self.values = values
        self.isCancelRequested = isCancelRequested
        self.cleansUp = cleansUp
        self.group = group
        self.isHeld = isHeld
    }

    /// A job whose called jobs are not done counts by these; they are of the run like all others.
    public var status: Status {
        let busy = Set(jobs.filter { !$0.state.status.isDone }.compactMap(\.caller))
        return aggregate(jobs.filter { $0.state != .calling || !busy.contains($0.id) }.map(\.countedStatus))
    }
}

/// Something that happened to a run.
public enum RunEvent: Equatable, Sendable {
    /// The attempt was just made: find out which jobs may start.
    case planned
    case job(JobID, JobEvent)
    /// The wait for late outputs of this job is over.
    case outputsSettled(JobID)
    case cancelRequested
    case forceCancelRequested
    /// The run was let into its concurrency group.
    case woken
    /// Somebody let the run start.
    case approved
    /// Look again whether anything may start or the status is off: repairs, never needed while all is well.
    case examined
}

/// What is to be written. Jobs come before the run's own status.
public enum RunChange: Equatable, Sendable {
    /// `problem`: in words for people, why the server did this; empty when a person or a runner did.
    case move(JobID, to: JobState, problem: String)
    /// The job went back to the queue because its runner was never heard of.
    case countReturn(JobID)
    /// Dependents of this job are held until `outputsSettled`.
    case holdDependents(JobID)
    case releaseDependents(JobID)
    /// The job stood for these legs: it becomes the first, the others are made behind the run's jobs, and all wait for
    /// runners. Never empty.
    case expand(JobID, [PlannedJob])
    /// The job called its workflow: these are made behind the run's jobs, blocked, and are looked at next.
    case call(JobID, [PlannedJob], CallScope)
    /// What the ended call gives to those who need it.
    case callOutputs(JobID, [JobOutput])
    /// The attempt counts as cancelled from now on.
    case requestCancel
    case run(Status)
    /// The run has ended: the next one of its group may start, in a transaction of its own.
    case wake(GroupID)
}

extension RunChange {
    /// It makes jobs that are not waiting for a runner: the run has to be looked at again.
    var makesCallers: Bool {
        switch self {
        case .call: true
        case .expand(_, let legs): legs.contains(where: \.isDeferred)
        case .move, .countReturn, .holdDependents, .releaseDependents, .callOutputs, .requestCancel, .run, .wake: false
        }
    }
}

/// What an event does to a run: pure, so that handlers, sweeps and the simulation all ask the same function.
///
/// - Parameters:
///   - run: read with the run row and its unfinished jobs locked.
///   - problem: why the server ends a job, in words; kept with it.
/// - Returns: changes in the order they are to be applied; empty when the event changes nothing.
/// - Throws: `JobRefusal` when the event is not allowed, with nothing to be changed.
/// - Source: DESIGN section 2, "decide, then apply"; runner.md 4.2, 4.5, 4.7.
public func decide(
    _ run: RunSnapshot, _ event: RunEvent, problem: String = ""
) throws(JobRefusal) -> [RunChange] {
    var steps = 0
    return try decide(run, event, problem: problem, steps: &steps)
}

/// - Parameter steps: counts the jobs and needs looked at: at most `DecisionLimits.stepsPerPart` for each job and need there is.
func decide(
    _ run: RunSnapshot, _ event: RunEvent, problem: String, steps: inout Int
) throws(JobRefusal) -> [RunChange] {
    var draft = RunDraft(run)
    switch event {
    case .planned, .examined, .woken, .approved: break
    case .job(let id, let jobEvent): try draft.apply(jobEvent, to: id, problem: problem)
    case .outputsSettled(let id): draft.settle(id)
    case .cancelRequested: try draft.cancel(.cancelRequested)
    case .forceCancelRequested: try draft.cancel(.forceCancelRequested)
    }
    draft.startWhatMay(steps: &steps)
    guard !draft.changes.isEmpty || event == .planned || event == .examined else { return [] }
    // What was called tells the status: it is looked at next.
    guard !draft.changes.contains(where: \.makesCallers) else { return draft.changes }
    draft.changes.append(.run(draft.run.status))
    if let group = run.group, draft.run.status.isDone, !run.status.isDone { draft.changes.append(.wake(group)) }
    return draft.changes
}

/// A run while an event works on it: each step sees what the ones before did.
private struct RunDraft {
    var run: RunSnapshot
    var changes: [RunChange] = []

    init(_ run: RunSnapshot) { self.run = run }

    mutating func move(_ index: Int, _ state: JobState, problem: String = "") {
        guard run.jobs[index].state != state else { return }
        run.jobs[index].state = state
        changes.append(.move(run.jobs[index].id, to: state, problem: problem))
    }

    mutating func apply(_ event: JobEvent, to id: JobID, problem: String) throws(JobRefusal) {
        // A job of an earlier attempt is done, since a rerun waits for that: what still comes for it (a cancel, a sweep
        // that found it before the rerun) changes nothing.
        guard let index = run.jobs.firstIndex(where: { $0.id == id }) else { return }
        let old = run.jobs[index].state
        let new = try decide(old, event)
        // Words about a loss would mislead on a job that only goes back to the queue, or that somebody cancelled.
        move(index, new, problem: new == .done(.failure) || event == .abandoned ? problem : "")
        if case .lost = event, old != new, new == .waiting { changes.append(.countReturn(id)) }
        if !old.status.isDone, case .done = new, case .reported(_, _, outputsComplete: false) = event,
            run.jobs[index].hasOutputs
        {
            run.jobs[index].isSettling = true
            changes.append(.holdDependents(id))
        }
    }

    /// Ends what is not done, but for jobs that may clean up: a blocked job whose `if` asks how things went is judged by it, with
    /// `cancelled()` true (workflows.md 20.2). A second cancel ends these too, and so does the first when nothing has run.
    mutating func cancel(_ wish: JobEvent) throws(JobRefusal) {
        guard run.jobs.contains(where: { !$0.state.status.isDone }) else { return }
        let mayCleanUp = run.cleansUp && wish == .cancelRequested && !run.isCancelRequested && !run.isHeld
        if !run.isCancelRequested {
            run.isCancelRequested = true
            changes.append(.requestCancel)
        }
        for index in run.jobs.indices {
            let job = run.jobs[index]
            if mayCleanUp, job.state == .blocked, conditionAsksForStatus(job.condition) { continue }
            move(index, try decide(job.state, wish))
        }
    }

    mutating func settle(_ id: JobID) {
        guard let index = run.jobs.firstIndex(where: { $0.id == id }) else {
            // Rerun before its outputs came: the wait ends all the same, or the sweep would find it for ever.
            changes.append(.releaseDependents(id))
            return
        }
        guard run.jobs[index].isSettling else { return }
        run.jobs[index].isSettling = false
        changes.append(.releaseDependents(id))
    }

    /// A skip can complete the needs of others (runner.md 4.5): one pass, in which each job comes behind all that it needs, and a
    /// call ends behind all that it called.
    mutating func startWhatMay(steps: inout Int) {
        guard !run.isHeld, run.jobs.contains(where: { $0.state == .blocked || $0.state == .calling }) else { return }
        let graph = RunGraph(run.jobs, steps: &steps)
        var start = StartPass(run, NeedsState(run, graph))
        for visit in graph.visits {
            switch visit {
            case .open(let node): start.open(graph.nodes[node].legs, of: node, steps: &steps)
            case .close(let node): start.close(graph.nodes[node].legs, of: node, graph)
            }
        }
        run = start.run
        // In order of id, whichever way they depend: those that become waiting queue up in it.
        changes += start.found.sorted { $0.index < $1.index }.map(\.change)
    }
}

/// One look at all blocked jobs.
private struct StartPass {
    private(set) var run: RunSnapshot
    private(set) var found: [(index: Int, change: RunChange)] = []
    private var state: NeedsState
    /// Jobs of the run, those made in this pass included.
    private var count: Int
    private var planningSteps = PlanningLimits.pushStepsMax

    init(_ run: RunSnapshot, _ state: NeedsState) {
        self.run = run
        self.state = state
        count = run.jobs.count
    }

    private mutating func move(_ index: Int, _ state: JobState, _ problem: String = "") {
        run.jobs[index].state = state
        found.append((index, .move(run.jobs[index].id, to: state, problem: problem)))
    }

    mutating func open(_ legs: [Int], of node: Int, steps: inout Int) {
        // The legs of a matrix have one condition, as a rule.
        var known: (condition: String?, verdict: NeedsVerdict)?
        for index in legs {
            steps += 1
            guard run.jobs[index].state == .blocked else { continue }
            let condition = run.jobs[index].condition
            let verdict: NeedsVerdict
            if let known, known.condition == condition {
                verdict = known.verdict
            } else {
                verdict = state.verdict(on: run.jobs[index], of: node, steps: &steps)
                known = (condition, verdict)
            }
            switch verdict {
            case .notYet: continue
            case .skip: move(index, .done(run.isCancelRequested ? .cancelled : .skipped))
            case .fail(let why): move(index, .done(.failure), why)
            case .ready: start(index, of: node, steps: &steps)
            }
        }
    }

    private mutating func start(_ index: Int, of node: Int, steps: inout Int) {
        switch run.jobs[index].standsFor {
        case nil: move(index, .waiting)
        case .legs(let deferred):
            switch state.expansion(of: deferred, node, legsMax: WorkflowLimits.jobsMax - count + 1, steps: &steps) {
            case .legs(let legs) where legs.isEmpty: move(index, .done(.skipped))
            case .legs(let legs):
                count += legs.count - 1
                // Legs that call a workflow are looked at when they are made.
                if !legs.contains(where: \.isDeferred) { run.jobs[index].state = .waiting }
                found.append((index, .expand(run.jobs[index].id, legs)))
            case .fault(let why): move(index, .done(.failure), why)
            }
        case .call(let call):
            let needs = state.results(neededBy: node)
            switch call.expansion(
                run.values, needs: needs, files: run.calledFiles, jobsMax: WorkflowLimits.jobsMax - count,
                steps: &planningSteps)
            {
            case .jobs(let jobs, let scope):
                count += jobs.count
                run.jobs[index].state = .calling
                found.append((index, .call(run.jobs[index].id, jobs, scope)))
            case .fault(let why): move(index, .done(.failure), why)
            }
        }
    }

    /// What was called is done: so are the calls.
    mutating func close(_ legs: [Int], of node: Int, _ graph: RunGraph) {
        for index in legs where run.jobs[index].state == .calling { end(index, graph) }
        state.add(node, legs: legs.map { run.jobs[$0] })
    }

    private mutating func end(_ index: Int, _ graph: RunGraph) {
        let caller = run.jobs[index].id
        let nodes = graph.nodes(calledBy: caller)
        let called = nodes.compactMap { state.result(of: $0) }
        // Without any it has just called them.
        guard !nodes.isEmpty, called.count == nodes.count,
            let conclusion = Conclusion(rawValue: aggregate(called.map(\.result)).rawValue)
        else { return }
        do throws(CallFault) {
            let outputs = try run.jobs[index].scope?.outputs(run.values, jobs: called) ?? []
            run.jobs[index].outputs = outputs
            if !outputs.isEmpty { found.append((index, .callOutputs(caller, outputs))) }
            move(index, .done(conclusion))
        } catch {
            move(index, .done(.failure), "job \"\(run.jobs[index].key)\": \(error.words)")
        }
    }
}

enum DecisionLimits {
    /// Steps of a decision for each job and each need of the run.
    static let stepsPerPart = 5
}
