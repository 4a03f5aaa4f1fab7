import Crypto
import Domain
import Postgres
import Web

/// What somebody sets of a webhook, by REST or by its page. Nil leaves what is there; of a new one it is the default.
struct WebhookWish {
    var url: String?
    var contentType: String?
    var events: [String]?
    var branchFilter: String?
    var isActive: Bool?
    /// "" takes it away.
    var secret: String?
    var authorization: String?
}

/// Makes and changes the webhooks of a repository.
struct WebhookChanges {
    let app: App
    let repository: RepositoryID

    func create(_ wish: WebhookWish) throws -> WebhookView {
        var wish = wish
        wish.url = wish.url ?? ""
        wish.isActive = wish.isActive ?? false
        let edit = try Self.edit(WebhookEdit(), wish)
        let id = try app.webhooks.reserve()
        let secret = try sealed(wish.secret ?? "", of: id, "secret")
        let authorization = try sealed(wish.authorization ?? "", of: id, "authorization")
        guard
            try app.webhooks.create(
                edit, as: id, in: repository, secret: secret, authorization: authorization),
            let made = try app.webhooks.webhook(id, in: repository)
        else {
            throw Failure(
                .invalid,
                "a repository has at most \(WebhookLimits.perRepositoryMax) webhooks; remove what nothing uses")
        }
        return made
    }

    func set(_ hook: WebhookView, _ wish: WebhookWish) throws -> WebhookView {
        var now = WebhookEdit()
        now.url = hook.url
        now.contentType = hook.contentType
        now.events = hook.events
        now.branchFilter = hook.branchFilter
        now.isActive = hook.isActive
        guard
            try app.webhooks.set(
                hook.id, in: repository, to: try Self.edit(now, wish),
                secret: try change(wish.secret, of: hook.id, "secret"),
                authorization: try change(wish.authorization, of: hook.id, "authorization")),
            let changed = try app.webhooks.webhook(hook.id, in: repository)
        else { throw Failure(.missing, "not found") }
        return changed
    }

    /// - Throws: 422 with what is wrong.
    private static func edit(_ now: WebhookEdit, _ wish: WebhookWish) throws -> WebhookEdit {
        var edit = now
        if let url = wish.url {
            if let why = whyNoWebhookAddress(url) { throw Failure(.invalid, "[URL]: \(why)") }
            edit.url = url
        }
        if let type = wish.contentType {
            guard ["json", "form"].contains(type) else {
                throw Failure(.invalid, "[ContentType]: it is \"json\" or \"form\"")
            }
            edit.contentType = type
        }
        if let events = wish.events {
            let (known, unknown) = WebhookEvents.known(events)
            if let unknown {
                throw Failure(
                    .invalid,
                    "[Events]: there is no event \"\(cut(unknown, bytesMax: 100))\"; told here are "
                        + WebhookEvents.told.joined(separator: ", "))
            }
            edit.events = known
        }
        if edit.events.isEmpty { edit.events = ["push"] }
        if let filter = wish.branchFilter {
            try checkField(filter, "BranchFilter", bytesMax: WebhookLimits.branchFilterBytesMax)
            do throws(Pattern.Invalid) { _ = try Pattern(filter.isEmpty ? "*" : filter) } catch {
                throw Failure(.invalid, "[BranchFilter]: \(error.message)")
            }
            edit.branchFilter = ["*", "**"].contains(filter) ? "" : filter
        }
        for (value, field) in [(wish.secret, "Secret"), (wish.authorization, "AuthorizationHeader")] {
            try checkField(value, field, bytesMax: WebhookLimits.secretBytesMax)
            guard field == "Secret" || value?.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) ?? true else {
                throw Failure(.invalid, "[\(field)]: it is one line without control characters")
            }
        }
        if let isActive = wish.isActive { edit.isActive = isActive }
        return edit
    }

    private func sealed(_ text: String, of id: WebhookID, _ what: String) throws -> [UInt8]? {
        text.isEmpty ? nil : try app.keys.webhookSeal.close(Array(text.utf8), at: Self.place(id, what))
    }
    private func change(_ text: String?, of id: WebhookID, _ what: String) throws -> SealedChange {
        guard let text else { return .kept }
        return try sealed(text, of: id, what).map { .set($0) } ?? .removed
    }

    static func place(_ id: WebhookID, _ what: String) -> String { "webhook \(id) \(what)" }
}
