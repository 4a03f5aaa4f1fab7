import Domain
import Foundation
import Postgres

/// REST: runs, jobs and logs (rest.md 2, 7, 8).
enum RunRoutes {
    private static let base = "/api/v1/repos/{owner}/{repo}"

    static let all: [Route] = [
        Route("GET", base, access: .repository(.read), getRepository),
        Route("GET", base + "/actions/runs", access: .repository(.read), listRuns),
        Route("GET", base + "/actions/runs/{run}", access: .repository(.read), getRun),
        Route("GET", base + "/actions/runs/{run}/jobs", access: .repository(.read), listJobs),
        Route("GET", base + "/actions/jobs/{job}", access: .repository(.read), getJob),
        Route("POST", base + "/actions/runs/{run}/cancel", access: .repository(.write), cancelRun),
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
        .json(200, RunJSON(base: app.configuration.publicURL, repository: try found(request)).repositoryJSON)
    }

    @Sendable static func listRuns(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let repository = try found(request)
        let statuses = try statusFilter(request.statusFilters)
        let limit = Pagination.limit(request)
        let page = Pagination.page(request)
        let runs = try app.views.runs(
            of: repository.id, statuses: statuses, limit: limit, offset: (page - 1) * limit)
        let total = try app.views.runCount(of: repository.id, statuses: statuses)
        let json = RunJSON(base: app.configuration.publicURL, repository: repository)
        return .json(
            200, #"{"total_count":\#(total),"workflow_runs":[\#(runs.map(json.run).joined(separator: ","))]}"#,
            headers: [(name: "X-Total-Count", value: "\(total)")])
    }

    @Sendable static func getRun(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let json = RunJSON(base: app.configuration.publicURL, repository: try found(request))
        return .json(200, json.run(try run(request, app)))
    }

    @Sendable static func listJobs(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let run = try run(request, app)
        let jobs = try app.views.jobs(of: run.id)
        let json = RunJSON(base: app.configuration.publicURL, repository: try found(request))
        let items = try jobs.map { job in json.job(job, of: run, steps: try job.task.map(app.views.steps) ?? []) }
        return .json(
            200, #"{"total_count":\#(jobs.count),"jobs":[\#(items.joined(separator: ","))]}"#,
            headers: [(name: "X-Total-Count", value: "\(jobs.count)")])
    }

    @Sendable static func getJob(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let repository = try found(request)
        let job = try job(request, app)
        guard let run = try app.views.run(job.run, in: repository.id) else { throw Failure(.missing, "not found") }
        let json = RunJSON(base: app.configuration.publicURL, repository: repository)
        return .json(200, json.job(job, of: run, steps: try job.task.map(app.views.steps) ?? []))
    }

    @Sendable static func cancelRun(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let before = try run(request, app)
        guard !before.status.isDone else { throw Failure(.conflict, "run is already completed") }
        try app.runs.apply(.cancelRequested, to: before.id)
        return try getRun(request, .anonymous, app)
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
