import Domain

/// As Sources/Postgres/Runs/RunStore.swift and JobStore.swift.
extension World {
    func plan(_ plans: [JobPlan], in repository: RepositoryID, of owner: AccountID) throws {
        let run = RunID(Int64(runs.count) + 1)
        runs.append(RunRow(id: run, repository: repository, owner: owner, status: .blocked, attempts: []))
        append(StatusEvent(.run(run), .blocked), to: run)
        self[run].attempts.append(
            plans.map { plan in
                let id = insert(plan, of: run)
                note(run, "    job \(id) is \(plan)")
                return id
            })
        for job in self[run].latest { append(StatusEvent(.job(job), .blocked), to: run) }
        try apply(.planned, to: run)
    }

    private func insert(_ plan: JobPlan, of run: RunID) -> JobID {
        let id = JobID(Int64(jobs.count) + 1)
        jobs.append(JobRow(id: id, run: run, plan: plan, status: .blocked, changedAt: now))
        return id
    }

    /// - Throws: `RerunRefusal`, with nothing changed.
    func rerun(_ run: RunID, _ wish: RerunWish) throws {
        let old = self[run].latest
        let again = try planRerun(snapshot(of: run).jobs, wish, attempts: self[run].attempts.count)
        note(run, "rerun \(wish): \(again)")
        seen.reruns += 1
        append(StatusEvent(.run(run), .blocked), to: run)
        self[run].status = .blocked
        self[run].attempts.append(old.map { insert(self[$0].plan, of: run) })
        for (before, after) in zip(old, self[run].latest) {
            if !again.contains(before) {
                self[after].status = self[before].status
                self[after].task = self[before].task
                self[after].queueKey = self[before].queueKey
                self[after].settleDueAt = self[before].settleDueAt
            }
            append(StatusEvent(.job(after), self[after].status), to: run)
        }
        try apply(.planned, to: run)
    }

    func snapshot(of run: RunID) -> RunSnapshot { RunSnapshot(jobs: self[run].latest.map(snapshot)) }

    private func snapshot(_ id: JobID) -> JobSnapshot {
        let job = self[id]
        return JobSnapshot(
            id: id, key: job.plan.key, needs: job.plan.needs, condition: job.plan.condition,
            continueOnError: job.plan.continueOnError, hasOutputs: job.plan.hasOutputs, state: state(job),
            isSettling: job.settleDueAt != nil, outputs: job.task.map { self[$0].outputs } ?? [])
    }

    private func state(_ job: JobRow) -> JobState {
        let task = job.task ?? TaskID(0)
        switch job.status {
        case .blocked: return .blocked
        case .waiting: return .waiting
        case .running: return .running(task, runnerCanCancel: job.task.map(canCancelNow) ?? false)
        case .cancelling: return .cancelling(task)
        case .success: return .done(.success)
        case .failure: return .done(.failure)
        case .cancelled: return .done(.cancelled)
        case .skipped: return .done(.skipped)
        }
    }

    private func canCancelNow(_ id: TaskID) -> Bool {
        let task = self[id]
        return task.canCancel
            && now < (task.heardAt ?? task.startedAt).adding(seconds: RecoveryLimits.cancelHeardSeconds)
    }

    @discardableResult
    func apply(_ event: RunEvent, to run: RunID, problem: String = "") throws -> [RunChange] {
        note(run, "\(event)")
        let changes = try decide(snapshot(of: run), event, problem: problem)
        if case .job(_, .reported(let task, _, _)) = event, changes.contains(where: \.isMove) {
            self[task].isEndedByReport = true
        }
        write(changes, to: run, endedByServer: event.isServers)
        try checks.committed(run, in: self)
        return changes
    }

    private func write(_ changes: [RunChange], to run: RunID, endedByServer: Bool) {
        for change in changes {
            switch change {
            case .move(let id, let state, _):
                let old = self[id]
                move(id, to: state.status)
                if let task = old.task, !old.status.isDone {
                    end(task, as: state == .waiting ? .cancelled : state.status, byServer: endedByServer)
                    if state == .waiting { unspend(task) }
                }
                append(StatusEvent(.job(id), state.status), to: run)
            case .countReturn(let job): self[job].returns += 1
            case .holdDependents(let job): self[job].settleDueAt = now.adding(seconds: 10)
            case .releaseDependents(let job):
                self[job].settleDueAt = nil
                seen.settled += 1
            case .run(let status): move(run, to: status)
            }
        }
    }

    func move(_ run: RunID, to status: Status) {
        guard self[run].status != status else { return }
        self[run].status = status
        append(StatusEvent(.run(run), status), to: run)
    }

    private func move(_ id: JobID, to status: Status) {
        if status == .waiting {
            let owner = self[self[id].run].owner
            let key = queueKey(
                now: now, ownerLast: ownerLast(owner), spacingMicroseconds: spacingMicroseconds, weight: 1)
            self[id].queueKey = self[id].queueKey ?? key
            self[id].task = nil
        }
        self[id].status = status
        self[id].changedAt = now
    }

    private func ownerLast(_ owner: AccountID) -> Int64? {
        guard spacingMicroseconds > 0 else { return nil }
        return unfinished.filter { self[$0].owner == owner }.flatMap { self[$0].latest }
            .filter { self[$0].status == .waiting }.compactMap { self[$0].queueKey }.max()
    }

    // MARK: sweeps

    func settleDue() throws {
        for job in jobs where job.settleDueAt.map({ $0 <= now }) ?? false {
            try apply(.outputsSettled(job.id), to: job.run)
        }
    }

    func cancelAbandoned() throws {
        for job in jobs
        where [.waiting, .blocked].contains(self[job.id].status)
            && job.changedAt.adding(seconds: limits.abandonedSeconds) < now
        {
            let isHeldBack = self[job.run].latest.contains {
                [.waiting, .running, .cancelling].contains(self[$0].status)
            }
            guard self[job.id].status == .waiting || !isHeldBack else { continue }
            try apply(.job(job.id, .abandoned), to: job.run, problem: "nobody took it")
        }
    }
}

extension RunEvent {
    /// As `RunStore.isServers`: the runner must hear "cancelled".
    var isServers: Bool {
        switch self {
        case .job(_, .lost), .job(_, .unbuildable), .job(_, .released), .cancelRequested, .forceCancelRequested: true
        case .planned, .outputsSettled, .examined, .job: false
        }
    }
}

extension RunChange {
    var isMove: Bool {
        if case .move = self { true } else { false }
    }
}
