import Domain
import Postgres
import Web

package typealias Endpoint = Web.Endpoint<App>

/// A repository that the caller may have what it wants of.
struct InRepository: Sendable {
    let repository: Repository
    let caller: Caller
    var id: RepositoryID { repository.id }
}

/// An organization that the caller may have what it wants of.
struct InOrganization: Sendable {
    let organization: Account
    /// The caller may make repositories in it.
    let mayCreate: Bool
    let caller: Caller
    var id: AccountID { organization.id }
}

/// Somebody with an account, for what is their own.
struct ByAccount: Sendable {
    let account: AccountID
    let caller: Caller
}

/// What an access gave, with the caller that it admitted.
protocol HasCaller {
    var caller: Caller { get }
}
extension InRepository: HasCaller {}
extension InOrganization: HasCaller {}
extension ByAccount: HasCaller {}
extension Caller: HasCaller {
    var caller: Caller { self }
}

extension Web.Access where App == Server.App, Context == Caller {
    /// Needs no credentials, but bad ones are refused.
    static var anyone: Self { Self("anyone") { request, app in try app.authenticate(request) } }

    /// Whoever the session's cookie stands for, also who may do nothing but change the password; nobody else is refused. Its form's
    /// token is checked.
    static var session: Self {
        Self("open") { request, app in try Sessions(app: app).caller(of: request) ?? .anonymous }
    }

    static var siteAdmin: Self {
        Self("site admin") { request, app in try app.caller(of: request, wanting: .administrator) }
    }
}

extension Web.Access where App == Server.App, Context == ByAccount {
    static var account: Self {
        Self("account") { request, app in
            let caller = try app.caller(of: request, wanting: .account)
            guard let account = caller.account else { throw Failure(.forbidden, "this needs an account") }
            if caller.isPublicOnly, request.segments.starts(with: ["api", "v1", "user", "actions"]) {
                throw Failure(.forbidden, "token scope is limited to public users")
            }
            return ByAccount(account: account, caller: caller)
        }
    }
}

extension Web.Access where App == Server.App, Context == ByAccount {
    /// A person who logged in by name and password, for what is their own; tokens do not reach it.
    static var person: Self {
        Self("person") { request, app in try app.authenticatePerson(request, mayOweChange: false) }
    }
    /// The same, also who must change the password before anything else.
    static var personOwingPassword: Self {
        Self("person, also with a password to change") { request, app in
            try app.authenticatePerson(request, mayOweChange: true)
        }
    }
}

extension Web.Access where App == Server.App, Context == InOrganization {
    /// An owner of the organization that the path names as `{org}`.
    static var organization: Self { organization(.owner) }
    static var organizationMember: Self { organization(.member) }
    /// Whoever sees it.
    static var organizationVisible: Self { organization(.seen) }

    private static func organization(_ wanted: OrganizationAccess) -> Self {
        Self("organization: \(wanted)") { request, app in
            let caller = try app.authenticate(request)
            guard
                let view = try app.teams.organization(named: request.name("org"), seenBy: caller.account)
            else { throw Failure(.missing, "not found") }
            try request.admit(caller, .organization(view.facts, wanted))
            if caller.isPublicOnly, view.account.visibility != .public {
                throw Failure(.forbidden, "token scope is limited to public orgs")
            }
            return InOrganization(
                organization: view.account, mayCreate: view.mayCreate || caller.isAdmin, caller: caller)
        }
    }
}

extension Web.Access where App == Server.App, Context == InRepository {
    /// The repository that the path names as `{owner}/{repo}`, by what the caller may do there.
    ///
    /// - Parameters:
    ///   - scope: which of a job token's permissions is asked.
    ///   - needsToken: also of what everybody sees (rest-endpoints.json: "token needed even on a public repository").
    static func repository(
        _ wanted: RepositoryAccess, of scope: TokenPermissions.Scope = .actions, needsToken: Bool = false
    ) -> Self {
        let ending = (scope == .actions ? "" : " of \(scope.rawValue)") + (needsToken ? ", by token" : "")
        return Self("repository: \(wanted)\(ending)") { request, app in
            let caller = try app.authenticate(request, orElse: .repository)
            let repository = try app.repository(of: request, for: caller, wanting: wanted, of: scope)
            if needsToken, caller.principal == .anonymous { throw Failure(.unauthenticated, "token is required") }
            if caller.isPublicOnly, repository.facts.isPrivate || repository.facts.ownerVisibility == .private {
                throw Failure(.forbidden, "token scope is limited to public repos")
            }
            RequestContext.current?.note("repo_id", "\(repository.id)")
            return InRepository(repository: repository, caller: caller)
        }
    }
}

extension Web.Access where App == Server.App, Context == LiveTask {
    /// A running job, by its runtime token.
    static var task: Self { Self("task") { request, app in try app.runtimeTask(of: request) } }
}

extension Web.Access where App == Server.App, Context == Runner {
    /// A registered runner, by its uuid and token.
    static var runner: Self { Self("runner") { request, app in try app.runner(of: request) } }

    /// The same; the call tells of a task, so the runner works on something.
    static var reportingRunner: Self {
        Self("runner") { request, app in try app.runner(of: request, reports: true) }
    }
}

/// The client's request that nginx asks about before it lets it in.
struct Question: Sendable {
    let original: Request
}

extension Web.Access where App == Server.App, Context == Question {
    /// nginx itself: clients reach these paths by no address (`internal` in nginx/).
    static var nginx: Self {
        Self("nginx") { request, _ in
            guard let uri = request.parameters["MILLRACE_ORIGINAL_URI"] else { throw Failure(.missing, "not found") }
            return Question(original: request.asking(for: uri))
        }
    }
}

extension Web.Access where App == Server.App, Context == Void {
    /// Nobody: the address is for another method, and that is as wrong as a wrong signature.
    static var nobody: Self {
        Self("nobody") { _, _ in throw Failure(.forbidden, "this address takes another method") }
    }
}

extension Request {
    /// - Throws: 401 or 403 when the caller may not.
    func admit(_ caller: Caller, _ wanted: SiteAccess) throws {
        switch authorize(caller.principal, wanted) {
        case .allowed: return
        case .invisible: throw Failure(.missing, "not found")
        case .needsLogin:
            throw Failure(.unauthenticated, isPage ? "log in to see this page" : "token is required")
        case .forbidden:
            switch wanted {
            case .account: throw Failure(.forbidden, "this needs an account; a job's token has none")
            case .organization(_, .owner): throw Failure(.forbidden, "you need to own this organization")
            case .organization: throw Failure(.forbidden, "you need to be a member of this organization")
            case .administrator: throw Failure(.forbidden, "you need to be a site administrator")
            }
        }
    }
    fileprivate var isPage: Bool { segments.first != "api" }

    /// What the path names; "", which is nobody's name, when it has a byte that PostgreSQL takes in no text.
    func name(_ name: String) -> String {
        let text = path[name] ?? ""
        return text.utf8.contains(0) ? "" : text
    }
}

extension App {
    fileprivate func caller(of request: Request, wanting wanted: SiteAccess) throws -> Caller {
        let caller = try authenticate(request, orElse: wanted == .administrator ? .admin : [])
        try request.admit(caller, wanted)
        return caller
    }

    /// The repository a path names, if the caller may have what it wants of it (rest.md 1, order of checks).
    fileprivate func repository(
        of request: Request, for caller: Caller, wanting wanted: RepositoryAccess, of scope: TokenPermissions.Scope
    ) throws -> Repository {
        let found = try repositories.repository(
            owner: request.name("owner"), name: request.name("repo"), seenBy: caller.account)
        let isPage = request.isPage
        guard let repository = found else {
            try redirectOldAddress(request, for: caller)
            throw isPage && caller.principal == .anonymous
                ? Failure(.unauthenticated, "log in to see this page") : Failure(.missing, "not found")
        }
        switch authorize(caller.principal, wanted, of: scope, on: repository.facts) {
        case .allowed: return repository
        case .needsLogin: throw Failure(.unauthenticated, "token is required")
        case .forbidden:
            throw Failure(
                .forbidden,
                caller.lacks(wanted, of: scope, on: repository.facts)
                    ?? "you need \(wanted) access to \(repository.fullName)")
        case .invisible:
            // A person with a browser is asked to log in, and learns nothing about what exists.
            throw isPage && caller.principal == .anonymous
                ? Failure(.unauthenticated, "log in to see this page") : Failure(.missing, "not found")
        }
    }
}
