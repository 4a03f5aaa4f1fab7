import Domain

struct ForeignRunner: Error {}

/// Assignments, reports and logs. The scripts are Domain's; appends of logs follow Sources/Postgres/Logs/LogStore.swift.
extension World {
    func declare(_ runner: RunnerID) { self[runner].declaredAt = now }

    // MARK: FetchTask

    /// - Returns: tasks in the order in which they were given.
    func claim(_ runner: RunnerID, capacity: Int, requestKey: String?) throws -> [TaskID] {
        let claim = Claim(
            runner: self[runner].claimant, labelSets: [1], capacity: capacity, handle: nil, requestKey: requestKey)
        let known = tasks.filter {
            $0.runner == runner && $0.requestKey == requestKey && requestKey != nil && $0.isLive && $0.heardAt == nil
        }.map(\.id)
        for _ in 0..<3 {
            do {
                let answer = try transaction { try ClaimScript(on: $0, makeToken: makeToken).claim(claim) }
                guard case .claimed(let claimed) = answer else {
                    try require(known.isEmpty, lastTouched ?? RunID(1), "runner \(runner) is not given \(known) again")
                    return []
                }
                seen.recoveredAnswers += known.count
                try require(
                    known.isEmpty || claimed.map(\.task) == known, lastTouched ?? RunID(1),
                    "runner \(runner) asks again for \(known) and is given \(claimed.map(\.task))")
                try told(claimed, to: runner, capacity: capacity, requestKey: requestKey)
                return claimed.map(\.task)
            } catch is RowIsLocked {
                continue
            }
        }
        return []
    }

    private func told(_ claimed: [ClaimedTask], to runner: RunnerID, capacity: Int, requestKey: String?) throws {
        for one in claimed {
            let task = self[one.task]
            try require(
                task.tokenHash == Array(one.token.text.utf8.reversed()), task.run,
                "the token that was given for task \(task.id) is not its own")
            try require(
                task.runner == runner && task.isLive && task.requestKey == requestKey, task.run,
                "runner \(runner) was given task \(task.id), which is not its own")
        }
        let room = self[runner].isEphemeral ? 1 : capacity
        try require(claimed.count <= room, lastTouched ?? RunID(1), "runner \(runner) was given \(claimed.count) tasks")
    }

    // MARK: UpdateTask

    /// As `TaskStore.heartbeat`, which is one statement.
    func heartbeat(_ id: TaskID, by runner: RunnerID) throws -> Int {
        guard self[id].runner == runner else { throw ForeignRunner() }
        if self[id].isLive, self[id].heardAt.map({ seconds(since: $0) >= TaskLimits.heardEverySeconds }) ?? true {
            hear(id)
        }
        let result = wireResult(self[id].status, endedByServer: self[id].isEndedByServer)
        try checks.answered(result, to: self[id])
        return result
    }

    func report(_ report: TaskReport) throws -> Int {
        let id = report.task
        guard rows.has(id), self[id].runner == report.runner else {
            let answer = try transaction { try ReportScript(on: $0).report(report) }
            try require(
                answer.result == 3 && answer.changes.isEmpty && answer.sentOutputs == report.outputs.map(\.name),
                lastTouched ?? RunID(1), "a stranger's report of task \(id) was answered \(answer)")
            return answer.result
        }
        let before = self[id]
        let job = self[before.job]
        let answer = try transaction { try ReportScript(on: $0, limits: Self.outputLimits).report(report) }
        try written(answer.changes, in: before.run)
        if before.isLive, report.conclusion != nil { self[id].isEndedByReport = true }
        try checks.reported(report, answer, before: before, job: job, in: self)
        try checks.answered(answer.result, to: self[id])
        return answer.result
    }

    /// A task that ended unheard stays so, as `task_heard` does it.
    func hear(_ id: TaskID) {
        guard self[id].isLive || self[id].heardAt != nil else { return }
        self[id].heardAt = now
        checks.heard(self[id], isEphemeral: self[self[id].runner].isEphemeral)
    }

    func outputBytes(of run: RunID) -> Int64 {
        // A task counts once, though a rerun's job that was carried over names it again.
        Set(jobs.filter { $0.run == run }.compactMap(\.task)).flatMap { self[$0].outputs }
            .reduce(0) { $0 + Int64($1.value?.utf8.count ?? 0) }
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

    func clock(of id: TaskID) -> LiveTaskClock {
        let task = self[id]
        let runner = self[task.runner]
        let clock = TaskClock(
            startedAt: task.startedAt, heardAt: task.heardAt, timeoutSeconds: self[task.job].plan.timeoutSeconds,
            declaredAt: runner.isRemoved ? nil : runner.declaredAt)
        return LiveTaskClock(clock, isRunnerRemoved: runner.isRemoved, returns: self[task.job].returns, now: now)
    }

    func sweepLost() throws {
        for id in tasks.filter(\.isLive).map(\.id) {
            let task = self[id]
            guard task.isLive else { continue }
            let seenBefore = clock(of: id)
            let expected =
                seenBefore.isRunnerRemoved ? .runnerRemoved : loss(of: seenBefore.clock, now: now, limits: limits)
            let suspect = SuspectTask(id, job: task.job, run: task.run, runner: "runner \(task.runner)")
            let given = try transaction { try LossScript(on: $0, limits: limits).giveUp(suspect) }
            try require(given?.loss == expected, task.run, "task \(id) was given up as \(String(describing: given))")
            try checks.judged(given?.loss, of: task, runner: self[task.runner], now: now)
            guard let given else { continue }
            seen.losses.insert(given.loss)
            try written(given.changes, in: task.run)
            try checks.gaveUp(task, as: given.loss, returnsBefore: seenBefore.returns, in: self)
        }
    }

    func sealLogs() {
        for task in tasks where !task.isLogSealed && !task.isLive {
            let last = task.logClosedAt ?? max(task.heardAt ?? task.startedAt, task.stoppedAt ?? task.startedAt)
            if seconds(since: last) >= Self.graceSeconds { self[task.id].isLogSealed = true }
        }
    }
}
