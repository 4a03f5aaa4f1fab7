import Domain
import Postgres
import Web

/// The part of a run's page that shows one job: its state and its log by steps.
struct LogPage {
    static let all: [Endpoint] = [
        Endpoint(
            .get, "/{owner}/{repo}/actions/jobs/{job}/view", .repository(.read), answers: [.page, .failure(404)],
            "Show a job's part of the page of its run.", jobView)
    ]

    private let app: App
    private let base: String
    /// Asked once for all jobs of the page.
    private let reasons: [JobID: Reason]
    private let progress: [JobID: LogProgress]
    private let steps: [TaskID: [StepView]]
    private let logs: [TaskID: StoredLog]
    /// Few jobs write a summary; the others are not asked for one.
    private let summarized: Set<TaskID>
    /// Rows that the page may still show at once.
    private var budget = LogExcerptLimits.pageRowsMax
    /// Bytes of summaries that it may still show.
    private var summaryBudget = JobSummaryLimits.pageBytesMax

    private init(of jobs: [JobView], in repository: Repository, _ app: App) throws {
        self.app = app
        base = "/\(repository.fullName)"
        reasons = try app.waits.why(jobs: jobs.filter { !$0.status.isDone }.map(\.id), in: repository.id)
        let tasks = jobs.compactMap(\.task)
        steps = try app.views.steps(of: tasks)
        logs = try app.logs.logs(of: tasks)
        summarized = try app.summaries.summarized(among: tasks)
        progress = Dictionary(
            try app.logs.progress(of: jobs.map(\.id)).map { ($0.job, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Of these jobs, in their order.
    static func parts(of jobs: [JobView], in repository: Repository, _ app: App) throws -> [JobPart] {
        var page = try LogPage(of: jobs, in: repository, app)
        return try jobs.map { try page.part(of: $0) }
    }

    /// One job alone: the script puts it in the place of what it has when the steps changed.
    @Sendable static func jobView(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let job = try JobRoutes.job(request, place, app)
        var page = try LogPage(of: [job], in: place.repository, app)
        return try page.part(of: job).response()
    }

    private mutating func part(of job: JobView) throws -> JobPart {
        let progress = progress[job.id]
        let reader = job.task.flatMap { logs[$0] }.map { LogReader($0, app) }
        let steps = job.task.flatMap { self.steps[$0] } ?? []
        var part = JobPart(
            id: job.id.number, base: base, name: job.name, status: "\(job.status)", problem: job.problem.shown,
            why: reasons[job.id]?.words.shown, next: reader?.log.rows ?? 0, isDone: progress?.hasEnded ?? true,
            mark: progress.map { Self.mark(of: $0, steps) } ?? "")
        if let task = job.task, summarized.contains(task) { part.summary = try summary(of: task, job.id) }
        guard var reader else { return part }
        part.download = "\(base)/actions/jobs/\(job.id)/log"
        if let at = reader.log.file?.expiredAt {
            part.expiredAt = clockText(at)
            return part
        }
        let slices = sliceLog(
            steps: zip(steps, shownStatuses(ofSteps: steps.map(\.status), job: job.status)).map { step, status in
                LogStep(name: step.name, status: status, index: step.logIndex, length: step.logLength)
            },
            rows: reader.log.rows, task: job.status)
        let growing = slices.lastIndex { $0.status == .running || $0.status == .cancelling }
        part.slices = try slices.enumerated().map { index, slice in
            let isOpen = slice.status == .failure || index == growing
            let shown = excerpt(slice.rows, budget: budget)
            budget -= Int64(shown.head.count + shown.tail.count)
            return SlicePart(
                name: slice.name, status: "\(slice.status)", count: slice.rows.count, isOpen: isOpen,
                isGrowing: index == growing, head: try rows(shown.head, of: &reader, job.id),
                gap: shown.gap.isEmpty ? nil : gap(shown.gap, job.id),
                tail: try rows(shown.tail, of: &reader, job.id))
        }
        return part
    }

    /// What the job wrote about itself, as it wrote it: Markdown is not rendered, since nobody vouches for it.
    private mutating func summary(of task: TaskID, _ job: JobID) throws -> SummaryPart? {
        let all = try app.summaries.summaries(of: task, bytesMax: summaryBudget)
        guard !all.isEmpty else { return nil }
        var parts: [StepSummary] = []
        for summary in all {
            let shown = summary.content.prefix(summaryBudget)
            summaryBudget -= shown.count
            parts.append(
                StepSummary(
                    step: summary.step.shown, text: String(decoding: shown, as: UTF8.self),
                    isCut: Int64(shown.count) < summary.byteCount))
        }
        return SummaryPart(parts: parts, link: "\(base)/actions/jobs/\(job)/summary")
    }

    private func rows(_ rows: Range<Int64>, of reader: inout LogReader, _ job: JobID) throws -> [LogRow] {
        var out: [LogRow] = []
        var number = rows.lowerBound
        var isInGroup = false
        try reader.read(rows) { lines in
            for line in lines.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
                number += 1
                let view = LogView(line: line)
                if [.group, .endgroup].contains(view.kind) { isInGroup = false }
                let kind = isInGroup ? "\(view.kind.rawValue) in" : view.kind.rawValue
                if view.kind == .group { isInGroup = true }
                out.append(LogRow(job: job.number, number: number, time: view.time, text: view.text, kind: kind))
            }
            return true
        }
        return out
    }

    private func gap(_ rows: Range<Int64>, _ job: JobID) -> LogGap {
        let count = min(Int64(rows.count), LogRangeLimits.linesMax)
        return LogGap(
            from: rows.lowerBound, first: rows.lowerBound + 1, to: rows.upperBound,
            link: "\(base)/actions/jobs/\(job)/log?from=\(rows.lowerBound)&lines=\(count)")
    }

    /// Changes when the page's steps would: then the script asks for the job's part anew.
    static func mark(of progress: LogProgress, _ steps: [StepView]) -> String {
        var text = "\(progress.task?.number ?? 0) \(progress.hasEnded)"
        for step in steps { text += " \(step.status.rawValue)@\(step.logIndex)" }
        // FNV-1a: a thousand steps do not fit a header.
        let hash = text.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
