import Domain
import Postgres

/// A person or organization, as Gitea's API has them.
struct UserAnswer: Described {
    let id: Int64
    let login: String
    /// The same as `login`, for old clients.
    let username: String
    /// Of an outside source of accounts; there is none.
    let login_name: String
    let source_id: Int64
    let full_name: String
    let email: String
    let avatar_url: String
    let html_url: String
    let language: String
    let is_admin: Bool
    let last_login: String
    let created: String
    let restricted: Bool
    let active: Bool
    let prohibit_login: Bool
    let location: String
    let website: String
    let description: String
    let visibility: String
    let followers_count: Int64
    let following_count: Int64
    let starred_repos_count: Int64

    /// - Parameters:
    ///   - base: what addresses begin with.
    ///   - viewer: mail address, rights and last login are for the account itself and for administrators.
    init(_ account: Account, base: String, seenBy viewer: Caller) {
        let isOpen = viewer.isAdmin || viewer.account == account.id
        self.init(
            account.id.number, account.name, base: base, account: account,
            email: isOpen || account.isOrganization ? account.email : nil, isOpen: isOpen)
    }

    /// Somebody of whom no more than id and name is known: who is gone, or who is named in passing.
    init(_ id: Int64, _ name: String, base: String = "") {
        self.init(id, name, base: base, account: nil, email: nil, isOpen: false)
    }

    private init(_ id: Int64, _ name: String, base: String, account: Account?, email: String?, isOpen: Bool) {
        self.id = id
        login = name
        username = name
        login_name = ""
        source_id = 0
        full_name = account?.fullName ?? ""
        self.email = email ?? "\(name)@noreply.localhost"
        avatar_url = "\(base)/_static/icon.svg"
        html_url = "\(base)/\(name)"
        language = ""
        is_admin = isOpen && account?.isAdmin == true
        last_login = clockText(isOpen ? account?.lastLoginAt : nil)
        created = clockText(account?.createdAt)
        restricted = false
        active = account?.isActive ?? true
        prohibit_login = isOpen && account?.prohibitsLogin == true
        location = account?.location ?? ""
        website = account?.website ?? ""
        description = account?.description ?? ""
        visibility = account?.visibility.rawValue ?? Visibility.public.rawValue
        followers_count = 0
        following_count = 0
        starred_repos_count = 0
    }

    static let example = UserAnswer(1, "ann", base: "https://ci.example")
}

/// `/users/search` answers so.
struct UserSearch: Described {
    let ok: Bool
    let data: [UserAnswer]
    static let example = UserSearch(ok: true, data: [.example])
}

struct OrganizationAnswer: Described {
    let id: Int64
    let name: String
    /// The same, for old clients.
    let username: String
    let full_name: String
    let email: String
    let avatar_url: String
    let description: String
    let website: String
    let location: String
    let visibility: String
    let repo_admin_change_team_access: Bool

    init(_ account: Account, base: String) {
        id = account.id.number
        name = account.name
        username = account.name
        full_name = account.fullName
        email = account.email
        avatar_url = "\(base)/_static/icon.svg"
        description = account.description
        website = account.website
        location = account.location
        visibility = account.visibility.rawValue
        repo_admin_change_team_access = false
    }

    private init() {
        (id, name, username, full_name, email) = (2, "guild", "guild", "The Guild", "guild@example.com")
        avatar_url = "https://ci.example/_static/icon.svg"
        (description, website, location, visibility) = ("", "https://guild.example", "", "public")
        repo_admin_change_team_access = false
    }
    static let example = OrganizationAnswer()
}

struct TeamAnswer: Described {
    let id: Int64
    let name: String
    let description: String
    let organization: OrganizationAnswer
    let permission: String
    let includes_all_repositories: Bool
    let can_create_org_repo: Bool
    let units: [String]
    let units_map: UnitLevels

    /// What a team may do with each part of a repository: the parts that there are here.
    struct UnitLevels: Described {
        let code: String
        let actions: String
        enum CodingKeys: String, CodingKey {
            case code = "repo.code"
            case actions = "repo.actions"
        }
        static let schemaName = "TeamUnits"
        static let example = UnitLevels(code: "write", actions: "write")
    }

    init(_ team: Team, of organization: Account, base: String) {
        id = team.id
        name = team.name
        description = team.description
        self.organization = OrganizationAnswer(organization, base: base)
        permission = team.permission.word
        includes_all_repositories = team.hasAllRepositories
        can_create_org_repo = team.createsRepositories
        units = ["repo.code", "repo.actions"]
        units_map = UnitLevels(code: team.permission.word, actions: team.permission.word)
    }

    private init() {
        (id, name, description, organization) = (1, "writers", "", .example)
        (permission, includes_all_repositories, can_create_org_repo) = ("write", false, false)
        (units, units_map) = (["repo.code", "repo.actions"], .example)
    }
    static let example = TeamAnswer()
}

struct AccessTokenAnswer: Described {
    let id: Int64
    let name: String
    /// The token itself, in the answer to its creation alone; else "".
    let sha1: String
    let token_last_eight: String
    let scopes: [String]
    let created_at: String
    let last_used_at: String
    /// Absent: it never ends.
    let expires_at: String?

    init(_ token: AccessToken, secret: String = "") {
        id = token.id
        name = token.name
        sha1 = secret
        token_last_eight = token.lastEight
        scopes = token.scopes.words
        created_at = clockText(token.createdAt)
        last_used_at = clockText(token.lastUsedAt)
        expires_at = token.expiresAt.map { clockText($0) }
    }

    private init() {
        (id, name, sha1, token_last_eight) = (1, "ci", "", "01234567")
        (scopes, created_at, last_used_at) = (["read:repository"], clockText(0), clockText(0))
        expires_at = clockText(0)
    }
    static let example = AccessTokenAnswer()
}

/// The token that a request came with.
struct CurrentTokenAnswer: Described {
    struct Owner: Described {
        let id: Int64
        let login: String
        static let schemaName = "UserMeta"
        static let example = Owner(id: 1, login: "ann")
    }
    let id: Int64
    let name: String
    let scopes: [String]
    let created_at: String
    let last_used_at: String
    let user: Owner
    static let example = CurrentTokenAnswer(
        id: 1, name: "ci", scopes: ["read:repository"], created_at: clockText(0), last_used_at: clockText(0),
        user: .example)
}
