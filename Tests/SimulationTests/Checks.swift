import Domain

/// A rule that did not hold.
struct Violation: Error, CustomStringConvertible {
    let run: RunID
    let description: String
}

/// I1, I2, I3, I5, I9 of DESIGN and what follows from them, asked after every transaction. Keeps what it saw before: a final status that
/// changes cannot be seen in one state.
final class Checks {
    private var statuses: [JobID: Status] = [:]
    private var heardOf: [RunnerID: Set<TaskID>] = [:]
    private var rowsSent: [TaskID: Int64] = [:]
    private var sealed: [TaskID: Int] = [:]

    /// After each transaction.
    func committed(_ tables: WorldTables, before: Rows, in world: World) throws {
        world.seen.transactions += 1
        for run in tables.touched.sorted(by: { $0.number < $1.number }) {
            try holds(run, in: world)
            for job in world.jobs where job.run == run && before.has(job.id) && before[job.id].status != job.status {
                try moved(job, from: before[job.id], tables, before: before, in: world)
            }
            for job in world.jobs where job.run == run && !before.has(job.id) {
                let first = tables.events.first { $0.job == job.id }?.status
                guard let first, first == .blocked || first.isDone else {
                    throw Violation(
                        run: run,
                        description:
                            "job \(job.id) was made; its first event says \(first.map { "\($0)" } ?? "nothing")")
                }
            }
            // Made and moved: carried over by a rerun, a job has one event.
            for job in world.jobs
            where job.run == run && !before.has(job.id) && tables.events.count(where: { $0.job == job.id }) > 1 {
                try started(job, tables, in: world)
            }
        }
        try groups(tables, before: before, in: world)
        try runners(tables, before: before, in: world)
    }

    /// What must be true of a run at any time.
    private func holds(_ id: RunID, in world: World) throws {
        let run = world[id]
        func require(_ holds: Bool, _ words: @autoclosure () -> String) throws {
            if !holds { throw Violation(run: id, description: words()) }
        }
        let latest = run.latest.map { world[$0] }
        for job in latest { try check(job, among: latest, in: world, require) }

        try legs(of: latest, in: world, require)
        let counted = latest.map { job -> Status in
            if job.status == .cancelled, job.isGivenUp { return .failure }
            return job.status == .failure && job.plan.continueOnError ? .success : job.status
        }
        try require(
            run.status == aggregate(counted), "I3: the run is \(run.status), its jobs say \(aggregate(counted))")
        // Not by `aggregate`, which may itself be wrong.
        try require(
            run.status.isDone == counted.allSatisfy(\.isDone), "I3: the run is \(run.status), its jobs are \(counted)")
        try require(
            run.status != .success || !counted.contains { $0 == .failure || $0 == .cancelled },
            "I3: the run is a success, its jobs are \(counted)")
        try require(
            !counted.contains(.running) || run.status == .running || run.status == .cancelling,
            "I3: a job runs and the run is \(run.status)")

        try require(
            run.attempts.last?.status == run.status,
            "the run is \(run.status), its attempt \(run.attempts.last.map { "\($0.status)" } ?? "?")")

        // What an event should have started is started by it: the repair sweep never finds anything.
        // A wait timer that has run out is told by no event; a sweep looks for it.
        let isTimerOver = latest.contains {
            $0.status == .blocked && $0.deployment?.waitMinutes ?? 0 > 0 && ($0.waitUntil ?? world.now) <= world.now
        }
        let repairs = try decide(world.snapshot(of: id), .examined).filter { $0 != .run(run.status) }
        try require(repairs.isEmpty || isTimerOver, "missed by the events: \(repairs)")
        try replay(run, in: world, require)
    }

    private typealias Require = (Bool, @autoclosure () -> String) throws -> Void

    private func check(_ job: JobRow, among jobs: [JobRow], in world: World, _ require: Require) throws {
        if let old = statuses[job.id], old != job.status {
            try require(!old.isDone, "I2: job \(job.id) was \(old), which is final, and is \(job.status)")
            try require(mayMove(from: old, to: job.status), "I2: job \(job.id) went from \(old) to \(job.status)")
            let isStarted = old == .blocked && job.status != .cancelled
            let awaited = jobs.first { job.plan.needs.contains($0.plan.key) && $0.settleDueAt != nil }
            try require(!isStarted || awaited == nil, "job \(job.id) did not wait for late outputs of a job it needs")
        }
        statuses[job.id] = job.status
        for id in world.tasks.filter({ $0.job == job.id && !$0.isLive }).map(\.id) {
            try require(
                world[id].steps.allSatisfy(\.isDone), "task \(id) has ended, its steps are \(world[id].steps)")
        }

        let isAtWork = job.status == .running || job.status == .cancelling
        let task = job.task.map { world[$0] }
        try require(
            isAtWork == (task?.isLive ?? false),
            "I1: job \(job.id) is \(job.status), its task is \(task.map { "\($0.status)" } ?? "none")")
        try require(!isAtWork || task?.status == job.status, "I1: job \(job.id) and its task differ")
        // A cancel may come first; everything else waits for the needs.
        if job.status != .blocked && job.status != .cancelled {
            for need in jobs where job.plan.needs.contains(need.plan.key) {
                try require(
                    need.status.isDone,
                    "job \(job.id) is \(job.status) while job \(need.id), which it needs, is \(need.status)")
            }
        }
    }

    /// max-parallel and fail-fast: never too many at work, and none that goes on beside a failed one.
    private func legs(of jobs: [JobRow], in world: World, _ require: Require) throws {
        for (key, legs) in Dictionary(grouping: jobs, by: \.plan.key) where legs.count > 1 {
            let atWork = legs.count { [.waiting, .running, .cancelling].contains($0.status) }
            if let most = legs[0].plan.strategy.maxParallel {
                try require(atWork <= most, "\(atWork) legs of \(key) are at work, \(most) may be")
                if atWork == most, legs.contains(where: { $0.status == .blocked }) { world.seen.slotWaits += 1 }
            }
            for leg in legs where leg.isGivenUp {
                try require(
                    leg.status == .cancelling || leg.status == .cancelled, "job \(leg.id) is given up and \(leg.status)"
                )
                try require(leg.problem != "", "job \(leg.id) is given up without a word")
            }
        }
    }

    private func replay(_ run: RunRow, in world: World, _ require: Require) throws {
        let statuses = run.events.compactMap { event in
            event.status.map { StatusEvent(event.job.map(StatusEvent.Subject.job) ?? .run(run.id), $0) }
        }
        let told = Replay(statuses)
        try require(told.faults.isEmpty, "replay: \(told.faults)")
        var live: [StatusEvent.Subject: Status] = [.run(run.id): run.status]
        for job in run.latest { live[.job(job)] = world[job].status }
        try require(told.differences(to: live).isEmpty, "replay: \(told.differences(to: live))")
    }

    // MARK: tasks

    /// I9: a runner for one job works on one.
    func heard(_ task: TaskRow, isEphemeral: Bool) {
        if isEphemeral, task.heardAt != nil { heardOf[task.runner, default: []].insert(task.id) }
    }

    func answered(_ result: Int, to task: TaskRow) throws {
        let expected: Int =
            switch task.status {
            case .running: 0
            case .cancelling: 3
            default: task.isEndedByReport ? Int(task.status.rawValue) : 3
            }
        guard result == expected else {
            throw Violation(
                run: task.run,
                description: "task \(task.id), \(task.status), is answered \(result) and not \(expected)")
        }
        guard heardOf[task.runner].map({ $0.count <= 1 }) ?? true else {
            throw Violation(
                run: task.run,
                description: "I9: ephemeral runner \(task.runner) is heard on \(heardOf[task.runner] ?? [])")
        }
    }

    /// Silence is never borne for longer than the limits say.
    func judged(_ loss: TaskLoss?, of task: TaskRow, runner: RunnerRow, now: Instant) throws {
        let limits = RecoveryLimits()
        let silent = (now.microseconds - (task.heardAt ?? task.startedAt).microseconds) / 1_000_000
        let isDue = silent >= (task.heardAt == nil ? limits.unheardSeconds : limits.silentSeconds)
        guard loss != nil || !isDue else {
            throw Violation(run: task.run, description: "task \(task.id) is silent for \(silent) s and not given up")
        }
    }

    // MARK: logs

    /// Row `n` of a task: what its runner sends as that row, whenever and however often it does.
    static func row(_ number: Int64, of task: TaskID) -> Int64 { task.number * 1_000_000 + number }

    func appended(_ decision: LogDecision, index: Int64, count: Int, before: TaskRow, after: TaskRow) throws {
        func require(_ holds: Bool, _ words: String) throws {
            if !holds {
                throw Violation(
                    run: after.run,
                    description:
                        "I5: \(words): task \(after.id) has \(after.rows.count), was sent \(count) from \(index): \(decision)"
                )
            }
        }
        let end = index + Int64(count)
        let stored = Int64(after.rows.count)
        rowsSent[after.id] = max(rowsSent[after.id] ?? 0, end)
        try require(decision.ack <= end, "ack above what was sent")
        try require(decision.ack <= stored, "ack above what is stored")
        // A client that sends from its last ack must never be thrown back.
        try require(decision.ack >= index || index > stored, "ack below where the client stands")
        try require(!decision.closes || stored == end, "closed with rows missing")
        let isGoodRest = zip(before.rows.count..., after.rows[before.rows.count...]).allSatisfy {
            $1 == Self.row(Int64($0), of: after.id)
        }
        try require(isGoodRest && stored <= rowsSent[after.id] ?? 0, "not what was sent")
    }

    // MARK: everything

    func everything(in world: World) throws {
        var live: [JobID: Int] = [:]
        for task in world.tasks {
            if task.isLive { live[task.job, default: 0] += 1 }
            for (number, row) in task.rows.enumerated() where row != Self.row(Int64(number), of: task.id) {
                throw Violation(run: task.run, description: "I5: row \(number) of task \(task.id) is \(row)")
            }
            if let rows = sealed[task.id], rows != task.rows.count {
                throw Violation(run: task.run, description: "I5: the sealed log of task \(task.id) changed")
            }
            if task.isLogSealed { sealed[task.id] = task.rows.count }
        }
        for (job, count) in live where count > 1 {
            throw Violation(run: world[job].run, description: "I1: job \(job) has \(count) live tasks")
        }
        for job in world.jobs where statuses[job.id] != job.status {
            throw Violation(
                run: job.run, description: "I2: job \(job.id) of an earlier attempt is \(job.status) now")
        }
        for run in world.runs {
            try holds(run.id, in: world)
        }
    }
}
