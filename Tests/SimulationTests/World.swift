import Domain

struct RunRow {
    let id: RunID
    let repository: RepositoryID
    let owner: AccountID
    var status: Status
    /// Ids of the jobs of each attempt.
    var attempts: [[JobID]]
    /// What the server appends to the table `event`.
    var events: [StatusEvent] = []
    /// What happened, in words; only for the report of a failure.
    var history: [String] = []

    var latest: [JobID] { attempts.last ?? [] }
}

/// What planning found of one job.
struct JobPlan {
    let key: String
    let needs: [String]
    let condition: String?
    let continueOnError: Bool
    let hasOutputs: Bool
    let runsOn: [String]
    let timeoutSeconds: Int64?
}

struct JobRow {
    let id: JobID
    let run: RunID
    let plan: JobPlan
    var status: Status
    /// The current or last task.
    var task: TaskID?
    var settleDueAt: Instant?
    var returns = 0
    var queueKey: Int64?
    var changedAt: Instant
}

struct TaskRow {
    let id: TaskID
    let job: JobID
    let run: RunID
    let runner: RunnerID
    let requestKey: Int?
    let canCancel: Bool
    let startedAt: Instant
    var status = Status.running
    var isEndedByServer = false
    /// Kept by the simulation alone: its own runner said the last word.
    var isEndedByReport = false
    var heardAt: Instant?
    var stoppedAt: Instant?
    var outputs: [JobOutput] = []
    var rows: [Int64] = []
    var logClosedAt: Instant?
    var isLogSealed = false

    var isLive: Bool { !status.isDone }
}

struct RunnerRow {
    let id: RunnerID
    let scope: RunnerScope
    let labelNames: [String]
    let isEphemeral: Bool
    let canCancel: Bool
    var declaredAt: Instant
    var isSpent = false
    var isRemoved = false
}

/// The tables, in memory. Every change is one transaction, so the locks of DESIGN section 2 are trivially held; which rules
/// are asked, and what their answers write, mirrors Sources/Postgres (the files are named at each part).
final class World {
    /// `logs.seal_grace`.
    static let graceSeconds: Int64 = 15
    /// Rows taken from one append: small, so that partial acks are common.
    static let rowsPerPiece = 4

    let limits = RecoveryLimits()
    let spacingMicroseconds: Int64
    var now = Instant(microseconds: 1_700_000_000_000_000)
    var runs: [RunRow] = []
    var jobs: [JobRow] = []
    var tasks: [TaskRow] = []
    var runners: [RunnerRow] = []
    let checks = Checks()
    var seen = Coverage()
    /// Whose story to tell when a rule refuses what it should not.
    private(set) var lastTouched: RunID?

    init(spacingMicroseconds: Int64) { self.spacingMicroseconds = spacingMicroseconds }

    // Ids count from 1 in order of making, as those of the database do.
    subscript(_ id: RunID) -> RunRow {
        get { runs[Int(id.number) - 1] }
        _modify { yield &runs[Int(id.number) - 1] }
    }
    subscript(_ id: JobID) -> JobRow {
        get { jobs[Int(id.number) - 1] }
        _modify { yield &jobs[Int(id.number) - 1] }
    }
    subscript(_ id: TaskID) -> TaskRow {
        get { tasks[Int(id.number) - 1] }
        _modify { yield &tasks[Int(id.number) - 1] }
    }
    subscript(_ id: RunnerID) -> RunnerRow {
        get { runners[Int(id.number) - 1] }
        _modify { yield &runners[Int(id.number) - 1] }
    }

    var unfinished: [RunID] { runs.lazy.filter { !$0.status.isDone }.map(\.id) }

    func seconds(since then: Instant) -> Int64 { (now.microseconds - then.microseconds) / 1_000_000 }

    func note(_ run: RunID, _ words: @autoclosure () -> String) {
        lastTouched = run
        self[run].history.append("\(now.microseconds / 1_000_000 - 1_700_000_000) s  \(words())")
    }

    func append(_ event: StatusEvent, to run: RunID) {
        self[run].events.append(event)
        note(run, "    \(event.subject.words) is \(event.status)")
        seen.statuses.insert(event.status)
    }
}

/// What a simulation came across: a state machine that never moves breaks no rule either.
struct Coverage: CustomStringConvertible {
    var steps = 0
    var transactions = 0
    var reruns = 0
    var recoveredAnswers = 0
    var pieces = 0
    var refusedAppends = 0
    var settled = 0
    var statuses: Set<Status> = []
    var losses: Set<TaskLoss> = []

    var description: String {
        "\(steps) steps, \(transactions) transactions, \(reruns) reruns, \(recoveredAnswers) answers asked for again, "
            + "\(pieces) pieces of logs, \(refusedAppends) refused appends, \(settled) waits for outputs, "
            + "losses: \(losses.map(\.rawValue).sorted().joined(separator: ", "))"
    }

    mutating func add(_ other: Coverage) {
        steps += other.steps
        transactions += other.transactions
        reruns += other.reruns
        recoveredAnswers += other.recoveredAnswers
        pieces += other.pieces
        refusedAppends += other.refusedAppends
        settled += other.settled
        statuses.formUnion(other.statuses)
        losses.formUnion(other.losses)
    }
}
