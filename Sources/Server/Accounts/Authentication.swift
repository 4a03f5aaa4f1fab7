import Domain
import Foundation
import Postgres
import Web

/// How a caller proved who they are.
enum Credential: Sendable {
    case none
    case password
    /// The cookie of a browser that logged in by a page.
    case session(Session)
    case accessToken(AccessToken)
    case jobToken
}

/// Who a request comes from, with the name shown to people.
struct Caller: Sendable {
    let principal: Principal
    let name: String
    let credential: Credential
    /// The credentials came by Basic, as a password or in its place.
    let isBasic: Bool
    /// Whom the caller acts as, or is; nil of nobody and of jobs.
    let person: Account?
    /// What each form carries as `_token`, so that no other site can send it; "" of who sends credentials with each request.
    var formToken = ""

    /// Who jobs are to people.
    static let jobName = "millrace-actions"
    static let anonymous = Caller(
        principal: .anonymous, name: "", credential: .none, isBasic: false, person: nil)

    init(principal: Principal, name: String, credential: Credential, isBasic: Bool, person: Account?) {
        self.principal = principal
        account = principal.account
        self.name = name
        self.credential = credential
        self.isBasic = isBasic
        self.person = person
    }

    init(_ account: Account, by credential: Credential, isBasic: Bool) {
        self.init(
            principal: .account(account.id, isAdmin: account.isAdmin), name: account.name, credential: credential,
            isBasic: isBasic, person: account)
    }

    /// Of the principal. Stored: taken out of it in place, it stops the optimizer of Swift 6.3.1 in `GitRoutes`.
    let account: AccountID?
    var isAdmin: Bool { principal == .account(account ?? AccountID(0), isAdmin: true) }
    /// The task whose token this is.
    var task: TaskID? { principal.job?.task }
    /// What bounds the credential; nil of passwords and of jobs, which have no scopes.
    var scopes: TokenScopes? {
        if case .accessToken(let token) = credential { return token.scopes }
        return nil
    }
    /// The credential is a token that reaches what everybody sees alone.
    var isPublicOnly: Bool { scopes?.isPublicOnly ?? false }

    /// Why a job's token is refused by its own repository, in words; nil for everybody else.
    func lacks(_ wanted: RepositoryAccess, of scope: TokenPermissions.Scope, on repository: RepositoryFacts) -> String?
    {
        guard principal.job?.repository == repository.id else { return nil }
        return
            "the job's token lacks \"\(scope.rawValue): \(wanted == .read ? "read" : "write")\" in \"permissions\" of its workflow or job"
    }
}

extension App {
    /// - Throws: 403 for what a page of another site makes a browser send with the login or the cookie that it remembers.
    func refuseOtherSites(_ request: Request, method: String) throws {
        let authorization = request.header("Authorization")
        let isBasic = authorization?.prefix(6).lowercased() == "basic "
        // No browser adds a token by itself.
        guard isBasic || authorization == nil else { return }
        let isOurs = request.header("Origin").map { origin in
            guard let address = ClientAddress(origin) else { return false }
            return address == ClientAddress(configuration.publicURL) || configuration.addresses.contains(address)
        }
        let site = request.header("Sec-Fetch-Site")
        let isElsewhere =
            isBasic
            ? isFromAnotherSite(method: method, isLoginRemembered: true, fetchSite: site, isOurOrigin: isOurs)
            : !isSafe(method: method) && RequestOrigin(fetchSite: site, isOurOrigin: isOurs) == .elsewhere
        guard !isElsewhere else {
            throw Failure(
                .forbidden,
                "this request was sent by a page of another site (\(request.header("Origin") ?? "unknown")); if it is one of "
                    + "this server's addresses, name it in server.addresses")
        }
    }

    /// Who calls, by the credentials of rest.md 1 in all their forms, in its order of checks: bad credentials are an error
    /// on every path, absent ones are not; then for whom an administrator acts, whether the account may log in at all, and
    /// whether the token reaches as far as the route.
    ///
    /// - Parameter scope: what an access token needs where the route names no scope: pages and git.
    func authenticate(_ request: Request, orElse scope: ScopeCategory = []) throws -> Caller {
        let caller = try standIn(of: try identify(request), request)
        if let account = caller.account { RequestContext.current?.note("user_id", "\(account)") }
        if let task = caller.task { RequestContext.current?.note("task_id", "\(task)") }
        if let person = caller.person { try refuseBarred(person, request) }
        let wanted = request.scope.isEmpty ? scope : request.scope
        if let words = caller.scopes?.refusal(of: wanted, isWrite: request.needsWriteScope) {
            throw Failure(.forbidden, words)
        }
        return caller
    }

    /// An administrator acts as somebody else by the header `Sudo` or the parameter `sudo`; it is an error for others.
    private func standIn(of caller: Caller, _ request: Request) throws -> Caller {
        guard request.isREST, let name = request.given("sudo") ?? request.header("Sudo") else { return caller }
        guard caller.isAdmin else { throw Failure(.forbidden, "Only administrators allowed to sudo.") }
        guard !name.utf8.contains(0), let account = try accounts.account(named: name), !account.isOrganization else {
            throw Failure(.missing, "user \"\(name)\" of Sudo does not exist")
        }
        return Caller(account, by: caller.credential, isBasic: caller.isBasic)
    }

    private func refuseBarred(_ account: Account, _ request: Request) throws {
        try refuseProhibited(account)
        if account.mustChangePassword {
            // A person is led to the page that changes it; forms and programs are told.
            if request.method == "GET", request.opensPage {
                throw RefusedCall(
                    response: .seeOther(PasswordPage.address(goingOnTo: localPath(request.parameters["REQUEST_URI"]))))
            }
            throw Failure(
                .forbidden,
                "You must change your password. Change it by: POST \(configuration.publicURL)/api/v1/user/password")
        }
    }

    func refuseProhibited(_ account: Account) throws {
        guard account.isActive, !account.prohibitsLogin else {
            throw Failure(
                .forbidden, "This account is prohibited from signing in, please contact your site administrator.")
        }
    }

    /// Whose password it is, whether or not it must be changed: for the change itself.
    func authenticateToChangePassword(_ request: Request) throws -> Account {
        let caller = try identify(request)
        guard case .password = caller.credential, let person = caller.person else {
            throw Failure(.unauthenticated, "auth method not allowed: give user name and password by Basic")
        }
        try refuseProhibited(person)
        return person
    }

    /// Who logged in by name and password, here or by a page; tokens reach none of what this is for.
    ///
    /// - Parameter mayOweChange: also who must change the password first.
    func authenticatePerson(_ request: Request, mayOweChange: Bool) throws -> ByAccount {
        let caller = mayOweChange ? try identify(request) : try authenticate(request)
        guard let person = caller.person else {
            throw caller.principal == .anonymous
                ? Failure(.unauthenticated, "log in to see this page")
                : Failure(.forbidden, "this needs an account; a job's token has none")
        }
        try refuseProhibited(person)
        RequestContext.current?.note("user_id", "\(person.id)")
        switch caller.credential {
        case .session, .password: return ByAccount(account: person.id, caller: caller)
        case .none, .accessToken, .jobToken:
            throw Failure(.forbidden, "an access token does not reach this page; log in by name and password")
        }
    }

    private func identify(_ request: Request) throws -> Caller {
        guard let header = request.header("Authorization") else {
            return try Sessions(app: self).caller(of: request) ?? .anonymous
        }
        let parts = header.split(byte: " ", maxSplits: 1)
        guard parts.count == 2 else { throw Failure(.unauthenticated, "the Authorization header has no credentials") }
        switch parts[0].lowercased() {
        case "token", "bearer":
            if let caller = try caller(token: parts[1], isBasic: false) { return caller }
        case "basic":
            guard let data = Data(base64Encoded: parts[1]) else {
                throw Failure(.unauthenticated, "the Basic credentials are not base64")
            }
            let pair = String(decoding: data, as: UTF8.self)
            let colon = pair.utf8.firstIndex(of: UInt8(ascii: ":")) ?? pair.endIndex
            let user = String(pair[..<colon])
            let password = colon == pair.endIndex ? "" : String(pair[pair.utf8.index(after: colon)...])
            // A token may stand as password (git) or as user name.
            for candidate in [password, user] {
                if let caller = try caller(token: candidate, isBasic: true) { return caller }
            }
            guard !user.utf8.contains(0) else { break }
            let login = try accounts.login(named: user)
            let isRight = try caches.passwords.proves(
                password, of: user, stored: login.map { ($0.password.hash, $0.password.salt) },
                from: request.parameters["REMOTE_ADDR"] ?? "")
            if let login, isRight {
                caches.credentials.loggedIn(login.account.id)
                var caller = Caller(login.account, by: .password, isBasic: true)
                // Browsers remember Basic too: a page's form needs a token by it as well.
                if !request.isREST, request.takesSessions {
                    let key = try keys.formKey(of: "account \(login.account.id)")
                    if !request.changesNothing { try Sessions.check(request.formToken, key) }
                    caller.formToken = MaskedToken.text(key, mask: Token.random(bytes: MaskedToken.byteCount))
                }
                return caller
            }
        default: break
        }
        throw Failure(.unauthenticated, "user, password or token is wrong")
    }

    private func caller(token: String, isBasic: Bool) throws -> Caller? {
        guard token.utf8.count == 40, token.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else {
            return nil
        }
        let hash = Token.hash(token)
        if let known = try caches.credentials.known(hash, look: { try accessTokens.known(hash: hash) }) {
            if let end = known.token.expiresAt, end <= Clock.nowMicroseconds() {
                throw Failure(.unauthenticated, "the access token \"\(known.token.name)\" has expired; make a new one")
            }
            return Caller(known.account, by: .accessToken(known.token), isBasic: isBasic)
        }
        guard let live = try tasks.liveTask(tokenHash: hash) else { return nil }
        return Caller(
            principal: .job(live.task, repository: live.repository, permissions: live.permissions),
            name: Caller.jobName, credential: .jobToken, isBasic: isBasic, person: nil)
    }
}

extension Request {
    /// Of the REST API, as opposed to pages, git and the calls of runners.
    var isREST: Bool {
        segments.first == "api" && (segments.dropFirst().first == "v1" || segments.dropFirst().first == "v3")
    }
}
