import Domain
import Postgres
import Web

/// A mount in the shape of GitHub's API (rest.md 13): the same handlers and queries as `/api/v1`, told in other words. Nothing
/// is decided here.
enum GitHubRoutes {
    static let base = "/api/v3"
    static let actions = base + "/repos/{owner}/{repo}/actions"

    static let all: [Endpoint] =
        site + runs + jobs + artifacts + runners + GitHubWorkflowRoutes.all + GitHubSettingRoutes.all

    static let pageParameters = [
        QueryParameter("page", "the page, from 1"), QueryParameter("per_page", "rows on a page, at most 100"),
    ]
    static let runParameters =
        pageParameters + RunListRoutes.runParameters.without(["page", "limit", "before"])
    private static let jobParameters = pageParameters + [QueryParameter("filter", "latest or all")]
    private static let missing: [AnswerShape] = [.failure(404)]
    private static let refusals: [AnswerShape] = [.failure(400), .failure(404), .failure(409)]

    /// An entry of the mount: its answers carry what GitHub's clients look for.
    static func endpoint<Context>(
        _ method: Web.Method, _ path: String, _ access: Web.Access<App, Context>, scope: ScopeCategory = .repository,
        query: [QueryParameter] = [], answers: [AnswerShape], _ summary: String,
        _ handler: @escaping @Sendable (Request, Context, App) throws -> Response
    ) -> Endpoint {
        Endpoint(method, path, access, scope: scope, query: query, answers: answers, summary) { request, context, app in
            marked(try handler(request, context, app), request)
        }
    }

    static func marked(_ response: Response, _ request: Request) -> Response {
        var response = response
        response.headers += [
            (name: "X-GitHub-Request-Id", value: RequestContext.current?.id ?? ""),
            (name: "X-RateLimit-Limit", value: "5000"), (name: "X-RateLimit-Remaining", value: "5000"),
            (name: "X-RateLimit-Used", value: "0"), (name: "X-RateLimit-Reset", value: "\(reset(request))"),
        ]
        return response
    }

    private static func reset(_ request: Request) -> Int64 { request.now.microseconds / 1_000_000 + 3600 }

    static func page(_ request: Request) -> Page {
        let asked = Page(request, limitName: "per_page", limitMax: 100)
        return Page(number: asked.number, limit: asked.limit)
    }

    // MARK: site and repository

    private static let site: [Endpoint] = [
        endpoint(
            .get, base + "/rate_limit", .anyone, scope: [], answers: [.json(200, GitHubRateLimit.self)],
            "Say how many calls are left: there is no limit by number here."
        ) { request, _, _ in
            let rate = GitHubRate(reset: reset(request))
            return try .json(200, GitHubRateLimit(resources: .init(core: rate), rate: rate))
        },
        endpoint(
            .get, base + "/user", .account, scope: .user, answers: [.json(200, GitHubUser.self)], "Show who calls."
        ) { request, by, app in
            try .json(200, GitHubUser(by.account.number, by.caller.name, base: app.base(of: request)))
        },
        endpoint(
            .get, base + "/repos/{owner}/{repo}", .repository(.read),
            answers: [.json(200, GitHubRepository.self)] + missing, "Show a repository."
        ) { request, place, app in try .json(200, GitHubRepository(GitHubPlace(request, place, app))) },
    ]

    // MARK: runs

    private static let runs: [Endpoint] = [
        endpoint(
            .get, actions + "/runs", .repository(.read, needsToken: true), query: runParameters,
            answers: [.json(200, GitHubRunList.self), .failure(400)] + missing, "List runs, newest first."
        ) { request, place, app in
            try list(runsOf: nil, request, place, app)
        },
        endpoint(
            .get, actions + "/runs/{run}", .repository(.read), answers: [.json(200, GitHubRun.self)] + missing,
            "Show a run."
        ) { request, place, app in
            try .json(200, GitHubRun(try RunRoutes.run(request, place, app), at: GitHubPlace(request, place, app)))
        },
        endpoint(
            .get, actions + "/runs/{run}/attempts/{attempt}", .repository(.read),
            answers: [.json(200, GitHubRun.self)] + missing, "Show an attempt of a run."
        ) { request, place, app in
            try .json(200, GitHubRun(try RunRoutes.attempt(request, place, app), at: GitHubPlace(request, place, app)))
        },
        endpoint(
            .delete, actions + "/runs/{run}", .repository(.write), answers: [.none(204)] + refusals,
            "Delete a finished run."
        ) { request, place, app in
            do { return try RunRoutes.remove(request, place, app) } catch is RunRemovalRefusal {
                throw Failure(.conflict, "this workflow run is not done")
            }
        },
        change("cancel", 202, "Cancel a run.") { request, place, app in
            _ = try RunRoutes.cancelled(.cancelRequested, request, place, app)
        },
        change("force-cancel", 202, "Cancel a run without waiting for its runners.") { request, place, app in
            _ = try RunRoutes.cancelled(.forceCancelRequested, request, place, app)
        },
        change("rerun", 201, "Run all jobs of a run again.") { request, place, app in
            _ = try RunRoutes.rerun(.all, request, place, app)
        },
        change("rerun-failed-jobs", 201, "Run the failed jobs of a run again.") { request, place, app in
            _ = try RunRoutes.rerun(.failed, request, place, app)
        },
        change("approve", 201, "Let a run start that waits for an approval.") { request, place, app in
            _ = try RunRoutes.approved(request, place, app)
        },
        endpoint(
            .get, actions + "/runs/{run}/logs", .repository(.read, needsToken: true), answers: [.none(302)] + missing,
            "Give the address of a run's logs."
        ) { request, place, app in
            let run = try RunRoutes.run(request, place, app)
            return redirect("runs/\(run.id)/logs", request, place, app)
        },
    ]

    /// - Parameter file: only runs of this workflow.
    static func list(
        runsOf file: String?, _ request: Request, _ place: InRepository, _ app: App
    ) throws -> Response {
        try request.refuseUnknownParameters(but: runParameters)
        var filter = try RunListRoutes.runFilter(request)
        filter.workflowID = file
        let listing = RunListing.repository(place.id)
        let page = page(request)
        let found = try app.views.runs(listing, filter, page.part)
        let total = try app.views.runCount(listing, filter)
        let at = GitHubPlace(request, place, app)
        return try .json(
            200, GitHubRunList(total_count: total.rows, workflow_runs: found.map { GitHubRun($0, at: at) }),
            headers: page.headers(total, shown: found.count, base: at.base, request: request))
    }

    private static func change(
        _ word: String, _ status: Int, _ summary: String,
        _ body: @escaping @Sendable (Request, InRepository, App) throws -> Void
    ) -> Endpoint {
        endpoint(
            .post, actions + "/runs/{run}/" + word, .repository(.write),
            answers: [.json(status, GitHubNothing.self)] + refusals, summary
        ) { request, place, app in
            try body(request, place, app)
            return try .json(status, GitHubNothing())
        }
    }

    /// To the same thing below `/api/v1`: of the same origin, so that clients keep their credentials.
    private static func redirect(
        _ rest: String, _ request: Request, _ place: InRepository, _ app: App
    ) -> Response {
        let at = RunRoutes.place(request, place, app)
        return Response(
            302, type: "text/plain", body: [], headers: [(name: "Location", value: "\(at.api)/actions/\(rest)")])
    }

    // MARK: jobs

    private static let jobs: [Endpoint] = [
        endpoint(
            .get, actions + "/runs/{run}/jobs", .repository(.read), query: jobParameters,
            answers: [.json(200, GitHubJobList.self), .failure(400)] + missing,
            "List the jobs of a run's latest attempt."
        ) { request, place, app in try list(of: RunRoutes.run(request, place, app), request, place, app) },
        endpoint(
            .get, actions + "/runs/{run}/attempts/{attempt}/jobs", .repository(.read), query: jobParameters,
            answers: [.json(200, GitHubJobList.self), .failure(400)] + missing, "List the jobs of an attempt."
        ) { request, place, app in try list(of: RunRoutes.attempt(request, place, app), request, place, app) },
        endpoint(
            .get, actions + "/jobs/{job}", .repository(.read, needsToken: true),
            answers: [.json(200, GitHubJob.self)] + missing,
            "Show a job."
        ) { request, place, app in
            let job = try JobRoutes.job(request, place, app)
            let steps = try job.task.map { try app.views.steps(of: $0) } ?? []
            return try .json(200, GitHubJob(job, steps: steps, at: GitHubPlace(request, place, app)))
        },
        endpoint(
            .get, actions + "/jobs/{job}/logs", .repository(.read, needsToken: true), answers: [.none(302)] + missing,
            "Give the address of a job's log."
        ) { request, place, app in
            let job = try JobRoutes.job(request, place, app)
            return redirect("jobs/\(job.id)/logs", request, place, app)
        },
        endpoint(
            .post, actions + "/jobs/{job}/rerun", .repository(.write),
            answers: [.json(201, GitHubNothing.self)] + refusals, "Run a job again, with those that need it."
        ) { request, place, app in
            let job = try JobRoutes.job(request, place, app)
            var request = request
            request.path["run"] = "\(job.run)"
            _ = try RunRoutes.rerun(.job(job.id), request, place, app)
            return try .json(201, GitHubNothing())
        },
    ]

    private static func list(
        of run: RunView, _ request: Request, _ place: InRepository, _ app: App
    ) throws -> Response {
        try request.refuseUnknownParameters(but: jobParameters)
        if let filter = request.given("filter"), !["latest", "all"].contains(filter) {
            throw Failure(.malformed, "filter is \"\(filter)\"; it must be latest or all")
        }
        let jobs = try app.views.jobs(of: run)
        let page = page(request)
        let shown = jobs.dropFirst(Int(page.part.offset)).prefix(Int(page.part.limit))
        let steps = try app.views.steps(of: shown.compactMap(\.task))
        let at = GitHubPlace(request, place, app)
        return try .json(
            200,
            GitHubJobList(
                total_count: Int64(jobs.count),
                jobs: shown.map { GitHubJob($0, steps: $0.task.flatMap { steps[$0] } ?? [], at: at) }),
            headers: page.headers(total: Int64(jobs.count), base: at.base, request: request))
    }

    // MARK: artifacts

    private static let artifactParameters = pageParameters + [QueryParameter("name", "only artifacts of this name")]
    private static let artifacts: [Endpoint] = [
        endpoint(
            .get, actions + "/artifacts", .repository(.read), query: artifactParameters,
            answers: [.json(200, GitHubArtifactList.self), .failure(400)] + missing,
            "List the artifacts of a repository."
        ) { request, place, app in try list(artifactsOf: nil, request, place, app) },
        endpoint(
            .get, actions + "/runs/{run}/artifacts", .repository(.read), query: artifactParameters,
            answers: [.json(200, GitHubArtifactList.self), .failure(400)] + missing, "List the artifacts of a run."
        ) { request, place, app in
            try list(artifactsOf: try RunRoutes.run(request, place, app).id, request, place, app)
        },
        endpoint(
            .get, actions + "/artifacts/{artifact}", .repository(.read),
            answers: [.json(200, GitHubArtifact.self)] + missing, "Show an artifact."
        ) { request, place, app in
            let artifact = try ArtifactRoutes.artifact(request, place, app)
            return try .json(200, GitHubArtifact(artifact, at: GitHubPlace(request, place, app)))
        },
        endpoint(
            .delete, actions + "/artifacts/{artifact}", .repository(.write), answers: [.none(204)] + missing,
            "Delete an artifact."
        ) { request, place, app in
            guard try app.artifacts.delete(try ArtifactRoutes.artifact(request, place, app).id) else {
                throw Failure(.missing, "not found")
            }
            return .noContent
        },
        endpoint(
            .get, actions + "/artifacts/{artifact}/zip", .repository(.read), answers: [.none(302)] + missing,
            "Give the address from which an artifact is downloaded."
        ) { request, place, app in try ArtifactRoutes.redirect(request, place, app) },
    ]

    private static func list(
        artifactsOf run: RunID?, _ request: Request, _ place: InRepository, _ app: App
    ) throws -> Response {
        try request.refuseUnknownParameters(but: artifactParameters)
        let page = page(request)
        let found = try app.artifactViews.page(of: place.id, run: run, name: try request.word("name"), page.part)
        let at = GitHubPlace(request, place, app)
        return try .json(
            200,
            GitHubArtifactList(
                total_count: found.total.rows, artifacts: found.artifacts.map { GitHubArtifact($0, at: at) }),
            headers: page.headers(found.total, shown: found.artifacts.count, base: at.base, request: request))
    }

    // MARK: runners

    private static let runners: [Endpoint] = [
        endpoint(
            .get, actions + "/runners", .repository(.owner), query: pageParameters,
            answers: [.json(200, GitHubRunnerList.self), .failure(400)] + missing, "List the runners of a repository."
        ) { request, place, app in
            try request.refuseUnknownParameters(but: pageParameters)
            let listing = RunnerListing.exactly(.repository(place.id))
            let page = page(request)
            let found = try app.runnerViews.runners(listing, isDisabled: nil, page.part)
            let total = try app.runnerViews.count(listing, isDisabled: nil)
            return try .json(
                200,
                GitHubRunnerList(
                    total_count: total.rows, runners: found.map { GitHubRunner(RunnerAnswer($0)) }),
                headers: page.headers(total, shown: found.count, base: app.base(of: request), request: request))
        },
        endpoint(
            .get, actions + "/runners/{runner}", .repository(.owner),
            answers: [.json(200, GitHubRunner.self)] + missing, "Show a runner."
        ) { request, place, app in
            guard
                let runner = try app.runnerViews.runner(request.id("runner"), in: .exactly(.repository(place.id)))
            else { throw Failure(.missing, "not found") }
            return try .json(200, GitHubRunner(RunnerAnswer(runner)))
        },
        endpoint(
            .delete, actions + "/runners/{runner}", .repository(.owner), answers: [.none(204)] + missing,
            "Remove a runner."
        ) { request, place, app in
            guard
                try app.runners.remove(
                    request.id("runner"), in: .exactly(.repository(place.id)), by: place.caller.account)
            else { throw Failure(.missing, "not found") }
            return .noContent
        },
        endpoint(
            .post, actions + "/runners/registration-token", .repository(.owner),
            answers: [.json(201, GitHubRegistrationToken.self)] + missing, "Show the repository's registration token."
        ) { request, place, app in
            try .json(
                201,
                GitHubRegistrationToken(
                    token: try RegistrationTokens(app: app).current(of: .repository(place.id)),
                    expires_at: clockText(request.now.microseconds + 3_600_000_000)),
                headers: [(name: "Cache-Control", value: "no-store")])
        },
    ]
}

extension FailureShape {
    private struct GitHubError: Encodable {
        let message: String
        let documentation_url = "/api/swagger"
        let status: String
    }

    /// GitHub's clients read `message`.
    static let github = FailureShape("github") { error in
        let failure = Failure(describing: error).traced
        let status = failure.kind.restStatus
        let body = try? jsonText(GitHubError(message: failure.message, status: "\(status)"))
        return Response(
            status, type: "application/json; charset=utf-8", body: body ?? [],
            headers: [(name: "X-GitHub-Request-Id", value: RequestContext.current?.id ?? "")])
    }
}
