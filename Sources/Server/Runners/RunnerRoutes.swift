import Domain
import Postgres
import Web

/// REST: runners and the tokens they register with (rest.md 4), at the four levels at which they are looked after.
enum RunnerRoutes {
    static let all: [Endpoint] =
        Level(path: "/api/v1/repos/{owner}/{repo}", access: .repository(.owner), scope: .repository) { place in
            .exactly(.repository(place.id))
        }.endpoints
        + Level(path: "/api/v1/user", access: .account, scope: .user) { .exactly(.owner($0.account)) }.endpoints
        + Level(path: "/api/v1/orgs/{org}", access: .organization, scope: .organization) {
            .exactly(.owner($0.organization.id))
        }.endpoints
        + Level(path: "/api/v1/admin", access: .siteAdmin, scope: .admin) { _ in .all }.endpoints
        // The oldest path; guides for runners still name it.
        + [
            Endpoint(
                .get, "/api/v1/admin/runners/registration-token", .siteAdmin, scope: .admin, writes: true,
                answers: [.json(200, RegistrationTokenAnswer.self)], "Show the registration token of the whole site."
            ) { _, _, app in try showToken(of: .everything, app) }
        ]

    private static let parameters =
        [QueryParameter("disabled", "true or false: only those")] + Page.parameters.filter { $0.name != "before" }

    /// Who a call comes from, below any of the levels.
    private struct Level<Context: Sendable & HasCaller>: Sendable {
        let path: String
        let access: Web.Access<App, Context>
        let scope: ScopeCategory
        let listing: @Sendable (Context) -> RunnerListing

        typealias LevelHandler = @Sendable (RunnerListing, Request, Caller, App) throws -> Response

        private func endpoint(
            _ method: Web.Method, _ path: String, writes: Bool = false, query: [QueryParameter] = [],
            answers: [AnswerShape], _ summary: String, _ handler: @escaping LevelHandler
        ) -> Endpoint {
            Endpoint(
                method, self.path + "/actions/runners" + path, access, scope: scope, writes: writes, query: query,
                answers: answers, summary
            ) { [listing] request, context, app in try handler(listing(context), request, context.caller, app) }
        }

        var endpoints: [Endpoint] {
            let one: [AnswerShape] = [.json(200, RunnerAnswer.self), .failure(404)]
            let token: [AnswerShape] = [.json(200, RegistrationTokenAnswer.self)]
            return [
                // Whoever has the token adds runners: to read is not enough.
                endpoint(
                    .get, "/registration-token", writes: true, answers: token,
                    "Show the registration token of this level."
                ) { listing, _, _, app in try showToken(of: listing.newcomers, app) },
                endpoint(.post, "/registration-token", answers: token, "Show the registration token of this level.") {
                    listing, _, _, app in try showToken(of: listing.newcomers, app)
                },
                endpoint(
                    .get, "", query: parameters, answers: [.json(200, RunnerList.self), .failure(400)],
                    "List the runners of this level, last seen first.", list),
                endpoint(.get, "/{runner}", answers: one, "Show a runner.") { listing, request, _, app in
                    try .json(200, RunnerAnswer(try found(listing, request, app)))
                },
                endpoint(
                    .get, "/{runner}/why", answers: [.json(200, ReasonAnswer.self), .failure(404)],
                    "Say why a runner is idle, or what it does."
                ) { listing, request, _, app in
                    guard let reason = try app.waits.why(runner: try found(listing, request, app).id) else {
                        throw Failure(.missing, "not found")
                    }
                    return try .json(200, ReasonAnswer(reason))
                },
                Endpoint(
                    .patch, path + "/actions/runners/{runner}", access, scope: scope,
                    reading: JSONBody<RunnerEdit>(
                        orElse: "[Disabled]: Required; send {\"disabled\": true} or {\"disabled\": false}"),
                    answers: one + [.failure(422)], "Disable or enable a runner."
                ) { [listing] request, context, body, app in
                    try edit(listing(context), request, context.caller, body, app)
                },
                endpoint(.delete, "/{runner}", answers: [.none(204), .failure(404)], "Remove a runner.") {
                    listing, request, caller, app in
                    guard try app.runners.remove(request.id("runner"), in: listing, by: caller.account) else {
                        throw Failure(.missing, "not found")
                    }
                    return .noContent
                },
            ]
        }
    }

    /// The current token, however often it is asked for (docs/adr/0011).
    private static func showToken(of scope: RunnerScope, _ app: App) throws -> Response {
        try .json(
            200, RegistrationTokenAnswer(token: try RegistrationTokens(app: app).current(of: scope)),
            headers: [(name: "Cache-Control", value: "no-store")])
    }

    @Sendable private static func list(
        _ listing: RunnerListing, _ request: Request, _: Caller, _ app: App
    ) throws -> Response {
        try request.refuseUnknownParameters(but: parameters)
        let isDisabled: Bool? =
            switch request.given("disabled") {
            case "true", "1": true
            case "false", "0": false
            case nil: nil
            case .some(let word): throw Failure(.malformed, "disabled is \"\(word)\"; it must be true or false")
            }
        let page = Page(request)
        let runners = try app.runnerViews.runners(
            listing, isDisabled: isDisabled, Page(number: page.number, limit: page.limit).part)
        let total = try app.runnerViews.count(listing, isDisabled: isDisabled)
        return try .json(
            200, RunnerList(total_count: total.rows, runners: runners.map(RunnerAnswer.init)),
            headers: page.headers(total, shown: runners.count, base: app.base(of: request), request: request))
    }

    /// A runner of another level is missing, not merely forbidden.
    private static func found(_ listing: RunnerListing, _ request: Request, _ app: App) throws -> RunnerView {
        guard let runner = try app.runnerViews.runner(request.id("runner"), in: listing) else {
            throw Failure(.missing, "not found")
        }
        return runner
    }

    /// What is missing is said before what is wrong with the body (rest.md 1, order of checks).
    private static func edit(
        _ listing: RunnerListing, _ request: Request, _ caller: Caller, _ body: () throws -> RunnerEdit, _ app: App
    ) throws -> Response {
        _ = try found(listing, request, app)
        let wanted = try body()
        guard try app.runners.setDisabled(wanted.disabled, request.id("runner"), in: listing, by: caller.account)
        else { throw Failure(.missing, "not found") }
        return try .json(200, RunnerAnswer(try found(listing, request, app)))
    }
}

extension RunnerListing {
    /// Where a runner registers that is to appear in this listing.
    var newcomers: RunnerScope {
        if case .exactly(let scope) = self { return scope }
        return .everything
    }
}
