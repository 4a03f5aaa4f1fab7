import Domain
import Postgres
import Web

/// The page of a run, in its latest attempt or another.
enum RunPages {
    static let all: [Endpoint] = [
        Endpoint(
            .get, "/{owner}/{repo}/actions/runs/{run}", .repository(.read), query: parameters,
            answers: [.page, .failure(404)], "Show a run.", page),
        Endpoint(
            .get, "/{owner}/{repo}/actions/runs/{run}/attempts/{attempt}", .repository(.read), query: parameters,
            answers: [.page, .failure(404)], "Show an attempt of a run.", page),
    ]

    private static let parameters = [QueryParameter("open", "draw the matrix of this job leg by leg; may be repeated")]

    @Sendable private static func page(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let wanted: RunID = request.id("run")
        let found =
            try request.path["attempt"] == nil
            ? app.views.run(wanted, in: place.id)
            : app.views.run(wanted, attempt: request.int("attempt") ?? 0, in: place.id)
        guard let run = found else {
            throw Failure(.missing, "run \(request.path["run"] ?? "") does not exist")
        }
        return try RunReading(of: run, request, place, app).page().response()
    }
}

/// What one page of a run is made of: read once, by a few statements for all jobs.
struct RunReading {
    /// Jobs whose steps the page has; the steps of others are on their own pages.
    static let steppedJobsMax = 40
    static let stepsMax = 40

    let run: RunView
    let jobs: [JobView]
    let steps: [TaskID: [StepView]]
    let reasons: [JobID: Reason]
    let place: InRepository
    let app: App
    let now: Instant
    /// The run's page.
    let address: String
    /// The page of the attempt that is shown.
    let shown: String
    /// Matrices to draw leg by leg.
    let open: Set<JobID>

    init(of run: RunView, _ request: Request, _ place: InRepository, _ app: App) throws {
        self.run = run
        self.place = place
        self.app = app
        now = request.now
        address = "/\(place.repository.fullName)/actions/runs/\(run.id)"
        shown = run.attempt == run.latestAttempt ? address : "\(address)/attempts/\(run.attempt)"
        open = Set(request.all("open").compactMap { Int64($0).map(JobID.init) })
        jobs = try app.views.jobs(of: run)
        reasons = try app.waits.why(jobs: jobs.filter { !$0.status.isDone }.map(\.id), in: place.id)
        let chosen = Self.stepped(jobs).compactMap(\.task)
        steps = try app.views.steps(of: chosen)
    }

    /// Those that failed first, when there are too many.
    private static func stepped(_ jobs: [JobView]) -> [JobView] {
        guard jobs.count > steppedJobsMax else { return jobs }
        let failed = jobs.filter { $0.status == .failure }
        return Array((failed + jobs.filter { $0.status != .failure }).prefix(steppedJobsMax))
    }

    func link(_ job: JobID) -> String { "\(address)/jobs/\(job)" }

    func span(_ job: JobView) -> TimeSpan {
        // One that was taken over waited and ran in another attempt; one that was skipped did neither.
        guard !job.isCarried, job.status != .skipped else { return TimeSpan() }
        return TimeSpan(readyAt: job.queuedAt, startedAt: job.startedAt, stoppedAt: job.stoppedAt)
    }

    func span(_ step: StepView) -> TimeSpan { TimeSpan(startedAt: step.startedAt, stoppedAt: step.stoppedAt) }

    func page() throws -> RunPage {
        let title = harmlessField(run.title.isEmpty ? "Run \(run.number)" : run.title)
        let payload = try app.views.payload(of: run.id, bytesMax: commitSubjectEventBytesMax)
        let subject = payload.flatMap { commitSubject(ofEvent: $0) }.map(harmlessField)
        let isBranch = shortRef(run.ref).type == "branch"
        let repository = "/\(place.repository.fullName)"
        var page = RunPage(
            head: place.head(
                "\(title) #\(run.number)", tab: .actions,
                under: [Crumb(name: "Actions", link: "\(repository)/actions")],
                scripts: [.runsScript]),
            id: run.id.number, address: shown + openQuery(open), title: title, number: run.number,
            status: "\(run.status)", branch: harmlessField(shownRef(run.ref)),
            branchLink: isBranch
                ? "\(repository)/actions?branch=\(percentEncoded(shortRef(run.ref).name))" : nil,
            sha: String(run.sha.prefix(10)), subject: subject == title ? nil : subject, event: harmlessField(run.event),
            actor: run.attempt > 1 ? run.triggerActor : run.actor,
            workflow: harmlessField(run.workflowPath), workflowLink: "\(address)/workflow",
            problem: run.problem.shown.map(harmless), warnings: run.warnings.shown.map(harmless))
        page.createdAt = TimePart(Instant(microseconds: run.createdAt), now: now)
        try fillTimes(&page)
        page.attempts = attempts()
        page.buttons = RunActions.buttons(
            of: run, hasFailed: jobs.contains { [.failure, .cancelled].contains($0.status) }, in: place)
        page.failure = try failure()
        page.waits = waits()
        page.gates = run.status.isDone ? [] : try gates()
        if jobs.count > 1 { page.graph = graph() }
        if !jobs.isEmpty { page.jobs = list() }
        page.compared = try compared()
        page.annotations = try annotations()
        page.artifacts = try artifacts()
        page.summaries = try summaries()
        page.replaced = try app.tasks.replacedActions(of: run.id).map {
            ReplacedRow(from: harmlessField($0.from), to: harmlessField($0.to))
        }
        return page
    }

    func openQuery(_ open: Set<JobID>) -> String {
        open.isEmpty ? "" : "?" + open.map { "open=\($0)" }.sorted().joined(separator: "&")
    }

    private func fillTimes(_ page: inout RunPage) throws {
        let whole = TimeSpan(startedAt: run.startedAt, stoppedAt: run.stoppedAt)
        let ran = whole.ran(now: now.microseconds)
        page.took = ran.map { (run.status.isDone ? "took " : "running for ") + durationWords($0) }
        // Until its first job started.
        let ready = jobs.filter { !$0.isCarried }.compactMap(\.queuedAt).min()
        let waited = TimeSpan(readyAt: ready, startedAt: run.startedAt, stoppedAt: run.stoppedAt).waited(
            now: now.microseconds)
        page.waited = waited.map { (run.startedAt == nil ? "waiting for " : "waited ") + durationWords($0) }
        guard !run.status.isDone, run.attempt == 1, let ran else { return }
        switch RunEstimate(durations: try app.views.greenDurations(before: run), elapsed: ran) {
        case .left(let time): page.estimate = "about \(durationWords(time)) left"
        case .overdue(let usually): page.estimate = "longer than usual (\(durationWords(usually)))"
        case nil: break
        }
    }

    private func attempts() -> AttemptsPart? {
        guard run.latestAttempt > 1 else { return nil }
        return AttemptsPart(
            words: "attempt \(run.attempt) of \(run.latestAttempt)",
            links: stride(from: run.latestAttempt, to: max(0, run.latestAttempt - 50), by: -1).map { number in
                Crumb(name: "attempt \(number)", link: "\(address)/attempts/\(number)")
            })
    }

    /// Each reason once, with how many jobs have it; what waits for other jobs says so in its line.
    private func waits() -> [WaitPart] {
        var order: [String] = []
        var waiting: [String: [JobView]] = [:]
        for job in jobs where [.waiting, .blocked].contains(job.status) {
            guard let reason = reasons[job.id], reason.kind != .needs else { continue }
            if waiting[reason.words] == nil { order.append(reason.words) }
            waiting[reason.words, default: []].append(job)
        }
        return order.prefix(10).map { words in
            let jobs = waiting[words] ?? []
            let name = jobs.first.map { harmlessField($0.name) } ?? ""
            return WaitPart(
                jobs: jobs.count == 1 ? name : "\(name) and \(jobs.count - 1) more", why: harmless(words))
        }
    }

    private func gates() throws -> [GatePart] {
        try app.deployments.pending(of: run.id, seenBy: place.caller.account).map { pending in
            let names = pending.reviewers.map { reviewer in
                switch reviewer {
                case .account(_, let name): name
                case .team(_, let name): "team \(name)"
                }
            }
            let gate = "\(address)/environments/\(pending.environment)"
            return GatePart(
                name: harmlessField(pending.name), needsReview: pending.needsReview, mayReview: pending.mayReview,
                reviewers: names.joined(separator: " or "), approve: "\(gate)/approved", reject: "\(gate)/rejected",
                token: place.caller.formToken)
        }
    }
}

/// `512 bytes`, `1.5 KiB`, `20.0 MiB`: what a person reads of a size.
package func sizeWords(_ bytes: Int64) -> String {
    guard bytes >= 1024 else { return "\(bytes) byte\(bytes == 1 ? "" : "s")" }
    var tenths = bytes * 10 / 1024
    var unit = 0
    while tenths >= 10_240, unit < 3 {
        tenths /= 1024
        unit += 1
    }
    return "\(tenths / 10).\(tenths % 10) \(["KiB", "MiB", "GiB", "TiB"][unit])"
}
