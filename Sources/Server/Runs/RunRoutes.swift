import Domain
import Postgres
import Web

/// REST: runs (rest.md 7).
enum RunRoutes {
    static let base = "/api/v1/repos/{owner}/{repo}/actions"
    private static let one: [AnswerShape] = [.json(200, RunAnswer.self), .failure(404)]

    static let all: [Endpoint] = [
        Endpoint(
            .get, base + "/runs", .repository(.read), scope: .repository, query: listParameters,
            answers: [.json(200, RunList.self), .failure(400), .failure(404), .failure(422)],
            "List the runs of a repository, newest first.", list),
        Endpoint(
            .get, base + "/runs/{run}", .repository(.read), scope: .repository, answers: one, "Show a run."
        ) { request, place, app in try answer(200, try run(request, place, app), request, place, app) },
        Endpoint(
            .get, base + "/runs/{run}/attempts/{attempt}", .repository(.read), scope: .repository, answers: one,
            "Show an attempt of a run."
        ) { request, place, app in try answer(200, try attempt(request, place, app), request, place, app) },
        Endpoint(
            .post, base + "/runs/{run}/cancel", .repository(.write), scope: .repository,
            answers: one + [.failure(409)], "Cancel a run."
        ) { request, place, app in try cancel(.cancelRequested, request, place, app) },
        Endpoint(
            .post, base + "/runs/{run}/force-cancel", .repository(.write), scope: .repository,
            answers: one + [.failure(409)], "Cancel a run without waiting for the last words of its runners."
        ) { request, place, app in try cancel(.forceCancelRequested, request, place, app) },
        Endpoint(
            .post, base + "/runs/{run}/rerun", .repository(.write), scope: .repository,
            answers: [.json(201, RunAnswer.self), .failure(400), .failure(404)], "Run all jobs of a run again."
        ) { request, place, app in
            _ = try rerun(.all, request, place, app)
            return try answer(201, try run(request, place, app), request, place, app)
        },
        Endpoint(
            .post, base + "/runs/{run}/rerun-failed-jobs", .repository(.write), scope: .repository,
            answers: [.none(201), .failure(400), .failure(404)],
            "Run the failed jobs of a run again, with those that need them."
        ) { request, place, app in
            _ = try rerun(.failed, request, place, app)
            return Response(201, type: "application/json;charset=utf-8", body: [])
        },
    ]

    static let listParameters =
        Page.parameters + [
            QueryParameter("status", "pending, queued, in_progress, completed, success, failure …; may be repeated"),
            QueryParameter("event", "the trigger's name, such as push"),
            QueryParameter("branch", "a branch's short name"), QueryParameter("actor", "who caused the run"),
            QueryParameter("head_sha", "the whole commit id"),
            QueryParameter("exclude_pull_requests", "taken for GitHub's clients; changes nothing"),
        ]

    static func place(_ request: Request, _ place: InRepository, _ app: App) -> RunPlace {
        RunPlace(base: app.base(of: request), repository: place.repository)
    }

    private static func answer(
        _ status: Int, _ run: RunView, _ request: Request, _ place: InRepository, _ app: App
    ) throws -> Response {
        try .json(status, RunAnswer(run, at: Self.place(request, place, app)))
    }

    /// The run that the path names; one of another repository does not exist.
    static func run(_ request: Request, _ place: InRepository, _ app: App) throws -> RunView {
        guard let run = try app.views.run(request.id("run"), in: place.id) else { throw Failure(.missing, "not found") }
        return run
    }

    static func attempt(_ request: Request, _ place: InRepository, _ app: App) throws -> RunView {
        guard
            let run = try app.views.run(
                request.id("run"), attempt: request.int("attempt") ?? 0, in: place.id)
        else { throw Failure(.missing, "not found") }
        return run
    }

    @Sendable private static func list(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let filter = try runFilter(request)
        let page = Page(request)
        let runs = try app.views.runs(of: place.id, filter, page.part)
        let total = try app.views.runCount(of: place.id, filter)
        let at = Self.place(request, place, app)
        return try .json(
            200, RunList(total_count: total, workflow_runs: runs.map { RunAnswer($0, at: at) }),
            headers: page.headers(
                total: total, last: runs.last?.id.number, shown: runs.count, base: at.base, request: request))
    }

    private static func cancel(
        _ event: RunEvent, _ request: Request, _ place: InRepository, _ app: App
    ) throws -> Response {
        let before = try run(request, place, app)
        guard !before.status.isDone else { throw Failure(.conflict, "run is already completed") }
        try app.runs.apply(event, to: before.id, by: place.caller.account)
        return try answer(200, try run(request, place, app), request, place, app)
    }

    /// - Returns: the new jobs' ids by those of the attempt before.
    static func rerun(
        _ selection: RerunWish, _ request: Request, _ place: InRepository, _ app: App
    ) throws -> [JobID: JobID] {
        let run = try run(request, place, app)
        guard let copies = try app.runs.rerun(run.id, selection, by: place.caller.account) else {
            throw Failure(.missing, "not found")
        }
        return copies
    }

    private static func runFilter(_ request: Request) throws -> RunFilter {
        try request.refuseUnknownParameters(but: listParameters)
        var filter = RunFilter()
        filter.statuses = try statusFilter(request.all("status"))
        filter.event = request.given("event")
        filter.branch = request.given("branch")
        filter.actor = request.given("actor")
        filter.headSHA = request.given("head_sha")?.lowercased()
        return filter
    }

    /// The words of rest.md 2; unknown ones are refused.
    static func statusFilter(_ words: [String]) throws -> [Status] {
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

extension Request {
    /// A script that asks for the runs of one commit must not be told of all: what is not understood is refused.
    func refuseUnknownParameters(but known: [QueryParameter]) throws {
        let names = Set(known.map(\.name))
        if let unknown = query.keys.filter({ !names.contains($0) }).min() {
            throw Failure(
                .malformed,
                "this list has no parameter \"\(unknown)\"; known are \(names.sorted().joined(separator: ", "))")
        }
    }
}
