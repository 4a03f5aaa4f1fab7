import Domain

/// The simulation's tables inside one open transaction, as the scripts of Domain see them.
///
/// Rows are used only with the locks that PostgreSQL's conformer needs for them, taken in the order that ARCHITECTURE.md
/// names: anything else is `Broken`. What is told is kept until the commit, for the checks.
final class WorldTables: RunTables {
    let world: World
    var isFailed = false
    var waiting: [JobID] = []
    var changedRunners: Set<String> = []
    var assigned: Set<RunnerID> = []
    var events: [Event] = []
    var touched: Set<RunID> = []
    /// Those that somebody has to look at.
    var groups: [GroupID] = []
    /// Jobs that somebody has to let into a group.
    var wishes: [JobID] = []

    struct Locks {
        var groups: Set<GroupID> = []
        var runs: Set<RunID> = []
        var jobsOf: Set<RunID> = []
        var picked: Set<JobID> = []
        var tasks: Set<TaskID> = []
        var keys: Set<String> = []
        var admitted: Set<RunnerID> = []
    }
    var locks = Locks()

    init(_ world: World) { self.world = world }

    var cleansUp: Bool { world.cleansUp }

    /// Whoever locked a group without entering it makes one move, and is asked again until there is none.
    var isWaking = false

    /// Each operation is a statement: it fails in a failed transaction, and the process may be killed at it.
    func statement(_ holds: Bool = true, _ words: @autoclosure () -> String = "") throws {
        if isFailed { throw World.Broken("a statement in a transaction that had failed") }
        if !holds { throw World.Broken(words()) }
        if world.isFaulty, world.lots.oneIn(1000) {
            world.seen.crashes += 1
            throw Crash()
        }
    }

    func holds(_ job: JobID) -> Bool {
        locks.picked.contains(job) || locks.jobsOf.contains(world[job].run)
    }

    // MARK: locks and reads

    func enterGroup(of plan: WorkflowPlan) throws -> GroupEntry? {
        guard let group = plan.group else { return nil }
        return try enterGroup(group, in: plan.repository)
    }

    func enterGroup(_ group: PlannedGroup, in repository: RepositoryID) throws -> GroupEntry {
        let known = world.rows.groups.first {
            $0.repository == repository && PlannedGroup(name: $0.name, cancelsInProgress: false).key == group.key
        }
        if let known { return try enterGroup(known.id) }
        let id = GroupID(Int64(world.rows.groups.count) + 1)
        world.rows.groups.append(GroupRow(id: id, repository: repository, name: group.name))
        return try enterGroup(id)
    }

    func name(of group: GroupID) throws -> String {
        try statement()
        return world.rows.groups[Int(group.number) - 1].name
    }

    func wish(of job: JobID) throws -> GroupWish? {
        try statement()
        let row = world[job]
        guard row.status == .blocked, row.group == nil, let wanted = row.wanted else { return nil }
        return GroupWish(run: row.run, repository: world[row.run].repository, group: wanted)
    }

    func want(_ group: PlannedGroup, _ job: JobID) throws {
        try statement(holds(job), "job \(job) wants a group without its lock")
        guard world[job].wanted == nil else { throw World.Broken("job \(job) wants a group twice") }
        world[job].wanted = group
        world.seen.wishes += 1
    }

    func enter(_ job: JobID, _ entry: GroupEntry) throws {
        try statement(
            holds(job) && locks.groups.contains(entry.group), "job \(job) enters a group without the locks")
        world[job].group = entry.group
        world[job].turn = entry.turn
        // Whoever lets it enter is told which group to look at.
        isWaking = true
    }

    func hold(_ job: JobID) throws {
        let isLocked = holds(job) && world[job].group.map(locks.groups.contains) ?? false
        try statement(isLocked, "job \(job) is let into its group without the locks")
        world[job].holdsGroup = true
    }

    /// By their names: `timed` waits, `reviewed` is approved by account 1, `main` is for that branch alone.
    func environment(_ wanted: PlannedEnvironment, of run: RunID) throws -> (rules: EnvironmentRules, ref: String) {
        try statement(locks.runs.contains(run), "an environment is read without its run's lock")
        let name = wanted.name
        return (
            EnvironmentRules(
                id: EnvironmentID(Int64(World.environments.firstIndex(of: name) ?? 0) + 1), name: name,
                waitMinutes: name == "timed" ? 2 : 0, needsReview: name == "reviewed",
                branches: name == "main" ? .custom([BranchPolicy(pattern: "main", kind: .branch)]) : .all),
            world[run].ref
        )
    }

    func insert(_ deployment: PlannedDeployment, of job: JobID) throws {
        try statement(holds(job), "job \(job) uses an environment without its lock")
        guard world[job].deployment == nil else { throw World.Broken("job \(job) uses an environment twice") }
        world[job].deployment = deployment
        world[job].refusal = deployment.refusal
        world[job].waitUntil = world.now.adding(seconds: deployment.waitMinutes * 60)
        world.seen.gates += 1
    }

    func pendingReviews(of run: RunID) throws -> [PendingReview] {
        try statement(locks.jobsOf.contains(run), "reviews of run \(run) are read before its jobs are locked")
        return world[run].latest.compactMap { job in
            let row = world[job]
            guard row.status == .blocked, let deployment = row.deployment, deployment.needsReview, row.review == nil
            else { return nil }
            return PendingReview(
                job: job, environment: deployment.environment, name: deployment.name, reviewers: [AccountID(1)],
                preventsSelfReview: false)
        }
    }

    func starter(of run: RunID) throws -> AccountID? {
        try statement()
        return world[run].attempts.last?.actor
    }

    func review(_ job: JobID, _ review: DeploymentReview, refusal: String) throws {
        try statement(holds(job), "job \(job) is reviewed without its lock")
        world[job].review = review.state
        world[job].refusal = refusal
    }

    func enter(_ run: RunID, _ place: GroupPlace) throws {
        let isLocked = locks.runs.contains(run) && locks.groups.contains(place.group)
        try statement(isLocked, "run \(run) enters its group without the locks")
        put(run, place)
    }

    func enterGroup(_ group: GroupID) throws -> GroupEntry {
        try lockGroup(group)
        isWaking = false
        let index = Int(group.number) - 1
        world.rows.groups[index].nextTurn += 1
        return GroupEntry(group, turn: world.rows.groups[index].nextTurn)
    }

    func lockGroup(_ group: GroupID) throws {
        try statement(
            locks.runs.isEmpty && locks.tasks.isEmpty && locks.picked.isEmpty, "group \(group) is locked behind a run")
        locks.groups.insert(group)
        isWaking = true
    }

    func group(of run: RunID) throws -> GroupID? {
        try statement()
        return world[run].group
    }

    func members(of group: GroupID) throws -> [GroupMember] {
        try statement(locks.groups.contains(group), "members of group \(group) are read before it is locked")
        return world.rows.members(of: group)
    }

    func lockRun(_ run: RunID) throws -> LockedRun? {
        try statement(
            locks.runs.contains(run) || locks.tasks.isEmpty && locks.picked.isEmpty,
            "run \(run) is locked behind its jobs or tasks")
        locks.runs.insert(run)
        touched.insert(run)
        let row = world[run]
        return LockedRun(
            run, attempt: row.attempt, status: row.status, isCancelRequested: row.isCancelRequested, group: row.group,
            holdsGroup: row.holdsGroup, approval: row.approval)
    }

    func lockUnfinishedJobs(of run: RunID) throws {
        try statement(
            locks.runs.contains(run) && locks.tasks.isEmpty, "jobs of run \(run) are locked out of order")
        locks.jobsOf.insert(run)
    }

    func jobs(of run: RunID, attempt: Int64) throws -> [LoadedJob] {
        try statement(locks.jobsOf.contains(run), "jobs of run \(run) are read before they are locked")
        return world[run].attempts[Int(attempt) - 1].jobs.map { id in
            LoadedJob(
                snapshot: world.snapshot(of: id), task: world[id].task, queueKey: world[id].queueKey, labelSet: 1,
                repository: world[run].repository, owner: world[run].owner, position: world[id].position)
        }
    }

    func outputs(of run: RunID, attempt: Int64) throws -> [JobID: [JobOutput]] {
        try statement()
        let jobs = world[run].attempts[Int(attempt) - 1].jobs
        return Dictionary(uniqueKeysWithValues: jobs.map { ($0, world.outputs(of: $0)) })
    }

    func values(of run: RunID) throws -> RunValues {
        try statement()
        return world.values(of: run)
    }

    func queueTail(of owner: AccountID) throws -> QueueTail {
        try statement()
        let last =
            world.spacingMicroseconds == 0
            ? nil
            : world.unfinished.filter { world[$0].owner == owner }.flatMap { world[$0].latest }
                .filter { world[$0].status == .waiting }.compactMap { world[$0].queueKey }.max()
        return QueueTail(now: world.now, last: last, weight: 1, spacingMicroseconds: world.spacingMicroseconds)
    }

    // MARK: changes

    func move(_ job: JobID, _ move: JobMove) throws {
        try statement(holds(job), "job \(job) is moved without its lock")
        world[job].status = move.status
        world[job].changedAt = world.now
        world[job].queueKey = move.queueKey
        world[job].task = move.task
        if move.problem != "" { world[job].problem = move.problem }
    }

    func countReturn(of job: JobID) throws {
        try statement(holds(job), "job \(job) is counted without its lock")
        world[job].returns += 1
    }

    func holdDependents(of job: JobID) throws {
        try statement(holds(job), "job \(job) holds dependents without its lock")
        world[job].settleDueAt = world.now.adding(seconds: 10)
    }

    func releaseDependents(of job: JobID) throws {
        try statement(locks.runs.contains(world[job].run), "job \(job) releases dependents without the run's lock")
        world[job].settleDueAt = nil
        world.seen.settled += 1
    }

    func giveUp(_ job: JobID) throws {
        try statement(holds(job), "job \(job) is given up without its lock")
        world[job].isGivenUp = true
        world.seen.givenUp += 1
    }

    func end(_ task: TaskID, as status: Status, endedByServer: Bool) throws {
        try statement(holds(world[task].job), "task \(task) is ended without its job's lock")
        guard world[task].isLive else { return }
        world[task].status = status
        world[task].isEndedByServer = endedByServer
        if status.isDone { world[task].stoppedAt = world.now }
    }

    func endSteps(of task: TaskID, as status: Status) throws {
        try statement(!world[task].isLive, "steps of task \(task) are ended before it")
        for index in world[task].steps.indices where !world[task].steps[index].isDone {
            world[task].steps[index] = status
        }
    }

    func unspendRunner(of task: TaskID) throws -> String? {
        try statement()
        let runner = world[world[task].runner]
        guard world[task].heardAt == nil, runner.isEphemeral else { return nil }
        world[runner.id].isSpent = false
        return runner.uuid
    }

    func requestCancel(of run: RunID, problem: String) throws {
        try statement(locks.runs.contains(run), "run \(run) is cancelled without its lock")
        world[run].isCancelRequested = true
    }

    func hold(_ run: RunID) throws {
        let isLocked = locks.runs.contains(run) && world[run].group.map(locks.groups.contains) ?? false
        try statement(isLocked, "run \(run) is let into its group without the locks")
        world[run].holdsGroup = true
    }

    func approve(_ run: RunID, by actor: AccountID?) throws {
        try statement(locks.runs.contains(run), "run \(run) is approved without its lock")
        world[run].approval = .given
    }

    func move(_ run: RunID, to status: Status) throws -> Bool {
        try statement(locks.runs.contains(run), "run \(run) is moved without its lock")
        guard world[run].status != status else { return false }
        world[run].status = status
        world[run].attempts[Int(world[run].attempt) - 1].status = status
        return true
    }

    // MARK: making; rows that nobody else sees yet need no lock

    func insertRun(_ plan: WorkflowPlan, status: Status, place: GroupPlace?) throws -> RunID? {
        try statement()
        let id = RunID(Int64(world.runs.count) + 1)
        world.rows.runs.append(
            RunRow(id: id, repository: plan.repository, owner: plan.owner, ref: plan.ref, status: status))
        put(id, place)
        world[id].cancelsInProgress = plan.group?.cancelsInProgress ?? false
        world[id].queuesAll = plan.group?.queuesAll ?? false
        world[id].approval = plan.needsApproval ? .awaited : .notNeeded
        locks.runs.insert(id)
        locks.jobsOf.insert(id)
        touched.insert(id)
        return id
    }

    private func put(_ run: RunID, _ place: GroupPlace?) {
        world[run].group = place?.group
        world[run].turn = place?.turn
        world[run].holdsGroup = place?.holds ?? false
    }

    func insertAttempt(_ number: Int64, of run: RunID, by actor: AccountID?, status: Status) throws -> AttemptID {
        try statement(number == world[run].attempts.count + 1, "run \(run) has an attempt \(number)")
        world[run].attempts.append(AttemptRow(number: number, actor: actor, status: status))
        return AttemptID(run.number * 1000 + number)
    }

    func insertJobs(_ plan: WorkflowPlan, run: RunID, attempt: AttemptID, status: Status) throws -> [NewJob] {
        try statement()
        return plan.jobs.enumerated().map {
            insert($1, position: Int64($0), run: run, attempt: attempt, status: status)
        }
    }

    private func insert(_ plan: JobPlan, position: Int64, run: RunID, attempt: AttemptID, status: Status) -> NewJob {
        let id = JobID(Int64(world.jobs.count) + 1)
        let number = attempt.number - run.number * 1000
        world.rows.jobs.append(
            JobRow(
                id: id, run: run, attempt: number, plan: plan, position: position, status: status,
                changedAt: world.now))
        world[run].attempts[Int(number) - 1].jobs.append(id)
        world.note(run, "    job \(id) is \(plan)")
        return NewJob(id, status: status, position: position)
    }

    func startAttempt(_ number: Int64, of run: RunID, status: Status, place: GroupPlace?) throws {
        try statement(locks.runs.contains(run), "run \(run) gets an attempt without its lock")
        world[run].attempt = number
        world[run].status = status
        world[run].isCancelRequested = false
        put(run, place)
    }

    func attempt(_ number: Int64, of run: RunID) throws -> AttemptID {
        try statement()
        return AttemptID(run.number * 1000 + number)
    }

    func copyJobs(from old: AttemptID, to new: AttemptID, _ plan: RerunPlan, status: Status) throws -> [NewJob] {
        try statement()
        let run = RunID(old.number / 1000)
        return world[run].attempts[Int(old.number % 1000) - 1].jobs.map { before in
            let isAgain = plan.again.contains(before)
            let made = insert(
                world[before].plan, position: world[before].position, run: run, attempt: new,
                status: isAgain ? status : world[before].status)
            if !isAgain {
                world[made.job].task = world[before].task
                world[made.job].queueKey = world[before].queueKey
                world[made.job].settleDueAt = world[before].settleDueAt
                world[made.job].problem = world[before].problem
                world[made.job].isGivenUp = world[before].isGivenUp
            }
            return made
        }
    }

    func expand(_ job: LoadedJob, into legs: [PlannedJob]) throws -> [LoadedJob] {
        let id = job.snapshot.id
        try statement(holds(id), "job \(id) is expanded without its lock")
        let old = world[id]
        guard old.plan.deferred != nil, old.status == .blocked else {
            throw World.Broken("job \(id) is expanded twice")
        }
        world.seen.expansions += 1
        world[id].plan.deferred = nil
        world[id].plan.strategy = legs.first?.strategy ?? LegStrategy()
        world[id].plan.concurrency = legs.first?.concurrency
        world[id].plan.environment = legs.first?.environment
        let attempt = AttemptID(old.run.number * 1000 + old.attempt)
        let last = world[old.run].attempts[Int(old.attempt) - 1].jobs.map { world[$0].position }.max() ?? 0
        let made = (1..<max(1, legs.count)).map { place in
            insert(world[id].plan, position: last + Int64(place), run: old.run, attempt: attempt, status: .blocked)
        }
        return zip([(id, old.position)] + made.map { ($0.job, $0.position) }, legs).map { row, leg in
            LoadedJob(
                snapshot: leg.snapshot(row.0), task: nil, queueKey: nil, labelSet: 1, repository: job.repository,
                owner: job.owner, position: row.1)
        }
    }

    /// No workflow of the simulation is called.
    func call(_ jobs: [PlannedJob], from caller: LoadedJob, _ scope: CallScope) throws -> [NewJob] {
        throw World.Broken("job \(caller.snapshot.id) calls a workflow")
    }
    func put(_ outputs: [JobOutput], ofCall job: JobID) throws { throw World.Broken("job \(job) called nothing") }
    func calledFiles(of run: RunID) throws -> [String: [UInt8]] { [:] }

    // MARK: telling

    func append(_ event: Event) throws {
        try statement()
        events.append(event)
        guard let run = event.run else { return }
        world[run].events.append(event)
        world.note(
            run,
            "    \(event.kind.rawValue) \(event.job.map { "job \($0) " } ?? "")\(event.status.map { "\($0)" } ?? "")")
        if let status = event.status { world.seen.statuses.insert(status) }
    }

    func appendFirst(of jobs: [NewJob], run: RunID) throws {
        for job in jobs { try append(Event(.jobStatus, run: run, job: job.job, status: job.status)) }
    }

    func notifyWaiting(_ job: LoadedJob) throws {
        try statement()
        waiting.append(job.snapshot.id)
    }

    func notifyGroup(_ group: GroupID) throws {
        try statement()
        groups.append(group)
    }

    func notifyWish(of job: JobID) throws {
        try statement()
        wishes.append(job)
    }

    func notifyChanged(runner uuid: String) throws {
        try statement()
        changedRunners.insert(uuid)
    }
}
