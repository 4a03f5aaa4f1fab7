import Domain
import Postgres

/// The pages a person sees of runs.
enum RunPages {
    static let all: [Route] = [
        Route("GET", "/_static/icon.svg", access: .open) { _, _, _ in
            Response(200, type: "image/svg+xml", body: Array(Templates.icon.utf8))
        },
        Route("GET", "/{owner}/{repo}/actions", access: .repository(.read), listPage),
        Route("GET", "/{owner}/{repo}/actions/runs/{number}", access: .repository(.read), runPage),
        Route("GET", "/{owner}/{repo}/actions/runs/{number}/jobs/{job}", access: .repository(.read), runPage),
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
        let jobs = try LogPage.facts(of: app.views.jobs(of: run), in: repository, app)
        let facts: [String: Any] = [
            "title": run.title, "base": base, "repository": repository.fullName, "number": run.number,
            "workflow": run.workflowPath, "ref": run.ref, "sha": run.sha, "actor": run.actor,
            "status": "\(run.status)", "problem": LogPage.shown(run.problem), "jobs": jobs,
        ]
        return .html(200, try Templates.run().render(facts))
    }
}
