/// The script of every transaction that changes a run: lock, load, decide, write, tell.
///
/// Lock order: concurrency group, run, its unfinished jobs by id, then tasks, then steps. Handlers, sweeps, reruns and the simulation change
/// runs by this and by nothing else, but for a claim (`ClaimScript`).
public struct RunScript<Tables: RunTables> {
    let tables: Tables

    public init(on tables: Tables) { self.tables = tables }

    /// Locks the run, then its unfinished jobs by id.
    ///
    /// - Returns: nil when the run is gone.
    public func lock(_ run: RunID) throws -> LockedRun? {
        guard let locked = try tables.lockRun(run) else { return nil }
        try tables.lockUnfinishedJobs(of: run)
        return locked
    }

    /// Locks, loads, decides, writes.
    ///
    /// - Parameters:
    ///   - problem: in words, why the server ends a job; kept with the job.
    ///   - actor: the person who asked for it.
    /// - Throws: `JobRefusal`, with nothing changed.
    public func apply(
        _ event: RunEvent, to run: RunID, problem: String = "", by actor: AccountID? = nil
    ) throws -> [RunChange] {
        guard let locked = try lock(run) else { return [] }
        return try apply(event, to: locked, problem: problem, by: actor)
    }

    func apply(
        _ event: RunEvent, to run: LockedRun, problem: String = "", by actor: AccountID? = nil
    ) throws -> [RunChange] {
        let jobs = try load(run)
        let asksValues = jobs.contains {
            $0.snapshot.state.isCalling
                || $0.snapshot.state == .blocked
                    && ($0.snapshot.condition != nil || $0.snapshot.standsFor != nil || $0.snapshot.asksForGroup
                        || $0.snapshot.asksForGate)
        }
        var snapshot = RunSnapshot(
            jobs: jobs.map(\.snapshot), values: asksValues ? try tables.values(of: run.id) : .unasked,
            isCancelRequested: run.isCancelRequested, cleansUp: tables.cleansUp, group: run.group, isHeld: run.isHeld)
        if jobs.contains(where: { $0.snapshot.state == .blocked && $0.snapshot.call != nil }) {
            snapshot.calledFiles = try tables.calledFiles(of: run.id)
        }
        if let group = run.group, jobs.contains(where: \.snapshot.asksForGroup) {
            snapshot.groupKey = PlannedGroup(name: try tables.name(of: group), cancelsInProgress: false).key
        }
        let changes = try decide(snapshot, event, problem: problem)
        if event.isCancel, !changes.isEmpty {
            try tables.append(Event(.cancelRequested, run: run.id, actor: actor, detail: problem))
        }
        try write(changes, to: run, jobs: jobs, problem: problem, endedByServer: event.isServers)
        guard changes.contains(where: \.asksAgain) else { return changes }
        // What was just called may call in turn, on each level.
        let isCancelled = changes.contains(.requestCancel)
        return changes + (try apply(.examined, to: isCancelled ? run.cancelRequested : run))
    }

    /// Outputs may be megabytes, and only conditions and expansions of blocked jobs can ask for them here.
    func load(_ run: LockedRun) throws -> [LoadedJob] {
        var jobs = try tables.jobs(of: run.id, attempt: run.attempt)
        let isAsked = jobs.contains {
            $0.snapshot.state.isCalling
                || $0.snapshot.state == .blocked
                    && ($0.snapshot.standsFor != nil || conditionReadsNeeds($0.snapshot.condition)
                        || $0.snapshot.asksForGroup && $0.snapshot.concurrency?.readsNeeds ?? false
                        || $0.snapshot.asksForGate && $0.snapshot.environment?.readsNeeds ?? false)
        }
        guard isAsked else { return jobs }
        let outputs = try tables.outputs(of: run.id, attempt: run.attempt)
        for index in jobs.indices { jobs[index].snapshot.outputs = outputs[jobs[index].snapshot.id] ?? [] }
        return jobs
    }

    /// Looks whether an event was missed; never so while all is well.
    ///
    /// - Returns: whether anything had to be repaired.
    public func examine(_ run: RunID) throws -> Bool {
        guard let locked = try lock(run) else { return false }
        return try apply(.examined, to: locked) != [.run(locked.status)]
    }

    // MARK: writing what was decided

    private func write(
        _ changes: [RunChange], to run: LockedRun, jobs: [LoadedJob], problem: String, endedByServer: Bool
    ) throws {
        let loaded = Dictionary(jobs.map { ($0.snapshot.id, $0) }, uniquingKeysWith: { first, _ in first })
        var queue: QueueTail?
        for change in changes {
            switch change {
            case .move(let id, let state, let problem):
                guard let job = loaded[id] else { continue }
                let key = state == .waiting ? try place(of: job, &queue) : job.queueKey
                try write(job, state, problem: problem, queueKey: key, run: run.id, endedByServer: endedByServer)
            case .countReturn(let job): try tables.countReturn(of: job)
            case .holdDependents(let job): try tables.holdDependents(of: job)
            case .releaseDependents(let job): try tables.releaseDependents(of: job)
            case .expand(let id, let legs):
                guard let job = loaded[id] else { continue }
                let made = try tables.expand(job, into: legs)
                let siblings = made.dropFirst().map {
                    NewJob($0.snapshot.id, status: $0.snapshot.state.status, position: $0.position)
                }
                if !siblings.isEmpty { try tables.appendFirst(of: siblings, run: run.id) }
            case .call(let id, let called, let scope):
                guard let job = loaded[id] else { continue }
                let made = try tables.call(called, from: job, scope)
                try write(
                    job, .calling(isCancelled: false), problem: "", queueKey: nil, run: run.id,
                    endedByServer: endedByServer)
                try tables.appendFirst(of: made, run: run.id)
            case .callOutputs(let job, let outputs): try tables.put(outputs, ofCall: job)
            case .giveUp(let job): try tables.giveUp(job)
            case .gate(let job, let wanted):
                let (rules, ref) = try tables.environment(wanted, of: run.id)
                try tables.insert(PlannedDeployment(wanted, rules, ref: ref), of: job)
            case .want(let job, let group):
                try tables.want(group, job)
                try tables.notifyWish(of: job)
            case .requestCancel: try tables.requestCancel(of: run.id, problem: problem)
            case .run(let status): try move(run.id, to: status)
            case .wake(let group): try tables.notifyGroup(group)
            }
        }
    }

    private func write(
        _ job: LoadedJob, _ state: JobState, problem: String, queueKey: Int64?, run: RunID, endedByServer: Bool
    ) throws {
        let id = job.snapshot.id
        let isQueued = state == .waiting
        try tables.move(
            id, JobMove(status: state.status, problem: problem, queueKey: queueKey, task: isQueued ? nil : job.task))
        if let task = job.task, !job.snapshot.state.status.isDone {
            // An assignment that goes back to the queue ends as cancelled: its runner, if it ever hears, must stop.
            let taskStatus = isQueued ? .cancelled : state.status
            try tables.end(task, as: taskStatus, endedByServer: endedByServer)
            // No step may look as if it still ran (go-gitea/gitea#35956).
            if taskStatus.isDone { try tables.endSteps(of: task, as: taskStatus) }
            if isQueued, let runner = try tables.unspendRunner(of: task) { try tables.notifyChanged(runner: runner) }
        }
        try tables.append(
            Event(.jobStatus, run: run, job: id, task: job.task, status: state.status, detail: problem))
        if isQueued { try tables.notifyWaiting(job) }
    }

    /// The job's place in the queue. One that goes back stands where it stood; a new one behind the owner's last.
    private func place(of job: LoadedJob, _ queue: inout QueueTail?) throws -> Int64 {
        if let kept = job.queueKey { return kept }
        var tail = try queue ?? tables.queueTail(of: job.owner)
        defer { queue = tail }
        return tail.next()
    }

    /// Writes the status of the run and its latest attempt, when it is another one.
    func move(_ run: RunID, to status: Status) throws {
        guard try tables.move(run, to: status) else { return }
        try tables.append(Event(.runStatus, run: run, status: status))
    }
}

extension RunEvent {
    var isCancel: Bool { self == .cancelRequested || self == .forceCancelRequested }

    /// Whether the server itself ends a task by this: its runner must hear "cancelled" (runner.md 4.4).
    var isServers: Bool {
        switch self {
        case .job(_, .lost), .job(_, .unbuildable), .job(_, .released), .cancelRequested, .forceCancelRequested: true
        case .planned, .outputsSettled, .examined, .woken, .approved, .job: false
        }
    }
}
