import Domain
import Postgres
import Web

/// REST: runs (rest.md 7).
enum RunRoutes {
    static let base = "/api/v1/repos/{owner}/{repo}/actions"
    private static let one: [AnswerShape] = [.json(200, RunAnswer.self), .failure(404)]

    static let all: [Endpoint] = [
        Endpoint(
            .get, base + "/runs/{run}", .repository(.read), scope: .repository, answers: one, "Show a run."
        ) { request, place, app in try answer(200, try run(request, place, app), request, place, app) },
        Endpoint(
            .get, base + "/runs/{run}/attempts/{attempt}", .repository(.read), scope: .repository, answers: one,
            "Show an attempt of a run."
        ) { request, place, app in try answer(200, try attempt(request, place, app), request, place, app) },
        Endpoint(
            .delete, base + "/runs/{run}", .repository(.write), scope: .repository,
            answers: [.none(204), .failure(400), .failure(404)],
            "Delete a finished run with its jobs, logs, summaries and artifacts."
        ) { request, place, app in try remove(request, place, app) },
        Endpoint(
            .post, base + "/runs/{run}/cancel", .repository(.write), scope: .repository,
            answers: one + [.failure(409)], "Cancel a run."
        ) { request, place, app in
            try answer(200, try cancelled(.cancelRequested, request, place, app), request, place, app)
        },
        Endpoint(
            .post, base + "/runs/{run}/force-cancel", .repository(.write), scope: .repository,
            answers: one + [.failure(409)], "Cancel a run without waiting for the last words of its runners."
        ) { request, place, app in
            try answer(200, try cancelled(.forceCancelRequested, request, place, app), request, place, app)
        },
        Endpoint(
            .post, base + "/runs/{run}/approve", .repository(.write), scope: .repository,
            answers: one + [.failure(409)], "Let a run start that waits for an approval."
        ) { request, place, app in try answer(200, try approved(request, place, app), request, place, app) },
        Endpoint(
            .post, base + "/runs/{run}/rerun", .repository(.write), scope: .repository,
            answers: [.json(201, RunAnswer.self)] + refusals, "Run all jobs of a run again."
        ) { request, place, app in
            _ = try rerun(.all, request, place, app)
            return try answer(201, try run(request, place, app), request, place, app)
        },
        Endpoint(
            .post, base + "/runs/{run}/rerun-failed-jobs", .repository(.write), scope: .repository,
            answers: [.none(201)] + refusals, "Run the failed jobs of a run again, with those that need them."
        ) { request, place, app in
            _ = try rerun(.failed, request, place, app)
            return Response(201, type: "application/json;charset=utf-8", body: [])
        },
        Endpoint(
            .get, base + "/tasks", .repository(.read), scope: .repository, query: Page.parameters.without(["before"]),
            answers: [.json(200, TaskList.self), .failure(400), .failure(404)],
            "List the tasks of a repository, newest first: one for each job that a runner took.", tasks),
    ]

    /// What may stand in the way of a rerun.
    static let refusals: [AnswerShape] = [.failure(400), .failure(404), .failure(409)]

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

    @Sendable private static func tasks(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        try request.refuseUnknownParameters(but: Page.parameters.without(["before"]))
        let page = Page(request)
        let tasks = try app.views.tasks(of: place.id, page.part)
        let total = try app.views.taskCount(of: place.id)
        let at = Self.place(request, place, app)
        return try .json(
            200, TaskList(total_count: total.rows, workflow_runs: tasks.map { TaskAnswer($0, at: at) }),
            headers: page.headers(total, shown: tasks.count, base: at.base, request: request))
    }

    static func remove(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        guard try app.runs.remove(request.id("run"), in: place.id, by: place.caller.account) else {
            throw Failure(.missing, "not found")
        }
        return .noContent
    }

    /// - Returns: the run as it is then.
    static func approved(_ request: Request, _ place: InRepository, _ app: App) throws -> RunView {
        let run = try run(request, place, app)
        // Or a workflow could let in what it should keep out.
        guard place.caller.account != nil else { throw Failure(.forbidden, "people approve runs, not a job's token") }
        guard try app.runs.approve(run.id, by: place.caller.account) else { throw Failure(.missing, "not found") }
        return try Self.run(request, place, app)
    }

    /// - Returns: the run as it is then.
    static func cancelled(
        _ event: RunEvent, _ request: Request, _ place: InRepository, _ app: App
    ) throws -> RunView {
        let before = try run(request, place, app)
        guard !before.status.isDone else { throw Failure(.conflict, "run is already completed") }
        let changes = try app.runs.apply(event, to: before.id, by: place.caller.account)
        let after = try run(request, place, app)
        // It ended between the look and the lock.
        guard !changes.isEmpty || !after.status.isDone else { throw Failure(.conflict, "run is already completed") }
        return after
    }

    /// - Returns: the new jobs' ids by those of the attempt before.
    static func rerun(
        _ selection: RerunWish, _ request: Request, _ place: InRepository, _ app: App
    ) throws -> [JobID: JobID] {
        let run = try run(request, place, app)
        guard try !app.workflows.disabled(in: place.id).contains(run.workflowID) else {
            throw Failure(.notNow, "workflow \"\(run.workflowID)\" is disabled; enable it first")
        }
        do {
            guard let copies = try app.runs.rerun(run.id, selection, by: place.caller.account) else {
                throw Failure(.missing, "not found")
            }
            return copies
        } catch RerunRefusal.runNotDone where run.status.isDone {
            throw Failure(.conflict, "somebody else has just run this run again")
        }
    }
}

extension [QueryParameter] {
    func without(_ names: Set<String>) -> [QueryParameter] { filter { !names.contains($0.name) } }
}

extension Page {
    func headers(
        _ total: ListTotal, last: Int64? = nil, shown: Int, base: String, request: Request
    ) -> [(name: String, value: String)] {
        headers(
            total: total.rows, isWhole: total.isWhole, last: last, shown: shown, base: base, request: request)
    }
}

extension Request {
    /// Who calls (rest.md 1): `sudo` counts, tokens in addresses never do and are ignored.
    private static let parametersOfAll: Set<String> = ["sudo", "token", "access_token"]

    /// A script that asks for the runs of one commit must not be told of all: what is not understood is refused.
    func refuseUnknownParameters(but known: [QueryParameter]) throws {
        let names = Set(known.map(\.name)).union(Self.parametersOfAll)
        if let unknown = query.keys.filter({ !names.contains($0) }).min() {
            throw Failure(
                .malformed,
                "this list has no parameter \"\(unknown)\"; known are \(known.map(\.name).sorted().joined(separator: ", "))"
            )
        }
    }
}
