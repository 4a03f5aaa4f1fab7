import Domain

/// What a transaction must have written and told, from what was before and what is now: a line that a script forgets is
/// seen here.
extension Checks {
    /// A job that was there before, and moved.
    func moved(_ job: JobRow, from old: JobRow, _ tables: WorldTables, before: Rows, in world: World) throws {
        func require(_ holds: Bool, _ words: @autoclosure () -> String) throws {
            if !holds { throw Violation(run: job.run, description: "job \(job.id) \(words())") }
        }
        let isClaimed = job.status == .running
        let expected = Event(
            .jobStatus, run: job.run, job: job.id, task: isClaimed ? job.task : old.task,
            runner: isClaimed ? job.task.map { world[$0].runner } : nil, status: job.status,
            detail: job.problem == old.problem ? "" : job.problem)
        let told = tables.events.filter { $0.job == job.id && $0.kind == .jobStatus }
        try require(told == [expected], "told \(told) and not \(expected)")
        try require(old.queueKey == nil || job.queueKey == old.queueKey, "lost its place in the queue")
        if let task = old.task.map({ world[$0] }), before[task.id].isLive {
            let status = job.status == .waiting ? .cancelled : job.status
            try require(task.status == status, "is \(job.status), its task \(task.id) \(task.status)")
            let runner = world[task.runner]
            if job.status == .waiting, runner.isEphemeral, task.heardAt == nil {
                try require(!runner.isSpent, "went back unheard, and its ephemeral runner \(runner.id) stays spent")
            }
        }
        if job.status == .waiting {
            try require(job.task == nil, "waits and has a task")
            try require(job.queueKey != nil, "waits and has no place in the queue")
            try require(tables.waiting.contains(job.id), "waits, and nobody was told")
            if old.status == .blocked, world[job.run].isCancelRequested { world.seen.cleanUps += 1 }
        }
        if old.status == .blocked { try started(job, tables, in: world) }
    }

    /// A job that was made in this transaction, or was blocked before it: what it became follows from everything that is
    /// known of its run, whatever the script loaded.
    func started(_ job: JobRow, _ tables: WorldTables, in world: World) throws {
        func require(_ holds: Bool, _ words: @autoclosure () -> String) throws {
            if !holds { throw Violation(run: job.run, description: "job \(job.id) \(words())") }
        }
        let isMoved = tables.events.last { $0.job == job.id }?.status == job.status
        try require(isMoved, "is \(job.status), its last event is not")
        if job.status == .waiting { try require(tables.waiting.contains(job.id), "waits, and nobody was told") }
        guard job.status != .cancelled, let index = world[job.run].latest.firstIndex(of: job.id) else { return }
        var snapshot = world.snapshot(of: job.run)
        snapshot.jobs[index].state = .blocked
        snapshot.jobs[index].concurrency = job.plan.concurrency
        snapshot.jobs[index].environment = job.plan.environment
        let status = try decide(snapshot, .examined).lazy.compactMap { change -> Status? in
            if case .move(job.id, let state, _) = change { state.status } else { nil }
        }.first
        try require(
            status == job.status,
            "became \(job.status); its condition, knowing everything, says \(status.map { "\($0)" } ?? "wait")")
    }

    /// One member of a group at most is let in, the others have not begun; who has to move is told in the transaction that made it so.
    func groups(_ tables: WorldTables, before: Rows, in world: World) throws {
        let runs = tables.touched.sorted { $0.number < $1.number }
        let jobs = runs.flatMap { world[$0].latest }
        for job in jobs where world[job].wanted != nil && !(before.has(job) && before[job].wanted != nil) {
            guard tables.wishes.contains(job) || world[job].status.isDone else {
                throw Violation(run: world[job].run, description: "job \(job) wants a group, and nobody was told")
            }
        }
        for job in jobs.map({ world[$0] }) where job.plan.environment != nil && job.plan.deferred == nil {
            let isAtWork = [.waiting, .running, .cancelling].contains(job.status)
            guard !isAtWork || world.snapshot(of: job.id).gate == .open else {
                throw Violation(
                    run: job.run, description: "job \(job.id) is \(job.status) and has not passed its environment")
            }
        }
        for job in jobs.map({ world[$0] }) where job.wanted != nil && !job.holdsGroup {
            guard job.status == .blocked || job.status.isDone else {
                throw Violation(run: job.run, description: "job \(job.id) is \(job.status) and not in its group")
            }
        }
        for group in Set(runs.compactMap { world[$0].group } + jobs.compactMap { world[$0].group }) {
            let members = world.rows.members(of: group)
            func require(_ holds: Bool, _ words: @autoclosure () -> String) throws {
                let run = members.first?.run ?? RunID(1)
                if !holds { throw Violation(run: run, description: "group \(group): \(words())") }
            }
            try require(members.count(where: \.holds) <= 1, "two hold it: \(members)")
            try require(Set(members.map(\.turn)).count == members.count, "two have one turn: \(members)")
            for member in members where !member.holds && member.job == nil {
                let isHeld = world[member.run].latest.allSatisfy {
                    world[$0].status == .blocked || world[$0].status.isDone
                }
                try require(isHeld, "run \(member.run) runs and does not hold it")
            }
            guard let due = groupMove(members), due != groupMove(before.members(of: group)) else { continue }
            try require(tables.groups.contains(group) || tables.isWaking, "\(due) is due, and nobody was told")
        }
    }

    func runners(_ tables: WorldTables, before: Rows, in world: World) throws {
        for runner in world.runners where runner.id.number <= before.runners.count {
            let old = before[runner.id]
            guard old.isSpent != runner.isSpent else { continue }
            guard tables.changedRunners.contains(runner.uuid) else {
                throw Violation(run: RunID(1), description: "runner \(runner.id) changed, and nobody was told")
            }
            let isTold = tables.events.contains(Event(.runnerSpent, runner: runner.id))
            guard isTold == runner.isSpent else {
                throw Violation(run: RunID(1), description: "runner \(runner.id) was spent without an event")
            }
        }
        for task in world.tasks[before.tasks.count...] {
            let (runner, old) = (world[task.runner], before[task.runner])
            guard !runner.isEphemeral || !old.isSpent && runner.isSpent else {
                throw Violation(
                    run: task.run,
                    description: "I9: ephemeral runner \(runner.id) has a task; spent \(old.isSpent), \(runner.isSpent)"
                )
            }
            guard !old.isRemoved else {
                throw Violation(run: task.run, description: "runner \(runner.id) was removed, and has a new task")
            }
            guard task.requestKey == nil || tables.assigned.contains(runner.id) else {
                throw Violation(run: task.run, description: "task \(task.id) of a keyed request, and nobody was told")
            }
        }
    }

    // MARK: reports

    /// - Parameters:
    ///   - before: the task before the report.
    ///   - job: its job before the report.
    func reported(_ report: TaskReport, _ answer: ReportAnswer, before: TaskRow, job: JobRow, in world: World) throws {
        let task = world[before.id]
        func require(_ holds: Bool, _ words: @autoclosure () -> String) throws {
            if !holds { throw Violation(run: task.run, description: "a report of task \(task.id) \(words())") }
        }
        try require(!before.isLive || task.heardAt == world.now, "was not heard")
        if before.isLive {
            for step in report.steps {
                guard let index = Int(exactly: step.position), before.steps.indices.contains(index),
                    !before.steps[index].isDone, let status = Conclusion(rawValue: step.result)?.status
                else { continue }
                let first = report.steps.first {
                    $0.position == step.position && Conclusion(rawValue: $0.result) != nil
                }
                guard first == step else { continue }
                try require(task.steps[index] == status, "did not move step \(index) to \(status)")
            }
        }
        try outputs(report, answer, before: before, in: world)
        let now = world[job.id]
        let isComplete = !report.outputs.isEmpty || before.logClosedAt != nil || !job.plan.hasOutputs
        if before.isLive, let conclusion = report.conclusion {
            let isContradicted =
                conclusion == .success
                && zip(task.steps, job.plan.steps).contains { $0 == .failure && !$1 }
            if isContradicted { world.seen.contradictions += 1 }
            let believed = isContradicted ? .failure : conclusion.status
            try require(
                now.status == (job.status == .cancelling ? .cancelled : believed),
                "that said \(conclusion) made job \(job.id) \(now.status)")
            try require(
                !isContradicted || now.status == .cancelled || now.problem != "", "was not believed, without a word")
            try require((now.settleDueAt == nil) == isComplete, "did not hold dependents as it should")
        } else if job.settleDueAt != nil {
            let isOver = before.logClosedAt != nil || !report.outputs.isEmpty
            try require((now.settleDueAt == nil) == isOver, "did not settle outputs as it should")
        }
    }

    private func outputs(_ report: TaskReport, _ answer: ReportAnswer, before: TaskRow, in world: World) throws {
        let task = world[before.id]
        let limits = World.outputLimits
        func require(_ holds: Bool, _ words: @autoclosure () -> String) throws {
            if !holds { throw Violation(run: task.run, description: "a report of task \(task.id) \(words())") }
        }
        let received = Set(answer.sentOutputs)
        try require(
            received.isSuperset(of: report.outputs.map(\.name) + task.outputs.map(\.name)),
            "tells \(received) as received")
        try require(task.outputs.count <= limits.outputsMax, "left \(task.outputs.count) outputs")
        try require(
            task.outputs.allSatisfy { ($0.value?.utf8.count ?? 0) <= limits.valueBytesMax }, "stored too large a value")
        try require(world.outputBytes(of: task.run) <= limits.runBytesMax, "stored more than its run may have")
        for old in before.outputs {
            try require(
                task.outputs.contains { $0.name == old.name && $0.value == old.value }, "changed output \(old.name)")
        }
        // What fits is kept.
        for output in report.outputs
        where output.name == "answer" && output.value.utf8.count <= 4 && before.outputs.isEmpty
            && world.outputBytes(of: task.run) + 8 * Int64(report.outputs.count) <= limits.runBytesMax
        {
            try require(task.outputs.contains { $0.name == "answer" && $0.value == output.value }, "lost an output")
        }
    }

    // MARK: losses

    func gaveUp(_ before: TaskRow, as loss: TaskLoss, returnsBefore: Int, in world: World) throws {
        let job = world[before.job]
        func require(_ holds: Bool, _ words: @autoclosure () -> String) throws {
            if !holds { throw Violation(run: job.run, description: "task \(before.id), lost as \(loss), \(words())") }
        }
        let told = Event(.taskLost, run: job.run, job: job.id, task: before.id, detail: loss.rawValue)
        try require(world[job.run].events.contains(told), "has no event")
        try require(!world[before.id].isLive && world[before.id].isEndedByServer, "was not ended by the server")
        try require(job.returns <= RecoveryLimits.returnsMax, "went back \(job.returns) times")
        if job.status == .waiting {
            try require(loss == .unheard && job.returns == returnsBefore + 1, "goes back for the time \(job.returns)")
        } else {
            try require(
                before.status == .cancelling || job.status == .failure && job.problem != "",
                "left job \(job.id) \(job.status)")
        }
    }
}
