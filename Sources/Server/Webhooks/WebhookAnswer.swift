import Domain
import Postgres

/// A webhook in the shape of Gitea's API.
struct HookAnswer: Described {
    let id: Int64
    let type: String
    let branch_filter: String
    let config: HookConfig
    let events: [String]
    /// Whether there is one is told, never what it is.
    let authorization_header: String
    let active: Bool
    let updated_at: String
    let created_at: String

    static let schemaName = "Hook"
    static let example = HookAnswer(
        id: 1, type: "gitea", branch_filter: "*", config: .example, events: ["push", "workflow_run"],
        authorization_header: "", active: true, updated_at: "2026-03-01T10:00:00Z",
        created_at: "2026-03-01T10:00:00Z")
}

extension HookAnswer {
    init(_ hook: WebhookView) {
        id = hook.id.number
        type = "gitea"
        branch_filter = hook.branchFilter.isEmpty ? "*" : hook.branchFilter
        config = HookConfig(url: hook.url, content_type: hook.contentType)
        events = hook.events
        authorization_header = hook.hasAuthorization ? "(hidden)" : ""
        active = hook.isActive
        updated_at = clockText(hook.updatedAt)
        created_at = clockText(hook.createdAt)
    }
}

struct HookConfig: Described {
    let url: String
    let content_type: String
    static let schemaName = "HookConfig"
    static let example = HookConfig(url: "https://example.org/hook", content_type: "json")
}

/// What a client makes a webhook of.
struct HookWish: Described, Decodable {
    let type: String?
    let config: [String: String]?
    let events: [String]?
    let branch_filter: String?
    let authorization_header: String?
    let active: Bool?

    static let schemaName = "CreateHookOption"
    static let example = HookWish(
        type: "gitea", config: ["url": "https://example.org/hook", "content_type": "json", "secret": "signs it"],
        events: ["push", "workflow_run"], branch_filter: "*", authorization_header: "", active: true)
}

/// What a client changes of one; what is absent stays.
struct HookEdit: Described, Decodable {
    let config: [String: String]?
    let events: [String]?
    let branch_filter: String?
    let authorization_header: String?
    let active: Bool?

    static let schemaName = "EditHookOption"
    static let example = HookEdit(
        config: ["url": "https://example.org/other"], events: ["workflow_job"], branch_filter: "release/*",
        authorization_header: "", active: true)
}
