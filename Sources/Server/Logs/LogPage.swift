import Domain
import Mustache
import Postgres
import Web

/// The part of a run's page that shows one job: its state and its log by steps.
struct LogPage {
    static let all: [Endpoint] = [
        Endpoint(
            .get, "/{owner}/{repo}/actions/jobs/{job}/view", .repository(.read), answers: [.page, .failure(404)],
            "Show a job's part of the page of its run.", jobView),
        Endpoint(
            .get, "/_static/log.js", .open, answers: [.media(200, "text/javascript")], "Give the script of log pages."
        ) { _, _, _ in Response(200, type: "text/javascript; charset=utf-8", body: Array(logScript.utf8)) },
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

    /// What the template needs of these jobs, in their order.
    static func facts(of jobs: [JobView], in repository: Repository, _ app: App) throws -> [[String: Any]] {
        var page = try LogPage(of: jobs, in: repository, app)
        return try jobs.map { try page.facts(of: $0) }
    }

    /// One job alone: the script puts it in the place of what it has when the steps changed.
    @Sendable static func jobView(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let job = try JobRoutes.job(request, place, app)
        return .html(200, try template().render(["jobs": try facts(of: [job], in: place.repository, app)]))
    }

    private mutating func facts(of job: JobView) throws -> [String: Any] {
        let progress = progress[job.id]
        let reader = job.task.flatMap { logs[$0] }.map { LogReader($0, app) }
        let steps = job.task.flatMap { self.steps[$0] } ?? []
        var facts: [String: Any] = [
            "id": job.id.number, "base": base, "name": job.name, "status": "\(job.status)",
            "problem": Self.shown(job.problem), "why": Self.shown(reasons[job.id]?.words ?? ""),
            "next": reader?.log.rows ?? 0, "done": progress?.hasEnded ?? true ? "true" : "false",
            "mark": progress.map { Self.mark(of: $0, steps) } ?? "",
        ]
        if let task = job.task, summarized.contains(task) { facts["summary"] = try summary(of: task, job.id) }
        guard var reader else { return facts }
        facts["download"] = "\(base)/actions/jobs/\(job.id)/log"
        if let at = reader.log.file?.expiredAt {
            facts["expired"] = clockText(at)
            return facts
        }
        let slices = sliceLog(
            steps: zip(steps, shownStatuses(ofSteps: steps.map(\.status), job: job.status)).map { step, status in
                LogStep(name: step.name, status: status, index: step.logIndex, length: step.logLength)
            },
            rows: reader.log.rows, task: job.status)
        let growing = slices.lastIndex { $0.status == .running || $0.status == .cancelling }
        facts["slices"] = try slices.enumerated().map { index, slice -> [String: Any] in
            let isOpen = slice.status == .failure || index == growing
            let shown = excerpt(slice.rows, budget: budget)
            budget -= Int64(shown.head.count + shown.tail.count)
            return [
                "name": slice.name, "status": "\(slice.status)", "count": slice.rows.count, "open": isOpen,
                "growing": index == growing,
                "head": try rows(shown.head, of: &reader, job.id), "tail": try rows(shown.tail, of: &reader, job.id),
                "gap": shown.gap.isEmpty ? false : gap(shown.gap, job.id) as Any,
            ]
        }
        return facts
    }

    /// What the job wrote about itself, as it wrote it: Markdown is not rendered, since nobody vouches for it.
    private mutating func summary(of task: TaskID, _ job: JobID) throws -> Any {
        let all = try app.summaries.summaries(of: task, bytesMax: summaryBudget)
        guard !all.isEmpty else { return false }
        var parts: [[String: Any]] = []
        for summary in all {
            let shown = summary.content.prefix(summaryBudget)
            summaryBudget -= shown.count
            parts.append([
                "step": Self.shown(summary.step), "text": String(decoding: shown, as: UTF8.self),
                "cut": Int64(shown.count) < summary.byteCount,
            ])
        }
        return ["parts": parts, "link": "\(base)/actions/jobs/\(job)/summary"]
    }

    private func rows(_ rows: Range<Int64>, of reader: inout LogReader, _ job: JobID) throws -> [[String: Any]] {
        var out: [[String: Any]] = []
        var number = rows.lowerBound
        var isInGroup = false
        try reader.read(rows) { lines in
            for line in lines.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
                number += 1
                let view = LogView(line: line)
                if [.group, .endgroup].contains(view.kind) { isInGroup = false }
                let kind = isInGroup ? "\(view.kind.rawValue) in" : view.kind.rawValue
                if view.kind == .group { isInGroup = true }
                out.append(["job": job.number, "number": number, "time": view.time, "text": view.text, "kind": kind])
            }
            return true
        }
        return out
    }

    private func gap(_ rows: Range<Int64>, _ job: JobID) -> [String: Any] {
        [
            "from": rows.lowerBound, "to": rows.upperBound, "first": rows.lowerBound + 1, "last": rows.upperBound,
            "link":
                "\(base)/actions/jobs/\(job)/log?from=\(rows.lowerBound)&lines=\(min(Int64(rows.count), LogRangeLimits.linesMax))",
        ]
    }

    /// Changes when the page's steps would: then the script asks for the job's part anew.
    static func mark(of progress: LogProgress, _ steps: [StepView]) -> String {
        var text = "\(progress.task?.number ?? 0) \(progress.hasEnded)"
        for step in steps { text += " \(step.status.rawValue)@\(step.logIndex)" }
        // FNV-1a: a thousand steps do not fit a header.
        let hash = text.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }

    /// A template's section is drawn for any text, so an empty one is handed over as false.
    static func shown(_ text: String) -> Any { text.isEmpty ? false : text }

    static func template() throws -> MustacheTemplate { try MustacheTemplate(string: section) }

    private static let row = """
        <div class="row {{kind}}" id="job-{{job}}-L{{number}}"><a href="#job-{{job}}-L{{number}}">{{number}}</a><span title="{{time}}">{{text}}</span></div>
        """

    /// Jobs of a page. `{{x}}` escapes; nothing here uses the unescaped form.
    static let section = """
        {{#jobs}}<section class="job" id="job-{{id}}" data-live="/_live{{base}}/jobs/{{id}}" data-part="{{base}}/actions/jobs/{{id}}"
         data-next="{{next}}" data-done="{{done}}" data-mark="{{mark}}">
        <h2>{{name}} <span class="{{status}}">{{status}}</span></h2>
        {{#problem}}<p class="problem">{{problem}}</p>{{/problem}}
        {{#why}}<p>{{why}}</p>{{/why}}
        {{#expired}}<p>The log was removed on {{expired}}: it was older than logs.retention.</p>{{/expired}}
        {{#slices}}<details{{#open}} open{{/open}}><summary>{{name}} <span class="{{status}}">{{status}}</span> <small>{{count}} lines</small></summary>
        <div class="log"{{#growing}} data-growing="true"{{/growing}}>{{#head}}\(row){{/head}}{{#gap}}<a class="gap" href="{{link}}" data-from="{{from}}" data-to="{{to}}">show lines {{first}} to {{last}}</a>{{/gap}}{{#tail}}\(row){{/tail}}</div></details>
        {{/slices}}{{#summary}}<details open><summary>Summary</summary>{{#parts}}{{#step}}<h3>{{step}}</h3>{{/step}}
        <pre class="summary">{{text}}{{#cut}} …{{/cut}}</pre>{{/parts}}<p><a href="{{link}}">whole summary as text</a></p></details>{{/summary}}
        {{#download}}<p><a href="{{download}}">whole log as text</a></p>{{/download}}</section>{{/jobs}}
        """
}
