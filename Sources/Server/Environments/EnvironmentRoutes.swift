import Domain
import Postgres
import Web

/// An environment of a repository that the caller may have what it wants of.
struct InEnvironment: Sendable {
    let place: InRepository
    let environment: EnvironmentView
}

extension Web.Access where App == Server.App, Context == InEnvironment {
    /// The environment that the path names as `{environment}`, by what the caller may do in its repository.
    static func environment(_ wanted: RepositoryAccess) -> Self {
        let repository = Web.Access<App, InRepository>.repository(wanted)
        return Self(repository.name) { request, app in
            let place = try repository.admit(request, app)
            return InEnvironment(place: place, environment: try EnvironmentRoutes.found(request, place, app))
        }
    }
}

/// REST: environments in the shape of GitHub's API, by the paths of both mounts.
enum EnvironmentRoutes {
    static let all: [Endpoint] =
        Mount(base: "/api/v1/repos/{owner}/{repo}", isGitHub: false).endpoints
        + Mount(base: GitHubRoutes.base + "/repos/{owner}/{repo}", isGitHub: true).endpoints
        + pages

    /// The name that the path has; one that no environment can have is missing.
    private static func name(_ request: Request) throws -> String {
        let name = request.path["environment"] ?? ""
        guard whyNoEnvironmentName(name) == nil else { throw Failure(.missing, "not found") }
        return name
    }

    static func found(_ request: Request, _ place: InRepository, _ app: App) throws -> EnvironmentView {
        guard let known = try app.environments.environment(try name(request), in: place.id) else {
            throw Failure(.missing, "not found")
        }
        return known
    }

    static func put(
        _ request: Request, _ place: InRepository, _ body: () throws -> EnvironmentBody, _ app: App
    ) throws -> EnvironmentView {
        let name = request.path["environment"] ?? ""
        if let why = whyNoEnvironmentName(name) { throw Failure(.invalid, why) }
        return try put(name, in: place, (request.body.isEmpty ? EnvironmentBody() : try body()).edit(), app)
    }

    static func put(
        _ name: String, in place: InRepository, _ edit: EnvironmentEdit, _ app: App
    ) throws -> EnvironmentView {
        switch try app.environments.put(name, in: place.id, edit) {
        case .done(let made): return made
        case .full: throw full
        case .noReviewer:
            throw Failure(
                .invalid,
                "a reviewer is a user, or a team of the organization that owns the repository; one of these is none")
        case .missing, .exists: throw Failure(.missing, "not found")
        }
    }

    private static let full = Failure(
        .invalid,
        "a repository has at most \(EnvironmentLimits.perRepositoryMax) environments; remove what nothing uses")

    // MARK: reviews

    /// - Returns: what was waiting before.
    static func review(
        _ request: Request, _ place: InRepository, _ sent: ReviewBody, _ app: App
    ) throws -> [PendingReview] {
        guard let account = place.caller.account else { throw Failure(.unauthenticated, "token is required") }
        let run = try RunRoutes.run(request, place, app)
        guard let state = ReviewState(rawValue: sent.state) else {
            throw Failure(.invalid, "state must be \"approved\" or \"rejected\"")
        }
        guard !sent.environment_ids.isEmpty else { throw Failure(.invalid, "environment_ids names no environment") }
        let comment = sent.comment ?? ""
        guard comment.utf8.count <= EnvironmentLimits.commentBytesMax, !comment.utf8.contains(0) else {
            throw Failure(
                .invalid, "comment has more than \(EnvironmentLimits.commentBytesMax) bytes, or a NUL character")
        }
        let name = try app.accounts.account(account)?.name ?? "somebody"
        let review = DeploymentReview(
            environments: sent.environment_ids.map(EnvironmentID.init), state: state, comment: comment,
            reviewer: account, reviewerName: name)
        guard let reviewed = try app.runs.review(run.id, review) else { throw Failure(.missing, "not found") }
        return reviewed
    }

    /// What the buttons of a run's page send.
    private static let pages: [Endpoint] = ReviewState.allCases.map { state in
        Endpoint.form(
            "/{owner}/{repo}/actions/runs/{run}/environments/{id}/\(state.rawValue)",
            .repository(.read, needsToken: true), scope: .repository,
            "Let the jobs of a run use an environment, or not, by the buttons of its page."
        ) { request, place, form, app in
            let id: EnvironmentID = request.id("id")
            _ = try review(
                request, place,
                ReviewBody(environment_ids: [id.number], state: state.rawValue, comment: form.given("comment")), app)
            return RunActions.back(request, place)
        }
    }
}

/// The routes of one mount.
private struct Mount: Sendable {
    let base: String
    let isGitHub: Bool

    private var environments: String { base + "/environments" }
    private var one: String { environments + "/{environment}" }
    private var policies: String { one + "/deployment-branch-policies" }
    private var pending: String { base + "/actions/runs/{run}/pending_deployments" }
    private static let hint = "send {\"wait_timer\": 30, \"reviewers\": [{\"type\": \"User\", \"id\": 1}]}"
    private static let refused: [AnswerShape] = [.failure(404), .failure(422)]
    private var parameters: [QueryParameter] {
        isGitHub ? GitHubRoutes.pageParameters : Page.parameters.filter { $0.name != "before" }
    }

    var endpoints: [Endpoint] { ofEnvironments + ofPolicies + ofReviews }

    private func page(_ request: Request) -> Page {
        if isGitHub { return GitHubRoutes.page(request) }
        let asked = Page(request)
        return Page(number: asked.number, limit: asked.limit)
    }
    private func marked(_ response: Response, _ request: Request) -> Response {
        isGitHub ? GitHubRoutes.marked(response, request) : response
    }
    private func at(_ request: Request, _ place: InRepository, _ app: App) -> EnvironmentPlace {
        let base = app.base(of: request)
        let root = isGitHub ? base + GitHubRoutes.base : base + "/api/v1"
        return EnvironmentPlace(
            base: base, api: "\(root)/repos/\(place.repository.fullName)", repository: place.repository.fullName)
    }

    private var ofEnvironments: [Endpoint] {
        [
            Endpoint(
                .get, environments, .repository(.read), scope: .repository, query: parameters,
                answers: [.json(200, EnvironmentList.self), .failure(404)], "List the environments of a repository."
            ) { request, place, app in
                let page = page(request)
                let total = try app.environments.count(of: place.id)
                let found = try app.environments.list(of: place.id, page.part)
                let at = at(request, place, app)
                return marked(
                    try .json(
                        200,
                        EnvironmentList(
                            total_count: total, environments: found.map { EnvironmentAnswer($0, at: at) }),
                        headers: page.headers(total: total, base: at.base, request: request)), request)
            },
            Endpoint(
                .get, one, .environment(.read), scope: .repository,
                answers: [.json(200, EnvironmentAnswer.self), .failure(404)], "Show an environment."
            ) { request, place, app in
                marked(
                    try .json(200, EnvironmentAnswer(place.environment, at: at(request, place.place, app))), request)
            },
            Endpoint(
                .put, one, .repository(.owner), scope: .repository,
                reading: JSONBody<EnvironmentBody>(orElse: Self.hint),
                answers: [.json(200, EnvironmentAnswer.self)] + Self.refused,
                "Make an environment, or replace its rules; what is not sent is as if there were no such rule."
            ) { request, place, body, app in
                let made = try EnvironmentRoutes.put(request, place, body, app)
                return marked(try .json(200, EnvironmentAnswer(made, at: at(request, place, app))), request)
            },
            Endpoint(
                .delete, one, .environment(.owner), scope: .repository, answers: [.none(204), .failure(404)],
                "Remove an environment with its secrets and variables; jobs that wait for its review fail."
            ) { request, place, app in
                guard try app.environments.remove(place.environment.name, in: place.place.id) else {
                    throw Failure(.missing, "not found")
                }
                return marked(.noContent, request)
            },
        ]
    }

    // MARK: patterns

    private var ofPolicies: [Endpoint] {
        [
            Endpoint(
                .get, policies, .environment(.read), scope: .repository, query: parameters,
                answers: [.json(200, BranchPolicyList.self), .failure(404)],
                "List the patterns of branches and tags that may use an environment."
            ) { request, place, app in
                let page = page(request)
                let all = ListPart(limit: EnvironmentLimits.policiesMax)
                let total = Int64(try app.environments.policies(of: place.environment.id, all).count)
                let found = try app.environments.policies(of: place.environment.id, page.part)
                return marked(
                    try .json(
                        200, BranchPolicyList(total_count: total, branch_policies: found.map(BranchPolicyAnswer.init)),
                        headers: page.headers(total: total, base: app.base(of: request), request: request)), request)
            },
            Endpoint(
                .post, policies, .environment(.owner), scope: .repository,
                reading: JSONBody<BranchPolicyBody>(orElse: "send {\"name\": \"release/*\", \"type\": \"branch\"}"),
                answers: [.json(200, BranchPolicyAnswer.self), .failure(409)] + Self.refused,
                "Let the branches or tags of a pattern use an environment."
            ) { request, place, body, app in
                guard case .custom = place.environment.branches else {
                    throw Failure(.invalid, "set custom_branch_policies of the environment first")
                }
                switch try app.environments.add(try body().policy(), to: place.environment.id) {
                case .done(let made): return marked(try .json(200, BranchPolicyAnswer(made)), request)
                case .exists: throw Failure(.conflict, "the environment has this pattern already")
                case .full:
                    throw Failure(.invalid, "an environment has at most \(EnvironmentLimits.policiesMax) patterns")
                case .missing, .noReviewer: throw Failure(.missing, "not found")
                }
            },
            Endpoint(
                .put, policies + "/{id}", .environment(.owner), scope: .repository,
                reading: JSONBody<BranchPolicyBody>(orElse: "send {\"name\": \"release/*\"}"),
                answers: [.json(200, BranchPolicyAnswer.self), .failure(409)] + Self.refused, "Change a pattern."
            ) { request, place, body, app in
                let id = (request.id("id") as EnvironmentID).number
                let policy = try body().policy()
                switch try app.environments.set(id, to: policy.pattern, of: place.environment.id) {
                case .done(let made): return marked(try .json(200, BranchPolicyAnswer(made)), request)
                case .exists: throw Failure(.conflict, "the environment has this pattern already")
                case .missing, .full, .noReviewer: throw Failure(.missing, "not found")
                }
            },
            Endpoint(
                .delete, policies + "/{id}", .environment(.owner), scope: .repository,
                answers: [.none(204), .failure(404)], "Remove a pattern."
            ) { request, place, app in
                let id = (request.id("id") as EnvironmentID).number
                guard try app.environments.removePolicy(id, of: place.environment.id) else {
                    throw Failure(.missing, "not found")
                }
                return marked(.noContent, request)
            },
        ]
    }

    // MARK: reviews

    private var ofReviews: [Endpoint] {
        [
            Endpoint(
                .get, pending, .repository(.read), scope: .repository,
                answers: [.json(200, [PendingDeploymentAnswer].self), .failure(404)],
                "List the environments that jobs of a run wait for."
            ) { request, place, app in
                let run = try RunRoutes.run(request, place, app)
                let found = try app.deployments.pending(of: run.id, seenBy: place.caller.account)
                let at = at(request, place, app)
                return marked(try .json(200, found.map { PendingDeploymentAnswer($0, at: at) }), request)
            },
            Endpoint(
                .post, pending, .repository(.read, needsToken: true), scope: .repository,
                reading: JSONBody<ReviewBody>(
                    orElse: "send {\"environment_ids\": [1], \"state\": \"approved\", \"comment\": \"\"}"),
                answers: [.json(200, [DeploymentAnswer].self), .failure(403)] + Self.refused,
                "Approve or reject the jobs of a run that wait for environments."
            ) { request, place, body, app in
                let reviewed = try EnvironmentRoutes.review(request, place, try body(), app)
                let run = try RunRoutes.run(request, place, app)
                return marked(try .json(200, reviewed.map { DeploymentAnswer($0, run) }), request)
            },
        ]
    }
}

extension ReviewRefusal: FailureConvertible {
    package var failure: Failure {
        switch self {
        case .nothingWaits:
            Failure(.invalid, "no job of this run waits for a review of these environments; somebody may have given it")
        case .noReviewer(let environment):
            Failure(.forbidden, "you are no reviewer of the environment \"\(environment)\"")
        case .ownRun(let environment):
            Failure(.forbidden, "the environment \"\(environment)\" lets nobody approve a run that they started")
        case .unknownStarter(let environment):
            Failure(
                .forbidden,
                "the environment \"\(environment)\" lets nobody approve a run that they started, and nobody knows who started this one; rerun it, then somebody else may approve it"
            )
        }
    }
}
