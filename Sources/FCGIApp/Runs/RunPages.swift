import Domain
import Postgres

/// The pages a person sees of runs.
enum RunPages {
    /// Log rows shown in the page at first; the download has all.
    static let chunksShownMax = 2000

    static let all: [Route] = [
        Route("GET", "/{owner}/{repo}/actions", access: .repository(.read), listPage),
        Route("GET", "/{owner}/{repo}/actions/runs/{number}", access: .repository(.read), runPage),
        Route("GET", "/{owner}/{repo}/actions/runs/{number}/jobs/{job}", access: .repository(.read), runPage),
        Route("GET", "/{owner}/{repo}/actions/jobs/{job}/log", access: .repository(.read), growingLog),
        Route("GET", "/_static/log.js", access: .open) { _, _, _ in
            Response(200, type: "text/javascript; charset=utf-8", body: Array(Templates.logScript.utf8))
        },
    ]

    @Sendable static func listPage(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let repository = try RunRoutes.found(request)
        let page = Pagination.page(request)
        let runs = try app.views.runs(
            of: repository.id, statuses: [], limit: Pagination.limitMax, offset: (page - 1) * Pagination.limitMax)
        let base = "/\(repository.fullName)"
        let facts: [String: Any] = [
            "title": repository.fullName, "base": base, "repository": repository.fullName,
            "runs": runs.map { run -> [String: Any] in
                [
                    "link": "\(base)/actions/runs/\(run.number)", "number": run.number, "status": "\(run.status)",
                    "name": run.title, "workflow": run.workflowID, "ref": run.ref, "actor": run.actor,
                ]
            },
        ]
        return .html(200, try Templates.runs().render(facts))
    }

    @Sendable static func runPage(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let repository = try RunRoutes.found(request)
        guard let run = try app.views.run(number: request.int("number") ?? 0, in: repository.id) else {
            throw Failure(.missing, "run \(request.path["number"] ?? "") does not exist")
        }
        let base = "/\(repository.fullName)"
        let jobs = try app.views.jobs(of: run).map { job -> [String: Any] in
            let log = try job.task.map { try app.logText(of: $0, from: 0, chunksMax: chunksShownMax) } ?? ([], 0)
            return [
                "id": job.id.number, "name": job.name, "status": "\(job.status)", "problem": shown(job.problem),
                "why": shown(try why(job, in: repository, app)), "log": "\(base)/actions/jobs/\(job.id)/log", "next": log.1,
                "done": job.status.isDone ? "true" : "false",
                "text": String(decoding: log.0, as: UTF8.self),
                "steps": try job.task.map(app.views.steps)?.map { ["name": $0.name, "status": "\($0.status)"] } ?? [],
            ]
        }
        let facts: [String: Any] = [
            "title": run.title, "base": base, "repository": repository.fullName, "number": run.number,
            "workflow": run.workflowPath, "ref": run.ref, "sha": run.sha, "actor": run.actor,
            "status": "\(run.status)", "problem": shown(run.problem), "jobs": jobs,
        ]
        return .html(200, try Templates.run().render(facts))
    }

    /// A template's section is drawn for any text, so an empty one is handed over as false.
    private static func shown(_ text: String) -> Any { text.isEmpty ? false : text }

    private static func why(_ job: JobView, in repository: Repository, _ app: App) throws -> String {
        guard !job.status.isDone else { return "" }
        return try app.waits.why(job: job.id, in: repository.id)?.words ?? ""
    }

    /// Rows from `from` on as text; the next row's number and whether there will be more stand in headers.
    @Sendable static func growingLog(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let job = try RunRoutes.job(request, app)
        let from = max(0, request.query["from"].flatMap { Int64($0) } ?? 0)
        let log = try job.task.map { try app.logText(of: $0, from: from, chunksMax: chunksShownMax) } ?? ([], from)
        return .text(
            200, String(decoding: log.0, as: UTF8.self),
            headers: [
                (name: "X-Millrace-Next-Row", value: "\(log.1)"),
                (name: "X-Millrace-Done", value: job.status.isDone ? "true" : "false"),
            ])
    }
}
