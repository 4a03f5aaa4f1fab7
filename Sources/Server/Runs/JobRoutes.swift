import Domain
import Postgres
import Web

/// REST: jobs (rest.md 8).
enum JobRoutes {
    private static let base = RunRoutes.base
    private static let lists: [AnswerShape] = [.json(200, JobList.self), .failure(400), .failure(404), .failure(422)]

    static let all: [Endpoint] = [
        Endpoint(
            .get, base + "/runs/{run}/jobs", .repository(.read), scope: .repository, query: parameters, answers: lists,
            "List the jobs of a run's latest attempt."
        ) { request, place, app in
            // A word reads as 0 (rest.md 15.3).
            let run = request.int("run") ?? 0
            guard run > 0 else { throw Failure(.malformed, "run id \(run) must be above 0") }
            return try list(of: try RunRoutes.run(request, place, app), request, place, app)
        },
        Endpoint(
            .get, base + "/runs/{run}/attempts/{attempt}/jobs", .repository(.read), scope: .repository,
            query: parameters, answers: lists, "List the jobs of an attempt."
        ) { request, place, app in
            try list(of: try RunRoutes.attempt(request, place, app), request, place, app)
        },
        Endpoint(
            .get, base + "/jobs/{job}", .repository(.read, needsToken: true), scope: .repository,
            answers: [.json(200, JobAnswer.self), .failure(404)], "Show a job.", show),
        Endpoint(
            .get, base + "/jobs/{job}/why", .repository(.read), scope: .repository,
            answers: [.json(200, ReasonAnswer.self), .failure(404)], "Say what is in the way of a job."
        ) { request, place, app in
            guard let reason = try app.waits.why(job: request.id("job"), in: place.id) else {
                throw Failure(.missing, "not found")
            }
            return try .json(200, ReasonAnswer(reason))
        },
        Endpoint(
            .post, base + "/jobs/{job}/cancel", .repository(.write), scope: .repository,
            answers: [.none(204), .failure(404)], "Cancel a job; a job that has finished stays as it is."
        ) { request, place, app in
            let job = try job(request, place, app)
            try app.runs.apply(.job(job.id, .cancelRequested), to: job.run, by: place.caller.account)
            return .noContent
        },
        Endpoint(
            .post, base + "/runs/{run}/jobs/{job}/rerun", .repository(.write), scope: .repository,
            answers: [.json(201, JobAnswer.self)] + RunRoutes.refusals,
            "Run a job again, with those that need it.", rerun),
    ]

    private static let parameters =
        RunListRoutes.jobParameters + [QueryParameter("filter", "latest or all; changes nothing")]

    /// The job that the path names; one of another repository does not exist.
    static func job(_ request: Request, _ place: InRepository, _ app: App) throws -> JobView {
        guard let job = try app.views.job(request.id("job"), in: place.id) else { throw Failure(.missing, "not found") }
        return job
    }

    /// Jobs of one run are few: they are chosen and paged here.
    private static func list(
        of run: RunView, _ request: Request, _ place: InRepository, _ app: App
    ) throws -> Response {
        try request.refuseUnknownParameters(but: parameters)
        if let filter = request.given("filter"), !["latest", "all"].contains(filter) {
            throw Failure(.malformed, "filter is \"\(filter)\"; it must be latest or all")
        }
        let statuses = Set(try RunListRoutes.statusFilter(request.all("status")))
        let isDescending = try RunListRoutes.isDescending(request)
        var jobs = try app.views.jobs(of: run)
        if !statuses.isEmpty { jobs = jobs.filter { statuses.contains($0.status) } }
        if isDescending { jobs.reverse() }
        let page = Page(number: Page(request).number, limit: Page(request).limit)
        let shown = jobs.dropFirst(Int(page.part.offset)).prefix(Int(page.part.limit))
        let at = RunRoutes.place(request, place, app)
        return try .json(
            200, JobList(total_count: Int64(jobs.count), jobs: RunListRoutes.answers(shown, at: RunPlaces(at), app)),
            headers: page.headers(total: Int64(jobs.count), base: at.base, request: request))
    }

    @Sendable private static func show(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        try answer(200, try job(request, place, app), request, place, app)
    }

    private static func answer(
        _ status: Int, _ job: JobView, _ request: Request, _ place: InRepository, _ app: App
    ) throws -> Response {
        let steps = try job.task.map { try app.views.steps(of: $0) } ?? []
        return try .json(status, JobAnswer(job, steps: steps, at: RunRoutes.place(request, place, app)))
    }

    /// Answers with the new job.
    @Sendable private static func rerun(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let old = try job(request, place, app)
        guard old.run == request.id("run") else { throw Failure(.missing, "not found") }
        let copies = try RunRoutes.rerun(.job(old.id), request, place, app)
        guard let id = copies[old.id], let job = try app.views.job(id, in: place.id) else {
            throw Failure(.missing, "not found")
        }
        return try answer(201, job, request, place, app)
    }
}
