import Domain

struct ForeignRunner: Error {}

/// As Sources/Postgres/Tasks/TaskClaims.swift and TaskStore.swift, Runners/RunnerStore.swift, Logs/LogStore.swift.
extension World {
    func declare(_ runner: RunnerID) { self[runner].declaredAt = now }

    // MARK: FetchTask

    func claim(_ runner: RunnerID, capacity: Int, requestKey: Int?) throws -> [TaskID] {
        if let requestKey {
            let known = tasks.filter {
                $0.runner == runner && $0.requestKey == requestKey && $0.isLive && $0.heardAt == nil
            }
            seen.recoveredAnswers += known.count
            if !known.isEmpty { return known.map(\.id) }
        }
        guard !self[runner].isRemoved, !(self[runner].isEphemeral && self[runner].isSpent) else { return [] }
        var claimed: [TaskID] = []
        while claimed.count < (self[runner].isEphemeral ? 1 : capacity), let job = pick(for: self[runner]) {
            claimed.append(try claimOne(job, by: runner, requestKey: requestKey))
        }
        return claimed
    }

    private func pick(for runner: RunnerRow) -> JobID? {
        unfinished.filter { runner.scope.covers(repository: self[$0].repository, of: self[$0].owner) }
            .flatMap { self[$0].latest }
            .filter { self[$0].status == .waiting && labels(runner.labelNames, satisfy: self[$0].plan.runsOn) }
            .min { (self[$0].queueKey ?? 0, $0.number) < (self[$1].queueKey ?? 0, $1.number) }
    }

    private func claimOne(_ job: JobID, by runner: RunnerID, requestKey: Int?) throws -> TaskID {
        let run = self[job].run
        let id = TaskID(Int64(tasks.count) + 1)
        note(run, "job \(job) is claimed by runner \(runner): task \(id), key \(requestKey ?? 0)")
        if self[run].status != .running && self[run].status != .cancelling { move(run, to: .running) }
        let canCancel = self[runner].canCancel
        let state = try decide(JobState.waiting, .claimed(id, runnerCanCancel: canCancel))
        tasks.append(
            TaskRow(
                id: id, job: job, run: run, runner: runner, requestKey: requestKey, canCancel: canCancel, startedAt: now
            ))
        self[job].status = state.status
        self[job].task = id
        self[job].changedAt = now
        append(StatusEvent(.job(job), state.status), to: run)
        if self[runner].isEphemeral { self[runner].isSpent = true }
        try checks.committed(run, in: self)
        return id
    }

    // MARK: the end of a task with its job

    func end(_ task: TaskID, as status: Status, byServer: Bool) {
        guard self[task].isLive else { return }
        self[task].status = status
        self[task].isEndedByServer = byServer
        if status.isDone { self[task].stoppedAt = now }
    }

    func unspend(_ task: TaskID) {
        if self[task].heardAt == nil { self[self[task].runner].isSpent = false }
    }

    // MARK: UpdateTask

    func heartbeat(_ id: TaskID, by runner: RunnerID) throws -> Int {
        guard self[id].runner == runner else { throw ForeignRunner() }
        if self[id].isLive, self[id].heardAt.map({ seconds(since: $0) >= 4 }) ?? true { hear(id) }
        return try answer(id)
    }

    func report(_ id: TaskID, by runner: RunnerID, conclusion: Conclusion?, outputs: [JobOutput]) throws -> Int {
        guard self[id].runner == runner else { throw ForeignRunner() }
        let (job, run) = (self[id].job, self[id].run)
        let isLogClosed = self[id].logClosedAt != nil
        let settles = self[job].settleDueAt != nil && (isLogClosed || !outputs.isEmpty)
        let wasLive = self[id].isLive
        hear(id)
        for output in outputs where !self[id].outputs.contains(where: { $0.name == output.name }) {
            self[id].outputs.append(output)
        }
        if wasLive, let conclusion {
            let isComplete = !outputs.isEmpty || isLogClosed || !self[job].plan.hasOutputs
            try apply(.job(job, .reported(id, conclusion, outputsComplete: isComplete)), to: run)
        } else if settles {
            try apply(.outputsSettled(job), to: run)
        }
        return try answer(id)
    }

    /// A task that ended unheard stays so, as `task_heard` does it.
    private func hear(_ id: TaskID) {
        guard self[id].isLive || self[id].heardAt != nil else { return }
        self[id].heardAt = now
        checks.heard(self[id], isEphemeral: self[self[id].runner].isEphemeral)
    }

    private func answer(_ id: TaskID) throws -> Int {
        let result = wireResult(self[id].status, endedByServer: self[id].isEndedByServer)
        try checks.answered(result, to: self[id])
        return result
    }

    // MARK: UpdateLog

    /// In pieces, as LogIntake does it: each is a transaction, and the ack of the last one is answered.
    ///
    /// - Throws: `LogRefusal`; pieces before the one that was refused stay.
    func append(_ rows: [Int64], to id: TaskID, index: Int64, noMore: Bool) throws -> Int64 {
        var start = 0
        while rows.count - start > Self.rowsPerPiece {
            let piece = Array(rows[start..<(start + Self.rowsPerPiece)])
            let ack = try appendPiece(piece, to: id, index: index + Int64(start), noMore: false)
            guard ack >= index + Int64(start) else { return ack }
            start += Self.rowsPerPiece
            seen.pieces += 1
        }
        return try appendPiece(Array(rows[start...]), to: id, index: index + Int64(start), noMore: noMore)
    }

    private func appendPiece(_ rows: [Int64], to id: TaskID, index: Int64, noMore: Bool) throws -> Int64 {
        let task = self[id]
        let isEmptyCall = rows.isEmpty && !noMore
        let decision = try decideLog(
            stored: Int64(task.rows.count), index: index, count: rows.count, noMore: noMore,
            state: isEmptyCall ? .open : logState(task), graceSeconds: Self.graceSeconds)
        hear(id)
        self[id].rows += rows[decision.store]
        if decision.closes { self[id].logClosedAt = self[id].logClosedAt ?? now }
        try checks.appended(decision, index: index, count: rows.count, before: task, after: self[id])
        return decision.ack
    }

    private func logState(_ task: TaskRow) -> LogState {
        task.isLogSealed ? .sealed : task.logClosedAt.map { .closed(secondsAgo: seconds(since: $0)) } ?? .open
    }

    // MARK: sweeps

    func sweepLost() throws {
        for id in tasks.filter(\.isLive).map(\.id) {
            let task = self[id]
            guard task.isLive else { continue }
            let runner = self[task.runner]
            let clock = TaskClock(
                startedAt: task.startedAt, heardAt: task.heardAt, timeoutSeconds: self[task.job].plan.timeoutSeconds,
                declaredAt: runner.isRemoved ? nil : runner.declaredAt)
            let found = runner.isRemoved ? .runnerRemoved : loss(of: clock, now: now, limits: limits)
            try checks.judged(found, of: task, runner: runner, now: now)
            guard let found else { continue }
            seen.losses.insert(found)
            let returns = self[task.job].returns
            try apply(
                .job(task.job, .lost(id, found, returns: returns)), to: task.run,
                problem: found.words(
                    runner: "runner \(runner.id)", limits: limits, timeoutSeconds: clock.timeoutSeconds))
        }
    }

    func sealLogs() {
        for task in tasks where !task.isLogSealed && !task.isLive {
            let last = task.logClosedAt ?? max(task.heardAt ?? task.startedAt, task.stoppedAt ?? task.startedAt)
            if seconds(since: last) >= Self.graceSeconds { self[task.id].isLogSealed = true }
        }
    }
}
