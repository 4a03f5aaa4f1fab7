import Domain

/// A run to be made, under the number and id that were taken for it.
struct ReservedPlan: RunPlan {
    let planned: PlannedRun
    let reserved: RunReservation
    let inbox: InboxID?
    let actor: AccountID?
    var jobCount: Int { planned.jobs.count }
    var problem: String { planned.problem }
    var needsApproval: Bool { planned.needsApproval }
}

/// PostgreSQL's tables inside one open transaction, as the scripts of Domain see them. Each operation is one statement of
/// the store that writes its table.
struct StoreTables: TaskTables {
    let tx: Transaction
    let settings: RunStore.Settings
    /// As on GitHub: a job whose `if` holds with `cancelled()` true runs behind a cancel (workflows.md 20.2).
    var cleansUp: Bool { true }

    // MARK: locks and reads

    func enterGroup(of plan: ReservedPlan) throws -> GroupEntry? {
        guard let group = plan.planned.group else { return nil }
        return try GroupStore.enter(group, in: plan.reserved.repository, in: tx)
    }
    func enterGroup(_ group: GroupID) throws -> GroupEntry { try GroupStore.enter(group, in: tx) }
    func enterGroup(_ group: PlannedGroup, in repository: RepositoryID) throws -> GroupEntry {
        try GroupStore.enter(group, in: repository, in: tx)
    }
    func name(of group: GroupID) throws -> String { try GroupStore.name(of: group, in: tx) }
    func wish(of job: JobID) throws -> GroupWish? { try JobStore.wish(of: job, in: tx) }
    func want(_ group: PlannedGroup, _ job: JobID) throws { try JobStore.want(group, job, in: tx) }
    func enter(_ job: JobID, _ entry: GroupEntry) throws { try JobStore.enter(job, entry, in: tx) }
    func hold(_ job: JobID) throws { try JobStore.hold(job, in: tx) }
    func enter(_ run: RunID, _ place: GroupPlace) throws { try RunStore.enter(run, place, in: tx) }
    func environment(_ wanted: PlannedEnvironment, of run: RunID) throws -> (rules: EnvironmentRules, ref: String) {
        try DeploymentStore.environment(wanted, of: run, in: tx)
    }
    func insert(_ deployment: PlannedDeployment, of job: JobID) throws {
        try DeploymentStore.insert(deployment, of: job, in: tx)
    }
    func pendingReviews(of run: RunID) throws -> [PendingReview] {
        try DeploymentStore.pendingReviews(of: run, in: tx)
    }
    func starter(of run: RunID) throws -> AccountID? { try DeploymentStore.starter(of: run, in: tx) }
    func review(_ job: JobID, _ review: DeploymentReview, refusal: String) throws {
        try DeploymentStore.review(job, review, refusal: refusal, in: tx)
    }
    func lockGroup(_ group: GroupID) throws { try GroupStore.lock(group, in: tx) }
    func group(of run: RunID) throws -> GroupID? { try RunStore.group(of: run, in: tx) }
    func members(of group: GroupID) throws -> [GroupMember] { try RunStore.members(of: group, in: tx) }
    func lockRun(_ run: RunID) throws -> LockedRun? { try RunStore.lock(run, in: tx) }
    func lockUnfinishedJobs(of run: RunID) throws { try JobStore.lockUnfinished(of: run, in: tx) }
    func jobs(of run: RunID, attempt: Int64) throws -> [LoadedJob] {
        try JobStore.load(attempt: attempt, of: run, in: tx)
    }
    func outputs(of run: RunID, attempt: Int64) throws -> [JobID: [JobOutput]] {
        try JobStore.outputs(attempt: attempt, of: run, in: tx)
    }
    func values(of run: RunID) throws -> RunValues { try RunStore.values(of: run, base: settings.base, in: tx) }
    func calledFiles(of run: RunID) throws -> [String: [UInt8]] { try CalledFileStore.files(of: run, in: tx) }
    func queueTail(of owner: AccountID) throws -> QueueTail {
        try JobStore.queueTail(of: owner, spacingSeconds: settings.fairSpacingSeconds, in: tx)
    }

    // MARK: changes

    func move(_ job: JobID, _ move: JobMove) throws { try JobStore.move(job, move, in: tx) }
    func countReturn(of job: JobID) throws { try JobStore.countReturn(of: job, in: tx) }
    func holdDependents(of job: JobID) throws { try JobStore.holdDependents(of: job, in: tx) }
    func releaseDependents(of job: JobID) throws { try JobStore.releaseDependents(of: job, in: tx) }
    func giveUp(_ job: JobID) throws { try JobStore.giveUp(job, in: tx) }
    func end(_ task: TaskID, as status: Status, endedByServer: Bool) throws {
        try TaskStore.end(task, as: status, byServer: endedByServer, in: tx)
    }
    func endSteps(of task: TaskID, as status: Status) throws { try TaskStore.endSteps(of: task, as: status, in: tx) }
    func unspendRunner(of task: TaskID) throws -> String? { try RunnerStore.unspend(task, in: tx) }
    func requestCancel(of run: RunID, problem: String) throws {
        try RunStore.requestCancel(of: run, problem: problem, in: tx)
    }
    func hold(_ run: RunID) throws { try RunStore.hold(run, in: tx) }
    func approve(_ run: RunID, by actor: AccountID?) throws { try RunStore.approve(run, by: actor, in: tx) }
    func move(_ run: RunID, to status: Status) throws -> Bool {
        guard try RunStore.move(run, to: status, in: tx) else { return false }
        if let happening = RunHappening(status) { try InboxStore.tell(happening, of: run, base: settings.base, in: tx) }
        return true
    }

    // MARK: making

    func insertRun(_ plan: ReservedPlan, status: Status, place: GroupPlace?) throws -> RunID? {
        guard let run = try RunStore.insert(plan, status: status, place: place, in: tx) else { return nil }
        try InboxStore.tell(.requested, of: run, base: settings.base, in: tx)
        // One without jobs ends as it is made.
        if status.isDone, let happening = RunHappening(status) {
            try InboxStore.tell(happening, of: run, base: settings.base, in: tx)
        }
        try CalledFileStore.put(plan.planned.calledFiles, of: run, in: tx)
        return run
    }
    func insertAttempt(_ number: Int64, of run: RunID, by actor: AccountID?, status: Status) throws -> AttemptID {
        try RunStore.insertAttempt(number, of: run, actor: actor, status: status, in: tx)
    }
    func insertJobs(_ plan: ReservedPlan, run: RunID, attempt: AttemptID, status: Status) throws -> [NewJob] {
        // Numbers were reserved some time ago: the repository may have been handed over since.
        let owner = try RepositoryStore.owner(of: plan.reserved.repository, in: tx)
        return try JobStore.insert(
            plan.planned.jobs, run: run, attempt: attempt, repository: plan.reserved.repository,
            owner: owner ?? plan.reserved.owner, status: status, in: tx)
    }
    func startAttempt(_ number: Int64, of run: RunID, status: Status, place: GroupPlace?) throws {
        try RunStore.startAttempt(number, of: run, status: status, place: place, in: tx)
        try InboxStore.tell(.requested, of: run, base: settings.base, in: tx)
    }
    func attempt(_ number: Int64, of run: RunID) throws -> AttemptID {
        try RunStore.attempt(number, of: run, in: tx)
    }
    func copyJobs(from old: AttemptID, to new: AttemptID, _ plan: RerunPlan, status: Status) throws -> [NewJob] {
        try JobStore.copy(from: old, to: new, plan, status: status, in: tx)
    }

    func expand(_ job: LoadedJob, into legs: [PlannedJob]) throws -> [LoadedJob] {
        try JobStore.expand(job, into: legs, in: tx)
    }

    func call(_ jobs: [PlannedJob], from caller: LoadedJob, _ scope: CallScope) throws -> [NewJob] {
        try JobStore.call(jobs, from: caller, scope, status: JobState.blocked.status, in: tx)
    }
    func put(_ outputs: [JobOutput], ofCall job: JobID) throws { try JobStore.put(outputs, ofCall: job, in: tx) }

    // MARK: telling

    func append(_ event: Event) throws { try EventStore.append(event, in: tx) }
    func appendFirst(of jobs: [NewJob], run: RunID) throws { try EventStore.appendFirst(of: jobs, run: run, in: tx) }
    func notifyWaiting(_ job: LoadedJob) throws {
        try tx.notify(
            RunStore.waitingChannel, "\(job.labelSet) \(job.repository) \(job.owner) \(job.snapshot.id)")
    }
    func notifyGroup(_ group: GroupID) throws { try tx.notify(RunStore.groupChannel, "\(group)") }
    func notifyWish(of job: JobID) throws { try tx.notify(RunStore.groupChannel, "job \(job)") }
    func notifyChanged(runner uuid: String) throws { try tx.notify(RunnerStore.changedChannel, uuid) }

    // MARK: claims

    func lock(requestKey: String, of runner: RunnerID) throws -> Bool {
        try TaskClaims.lock(requestKey, of: runner, in: tx)
    }
    func unheardTasks(of runner: RunnerID, requestKey: String) throws -> [TaskID] {
        try TaskStore.unheard(of: runner, requestKey: requestKey, in: tx)
    }
    func renewToken(of task: TaskID, hash: [UInt8]) throws { try TaskStore.renewToken(of: task, hash: hash, in: tx) }
    func admit(_ runner: Claimant) throws -> Bool { try RunnerStore.admit(runner, in: tx) }
    func pick(_ claim: Claim) throws -> PickedJob? {
        try JobStore.pick(labelSets: claim.labelSets, scope: claim.runner.scope, handle: claim.handle, in: tx)
    }
    func status(of run: RunID) throws -> Status { try RunStore.status(of: run, in: tx) }
    func lockRunWithoutWaiting(_ run: RunID) throws { try RunStore.lockWithoutWaiting(run, in: tx) }
    func insert(_ task: NewTask) throws -> TaskID { try TaskStore.insert(task, in: tx) }
    func assign(_ job: JobID, to task: TaskID, status: Status) throws {
        try JobStore.assign(job, to: task, status: status, in: tx)
    }
    func spend(_ runner: RunnerID) throws { try RunnerStore.spend(runner, in: tx) }
    func notifyAssigned(to runner: RunnerID) throws { try tx.notify(TaskClaims.assignedChannel, "\(runner)") }
    func savepoint<Value>(_ body: () throws -> Value) throws -> Value { try tx.savepoint(body) }

    // MARK: reports and losses

    func locate(_ task: TaskID) throws -> LocatedTask? { try TaskStore.locate(task, in: tx) }
    func hear(_ task: TaskID) throws -> TaskStanding { try TaskStore.hear(task, in: tx) }
    func put(_ steps: [ReportedStep], of task: TaskID) throws { try TaskStore.put(steps, of: task, in: tx) }
    func outputNames(of task: TaskID) throws -> [String] { try TaskStore.outputNames(of: task, in: tx) }
    func outputBytes(ofRunOf task: TaskID) throws -> Int64 { try TaskStore.outputBytes(ofRunOf: task, in: tx) }
    func put(_ outputs: [JobOutput], of task: TaskID) throws { try TaskStore.put(outputs, of: task, in: tx) }
    func refuse(_ outputs: [String], of task: TaskID) throws { try TaskStore.refuse(outputs, of: task, in: tx) }
    func failedSteps(of task: TaskID) throws -> [FailedStep] { try TaskStore.failedSteps(of: task, in: tx) }
    func payload(of task: TaskID) throws -> String { try TaskStore.payload(of: task, in: tx) }
    func standing(of task: TaskID) throws -> TaskStanding { try TaskStore.standing(of: task, in: tx) }
    func clock(of task: TaskID) throws -> LiveTaskClock? { try TaskStore.clock(of: task, in: tx) }
}
