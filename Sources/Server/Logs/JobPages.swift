import Domain
import Postgres
import Web

enum JobPageLimits {
    /// Rows that the page has without its script, as many before the line that is looked for as behind it.
    static let rows: Int64 = 100
    /// Rows of one page of an older part.
    static let rangeRows: Int64 = 500
    /// Rows at the end of a failed step among which its error is looked for.
    static let errorRows: Int64 = 500
    static let errorBytes = 256 * 1024
    static let pageBytes = 512 * 1024
}

/// The page of a job, what its buttons do, and the search in its log.
enum JobPages {
    private static let path = "/{owner}/{repo}/actions/runs/{run}/jobs/{job}"

    static let all: [Endpoint] = [
        Endpoint(
            .get, path, .repository(.read),
            query: [
                QueryParameter("from", "the first row shown, from 0"),
                QueryParameter("step", "the section shown, from 0"),
            ], answers: [.page, .failure(404)], "Show a job: its steps and its log.", page),
        Endpoint(
            .get, path + "/search", .repository(.read),
            query: [
                QueryParameter("q", "the text, in either case"), QueryParameter("from", "the first row, from 0"),
            ], answers: [.json(200, LogSearchAnswer.self), .failure(404), .failure(422)],
            "Search in the log of a job.", search),
        .form(
            path + "/rerun", .repository(.write), answers: [.none(303), .failure(403), .failure(404), .failure(409)],
            "Run a job again, with those that need it; shows the new one."
        ) { request, place, _, app in
            let old = try job(request, place, app)
            let copies = try RunRoutes.rerun(.job(old.id), request, place, app)
            return .seeOther("\(address(of: old.run, in: place.repository))/jobs/\(copies[old.id] ?? old.id)")
        },
        .form(path + "/cancel", .repository(.write), "Cancel a job; shows it.") { request, place, _, app in
            let job = try job(request, place, app)
            try app.runs.apply(.job(job.id, .cancelRequested), to: job.run, by: place.caller.account)
            return .seeOther("\(address(of: job.run, in: place.repository))/jobs/\(job.id)")
        },
    ]

    private static func address(of run: RunID, in repository: Repository) -> String {
        "/\(repository.fullName)/actions/runs/\(run)"
    }

    /// The job that the path names, of the run that it names.
    private static func job(_ request: Request, _ place: InRepository, _ app: App) throws -> JobView {
        let job = try JobRoutes.job(request, place, app)
        guard job.run == request.id("run") else { throw Failure(.missing, "not found") }
        return job
    }

    @Sendable private static func page(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let job = try job(request, place, app)
        guard let run = try app.views.run(job.run, in: place.id) else { throw Failure(.missing, "not found") }
        let repository = place.repository
        let base = "/\(repository.fullName)"
        let runAddress = address(of: run.id, in: repository)
        let attempts = try app.views.attempts(of: job)
        let mayWrite = authorize(place.caller.principal, .write, of: .actions, on: repository.facts) == .allowed
        func form(_ act: String) -> JobForm {
            JobForm(action: "\(runAddress)/jobs/\(job.id)/\(act)", token: place.caller.formToken)
        }
        let reader = try job.task.flatMap { try LogReader($0, app) }
        let expiredAt = reader?.log.file?.expiredAt
        let took = job.startedAt.map { (job.stoppedAt ?? request.now.microseconds) &- $0 }
        let hasSummary = try job.task.map { try !app.summaries.summarized(among: [$0]).isEmpty } ?? false
        return try JobPage(
            head: place.head(
                job.name, tab: .actions,
                under: [
                    Crumb(name: "Actions", link: base + "/actions"),
                    Crumb(name: "\(run.title) #\(run.number)", link: runAddress),
                ], scripts: [.jobScript]),
            job: job.id.number, base: base, run: run.id.number, runNumber: run.number, status: "\(job.status)",
            isDone: job.status.isDone, problem: job.problem.shown,
            why: job.status.isDone || job.status == .running
                ? nil : try app.waits.why(job: job.id, in: place.id)?.words.shown,
            runner: job.runnerName.shown, started: TimePart(job.startedAt, now: request.now),
            duration: job.status.isDone ? took.map(durationWords) : nil, hasAttempts: attempts.count > 1,
            attempts: attempts.map { other in
                JobAttemptLink(
                    number: other.attempt, link: "\(runAddress)/jobs/\(other.id)", status: "\(other.status)",
                    isHere: other.id == job.id)
            },
            rerun: mayWrite && run.status.isDone && job.attempt == run.attempt ? form("rerun") : nil,
            cancel: mayWrite && !job.status.isDone ? form("cancel") : nil,
            expiredAt: expiredAt.map(clockText), hasSummary: hasSummary,
            log: expiredAt == nil ? try reader.map { try log(of: job, $0, request, base: base, app) } : nil,
            absence: reader == nil ? absence(of: job) : nil
        ).response()
    }

    private static func absence(of job: JobView) -> String {
        job.status.isDone
            ? "There is no log: this job ran on no runner." : "There is no log yet: no runner has begun this job."
    }

    private static func log(
        of job: JobView, _ reader: LogReader, _ request: Request, base: String, _ app: App
    ) throws -> JobLogPart {
        var reader = reader
        let total = reader.log.rows
        let progress = try app.logs.progress(of: [job.id]).first
        let steps = try job.task.map { try app.views.steps(of: $0) } ?? []
        let live = LiveJob(job, steps: steps, rows: total, mark: progress?.mark ?? "", why: nil)
        let sections = live.sections
        let open = min(
            request.given("step").flatMap { Int($0) }.map { max(0, $0) } ?? live.open ?? 0,
            max(0, sections.count - 1))
        func end(_ place: Int) -> Int64 { sections[(place + 1)...].lazy.compactMap(\.start).first ?? total }
        let range = (sections.isEmpty ? nil : sections[open].start).map { $0..<max($0, end(open)) } ?? total..<total
        let failed = sections.isEmpty || sections[open].status != "failure" ? nil : range
        let error = try failed.flatMap { try errorRow(in: $0, &reader) }
        let rows = shownRows(total: total, section: range, error: error, request)
        let page = "\(base)/actions/runs/\(job.run)/jobs/\(job.id)"
        let lines = try Self.rows(rows, of: &reader)
        let shown = rows.lowerBound..<(rows.lowerBound + Int64(lines.count))
        return JobLogPart(
            job: job.id.number, address: "\(base)/actions/jobs/\(job.id)/log", search: page + "/search", total: total,
            mark: live.mark, isDone: progress?.hasEnded ?? true, open: open, error: error.map { $0 + 1 },
            sections: sections.enumerated().map { place, section in
                section.part(link: "\(page)?step=\(place)", isOpen: place == open, now: request.now)
            },
            rows: lines,
            older: shown.lowerBound > 0
                ? "\(page)?from=\(max(0, shown.lowerBound - JobPageLimits.rangeRows))" : nil,
            newer: shown.upperBound < total ? "\(page)?from=\(shown.upperBound)" : nil,
            first: min(total, shown.lowerBound + 1), last: shown.upperBound)
    }

    private static func shownRows(
        total: Int64, section: Range<Int64>, error: Int64?, _ request: Request
    ) -> Range<Int64> {
        func rows(from: Int64, _ count: Int64) -> Range<Int64> {
            let start = min(max(0, from), total)
            return start..<min(total, start + count)
        }
        if let from = request.given("from").flatMap({ Int64($0) }) {
            return rows(from: from, JobPageLimits.rangeRows)
        }
        if request.given("step") != nil {
            return section.lowerBound..<min(section.upperBound, section.lowerBound + JobPageLimits.rangeRows)
        }
        if let error { return rows(from: error - JobPageLimits.rows / 2, JobPageLimits.rows) }
        return max(section.lowerBound, section.upperBound - JobPageLimits.rows)..<section.upperBound
    }

    /// The row that a person looks for, near the end of a failed step.
    private static func errorRow(in section: Range<Int64>, _ reader: inout LogReader) throws -> Int64? {
        let start = max(section.lowerBound, section.upperBound - JobPageLimits.errorRows)
        var lines: [LogView] = []
        var bytes = 0
        try reader.read(start..<section.upperBound) { text in
            bytes += text.count
            lines += text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().map {
                LogView(line: $0)
            }
            return bytes < JobPageLimits.errorBytes
        }
        return firstError(among: lines).map { start + Int64($0) }
    }

    private static func rows(_ rows: Range<Int64>, of reader: inout LogReader) throws -> [JobRowPart] {
        var number = rows.lowerBound
        let text = try reader.text(
            .from(rows.lowerBound, lines: max(1, Int64(rows.count))), bytesMax: JobPageLimits.pageBytes)
        guard !rows.isEmpty else { return [] }
        return text.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().map {
            line in
            number += 1
            let view = LogView(line: line)
            return JobRowPart(
                number: number, label: numberLabel(number), time: view.time, kind: view.kind.rawValue,
                spans: view.kind == .endgroup
                    ? [] : view.spans.map { JobSpanPart(classes: $0.classes.shown, text: $0.text) })
        }
    }

    /// As log-view.js writes it.
    private static func numberLabel(_ number: Int64) -> String {
        let digits = "\(number)"
        return String(repeating: " ", count: max(0, 7 - digits.utf8.count)) + digits
    }

    @Sendable private static func search(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let job = try job(request, place, app)
        let needle: LogNeedle
        do { needle = try LogNeedle(request.query["q"] ?? "") } catch { throw Failure(.invalid, error.description) }
        let from = request.given("from") ?? "0"
        guard let start = Int64(from), start >= 0 else {
            throw Failure(.invalid, "from is \"\(from)\"; it must be a whole number, at least 0")
        }
        guard let task = job.task, var reader = try LogReader(task, app) else {
            return try .json(200, LogSearchAnswer(rows: [], next: nil, total: 0))
        }
        if let at = reader.log.file?.expiredAt { throw LogReadProblem.expired(at: at) }
        let total = reader.log.rows
        var hits: [Int64] = []
        var row = min(start, total)
        var bytes: Int64 = 0
        try reader.read(row..<max(row, total)) { lines in
            hits += needle.rows(in: lines).map { row + Int64($0) }
            row += lineCount(lines)
            bytes += Int64(lines.count)
            return bytes < LogSearchLimits.bytesMax && hits.count < LogSearchLimits.hitsMax
        }
        if hits.count > LogSearchLimits.hitsMax {
            row = hits[LogSearchLimits.hitsMax]
            hits.removeSubrange(LogSearchLimits.hitsMax...)
        }
        return try .json(
            200, LogSearchAnswer(rows: hits, next: row < total ? row : nil, total: total),
            headers: LogRoutes.nosniffHeaders)
    }
}

/// Rows that have a text.
struct LogSearchAnswer: Described {
    /// From 0, in order.
    let rows: [Int64]
    /// Where to go on; absent when the whole log was looked at.
    let next: Int64?
    /// Rows of the log.
    let total: Int64
    static let example = LogSearchAnswer(rows: [3, 17], next: 120_000, total: 1_000_000)
}

extension LiveJob.Section {
    fileprivate func part(link: String, isOpen: Bool, now: Instant) -> JobSectionPart {
        // Times of steps are the runner's word.
        let took = started.map { min(1_000_000_000_000, max(0, (stopped ?? now.microseconds / 1000) &- $0)) * 1000 }
        return JobSectionPart(
            name: name, status: status, start: start.map { "\($0)" },
            startedAt: started.map { "\($0)" }, stoppedAt: stopped.map { "\($0)" }, duration: took.map(durationWords),
            link: link, isOpen: isOpen)
    }
}
