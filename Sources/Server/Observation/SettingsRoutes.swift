import Domain
import Web

/// REST: settings that SDKs read before they page or upload (rest.md 11).
enum SettingsRoutes {
    private struct APISettings: Described {
        let max_response_items: Int64
        let default_paging_num: Int64
        let default_git_trees_per_page: Int64
        let default_max_blob_size: Int64
        let default_max_response_size: Int64
        static let schemaName = "GeneralAPISettings"
        static let example = APISettings(
            max_response_items: Int64(PageLimits.rowsMax), default_paging_num: Int64(PageLimits.rowsDefault),
            default_git_trees_per_page: 1000, default_max_blob_size: 10_485_760, default_max_response_size: 104_857_600)
    }
    private struct RepositorySettings: Described {
        let mirrors_disabled: Bool
        let http_git_disabled: Bool
        let migrations_disabled: Bool
        let stars_disabled: Bool
        let time_tracking_disabled: Bool
        let lfs_disabled: Bool
        static let schemaName = "GeneralRepoSettings"
        static let example = RepositorySettings(
            mirrors_disabled: true, http_git_disabled: false, migrations_disabled: true, stars_disabled: true,
            time_tracking_disabled: true, lfs_disabled: true)
    }
    private struct UISettings: Described {
        let default_theme: String
        let allowed_reactions: [String]
        let custom_emojis: [String]
        static let schemaName = "GeneralUISettings"
        static let example = UISettings(default_theme: "auto", allowed_reactions: [""], custom_emojis: [""])
        static let shown = UISettings(default_theme: "auto", allowed_reactions: [], custom_emojis: [])
    }
    private struct AttachmentSettings: Described {
        let enabled: Bool
        let allowed_types: String
        let max_size: Int64
        let max_files: Int64
        static let schemaName = "GeneralAttachmentSettings"
        static let example = AttachmentSettings(enabled: false, allowed_types: "", max_size: 0, max_files: 0)
    }

    static let all: [Endpoint] = [
        show("api", APISettings.example, "Show how lists are paged and how large answers get."),
        show("repository", RepositorySettings.example, "Show which features of repositories there are."),
        show("ui", UISettings.shown, "Show settings of pages."),
        show("attachment", AttachmentSettings.example, "Show whether issues take attachments: they do not."),
    ]

    private static func show<Answer: Described>(_ name: String, _ answer: Answer, _ summary: String) -> Endpoint {
        Endpoint(
            .get, "/api/v1/settings/" + name, .anyone, answers: [.json(200, Answer.self), .failure(401)], summary
        ) { _, _, _ in try .json(200, answer) }
    }
}
