import Domain

/// Transactions that change a run: each is a script of Domain, and here is what must be true of its outcome.
extension World {
    func plan(_ plan: WorkflowPlan, by actor: AccountID?) throws {
        let run = try transaction { try RunScript(on: $0).plan(plan, by: actor) }
        guard let run else { return }
        try require(self[run].attempts.count == 1, run, "it has \(self[run].attempts.count) attempts")
        let row = self[run]
        let group = row.group.map { rows.groups[Int($0.number) - 1] }
        try require(
            group?.name.lowercased() == (plan.jobs.isEmpty ? nil : plan.group?.name.lowercased())
                && (group == nil || group?.repository == plan.repository), run,
            "it was planned into \(plan.group?.name ?? "no group") and is in \(group?.name ?? "none")")
        let first: Status = plan.jobs.isEmpty ? .failure : .blocked
        let expected =
            [
                Event(.runPlanned, run: run, actor: actor, detail: plan.problem),
                Event(.runStatus, run: run, status: first),
            ] + self[run].latest.map { Event(.jobStatus, run: run, job: $0, status: .blocked) }
        try require(
            Array(self[run].events.prefix(expected.count)) == expected, run, "its first events are \(self[run].events)")
    }

    /// - Throws: `RerunRefusal`, with nothing changed.
    func rerun(_ run: RunID, _ wish: RerunWish, by actor: AccountID?) throws {
        let before = self[run]
        let jobs = before.latest
        let copies = try transaction { try RunScript(on: $0).rerun(run, wish, by: actor) }
        note(run, "rerun \(wish)")
        seen.reruns += 1
        let after = self[run]
        try require(
            after.group == before.group
                && (after.group == nil
                    || (after.approval == .awaited ? after.turn == nil : (after.turn ?? 0) > (before.turn ?? 0))),
            run,
            "a rerun did not enter its group anew")
        try require(after.attempt == before.attempt + 1, run, "a rerun made it attempt \(after.attempt)")
        try require(
            after.attempts.count == Int(after.attempt) && after.attempts.last?.actor == actor, run,
            "its attempts are \(after.attempts)")
        try require(
            copies == Dictionary(uniqueKeysWithValues: zip(jobs, after.latest)), run, "a rerun told of \(copies ?? [:])"
        )
        let told = after.events[before.events.count...]
        let first = after.latest.map { job in
            Event(.jobStatus, run: run, job: job, status: told.first { $0.job == job }?.status)
        }
        let expected =
            [
                Event(.runRerun, run: run, actor: actor, detail: "attempt \(after.attempt)"),
                Event(.runStatus, run: run, status: .blocked),
            ] + first
        try require(Array(told.prefix(expected.count)) == expected, run, "a rerun told \(told)")
        for (old, new) in zip(jobs, after.latest) where told.first(where: { $0.job == new })?.status != .blocked {
            try require(
                self[new].status == self[old].status && self[new].task == self[old].task, run,
                "job \(new) is not what job \(old) was")
        }
    }

    @discardableResult
    func apply(_ event: RunEvent, to run: RunID, problem: String = "", by actor: AccountID? = nil) throws
        -> [RunChange]
    {
        note(run, "\(event)")
        let before = self[run].events.count
        let expected = Result { try decide(snapshot(of: run), event, problem: problem) }
        let changes = try transaction { try RunScript(on: $0).apply(event, to: run, problem: problem, by: actor) }
        // Behind an expansion come the changes of the legs, which the rows of before do not tell.
        let first = try changes.contains(where: \.asksAgain) ? Array(changes.prefix(expected.get().count)) : changes
        try require(
            try first == expected.get(), run, "\(event) did \(changes), knowing everything it does \(expected)")
        try written(changes, in: run)
        if case .job(_, .reported(let task, _, _)) = event, changes.contains(where: \.isMove) {
            self[task].isEndedByReport = true
        }
        if event == .cancelRequested || event == .forceCancelRequested {
            let told = self[run].events[before...].filter { $0.kind == .cancelRequested }
            let asked = Event(.cancelRequested, run: run, actor: actor)
            try require(told == (changes.isEmpty ? [] : [asked]), run, "a cancel told \(told)")
        }
        return changes
    }

    /// What was decided stands in the rows.
    func written(_ changes: [RunChange], in run: RunID) throws {
        for change in changes {
            switch change {
            case .move(let job, let state, let problem):
                try require(self[job].status == state.status, run, "\(change) was not written")
                try require(
                    problem == "" || self[job].problem == problem, run, "the problem of \(change) was not written")
            case .countReturn: break
            case .holdDependents(let job):
                try require(self[job].settleDueAt != nil, run, "\(change) was not written")
            case .releaseDependents(let job):
                try require(self[job].settleDueAt == nil, run, "\(change) was not written")
            case .expand(let job, let legs):
                let made = self[run].latest.filter { self[$0].plan.key == self[job].plan.key }
                try require(made.count == legs.count && made.first == job, run, "\(change) made \(made)")
                for leg in made {
                    try require(self[leg].plan.deferred == nil, run, "\(change) left job \(leg) to be planned")
                    let first = self[run].events.first { $0.job == leg }?.status
                    try require(first == .blocked, run, "\(change) made job \(leg) without its first event")
                }
            case .gate(let job, let wanted):
                try require(self[job].deployment?.name == wanted.name, run, "\(change) was not written")
            case .call, .callOutputs: throw Violation(run: run, description: "\(change), and nothing is called")
            case .want(let job, let group):
                try require(self[job].wanted == group && self[job].status == .blocked, run, "\(change) was not written")
            case .giveUp(let job): try require(self[job].isGivenUp, run, "\(change) was not written")
            case .requestCancel: try require(self[run].isCancelRequested, run, "\(change) was not written")
            case .wake: break
            case .run(let status): try require(self[run].status == status, run, "\(change) was not written")
            }
        }
    }

    func require(_ holds: Bool, _ run: RunID, _ words: @autoclosure () -> String) throws {
        if !holds { throw Violation(run: run, description: words()) }
    }

    // MARK: groups

    /// Every move that is due in a group, each in a transaction of its own.
    func wake(_ group: GroupID) throws {
        // Two members a turn at most: one is cancelled, one is let in.
        for _ in 0...(2 * (runs.count + jobs.count)) {
            let due = groupMove(rows.members(of: group))
            let moved = try transaction { try RunScript(on: $0).wake(group) }
            guard let moved else {
                guard let due else { return }
                throw Violation(run: lastTouched ?? RunID(1), description: "\(due) was not done in group \(group)")
            }
            note(moved.run, "\(moved.job.map { "job \($0) " } ?? "")woken in group \(group)")
            seen.woken += 1
            switch due {
            case .start(moved): try require(isIn(moved), moved.run, "\(moved) started without its group")
            case .cancel(moved, _):
                try require(isEnding(moved), moved.run, "\(moved) was not cancelled for a newer one")
            default:
                throw Violation(
                    run: moved.run, description: "\(moved) moved, though \(due.map { "\($0)" } ?? "nothing") was due")
            }
        }
        throw Violation(run: lastTouched ?? RunID(1), description: "group \(group) does not come to rest")
    }

    private func isIn(_ member: GroupMember) -> Bool {
        member.job.map { self[$0].holdsGroup && self[$0].status != .blocked } ?? self[member.run].holdsGroup
    }

    /// And says why.
    private func isEnding(_ member: GroupMember) -> Bool {
        if let job = member.job {
            return (self[job].status.isDone || self[job].status == .cancelling)
                && self[job].problem.hasPrefix("superseded by ")
        }
        return self[member.run].isCancelRequested
            && self[member.run].events.contains { $0.kind == .cancelRequested && $0.detail.hasPrefix("superseded by ") }
    }

    /// A job that wants into a group takes its turn.
    func enter(_ job: JobID) throws {
        let wanted = self[job].status == .blocked && self[job].group == nil && self[job].wanted != nil
        let group = try transaction { try RunScript(on: $0).enter(job) }
        try require(
            (group != nil) == wanted, self[job].run, "job \(job) entered \(group.map { "\($0)" } ?? "nothing")")
        if let group { try wake(group) }
    }

    /// What was told is heard, or the process that would have was killed.
    func hearGroups() throws {
        while !jobsToEnter.isEmpty {
            let job = jobsToEnter.removeFirst()
            if !isFaulty || !lots.oneIn(4) { try enter(job) }
        }
        while !groupsToWake.isEmpty {
            let group = groupsToWake.removeFirst()
            if !isFaulty || !lots.oneIn(4) { try wake(group) }
        }
    }

    func sweepGroups() throws {
        for job in jobs where job.status == .blocked && job.wanted != nil && job.group == nil { try enter(job.id) }
        for group in rows.groups { try wake(group.id) }
    }

    /// Somebody approves or rejects what waits for a review.
    func review(_ run: RunID, by reviewer: AccountID, _ state: ReviewState) throws {
        let waiting = self[run].latest.filter {
            self[$0].status == .blocked && self[$0].deployment?.needsReview ?? false && self[$0].review == nil
        }
        let review = DeploymentReview(
            environments: World.environments.indices.map { EnvironmentID(Int64($0) + 1) }, state: state, comment: "no",
            reviewer: reviewer, reviewerName: "ann")
        do {
            _ = try transaction { try RunScript(on: $0).review(run, review) }
        } catch let refusal as ReviewRefusal {
            let isRight = waiting.isEmpty ? refusal == .nothingWaits : refusal == .noReviewer(environment: "reviewed")
            return try require(isRight, run, "a review was refused: \(refusal)")
        }
        seen.reviews += 1
        note(run, "\(state)")
        for job in waiting {
            try require(self[job].review == state, run, "a review of job \(job) was not written")
            try require(
                state == .approved || self[job].status == .failure || self[job].isGivenUp, run,
                "job \(job) was rejected and is \(self[job].status)")
        }
    }

    /// The sweep of wait timers.
    func openGates() throws {
        for job in jobs
        where job.status == .blocked && job.deployment?.waitMinutes ?? 0 > 0 && (job.waitUntil ?? now) <= now {
            try apply(.woken, to: job.run)
        }
    }

    /// Somebody lets a run start.
    func approve(_ run: RunID, by actor: AccountID?) throws {
        let before = self[run]
        do {
            _ = try transaction { try RunScript(on: $0).approve(run, by: actor) }
        } catch is ApprovalRefusal {
            return try require(
                before.approval == .notNeeded || before.status.isDone, run, "an approval was refused")
        }
        seen.approvals += before.approval == .awaited ? 1 : 0
        note(run, "approved")
        try require(self[run].approval == .given, run, "an approval was not written")
        try require(
            before.approval == .given || (before.group == nil) == (self[run].turn == nil), run, "it has no turn")
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
            guard self[job.id].status == .waiting || !isHeldBack && !isInLine(job) else { continue }
            try apply(.job(job.id, .abandoned), to: job.run, problem: "nobody took it")
        }
    }

    /// The job, or one that may have the slot it waits for, waits for a group, or its run does.
    private func isInLine(_ job: JobRow) -> Bool {
        self[job.run].approval == .awaited || self[job.run].group != nil && !self[job.run].holdsGroup
            || self[job.run].latest.contains {
                self[$0].status == .blocked && (self[$0].wanted != nil || self[$0].deployment != nil)
            }
    }

    /// Never finds anything.
    func repair() throws {
        for run in unfinished
        where (self[run].group == nil || self[run].holdsGroup) && self[run].approval != .awaited
            && !self[run].latest.contains(where: { self[$0].status == .blocked && self[$0].deployment != nil })
        {
            let isRepaired = try transaction { try RunScript(on: $0).examine(run) }
            try require(!isRepaired, run, "an event was missed: the sweep had to repair it")
        }
    }
}

extension RunChange {
    var asksAgain: Bool {
        switch self {
        case .expand, .gate: true
        default: false
        }
    }
    var isMove: Bool {
        if case .move = self { true } else { false }
    }
}
