import Domain
import Postgres
import Web

/// REST: lists of runs and jobs at the four levels (rest.md 6).
enum RunListRoutes {
    static let all: [Endpoint] =
        RunLevel(path: "/api/v1/repos/{owner}/{repo}", access: .repository(.read, needsToken: true), scope: .repository)
    { place, _ in
        .repository(place.id)
    }.endpoints
        + RunLevel(path: "/api/v1/orgs/{org}", access: .organizationMember, scope: .organization) { place, _ in
            // With a token that is for public things alone, as somebody who was given nothing.
            let reader = place.caller.isPublicOnly ? AccountID(0) : place.caller.account
            return .owner(place.id, readableBy: place.caller.isAdmin && !place.caller.isPublicOnly ? nil : reader)
        }.endpoints
        + RunLevel(path: "/api/v1/user", access: .account, scope: .user) { by, _ in
            .owner(by.account, readableBy: nil)
        }.endpoints
        + RunLevel(path: "/api/v1/admin", access: .siteAdmin, scope: .admin) { _, _ in .everything }.endpoints

    static let runParameters =
        Page.parameters + [
            QueryParameter("status", "pending, queued, in_progress, completed, success, failure …; may be repeated"),
            QueryParameter("event", "the trigger's name, such as push"),
            QueryParameter("branch", "a branch's short name"), QueryParameter("actor", "who caused the run"),
            QueryParameter("head_sha", "the whole commit id"),
            QueryParameter("exclude_pull_requests", "leaves the field pull_requests empty"),
        ]
    static let jobParameters = [
        QueryParameter("status", "as for runs; may be repeated"), QueryParameter("page", "the page, from 1"),
        QueryParameter("limit", "rows on a page, at most 50"),
        QueryParameter("sort", "id"), QueryParameter("order", "asc or desc"),
    ]

    /// A list of runs wherever they are looked for.
    ///
    /// - Parameter workflow: only those of this file.
    static func runs(
        _ listing: RunListing, workflow: String? = nil, but parameters: [QueryParameter] = runParameters,
        _ request: Request, _ app: App
    ) throws -> Response {
        try request.refuseUnknownParameters(but: parameters)
        var filter = try runFilter(request)
        filter.workflowID = workflow
        let page = Page(request)
        let runs = try app.views.runs(listing, filter, page.part)
        let total = try app.views.runCount(listing, filter)
        let places = try RunPlaces(of: runs.map(\.repository), request, app)
        return try .json(
            200,
            RunList(
                total_count: total.rows,
                workflow_runs: runs.compactMap { run in places[run.repository].map { RunAnswer(run, at: $0) } }),
            headers: page.headers(
                total, last: runs.last?.id.number, shown: runs.count, base: places.base, request: request))
    }

    static func jobs(_ listing: RunListing, _ request: Request, _ app: App) throws -> Response {
        try request.refuseUnknownParameters(but: jobParameters)
        let statuses = try statusFilter(request.all("status"))
        let page = Page(number: Page(request).number, limit: Page(request).limit)
        let jobs = try app.views.jobs(listing, statuses: statuses, newestFirst: try isDescending(request), page.part)
        let total = try app.views.jobCount(listing, statuses: statuses)
        let places = try RunPlaces(of: jobs.map(\.repository), request, app)
        return try .json(
            200, JobList(total_count: total.rows, jobs: try answers(jobs, at: places, app)),
            headers: page.headers(total, shown: jobs.count, base: places.base, request: request))
    }

    /// The steps of all jobs of a page are read at once.
    static func answers(_ jobs: some Sequence<JobView>, at places: RunPlaces, _ app: App) throws -> [JobAnswer] {
        let steps = try app.views.steps(of: jobs.compactMap(\.task))
        return jobs.compactMap { job in
            places[job.repository].map { JobAnswer(job, steps: job.task.flatMap { steps[$0] } ?? [], at: $0) }
        }
    }

    static func runFilter(_ request: Request) throws -> RunFilter {
        var filter = RunFilter()
        filter.statuses = try statusFilter(request.all("status"))
        filter.event = try request.word("event")
        filter.branch = try request.word("branch")
        filter.actor = try request.word("actor")
        filter.headSHA = try request.word("head_sha")?.lowercased()
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
            default: throw Failure(.malformed, "Invalid status \(word)")
            }
        }
    }

    /// Lists of jobs are sorted by id alone (rest.md 1, lists).
    static func isDescending(_ request: Request) throws -> Bool {
        if let sort = request.given("sort"), sort != "id" {
            throw Failure(.invalid, "jobs are sorted by id, not by \"\(sort)\"")
        }
        switch request.given("order") {
        case nil, "asc": return false
        case "desc": return true
        case .some(let order): throw Failure(.invalid, "order is \"\(order)\"; it must be asc or desc")
        }
    }
}

/// Who a call comes from, below any of the levels at which there are lists.
private struct RunLevel<Context: Sendable>: Sendable {
    let path: String
    let access: Web.Access<App, Context>
    let scope: ScopeCategory
    let listing: @Sendable (Context, App) throws -> RunListing

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, path + "/actions/runs", access, scope: scope, query: RunListRoutes.runParameters,
                answers: [.json(200, RunList.self), .failure(400), .failure(404)], "List runs, newest first."
            ) { [listing] request, context, app in try RunListRoutes.runs(listing(context, app), request, app) },
            Endpoint(
                .get, path + "/actions/jobs", access, scope: scope, query: RunListRoutes.jobParameters,
                answers: [.json(200, JobList.self), .failure(400), .failure(404), .failure(422)],
                "List the jobs of all runs and attempts."
            ) { [listing] request, context, app in try RunListRoutes.jobs(listing(context, app), request, app) },
        ]
    }
}

/// Where answers about runs of several repositories point to.
struct RunPlaces: Sendable {
    let base: String
    private let repositories: [RepositoryID: Repository]

    init(of repositories: [RepositoryID], _ request: Request, _ app: App) throws {
        base = app.base(of: request)
        self.repositories = try app.repositories.repositories(Set(repositories))
    }

    init(_ place: RunPlace) {
        base = place.base
        repositories = [place.repository.id: place.repository]
    }

    /// Nil of a repository that was deleted a moment ago.
    subscript(_ id: RepositoryID) -> RunPlace? { repositories[id].map { RunPlace(base: base, repository: $0) } }
}

extension Request {
    /// A parameter that is looked for in a text column.
    ///
    /// - Throws: 400 for NUL, which PostgreSQL does not take.
    func word(_ name: String) throws -> String? {
        guard let text = given(name) else { return nil }
        guard !text.utf8.contains(0) else { throw Failure(.malformed, "\(name) contains NUL") }
        return text
    }
}
