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
            if let run = request.int("run"), run <= 0 {
                throw Failure(.malformed, "run id \(run) must be above 0")
            }
            return try list(of: try RunRoutes.run(request, place, app), request, place, app)
        },
        Endpoint(
            .get, base + "/runs/{run}/attempts/{attempt}/jobs", .repository(.read), scope: .repository,
            query: parameters, answers: lists, "List the jobs of an attempt."
        ) { request, place, app in
            try list(of: try RunRoutes.attempt(request, place, app), request, place, app)
        },
        Endpoint(
            .get, base + "/jobs/{job}", .repository(.read), scope: .repository,
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
            answers: [.json(201, JobAnswer.self), .failure(400), .failure(404)],
            "Run a job again, with those that need it.", rerun),
    ]

    private static let parameters = [
        QueryParameter("status", "as for runs; may be repeated"), QueryParameter("page", "the page, from 1"),
        QueryParameter("limit", "rows on a page, at most 50; without page and limit all jobs are listed"),
        QueryParameter("sort", "id"), QueryParameter("order", "asc or desc"),
        QueryParameter("filter", "latest or all; changes nothing"),
    ]

    /// The job that the path names; one of another repository does not exist.
    static func job(_ request: Request, _ place: InRepository, _ app: App) throws -> JobView {
        guard let job = try app.views.job(request.id("job"), in: place.id) else { throw Failure(.missing, "not found") }
        return job
    }

    private static func list(
        of run: RunView, _ request: Request, _ place: InRepository, _ app: App
    ) throws -> Response {
        let jobs = try filtered(try app.views.jobs(of: run), request)
        let shown = paged(jobs, request)
        let steps = try app.views.steps(of: shown.compactMap(\.task))
        let at = RunRoutes.place(request, place, app)
        let answers = shown.map { job in
            JobAnswer(job, of: run, steps: job.task.flatMap { steps[$0] } ?? [], at: at)
        }
        return try .json(
            200, JobList(total_count: Int64(jobs.count), jobs: answers),
            headers: [(name: "X-Total-Count", value: "\(jobs.count)")])
    }

    @Sendable private static func show(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let job = try job(request, place, app)
        guard let run = try app.views.run(job.run, in: place.id) else { throw Failure(.missing, "not found") }
        let steps = try job.task.map { try app.views.steps(of: $0) } ?? []
        return try .json(200, JobAnswer(job, of: run, steps: steps, at: RunRoutes.place(request, place, app)))
    }

    /// Answers with the new job.
    @Sendable private static func rerun(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let old = try job(request, place, app)
        guard old.run == request.id("run") else { throw Failure(.missing, "not found") }
        let copies = try RunRoutes.rerun(.job(old.id), request, place, app)
        guard let id = copies[old.id], let job = try app.views.job(id, in: place.id) else {
            throw Failure(.missing, "not found")
        }
        let run = try RunRoutes.run(request, place, app)
        return try .json(201, JobAnswer(job, of: run, steps: [], at: RunRoutes.place(request, place, app)))
    }

    /// All of them unless a page is asked for: they are few.
    private static func paged(_ jobs: [JobView], _ request: Request) -> ArraySlice<JobView> {
        guard request.query["page"] != nil || request.query["limit"] != nil else { return jobs[...] }
        let part = Page(request).part
        return jobs.dropFirst(Int(part.offset)).prefix(Int(part.limit))
    }

    /// Jobs of one run are few: they are chosen here.
    private static func filtered(_ jobs: [JobView], _ request: Request) throws -> [JobView] {
        try request.refuseUnknownParameters(but: parameters)
        let statuses = try RunRoutes.statusFilter(request.all("status"))
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
}
