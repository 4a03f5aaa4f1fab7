import Domain
import Postgres
import Web

/// What the caller may do in a repository, as Gitea's API has it.
struct RepositoryPermissions: Described {
    let admin: Bool
    let push: Bool
    let pull: Bool

    init(_ principal: Principal, in facts: RepositoryFacts) {
        func may(_ access: RepositoryAccess) -> Bool {
            authorize(principal, access, of: .contents, on: facts) == .allowed
        }
        admin = may(.admin)
        push = may(.write)
        pull = may(.read)
    }

    /// Inside of another answer nothing is told.
    init() { (admin, push, pull) = (false, false, false) }

    static let schemaName = "Permission"
    static let example = RepositoryPermissions()
}

/// A repository in the shape of Gitea's API (rest.md 11). What Millrace has none of is told as absent: issues, forks, stars …
struct RepositoryAnswer: Described {
    let id: Int64
    let owner: UserAnswer
    let name: String
    let full_name: String
    let description: String
    let empty: Bool
    let `private`: Bool
    let fork = false
    let template: Bool
    let mirror = false
    /// KiB.
    let size: Int64
    let language = ""
    let languages_url: String
    let html_url: String
    let url: String
    let link = ""
    /// There is no SSH here: whoever clones by this address gets the repository all the same.
    let ssh_url: String
    let clone_url: String
    let original_url = ""
    let website: String
    let stars_count: Int64 = 0
    let forks_count: Int64 = 0
    let watchers_count: Int64 = 0
    let open_issues_count: Int64 = 0
    let open_pr_counter: Int64 = 0
    let release_counter: Int64 = 0
    let default_branch: String
    let archived: Bool
    let archived_at: String
    let created_at: String
    let updated_at: String
    let permissions: RepositoryPermissions
    let has_code = true
    let has_actions: Bool
    let has_issues = false
    let has_wiki = false
    let has_pull_requests = false
    let has_projects = false
    let has_releases = false
    let has_packages = false
    let avatar_url = ""
    let `internal` = false
    let mirror_interval = ""
    let object_format_name = "sha1"
    let topics: [String] = []

    /// - Parameters:
    ///   - base: what addresses begin with.
    ///   - isEmpty: whether it has no branch.
    init(
        _ repository: Repository, base: String, isEmpty: Bool = false,
        permissions: RepositoryPermissions = RepositoryPermissions(), seenBy viewer: Caller = .anonymous
    ) {
        let details = repository.details
        id = repository.id.number
        owner =
            repository.owner.map { UserAnswer($0, base: base, seenBy: viewer) }
            ?? UserAnswer(repository.facts.owner.number, repository.ownerName, base: base)
        name = repository.name
        full_name = repository.fullName
        description = details.description
        empty = isEmpty
        `private` = repository.facts.isPrivate
        template = details.isTemplate
        size = (details.gitBytes + 1023) / 1024
        html_url = "\(base)/\(repository.fullName)"
        url = "\(base)/api/v1/repos/\(repository.fullName)"
        languages_url = url + "/languages"
        clone_url = html_url + ".git"
        ssh_url = clone_url
        website = details.website
        default_branch = repository.defaultBranch
        has_actions = details.hasActions
        archived = details.isArchived
        archived_at = clockText(details.archivedAt)
        created_at = clockText(details.createdAt)
        updated_at = clockText(details.updatedAt)
        self.permissions = permissions
    }

    static let schemaName = "Repository"
    static let example = RepositoryAnswer(.example, base: "https://ci.example")
}

extension Repository {
    static let example = Repository(
        facts: RepositoryFacts(id: RepositoryID(1), owner: AccountID(1), isPrivate: false),
        ownerName: "ann", name: "demo", defaultBranch: "main")
}

extension RepositoryAnswer {
    /// A repository as its reader sees it.
    init(_ repository: Repository, for caller: Caller, _ request: Request, _ app: App) {
        self.init(
            repository, base: app.base(of: request),
            isEmpty: RepositoryFiles(configuration: app.configuration).isEmpty(repository.id),
            permissions: RepositoryPermissions(caller.principal, in: repository.facts), seenBy: caller)
    }
}
