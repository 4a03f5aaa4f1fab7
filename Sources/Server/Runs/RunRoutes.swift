import Client
import Domain
import Foundation
import Postgres
import Web

/// REST: runs, jobs and logs (rest.md 2, 7, 8).
enum RunRoutes {
    private static let base = "/api/v1/repos/{owner}/{repo}"

    static let all: [Route] = [
        Route("GET", base, access: .repository(.read), getRepository),
        Route("GET", base + "/actions/runs", access: .repository(.read), listRuns),
        Route("GET", base + "/actions/runs/{run}", access: .repository(.read), getRun),
        Route("GET", base + "/actions/runs/{run}/jobs", access: .repository(.read), listJobs),
        Route("GET", base + "/actions/jobs/{job}", access: .repository(.read), getJob),
        Route("GET", base + "/actions/runs/{run}/attempts/{attempt}", access: .repository(.read), getAttempt),
        Route("GET", base + "/actions/runs/{run}/attempts/{attempt}/jobs", access: .repository(.read), listAttemptJobs),
        Route("GET", base + "/actions/jobs/{job}/why", access: .repository(.read), whyJob),
        Route("POST", base + "/actions/runs/{run}/cancel", access: .repository(.write), cancelRun),
        Route("POST", base + "/actions/runs/{run}/force-cancel", access: .repository(.write), forceCancelRun),
        Route("POST", base + "/actions/runs/{run}/rerun", access: .repository(.write), rerun),
        Route("POST", base + "/actions/runs/{run}/rerun-failed-jobs", access: .repository(.write), rerunFailed),
        Route("POST", base + "/actions/runs/{run}/jobs/{job}/rerun", access: .repository(.write), rerunJob),
        Route("POST", base + "/actions/jobs/{job}/cancel", access: .repository(.write), cancelJob),
    ]

    static func found(_ request: Request) throws -> Repository {
        guard let repository = request.repository else { throw Failure(.missing, "not found") }
        return repository
    }
    private static func run(_ request: Request, _ app: App) throws -> RunView {
        guard let run = try app.views.run(RunID(request.int("run") ?? 0), in: try found(request).id) else {
            throw Failure(.missing, "not found")
        }
        return run
    }
    static func job(_ request: Request, _ app: App) throws -> JobView {
        guard let job = try app.views.job(JobID(request.int("job") ?? 0), in: try found(request).id) else {
            throw Failure(.missing, "not found")
        }
        return job
    }

    @Sendable static func getRepository(_ request: Request, _: Caller, _ app: App) throws -> Response {
        .json(200, RunJSON(base: app.base(of: request), repository: try found(request)).repositoryJSON)
    }

    @Sendable static func listRuns(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let repository = try found(request)
        let filter = try runFilter(request)
        let limit = Pagination.limit(request)
        let page = Pagination.page(request)
        let runs = try app.views.runs(
            of: repository.id, filter, limit: limit, offset: (page - 1) * limit)
        let total = try app.views.runCount(of: repository.id, filter)
        let json = RunJSON(base: app.base(of: request), repository: repository)
        return .json(
            200, #"{"total_count":\#(total),"workflow_runs":[\#(runs.map(json.run).joined(separator: ","))]}"#,
            headers: [(name: "X-Total-Count", value: "\(total)")])
    }

    @Sendable static func getRun(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let json = RunJSON(base: app.base(of: request), repository: try found(request))
        return .json(200, json.run(try run(request, app)))
    }

    @Sendable static func listJobs(_ request: Request, _: Caller, _ app: App) throws -> Response {
        if let run = request.int("run"), run <= 0 { throw Failure(.notNow, "run id \(run) must be above 0") }
        return try jobList(of: try run(request, app), request, app)
    }

    private static func jobList(of run: RunView, _ request: Request, _ app: App) throws -> Response {
        let jobs = try filtered(try app.views.jobs(of: run), request)
        let json = RunJSON(base: app.base(of: request), repository: try found(request))
        let shown = paged(jobs, request)
        let steps = try app.views.steps(of: shown.compactMap(\.task))
        let items = shown.map { job in json.job(job, of: run, steps: job.task.flatMap { steps[$0] } ?? []) }
        return .json(
            200, #"{"total_count":\#(jobs.count),"jobs":[\#(items.joined(separator: ","))]}"#,
            headers: [(name: "X-Total-Count", value: "\(jobs.count)")])
    }

    private static func attempt(_ request: Request, _ app: App) throws -> RunView {
        let repository = try found(request).id
        guard
            let run = try app.views.run(
                RunID(request.int("run") ?? 0), attempt: request.int("attempt") ?? 0, in: repository)
        else { throw Failure(.missing, "not found") }
        return run
    }

    @Sendable static func getAttempt(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let json = RunJSON(base: app.base(of: request), repository: try found(request))
        return .json(200, json.run(try attempt(request, app)))
    }

    @Sendable static func listAttemptJobs(_ request: Request, _: Caller, _ app: App) throws -> Response {
        try jobList(of: try attempt(request, app), request, app)
    }

    @Sendable static func getJob(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let repository = try found(request)
        let job = try job(request, app)
        guard let run = try app.views.run(job.run, in: repository.id) else { throw Failure(.missing, "not found") }
        let json = RunJSON(base: app.base(of: request), repository: repository)
        return .json(200, json.job(job, of: run, steps: try job.task.map { try app.views.steps(of: $0) } ?? []))
    }

    /// Millrace's own: what is in the way of a job, in the words of the page and of `millrace why`.
    @Sendable static func whyJob(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let job = JobID(request.int("job") ?? 0)
        guard let reason = try app.waits.why(job: job, in: try found(request).id) else {
            throw Failure(.missing, "not found")
        }
        return .json(200, reason.json)
    }

    @Sendable static func cancelRun(_ request: Request, _ caller: Caller, _ app: App) throws -> Response {
        try cancel(.cancelRequested, request, caller, app)
    }

    /// Does not wait for the runner's last words.
    @Sendable static func forceCancelRun(_ request: Request, _ caller: Caller, _ app: App) throws -> Response {
        try cancel(.forceCancelRequested, request, caller, app)
    }

    private static func cancel(_ event: RunEvent, _ request: Request, _ caller: Caller, _ app: App) throws -> Response {
        let before = try run(request, app)
        guard !before.status.isDone else { throw Failure(.conflict, "run is already completed") }
        try app.runs.apply(event, to: before.id, by: caller.account)
        return try getRun(request, caller, app)
    }

    /// 204 also when it was already done: a cancel is a wish about the future.
    @Sendable static func cancelJob(_ request: Request, _ caller: Caller, _ app: App) throws -> Response {
        let job = try job(request, app)
        try app.runs.apply(.job(job.id, .cancelRequested), to: job.run, by: caller.account)
        return .noContent
    }

    @Sendable static func rerun(_ request: Request, _ caller: Caller, _ app: App) throws -> Response {
        _ = try rerun(.all, request, caller, app)
        let json = RunJSON(base: app.base(of: request), repository: try found(request))
        return .json(201, json.run(try run(request, app)))
    }

    @Sendable static func rerunFailed(_ request: Request, _ caller: Caller, _ app: App) throws -> Response {
        _ = try rerun(.failed, request, caller, app)
        return Response(201, type: "application/json;charset=utf-8", body: [])
    }

    /// Answers with the new job.
    @Sendable static func rerunJob(_ request: Request, _ caller: Caller, _ app: App) throws -> Response {
        let old = try job(request, app)
        guard old.run == RunID(request.int("run") ?? 0) else { throw Failure(.missing, "not found") }
        let repository = try found(request)
        let copies = try rerun(.job(old.id), request, caller, app)
        guard let id = copies[old.id], let job = try app.views.job(id, in: repository.id) else {
            throw Failure(.missing, "not found")
        }
        let json = RunJSON(base: app.base(of: request), repository: repository)
        return .json(201, json.job(job, of: try run(request, app), steps: []))
    }

    private static func rerun(
        _ wish: RerunWish, _ request: Request, _ caller: Caller, _ app: App
    ) throws -> [JobID: JobID] {
        let run = try run(request, app)
        guard let copies = try app.runs.rerun(run.id, wish, by: caller.account) else {
            throw Failure(.missing, "not found")
        }
        return copies
    }

    /// A script that asks for the runs of one commit must not be told of all: what is not understood is refused.
    private static func refuseUnknown(_ request: Request, known: Set<String>) throws {
        if let unknown = request.query.keys.filter({ !known.contains($0) }).min() {
            throw Failure(
                .malformed,
                "this list has no parameter \"\(unknown)\"; known are \(known.sorted().joined(separator: ", "))")
        }
    }

    private static func runFilter(_ request: Request) throws -> RunFilter {
        try refuseUnknown(request, known: RunFilter.known)
        var filter = RunFilter()
        filter.statuses = try statusFilter(request.statusFilters)
        func given(_ name: String) -> String? { request.query[name].flatMap { $0.isEmpty ? nil : $0 } }
        filter.event = given("event")
        filter.branch = given("branch")
        filter.actor = given("actor")
        filter.headSHA = given("head_sha")?.lowercased()
        return filter
    }

    /// All of them unless a page is asked for: they are few.
    private static func paged(_ jobs: [JobView], _ request: Request) -> ArraySlice<JobView> {
        guard request.query["page"] != nil || request.query["limit"] != nil else { return jobs[...] }
        let limit = Pagination.limit(request)
        return jobs.dropFirst((Pagination.page(request) - 1) * limit).prefix(limit)
    }

    /// Jobs of one run are few: they are chosen here.
    private static func filtered(_ jobs: [JobView], _ request: Request) throws -> [JobView] {
        try refuseUnknown(request, known: RunFilter.knownOfJobs)
        let statuses = try statusFilter(request.statusFilters)
        var chosen = statuses.isEmpty ? jobs : jobs.filter { statuses.contains($0.status) }
        if let filter = request.query["filter"], !["", "latest", "all"].contains(filter) {
            throw Failure(.malformed, "filter is \"\(filter)\"; it must be latest or all")
        }
        if let sort = request.query["sort"], !["", "id"].contains(sort) {
            throw Failure(.malformed, "jobs of a run are sorted by id, not by \"\(sort)\"")
        }
        switch request.query["order"] {
        case nil, "", "asc": break
        case "desc": chosen.reverse()
        case .some(let order): throw Failure(.malformed, "order is \"\(order)\"; it must be asc or desc")
        }
        return chosen
    }

    /// The words of rest.md 2; unknown ones are refused.
    private static func statusFilter(_ words: [String]) throws -> [Status] {
        try words.filter { !$0.isEmpty }.flatMap { word -> [Status] in
            switch word {
            case "pending", "waiting", "requested", "action_required": [.blocked]
            case "queued": [.waiting]
            case "in_progress": [.running, .cancelling]
            case "completed": [.success, .failure, .cancelled, .skipped]
            case "success": [.success]
            case "failure": [.failure]
            case "skipped", "neutral": [.skipped]
            case "cancelled", "timed_out": [.cancelled]
            default: throw Failure(.invalid, "Invalid status \(word)")
            }
        }
    }
}

enum Pagination {
    static let limitDefault = 30
    static let limitMax = 50
    static func limit(_ request: Request) -> Int {
        guard let limit = request.query["limit"].flatMap({ Int($0) }), limit > 0 else { return limitDefault }
        return min(limit, limitMax)
    }
    /// At most ten million, so that the offset cannot overflow.
    static func page(_ request: Request) -> Int {
        guard let page = request.query["page"].flatMap({ Int($0) }), page > 0 else { return 1 }
        return min(page, 10_000_000)
    }
}
