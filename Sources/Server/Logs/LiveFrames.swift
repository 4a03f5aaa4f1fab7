import Domain
import Postgres
import Web

/// The events of a stream, as text: each is made once for all who get it.
enum LiveFrames {
    static let type = "text/event-stream; charset=utf-8"
    static let heartbeat = StreamPiece(Array(": still here\n\n".utf8))

    /// - Parameter topic: with what the client has after it, for `Last-Event-ID`.
    private static func event(_ name: String, id: String? = nil, _ data: some Encodable) throws -> [UInt8] {
        var out = Array("event: \(name)\n".utf8)
        if let id { out += "id: \(id)\n".utf8 }
        return out + Array("data: ".utf8) + (try jsonText(data)) + Array("\n\n".utf8)
    }

    private struct Rows: Encodable {
        let topic: String
        /// The number of the first row, from 0; rows between what the client has and this one were passed over.
        let from: Int64
        let next: Int64
        /// Rows of the whole log.
        let total: Int64
        let done: Bool
        /// Lines with their times, each ended by a newline.
        let text: String
    }
    private struct Changed: Encodable { let topic, mark: String }
    private struct Gone: Encodable {
        let topic: String
        let status: Int
        let words: String
    }
    private struct End: Encodable { let words: String }

    /// Rows `from` and on, as many as one event has, and the number of the row behind them.
    ///
    /// A reader who is too far behind is given the end: pages know a log's length, and fetch what is looked at.
    static func rows(
        _ job: JobID, _ progress: LogProgress, from: Int64, _ app: App
    ) throws -> (bytes: [UInt8], next: Int64) {
        let isFar = progress.rows - from > LiveLimits.jumpRows
        var start = min(isFar ? progress.rows - LiveLimits.jumpTailRows : from, progress.rows)
        var text: [UInt8] = []
        if let task = progress.task, progress.rows > start, var reader = try LogReader(task, app) {
            let range = LogRange.from(start, lines: min(LiveLimits.answerLinesMax, progress.rows - start))
            do {
                let found = try reader.text(range, bytesMax: LiveLimits.answerBytesMax)
                (text, start) = (found.bytes, found.rows.lowerBound)
            } catch LogReadProblem.expired { start = progress.rows }
        }
        let next = text.isEmpty ? progress.rows : start + lineCount(text)
        let frame = try event(
            "log", id: "log:\(job)@\(next)",
            Rows(
                topic: "log:\(job)", from: start, next: next, total: progress.rows,
                done: progress.hasEnded && next >= progress.rows, text: String(decoding: text, as: UTF8.self)))
        return (frame, next)
    }

    static func state(_ state: LiveJob) throws -> [UInt8] { try event("job", state) }

    static func changed(_ topic: LiveTopic, mark: String) throws -> [UInt8] {
        try event("changed", id: "\(topic)@\(mark)", Changed(topic: "\(topic)", mark: mark))
    }

    static func gone(_ topic: LiveTopic, _ failure: Failure) throws -> [UInt8] {
        try event("gone", Gone(topic: "\(topic)", status: failure.kind.restStatus, words: failure.message))
    }

    static func retry(milliseconds: Int) -> [UInt8] { Array("retry: \(milliseconds)\n\n".utf8) }

    /// The last words of a stream; the client comes back when this time is over.
    static func end(_ words: String, retryMilliseconds: Int) throws -> [UInt8] {
        retry(milliseconds: retryMilliseconds) + (try event("end", End(words: words)))
    }
}

/// What a job's page shows beside its rows, and is told when that changes.
struct LiveJob: Described {
    struct Section: Described {
        let name: String
        let status: String
        /// Its first row, from 0; it goes on to the next section's. Absent until it begins.
        let start: Int64?
        /// Unix milliseconds.
        let started: Int64?
        let stopped: Int64?
        static let schemaName = "LiveSection"
        static let example = Section(
            name: "Run make", status: "running", start: 12, started: 1_767_322_845_000, stopped: nil)
    }
    let topic: String
    let status: String
    /// Changes with whatever is said here.
    let mark: String
    let problem: String?
    /// Why it does not run.
    let why: String?
    let started: Int64?
    let stopped: Int64?
    let runner: String?
    /// The section that a page opens.
    let open: Int?
    let sections: [Section]

    static let example = LiveJob(
        topic: "log:5", status: "running", mark: "9f86d081884c7d65", problem: nil, why: nil,
        started: 1_767_322_845_000, stopped: nil, runner: "builder-1", open: 0, sections: [.example])
}

extension LiveJob {
    init(_ job: JobView, _ progress: LogProgress?, in repository: RepositoryID, _ app: App) throws {
        let steps = try job.task.map { try app.views.steps(of: $0) } ?? []
        let why = job.status.isDone ? nil : try app.waits.why(job: job.id, in: repository)
        self.init(job, steps: steps, rows: progress?.rows ?? 0, mark: progress?.mark ?? "", why: why)
    }

    init(_ job: JobView, steps: [StepView], rows: Int64, mark: String, why: Reason?) {
        topic = "log:\(job.id)"
        status = "\(job.status)"
        self.mark = mark
        problem = job.problem.shown
        self.why = why?.words.shown
        started = job.startedAt.map { $0 / 1000 }
        stopped = job.stoppedAt.map { $0 / 1000 }
        runner = job.runnerName.shown
        let parts =
            job.task == nil
            ? []
            : sectionLog(
                steps: zip(steps, shownStatuses(ofSteps: steps.map(\.status), job: job.status)).map { step, status in
                    LogStep(name: step.name, status: status, index: step.logIndex, length: step.logLength)
                }, rows: rows, task: job.status)
        open = openSection(of: parts)
        sections = parts.map { section in
            let step = section.step.map { steps[$0] }
            return Section(
                name: section.name, status: "\(section.status)", start: section.start,
                started: step?.startedAt.map { $0 / 1000 }, stopped: step?.stoppedAt.map { $0 / 1000 })
        }
    }
}
