import Domain
import Postgres
import Web

/// A webhook of a repository that the caller may look after.
struct InWebhook: Sendable, HasCaller {
    let place: InRepository
    let hook: WebhookView
    var caller: Caller { place.caller }
}

extension InWebhook {
    /// The webhook that the path names as `{hook}`.
    ///
    /// - Throws: 404 when the repository has none of this number.
    init(_ request: Request, _ place: InRepository, _ app: App) throws {
        guard let hook = try app.webhooks.webhook(request.id("hook"), in: place.id) else {
            throw Failure(.missing, "not found")
        }
        self.init(place: place, hook: hook)
    }
}

/// REST: the webhooks of a repository, as in Gitea.
enum WebhookRoutes {
    private static let path = RepositoryRoutes.path + "/hooks"
    private static let one = path + "/{hook}"
    private static let hint =
        "[Config]: Required; send {\"type\": \"gitea\", \"config\": {\"url\": \"https://…\", \"content_type\": \"json\"}, \"events\": [\"push\"], \"active\": true}"

    static let all: [Endpoint] = [
        Endpoint(
            .get, path, .repository(.admin), scope: .repository, query: Page.numbered,
            answers: [.json(200, [HookAnswer].self), .failure(404)], "List the webhooks of a repository."
        ) { request, place, app in
            let page = Page(request)
            return try .json(
                200, app.webhooks.list(of: place.id, page.offsetPart).map { HookAnswer($0) },
                headers: page.headers(
                    total: try app.webhooks.count(of: place.id), base: app.base(of: request), request: request))
        },
        Endpoint(
            .post, path, .repository(.admin), scope: .repository, reading: JSONBody<HookWish>(orElse: hint),
            answers: [.json(201, HookAnswer.self), .failure(404), .failure(422)], "Make a webhook."
        ) { _, place, body, app in
            let sent = try body()
            guard ["gitea", "gogs"].contains(sent.type ?? "") else {
                throw Failure(
                    .invalid, "[Type]: \"\(cut(sent.type ?? "", bytesMax: 60))\" is not served; send \"gitea\"")
            }
            guard let config = sent.config, config["url"] != nil, config["content_type"] != nil else {
                throw Failure(.invalid, hint)
            }
            let wish = WebhookWish(
                url: config["url"], contentType: config["content_type"], events: sent.events,
                branchFilter: sent.branch_filter, isActive: sent.active, secret: config["secret"],
                authorization: sent.authorization_header)
            return try .json(201, HookAnswer(WebhookChanges(app: app, repository: place.id).create(wish)))
        },
        Endpoint(
            .get, one, .repository(.admin), scope: .repository, answers: [.json(200, HookAnswer.self), .failure(404)],
            "Show a webhook."
        ) { request, place, app in
            let within = try InWebhook(request, place, app)
            return try .json(200, HookAnswer(within.hook))
        },
        Endpoint(
            .patch, one, .repository(.admin), scope: .repository,
            reading: JSONBody<HookEdit>(orElse: "the body is no JSON object of a webhook's settings"),
            answers: [.json(200, HookAnswer.self), .failure(404), .failure(422)], "Change a webhook."
        ) { request, place, body, app in
            let within = try InWebhook(request, place, app)
            let sent = try body()
            let wish = WebhookWish(
                url: sent.config?["url"], contentType: sent.config?["content_type"], events: sent.events,
                branchFilter: sent.branch_filter, isActive: sent.active, secret: sent.config?["secret"],
                authorization: sent.authorization_header)
            return try .json(
                200, HookAnswer(WebhookChanges(app: app, repository: within.place.id).set(within.hook, wish)))
        },
        Endpoint(
            .delete, one, .repository(.admin), scope: .repository, answers: [.none(204), .failure(404)],
            "Remove a webhook with its deliveries."
        ) { request, place, app in
            let within = try InWebhook(request, place, app)
            guard try app.webhooks.remove(within.hook.id, in: within.place.id) else {
                throw Failure(.missing, "not found")
            }
            return .noContent
        },
        Endpoint(
            .post, one + "/tests", .repository(.admin), scope: .repository, answers: [.none(204), .failure(404)],
            "Send a push of the default branch's head to a webhook, to try it."
        ) { request, place, app in
            let within = try InWebhook(request, place, app)
            try test(within, request, app)
            return .noContent
        },
    ]

    /// - Throws: 404 when it is gone.
    static func test(_ within: InWebhook, _ request: Request, _ app: App) throws {
        let payload = try WebhookPayload(app: app).test(within.place, request)
        guard try app.deliveries.tell("push", payload: payload, to: within.hook.id) != nil else {
            throw Failure(.missing, "not found")
        }
    }
}
