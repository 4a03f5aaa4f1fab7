import Domain

/// Assignments, reports and losses.
extension WorldTables: TaskTables {
    // MARK: claims

    func lock(requestKey: String, of runner: RunnerID) throws -> Bool {
        try statement()
        locks.keys.insert(requestKey)
        return true
    }

    func unheardTasks(of runner: RunnerID, requestKey: String) throws -> [TaskID] {
        try statement(locks.keys.contains(requestKey), "a request's tasks are read before its key is locked")
        return world.tasks.filter {
            $0.runner == runner && $0.requestKey == requestKey && $0.isLive && $0.heardAt == nil
        }.map(\.id)
    }

    func renewToken(of task: TaskID, hash: [UInt8]) throws {
        try statement(!locks.keys.isEmpty, "a token is renewed before the request's key is locked")
        world[task].tokenHash = hash
    }

    func admit(_ runner: Claimant) throws -> Bool {
        try statement(locks.picked.isEmpty, "runner \(runner.id) is admitted behind a job")
        locks.admitted.insert(runner.id)
        return !world[runner.id].isRemoved && !world[runner.id].isSpent
    }

    func pick(_ claim: Claim) throws -> PickedJob? {
        try statement(locks.admitted.contains(claim.runner.id), "a job is picked for a runner that was not admitted")
        let runner = world[claim.runner.id]
        let jobs = world.unfinished
            .filter { runner.scope.covers(repository: world[$0].repository, of: world[$0].owner) }
            .flatMap { world[$0].latest }
            .filter { world[$0].status == .waiting && labels(runner.labelNames, satisfy: world[$0].plan.runsOn) }
            // Rows that others hold are skipped.
            .filter { _ in !world.isFaulty || !world.lots.oneIn(20) }
        guard
            let job = jobs.min(by: { (world[$0].queueKey ?? 0, $0.number) < (world[$1].queueKey ?? 0, $1.number) })
        else { return nil }
        locks.picked.insert(job)
        touched.insert(world[job].run)
        return PickedJob(
            job: job, run: world[job].run, stepNames: world[job].plan.steps.indices.map { "step \($0)" })
    }

    func status(of run: RunID) throws -> Status {
        try statement()
        return world[run].status
    }

    func lockRunWithoutWaiting(_ run: RunID) throws {
        try statement()
        if world.isFaulty, !locks.runs.contains(run), world.lots.oneIn(8) {
            world.seen.contended += 1
            isFailed = true
            throw RowIsLocked()
        }
        locks.runs.insert(run)
    }

    func insert(_ task: NewTask) throws -> TaskID {
        try statement(locks.picked.contains(task.job), "a task is made for job \(task.job), which is not locked")
        let id = TaskID(Int64(world.tasks.count) + 1)
        let run = world[task.job].run
        world.note(
            run, "job \(task.job) is claimed by runner \(task.runner.id): task \(id), key \(task.requestKey ?? "")")
        world.rows.tasks.append(
            TaskRow(
                id: id, job: task.job, run: run, runner: task.runner.id, requestKey: task.requestKey,
                canCancel: task.runner.canCancel, startedAt: world.now, tokenHash: task.tokenHash, status: task.status,
                steps: task.stepNames.map { _ in .waiting }))
        return id
    }

    func assign(_ job: JobID, to task: TaskID, status: Status) throws {
        try statement(locks.picked.contains(job), "job \(job) is assigned without its lock")
        world[job].status = status
        world[job].task = task
        world[job].changedAt = world.now
    }

    func spend(_ runner: RunnerID) throws {
        try statement(locks.admitted.contains(runner), "runner \(runner) is spent without its lock")
        world[runner].isSpent = true
    }

    func notifyAssigned(to runner: RunnerID) throws {
        try statement()
        assigned.insert(runner)
    }

    func savepoint<Value>(_ body: () throws -> Value) throws -> Value {
        try statement()
        let (rows, locks, events, touched) = (world.rows, locks, events, touched)
        do { return try body() } catch {
            guard error is RowIsLocked else { throw error }
            world.rows = rows
            (self.locks, self.events, self.touched) = (locks, events, touched)
            isFailed = false
            throw error
        }
    }

    // MARK: reports and losses

    func locate(_ task: TaskID) throws -> LocatedTask? {
        try statement()
        guard world.rows.has(task) else { return nil }
        let row = world[task]
        let job = world[row.job]
        return LocatedTask(
            run: row.run, job: row.job, runner: row.runner, status: row.status, hasOutputs: job.plan.hasOutputs,
            isLogClosed: row.logClosedAt != nil, isSettling: job.settleDueAt != nil)
    }

    func hear(_ task: TaskID) throws -> TaskStanding {
        try statement()
        locks.tasks.insert(task)
        world.hear(task)
        return TaskStanding(world[task].status, isEndedByServer: world[task].isEndedByServer)
    }

    func put(_ steps: [ReportedStep], of task: TaskID) throws {
        try statement(locks.tasks.contains(task), "steps of task \(task) are written without its lock")
        for step in steps {
            guard let index = Int(exactly: step.position), world[task].steps.indices.contains(index),
                !world[task].steps[index].isDone
            else { continue }
            if let status = Conclusion(rawValue: step.result)?.status {
                world[task].steps[index] = status
            } else if step.startedAt != nil {
                world[task].steps[index] = .running
            }
        }
    }

    func outputNames(of task: TaskID) throws -> [String] {
        try statement()
        return world[task].outputs.map(\.name)
    }

    func outputBytes(ofRunOf task: TaskID) throws -> Int64 {
        try statement(locks.tasks.contains(task), "outputs of task \(task) are summed without its lock")
        return world.outputBytes(of: world[task].run)
    }

    func put(_ outputs: [JobOutput], of task: TaskID) throws {
        try statement(locks.tasks.contains(task), "outputs of task \(task) are written without its lock")
        for output in outputs { put(output.name, output.value, of: task) }
    }

    func refuse(_ outputs: [String], of task: TaskID) throws {
        try statement(locks.tasks.contains(task), "outputs of task \(task) are refused without its lock")
        for name in outputs { put(name, nil, of: task) }
        world.seen.refusedOutputs += outputs.count
    }

    /// "on conflict do nothing"
    private func put(_ name: String, _ value: String?, of task: TaskID) {
        guard !world[task].outputs.contains(where: { $0.name == name }) else { return }
        world[task].outputs.append(TaskRow.Output(name: name, value: value))
    }

    func failedSteps(of task: TaskID) throws -> [FailedStep] {
        try statement()
        return world[task].steps.enumerated().filter { $0.element == .failure }
            .map { FailedStep(position: Int64($0.offset), name: "step \($0.offset)") }
    }

    func payload(of task: TaskID) throws -> String {
        try statement()
        return world[world[task].job].plan.payload
    }

    func standing(of task: TaskID) throws -> TaskStanding {
        try statement()
        return TaskStanding(world[task].status, isEndedByServer: world[task].isEndedByServer)
    }

    func clock(of task: TaskID) throws -> LiveTaskClock? {
        try statement(locks.jobsOf.contains(world[task].run), "task \(task) is locked before its run and jobs")
        locks.tasks.insert(task)
        guard world[task].isLive else { return nil }
        return world.clock(of: task)
    }
}
