import Domain

/// The process that ran a transaction was killed in the middle of it.
struct Crash: Error {}

/// The tables, in memory, and the clock. Transactions come one after the other; what each does is the scripts' of Domain,
/// on `WorldTables`.
final class World {
    /// `logs.seal_grace`.
    static let graceSeconds: Int64 = 15
    /// Rows taken from one append: small, so that partial acks are common.
    static let rowsPerPiece = 4

    static let environments = ["free", "timed", "reviewed", "main"]
    let limits = RecoveryLimits()
    /// Small, so that every one of them is reached.
    static let outputLimits: OutputLimits = {
        var limits = OutputLimits()
        limits.nameBytesMax = 8
        limits.valueBytesMax = 8
        limits.runBytesMax = 14
        limits.outputsMax = 3
        return limits
    }()
    let spacingMicroseconds: Int64
    var now = Instant(microseconds: 1_700_000_000_000_000)
    var rows = Rows()
    let checks = Checks()
    var seen = Coverage()
    /// Others hold rows, and processes are killed.
    var isFaulty = true
    var lots: SplitMix64
    /// Told by transactions that have committed; lost when nobody listens.
    var groupsToWake: [GroupID] = []
    var jobsToEnter: [JobID] = []
    private var tokensMade: UInt64 = 0
    /// Whose story to tell when a rule refuses what it should not.
    private(set) var lastTouched: RunID?

    let cleansUp: Bool

    init(spacingMicroseconds: Int64, cleansUp: Bool, lots: SplitMix64) {
        self.spacingMicroseconds = spacingMicroseconds
        self.cleansUp = cleansUp
        self.lots = lots
    }

    var runs: [RunRow] { rows.runs }
    var jobs: [JobRow] { rows.jobs }
    var tasks: [TaskRow] { rows.tasks }
    var runners: [RunnerRow] {
        get { rows.runners }
        _modify { yield &rows.runners }
    }
    subscript(_ id: RunID) -> RunRow {
        get { rows[id] }
        _modify { yield &rows[id] }
    }
    subscript(_ id: JobID) -> JobRow {
        get { rows[id] }
        _modify { yield &rows[id] }
    }
    subscript(_ id: TaskID) -> TaskRow {
        get { rows[id] }
        _modify { yield &rows[id] }
    }
    subscript(_ id: RunnerID) -> RunnerRow {
        get { rows[id] }
        _modify { yield &rows[id] }
    }

    var unfinished: [RunID] { runs.lazy.filter { !$0.status.isDone }.map(\.id) }

    func seconds(since then: Instant) -> Int64 { (now.microseconds - then.microseconds) / 1_000_000 }

    func note(_ run: RunID, _ words: @autoclosure () -> String) {
        lastTouched = run
        self[run].history.append("\(now.microseconds / 1_000_000 - 1_700_000_000) s  \(words())")
    }

    /// All of `body`, or nothing; every check when it commits.
    func transaction<Value>(_ body: (WorldTables) throws -> Value) throws -> Value {
        let before = rows
        let tables = WorldTables(self)
        do {
            let value = try body(tables)
            guard !tables.isFailed else { throw Broken("a transaction that had failed was committed") }
            try checks.committed(tables, before: before, in: self)
            groupsToWake += tables.groups
            jobsToEnter += tables.wishes
            return value
        } catch let error as Violation {
            throw error
        } catch let error as Broken {
            throw Violation(run: lastTouched ?? RunID(0), description: error.description)
        } catch {
            rows = before
            throw error
        }
    }

    /// A script broke a rule of transactions: it used a row without its lock, or in another order.
    struct Broken: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    func makeToken() -> TaskToken {
        tokensMade += 1
        return TaskToken(text: "token-\(tokensMade)", hash: Array("token-\(tokensMade)".utf8.reversed()))
    }

    // MARK: what the rules are asked about

    /// Everything there is to know of the run, however the scripts load it.
    func snapshot(of run: RunID) -> RunSnapshot {
        let jobs = self[run].latest.map { id in
            var job = snapshot(of: id)
            job.outputs = outputs(of: id)
            return job
        }
        let row = self[run]
        var whole = RunSnapshot(
            jobs: jobs, values: values(of: run), isCancelRequested: row.isCancelRequested, cleansUp: cleansUp,
            group: row.group,
            isHeld: row.group != nil && !row.holdsGroup || row.approval == .awaited)
        whole.groupKey = row.group.map {
            PlannedGroup(name: rows.groups[Int($0.number) - 1].name, cancelsInProgress: false).key
        }
        return whole
    }

    func values(of run: RunID) -> RunValues {
        RunValues(github: .object([(key: "ref", value: .string(self[run].ref))]))
    }

    /// Without its outputs.
    func snapshot(of id: JobID) -> JobSnapshot {
        let job = self[id]
        var snapshot = JobSnapshot(
            id: id, key: job.plan.key, needs: job.plan.needs, condition: job.plan.condition,
            continueOnError: job.plan.continueOnError, hasOutputs: job.plan.hasOutputs, state: state(job),
            isSettling: job.settleDueAt != nil, deferred: job.status == .blocked ? job.plan.deferred : nil)
        snapshot.strategy = job.plan.strategy
        snapshot.isGivenUp = job.isGivenUp
        snapshot.environment = job.status == .blocked ? job.plan.environment : nil
        snapshot.gate = job.deployment.map { deployment in
            JobGate(
                refusal: job.refusal, needsReview: deployment.needsReview, isReviewed: job.review != nil,
                waits: job.waitUntil.map { now < $0 } ?? false)
        }
        snapshot.concurrency = job.status == .blocked ? job.plan.concurrency : nil
        snapshot.place =
            job.group.map { job.holdsGroup ? .held($0) : .pending($0) } ?? job.wanted.map(JobPlace.wanted)
        return snapshot
    }

    func outputs(of job: JobID) -> [JobOutput] {
        (self[job].task.map { self[$0].outputs } ?? []).compactMap { output in
            output.value.map { JobOutput(name: output.name, value: $0) }
        }
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
}
