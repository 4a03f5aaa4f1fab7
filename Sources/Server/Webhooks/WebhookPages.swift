import Domain
import Postgres
import Web

enum WebhookPageLimits {
    static let deliveriesMax = 30
}

/// Pages of webhooks, their deliveries, and what is sent again.
enum WebhookPages {
    private static let path = "/{owner}/{repo}/settings/webhooks"
    private static let one = path + "/{hook}"
    private static let delivery = one + "/deliveries/{delivery}"

    static let all: [Endpoint] = [
        Endpoint(
            .get, path, .repository(.admin), answers: [.page, .failure(404)], "Show the webhooks of a repository."
        ) { _, place, app in try list(place, app).response() },
        Endpoint.form(path, .repository(.admin), "Make a webhook.") { _, place, form, app in
            do {
                let made = try WebhookChanges(app: app, repository: place.id).create(wish(form, isNew: true))
                return .seeOther(address(of: InWebhook(place: place, hook: made)))
            } catch let failure as Failure where failure.kind == .invalid {
                return try list(place, app, typed: form, problem: failure.message).response(422)
            }
        },
        Endpoint(
            .get, one, .repository(.admin),
            query: [
                QueryParameter("page", "of its deliveries, from 1"),
                QueryParameter("remove", "whether its removal is to be asked for"),
            ], answers: [.page, .failure(404)], "Show a webhook and what was sent to it."
        ) { request, place, app in
            let within = try InWebhook(request, place, app)
            return try page(request, within, app, isRemoval: request.given("remove") != nil).response()
        },
        Endpoint.form(one, .repository(.admin), "Change a webhook.") { request, place, form, app in
            let within = try InWebhook(request, place, app)
            do {
                _ = try WebhookChanges(app: app, repository: within.place.id).set(within.hook, wish(form, isNew: false))
                return .seeOther(address(of: within))
            } catch let failure as Failure where failure.kind == .invalid {
                return try page(request, within, app, typed: form, problem: failure.message).response(422)
            }
        },
        Endpoint.form(one + "/remove", .repository(.admin), "Remove a webhook with its deliveries.") {
            request, place, form, app in
            let within = try InWebhook(request, place, app)
            guard RemovalPart.isConfirmed(form), form["name"] == within.hook.url else {
                return try page(request, within, app, isRemoval: true, removalProblem: RemovalPart.mismatch).response(
                    422)
            }
            _ = try app.webhooks.remove(within.hook.id, in: within.place.id)
            return .seeOther("/\(within.place.repository.fullName)/settings/webhooks")
        },
        Endpoint.form(one + "/test", .repository(.admin), "Send a push to a webhook, to try it.") {
            request, place, _, app in
            let within = try InWebhook(request, place, app)
            try WebhookRoutes.test(within, request, app)
            return .seeOther(address(of: within))
        },
        Endpoint(
            .get, delivery, .repository(.admin), answers: [.page, .failure(404)],
            "Show what was sent to a webhook and answered."
        ) { request, place, app in
            let within = try InWebhook(request, place, app)
            let found = try found(request, within, app)
            let shown = state(of: found)
            return try DeliveryPage(
                head: within.place.head(
                    "Delivery of \(found.event)", section: .webhooks,
                    under: [Crumb(name: "Webhook", link: address(of: within))]),
                status: shown.status, words: shown.words, guid: found.guid, event: name(of: found),
                at: TimePart(Instant(microseconds: found.sentAt ?? found.createdAt), now: request.now),
                again: FormPart(
                    action: "\(address(of: within))/deliveries/\(found.id)/again", token: within.caller.formToken),
                payload: found.payload, response: found.response.shown
            ).response()
        },
        Endpoint.form(delivery + "/again", .repository(.admin), "Send a delivery once more.") {
            request, place, _, app in
            let within = try InWebhook(request, place, app)
            guard try app.deliveries.again(try found(request, within, app).id, of: within.hook.id) != nil else {
                throw Failure(.missing, "not found")
            }
            return .seeOther(address(of: within))
        },
    ]

    private static func address(of within: InWebhook) -> String {
        "/\(within.place.repository.fullName)/settings/webhooks/\(within.hook.id)"
    }

    private static func found(_ request: Request, _ within: InWebhook, _ app: App) throws -> DeliveryView {
        guard let found = try app.deliveries.delivery(request.id("delivery"), of: within.hook.id) else {
            throw Failure(.missing, "the webhook has no delivery \(request.path["delivery"] ?? "")")
        }
        return found
    }

    /// - Parameter isNew: an empty secret is none; of one that there is it leaves what it has.
    private static func wish(_ form: Form, isNew: Bool) -> WebhookWish {
        WebhookWish(
            url: form.given("url") ?? "", contentType: form["content_type"], events: form.all("events"),
            branchFilter: form.given("branch_filter") ?? "", isActive: form["active"] == "true",
            secret: isNew ? form["secret"] : form["secret"].flatMap { $0.isEmpty ? nil : $0 },
            authorization: isNew ? form["authorization"] : form["authorization"].flatMap { $0.isEmpty ? nil : $0 })
    }

    private static func form(
        _ hook: WebhookView?, action: String, _ caller: Caller, typed: Form?, problem: String?
    ) -> WebhookFormPart {
        let events = typed?.all("events") ?? hook?.events ?? ["push"]
        let type = typed?["content_type"] ?? hook?.contentType ?? "json"
        return WebhookFormPart(
            action: action, token: caller.formToken, problem: problem, url: typed?["url"] ?? hook?.url ?? "",
            isForm: type == "form", branchFilter: typed?["branch_filter"] ?? hook?.branchFilter ?? "",
            isActive: typed.map { $0["active"] == "true" } ?? hook?.isActive ?? true,
            hasSecret: hook?.hasSecret ?? false, hasAuthorization: hook?.hasAuthorization ?? false,
            events: (WebhookEvents.told + events.filter { !WebhookEvents.told.contains($0) }).map {
                WebhookEventPart(name: $0, isSet: events.contains($0))
            }, words: hook == nil ? "Make it" : "Save")
    }

    private static func list(
        _ place: InRepository, _ app: App, typed: Form? = nil, problem: String? = nil
    ) throws -> WebhookListPage {
        let base = "/\(place.repository.fullName)/settings/webhooks"
        let hooks = try app.webhooks.list(of: place.id, ListPart(limit: WebhookLimits.perRepositoryMax))
        return WebhookListPage(
            head: place.head("Webhooks", section: .webhooks),
            rows: hooks.map {
                WebhookRow(
                    url: $0.url, link: "\(base)/\($0.id)", events: $0.events.joined(separator: ", "),
                    isOff: !$0.isActive)
            }, hasNone: hooks.isEmpty,
            form: form(nil, action: base, place.caller, typed: typed, problem: problem))
    }

    private static func page(
        _ request: Request, _ within: InWebhook, _ app: App, typed: Form? = nil, problem: String? = nil,
        isRemoval: Bool = false, removalProblem: String? = nil
    ) throws -> WebhookPage {
        let (address, token) = (address(of: within), within.caller.formToken)
        let limit = WebhookPageLimits.deliveriesMax
        let number = Page(request).number
        let part = Page(number: number, limit: limit).part
        let found = try app.deliveries.list(
            of: within.hook.id, ListPart(limit: part.limit + 1, offset: part.offset))
        return WebhookPage(
            head: within.place.head(
                "Webhook", section: .webhooks,
                under: [Crumb(name: "Webhooks", link: "/\(within.place.repository.fullName)/settings/webhooks")]),
            form: form(within.hook, action: address, within.caller, typed: typed, problem: problem),
            remove: "\(address)?remove=1#removal",
            removal: isRemoval
                ? RemovalPart(
                    action: "\(address)/remove", token: token, what: "the webhook", name: within.hook.url,
                    consequence: "What was sent to it goes with it.", problem: removalProblem, back: address) : nil,
            test: FormPart(action: "\(address)/test", token: token),
            deliveries: found.prefix(limit).map { delivery in
                let shown = state(of: delivery)
                return DeliveryRow(
                    event: name(of: delivery), link: "\(address)/deliveries/\(delivery.id)", status: shown.status,
                    words: shown.words,
                    at: TimePart(Instant(microseconds: delivery.sentAt ?? delivery.createdAt), now: request.now),
                    took: delivery.took.map { "\($0 / 1000) ms" })
            }, hasNone: found.isEmpty, next: found.count > limit ? "\(address)?page=\(number + 1)" : nil)
    }

    private static func name(of delivery: DeliveryView) -> String {
        delivery.action.isEmpty ? delivery.event : "\(delivery.event) \(delivery.action)"
    }

    private static func state(of delivery: DeliveryView) -> (status: String, words: String) {
        let tries = delivery.tries == 1 ? "" : ", \(delivery.tries) tries"
        switch delivery.state {
        case "delivered": return ("success", "taken with \(delivery.status ?? 0)\(tries)")
        case "failed": return ("failure", "\(delivery.problem)\(tries)")
        case "left_out": return ("skipped", delivery.problem)
        default:
            return delivery.tries == 0
                ? ("waiting", "is to be sent")
                : ("waiting", "\(delivery.problem); tried again at \(clockText(delivery.dueAt))\(tries)")
        }
    }
}
