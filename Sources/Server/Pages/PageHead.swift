import Domain
import Web

/// A step of the breadcrumb.
struct Crumb: PartModel {
    let name: String
    let link: String
}

/// A script of the page: an ES module.
struct PageScript: PartModel {
    let address: String
}

/// A part of a repository's pages, above each of them.
struct RepositoryTab: PartModel {
    enum Name: String, CaseIterable {
        case code = "Overview"
        case actions = "Actions"
        case insights = "Insights"
        case settings = "Settings"
    }
    let name: String
    let link: String
    let isHere: Bool
}

/// Who looks at the page.
struct Viewer: PartModel {
    let name: String
    let isAdmin: Bool
    /// Of the form that logs out.
    let token: String
}

/// What the layout shows of every page.
struct PageHead: PartModel {
    let title: String
    let crumbs: [Crumb]
    let tabs: [RepositoryTab]
    /// Pages beside this one, below the tabs: those of settings.
    var sections: [RepositoryTab] = []
    /// Nil: nobody is logged in.
    var viewer: Viewer?
    let scripts: [PageScript]
    let icon = StaticFile.icon.address
    let style = StaticFile.style.address

    init(
        _ title: String, caller: Caller, crumbs: [Crumb] = [], tabs: [RepositoryTab] = [], scripts: [StaticFile] = []
    ) {
        self.title = title
        self.crumbs = crumbs
        self.tabs = tabs
        viewer = caller.person.map { Viewer(name: $0.name, isAdmin: $0.isAdmin, token: caller.formToken) }
        self.scripts = ([.frameScript] + scripts).map { PageScript(address: $0.address) }
    }
}

extension InRepository {
    /// - Parameters:
    ///   - tab: where among the repository's pages this one is.
    ///   - under: what stands in the breadcrumb behind the repository.
    func head(
        _ title: String, tab: RepositoryTab.Name, under: [Crumb] = [], scripts: [StaticFile] = []
    ) -> PageHead {
        let base = "/\(repository.fullName)"
        let owner = repository.fullName.prefix { $0 != "/" }
        let mayAdminister = authorize(caller.principal, .admin, of: .actions, on: repository.facts) == .allowed
        let tabs: [RepositoryTab] = RepositoryTab.Name.allCases.filter { $0 != .settings || mayAdminister }.map {
            name in
            let link =
                switch name {
                case .code: base
                case .actions: base + "/actions"
                case .insights: base + "/actions/insights"
                case .settings: base + "/settings"
                }
            return RepositoryTab(name: name.rawValue, link: link, isHere: name == tab)
        }
        let crumbs = [
            Crumb(name: String(owner), link: "/\(owner)"),
            Crumb(name: String(repository.fullName.dropFirst(owner.count + 1)), link: base),
        ]
        return PageHead(title, caller: caller, crumbs: crumbs + under, tabs: tabs, scripts: scripts)
    }
}

/// The pages of a repository's settings.
enum RepositorySection: String, CaseIterable {
    case general = "General"
    case secrets = "Secrets"
    case variables = "Variables"
    case environments = "Environments"
    case runners = "Runners"
    case webhooks = "Webhooks"
    case members = "Members"

    /// What one has to be to see it.
    var access: RepositoryAccess { [.general, .members, .webhooks].contains(self) ? .admin : .owner }
    /// Below `/{owner}/{repo}/settings`.
    var path: String { self == .general ? "" : "/" + rawValue.lowercased() }
}

extension InRepository {
    /// The head of a page of settings.
    func head(_ title: String, section: RepositorySection, under: [Crumb] = []) -> PageHead {
        let base = "/\(repository.fullName)/settings"
        var head = head(title, tab: .settings, under: [Crumb(name: "Settings", link: base)] + under)
        head.sections = RepositorySection.allCases.filter {
            authorize(caller.principal, $0.access, of: .actions, on: repository.facts) == .allowed
        }.map { RepositoryTab(name: $0.rawValue, link: base + $0.path, isHere: $0 == section) }
        return head
    }
}

/// The pages of one's own settings.
enum AccountSection: String, CaseIterable {
    case profile = "Profile"
    case password = "Password"
    case tokens = "Access tokens"
    case sessions = "Sessions"
    case secrets = "Secrets"
    case variables = "Variables"

    var link: String { "/-/settings/\(self)" }
}

extension PageHead {
    /// The head of a page of one's own settings.
    init(_ title: String, caller: Caller, section: AccountSection) {
        self.init(title, caller: caller, crumbs: [Crumb(name: "Settings", link: AccountSection.profile.link)])
        sections = AccountSection.allCases.map {
            RepositoryTab(name: $0.rawValue, link: $0.link, isHere: $0 == section)
        }
    }
}
