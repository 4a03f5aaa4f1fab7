/// A run while an event works on it: each step sees what the ones before did.
struct RunDraft {
    var run: RunSnapshot
    var changes: [RunChange] = []
    /// What `startWhatMay` does, each with the place of its job.
    private var made: [(index: Int, change: RunChange)] = []
    /// Places of jobs that failed in this decision, until their siblings were looked at.
    private var failed: Set<Int> = []
    /// Jobs that the run may still get.
    private var jobsMax = 0
    /// What planning deferred jobs and called workflows may still take: a decision is made while the run is locked.
    private var planningSteps = PlanningLimits.pushStepsMax
    /// For the groups and environments of all its jobs.
    private var groupBudget = ExpressionBudget()

    init(_ run: RunSnapshot) { self.run = run }

    mutating func move(_ index: Int, _ state: JobState, problem: String = "") {
        guard run.jobs[index].state != state else { return }
        run.jobs[index].state = state
        if state == .done(.failure) { failed.insert(index) }
        changes.append(.move(run.jobs[index].id, to: state, problem: problem))
    }

    mutating func apply(_ event: JobEvent, to id: JobID, problem: String) throws(JobRefusal) {
        // A job of an earlier attempt is done, since a rerun waits for that: what still comes for it (a cancel, a sweep
        // that found it before the rerun) changes nothing.
        guard let index = run.jobs.firstIndex(where: { $0.id == id }) else { return }
        let old = run.jobs[index].state
        if old.isCalling, event == .cancelRequested || event == .forceCancelRequested {
            // It ends with what it called.
            for called in run.jobs where called.caller == id { try apply(event, to: called.id, problem: problem) }
        }
        let new = try decide(old, event)
        // Words about a loss would mislead on a job that only goes back to the queue, or that somebody cancelled.
        let isTold = new == .done(.failure) || event == .abandoned || event == .cancelRequested
        move(index, new, problem: isTold ? problem : "")
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
    mutating func cancel(_ wish: JobEvent, problem: String) throws(JobRefusal) {
        guard run.jobs.contains(where: { !$0.state.status.isDone }) else { return }
        let mayCleanUp = run.cleansUp && wish == .cancelRequested && !run.isCancelRequested && !run.isHeld
        if !run.isCancelRequested {
            run.isCancelRequested = true
            changes.append(.requestCancel)
        }
        for index in run.jobs.indices {
            let job = run.jobs[index]
            if mayCleanUp, job.state == .blocked, conditionAsksForStatus(job.condition) { continue }
            move(index, try decide(job.state, wish), problem: problem)
        }
    }

    /// Groups of jobs that have ended since, for whoever waits for them.
    func groupsLeft(since old: RunSnapshot) -> [GroupID] {
        var left: [GroupID] = []
        for (before, now) in zip(old.jobs, run.jobs) where !before.state.status.isDone && now.state.status.isDone {
            if let group = now.place?.group, !left.contains(group) { left.append(group) }
        }
        return left
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

    // MARK: what may start

    /// A skip can complete the needs of others (runner.md 4.5): one pass, in which each job comes behind all that it needs, and a
    /// call ends behind all that it called.
    mutating func startWhatMay(steps: inout Int) {
        let isAnyBlocked = run.jobs.contains { $0.state == .blocked && !run.isHeld || $0.state.isCalling }
        guard isAnyBlocked || !failed.isEmpty else { return }
        let graph = RunGraph(run.jobs, steps: &steps)
        var state = NeedsState(run, graph)
        jobsMax = WorkflowLimits.jobsMax - run.jobs.count
        for visit in graph.visits {
            switch visit {
            case .open(let node):
                let legs = graph.nodes[node].legs
                failFast(legs, graph, steps: &steps)
                // What was called before the run had to wait for its group may still end.
                if !run.isHeld { judge(legs, of: node, state, graph, steps: &steps) }
            case .close(let node):
                let legs = graph.nodes[node].legs
                for index in legs where run.jobs[index].state.isCalling { endCall(index, state, graph) }
                failFast(legs, graph, steps: &steps)
                state.add(node, legs: legs.map { run.jobs[$0] })
            }
        }
        // In order of id, whichever way they depend: those that become waiting queue up in it.
        changes += made.sorted { $0.index < $1.index }.map(\.change)
        made = []
    }

    /// The blocked legs of a node, as far as its needs, their `if` and the slots of `max-parallel` let them.
    private mutating func judge(
        _ legs: [Int], of node: Int, _ state: NeedsState, _ graph: RunGraph, steps: inout Int
    ) {
        // The legs of a matrix have one condition, as a rule.
        var known: (condition: String?, verdict: NeedsVerdict)?
        var slots = freeSlots(legs, steps: &steps)
        for index in legs {
            steps += 1
            guard run.jobs[index].state == .blocked, isCalled(run.jobs[index]) else { continue }
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
            case .skip: become(index, .done(run.isCancelRequested ? .cancelled : .skipped))
            case .fail(let why): become(index, .done(.failure), why)
            case .ready:
                if let deferred = run.jobs[index].deferred {
                    expand(index, deferred, of: node, state, steps: &steps)
                } else if !passes(index, of: node, state, steps: &steps) {
                    break
                } else if run.jobs[index].place != nil {
                    // It has its slot since it asked for its group.
                    if case .held = run.jobs[index].place { begin(index, of: node, state) }
                } else if slots > 0 {
                    start(index, of: node, state, steps: &steps)
                    if run.jobs[index].holdsSlot { slots -= 1 }
                }
            }
            if failed.contains(index) { failFast(legs, graph, steps: &steps) }
        }
    }

    /// Whether the rules of its environment let a job start; they come before slots and groups, which it would only block.
    private mutating func passes(_ index: Int, of node: Int, _ state: NeedsState, steps: inout Int) -> Bool {
        let job = run.jobs[index]
        guard let environment = job.environment else { return true }
        switch job.gate {
        case .open: return true
        case .closed: return false
        case .refused(let why):
            become(index, .done(.failure), why)
            return false
        case nil: break
        }
        do throws(EnvironmentFault) {
            guard
                let wanted = try state.environment(
                    of: environment, calledBy: job.caller, node, &groupBudget, steps: &steps)
            else {
                return true
            }
            made.append((index, .gate(job.id, wanted)))
        } catch {
            let why = "\"environment\" of job \"\(job.key)\" cannot be evaluated: \(error.words)"
            become(index, .done(.failure), why)
        }
        return false
    }

    /// The slot comes before the group: a job that has none cancels nobody (workflows.md 9).
    private mutating func start(_ index: Int, of node: Int, _ state: NeedsState, steps: inout Int) {
        let job = run.jobs[index]
        guard let concurrency = job.concurrency else { return begin(index, of: node, state) }
        switch state.group(of: concurrency, calledBy: job.caller, node, &groupBudget, steps: &steps) {
        case .none: begin(index, of: node, state)
        case .fault(let why):
            become(index, .done(.failure), "\"concurrency\" of job \"\(job.key)\" cannot be evaluated: \(why)")
        case .group(let group) where group.key == run.groupKey:
            let why =
                "the concurrency group \"\(group.name)\" of job \"\(job.key)\" is that of its own run, whose end it would wait for; "
                + "name another group"
            become(index, .done(.failure), why)
        case .group(let group) where hasCaller(job, in: group):
            let why =
                "the concurrency group \"\(group.name)\" of job \"\(job.key)\" is that of a job that called it, whose end it would "
                + "wait for; name another group"
            become(index, .done(.failure), why)
        case .group(let group):
            run.jobs[index].place = .wanted(group)
            made.append((index, .want(job.id, group)))
        }
    }

    /// Whether a job that called this one, directly or through others, has the group.
    private func hasCaller(_ job: JobSnapshot, in group: PlannedGroup) -> Bool {
        var caller = job.caller
        while let id = caller, let found = run.jobs.first(where: { $0.id == id }) {
            if found.groupKey == group.key { return true }
            caller = found.caller
        }
        return false
    }

    private mutating func expand(
        _ index: Int, _ deferred: DeferredJob, of node: Int, _ state: NeedsState, steps: inout Int
    ) {
        let expansion = state.expansion(
            of: deferred, node, legsMax: jobsMax + 1, planningSteps: &planningSteps, steps: &steps)
        switch expansion {
        case .legs(let legs) where legs.isEmpty: become(index, .done(.skipped))
        case .legs(let legs):
            jobsMax -= legs.count - 1
            // It is not done, so what needs it waits; the legs are judged once they are there.
            made.append((index, .expand(run.jobs[index].id, legs)))
        case .fault(let why): become(index, .done(.failure), why)
        }
    }

    // MARK: called workflows (workflows.md 13)

    /// Lets a job wait for a runner, or call its workflow.
    private mutating func begin(_ index: Int, of node: Int, _ state: NeedsState) {
        if run.jobs[index].scope != nil {
            // A rerun goes on with the same call.
            run.jobs[index].state = .calling(isCancelled: false)
            made.append((index, .move(run.jobs[index].id, to: .calling(isCancelled: false), problem: "")))
        } else if let made = run.jobs[index].call {
            call(index, made, of: node, state)
        } else {
            become(index, .waiting)
        }
    }

    /// Whether the job is at the top, or its caller is at work: in a rerun it may wait for its group once more.
    private func isCalled(_ job: JobSnapshot) -> Bool {
        guard let caller = job.caller else { return true }
        return run.jobs.first { $0.id == caller }?.state.isCalling ?? true
    }

    private mutating func call(_ index: Int, _ call: WorkflowCall, of node: Int, _ state: NeedsState) {
        let expansion = call.expansion(
            run.values, needs: state.results(neededBy: node), files: run.calledFiles, jobsMax: jobsMax,
            steps: &planningSteps)
        switch expansion {
        case .jobs(let jobs, let scope):
            jobsMax -= jobs.count
            run.jobs[index].state = .calling(isCancelled: false)
            made.append((index, .call(run.jobs[index].id, jobs, scope)))
        case .fault(let why): become(index, .done(.failure), why)
        }
    }

    /// Ends a call when all that it called is done.
    private mutating func endCall(_ index: Int, _ state: NeedsState, _ graph: RunGraph) {
        let caller = run.jobs[index]
        let nodes = graph.nodes(calledBy: caller.id)
        let called = nodes.compactMap { state.result(of: $0) }
        // Without any it has just called them.
        guard !nodes.isEmpty, called.count == nodes.count,
            let result = Conclusion(rawValue: aggregate(called.map(\.result)).rawValue)
        else { return }
        // What somebody cancelled ends as cancelled, whatever else happened to it.
        let conclusion = caller.state == .calling(isCancelled: true) ? .cancelled : result
        do throws(CallFault) {
            let outputs = try caller.scope?.outputs(run.values, jobs: called) ?? []
            run.jobs[index].outputs = outputs
            if !outputs.isEmpty { made.append((index, .callOutputs(caller.id, outputs))) }
            end(index, as: conclusion)
        } catch {
            end(index, as: .failure, "job \"\(caller.key)\": \(error.words)")
        }
    }

    private mutating func end(_ index: Int, as conclusion: Conclusion, _ problem: String = "") {
        run.jobs[index].state = .done(conclusion)
        if conclusion == .failure { failed.insert(index) }
        made.append((index, .move(run.jobs[index].id, to: .done(conclusion), problem: problem)))
    }

    private mutating func become(_ index: Int, _ state: JobState, _ problem: String = "") {
        // What was about to start and is cancelled after all does not start first.
        made.removeAll { $0.index == index }
        run.jobs[index].state = state
        if state == .done(.failure) { failed.insert(index) }
        made.append((index, .move(run.jobs[index].id, to: state, problem: problem)))
    }

    // MARK: legs of a matrix (workflows.md 9)

    /// How many legs of a matrix may start beside those that are at work. One that is being cancelled still has its slot.
    private func freeSlots(_ legs: [Int], steps: inout Int) -> Int64 {
        guard let first = legs.first, let most = run.jobs[first].strategy.maxParallel else { return .max }
        steps += legs.count
        return most - Int64(legs.count { run.jobs[$0].holdsSlot })
    }

    /// The first failure of a leg cancels the others that are not done, once: a rerun may run beside legs that failed before.
    private mutating func failFast(_ legs: [Int], _ graph: RunGraph, steps: inout Int) {
        guard legs.count > 1, !failed.isEmpty else { return }
        steps += legs.count
        let culprit = legs.first { index in
            failed.contains(index) && !run.jobs[index].continueOnError && run.jobs[index].strategy.failFast
        }
        guard let culprit else { return }
        failed.subtract(legs)
        let why =
            "job \(run.jobs[culprit].id), another leg of the same matrix, failed and \"fail-fast\" is on, so this one was cancelled"
        for index in legs { giveUp(index, why, graph) }
    }

    private mutating func giveUp(_ index: Int, _ why: String, _ graph: RunGraph) {
        let new: JobState
        switch run.jobs[index].state {
        case .blocked, .waiting, .running(_, runnerCanCancel: false): new = .done(.cancelled)
        case .running(let task, runnerCanCancel: true): new = .cancelling(task)
        // It ends with what it called.
        case .calling:
            for node in graph.nodes(calledBy: run.jobs[index].id) {
                for called in graph.nodes[node].legs { giveUp(called, why, graph) }
            }
            // It has just called, and nothing of that is there: it never did.
            guard graph.nodes(calledBy: run.jobs[index].id).isEmpty else { return }
            new = .done(.cancelled)
        // Somebody cancelled it before, and its runner was told.
        case .cancelling, .done: return
        }
        become(index, new, why)
        run.jobs[index].isGivenUp = true
        made.append((index, .giveUp(run.jobs[index].id)))
    }
}
