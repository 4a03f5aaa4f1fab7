import Domain
import Postgres
import Web

/// REST: people as others and as they themselves see them (rest.md 11).
enum UserRoutes {
    static let all: [Endpoint] = [
        Endpoint(
            .get, "/api/v1/user", .account, scope: .user, answers: [.json(200, UserAnswer.self)], "Show who calls."
        ) { request, caller, app in
            guard let person = caller.caller.person else { throw Failure(.missing, "not found") }
            return try .json(200, UserAnswer(person, base: app.base(of: request), seenBy: caller.caller))
        },
        Endpoint(
            .get, "/api/v1/users/search", .anyone, scope: .user,
            query: Page.numbered + [
                QueryParameter("q", "a part of the login or full name"), QueryParameter("uid", "an account's id"),
                QueryParameter("sudo", "an administrator acts as this account"),
            ], answers: [.json(200, UserSearch.self), .failure(401)], "Search people whom the caller sees.", search),
        Endpoint(
            .get, "/api/v1/users/{username}", .anyone, scope: .user,
            answers: [.json(200, UserAnswer.self), .failure(401), .failure(404)], "Show a person."
        ) { request, caller, app in
            try .json(
                200, UserAnswer(try app.visibleAccount(request, caller), base: app.base(of: request), seenBy: caller))
        },
        Endpoint(
            .post, "/api/v1/user/password", .passwordHolder, scope: .user,
            reading: JSONBody<PasswordChange>(orElse: "[NewPassword]: Required; send {\"new_password\": \"…\"}"),
            answers: [.none(204), .failure(401), .failure(403), .failure(422)],
            "Change one's own password; it is also the way out of must_change_password."
        ) { _, person, body, app in
            guard let password = try AccountFields.password(try body().new_password) else {
                throw Failure(.invalid, "[NewPassword]: Required")
            }
            var edit = AccountEdit()
            edit.password = password
            edit.mustChangePassword = false
            let after = try app.caches.credentials.changing(person.id) { try app.accounts.edit(person.id, edit) }
            guard after != nil else { throw Failure(.missing, "not found") }
            return .noContent
        },
    ]

    @Sendable private static func search(_ request: Request, _ caller: Caller, _ app: App) throws -> Response {
        var filter = AccountFilter()
        if let text = request.given("q") {
            try checkField(text, "q", bytesMax: AccountLimits.searchBytesMax)
            filter.text = text
        }
        // Of no number nobody is found, rather than everybody.
        filter.id = request.given("uid").map { AccountID(Int64($0) ?? -1) }
        filter.seenBy = caller.listsAs
        let page = Page(request)
        let found = try app.accountViews.users(filter, page.offsetPart)
        let base = app.base(of: request)
        return try .json(
            200, UserSearch(ok: true, data: found.map { UserAnswer($0, base: base, seenBy: caller) }),
            headers: page.headers(
                total: try app.accountViews.userCount(filter), base: base, request: request))
    }
}

extension Caller {
    /// For whom lists leave out what is hidden; nil: for nobody.
    var listsAs: AccountID?? { isPublicOnly ? .some(nil) : isAdmin ? nil : .some(account) }
}

extension App {
    /// The person or organization that the path names as `{username}`, whom the caller sees.
    func visibleAccount(_ request: Request, _ caller: Caller) throws -> Account {
        guard let account = try accounts.account(named: request.name("username")) else {
            throw Failure(.missing, "not found")
        }
        let isMember =
            try account.id == caller.account
            || account.isOrganization && caller.account.map { try accountViews.isMember($0, of: account.id) } == true
        guard account.visibility.isShown(to: caller.principal, isMember: isMember) else {
            throw Failure(.missing, "not found")
        }
        if caller.isPublicOnly, account.visibility != .public {
            throw Failure(.forbidden, "token scope is limited to public users")
        }
        return account
    }
}

extension Page {
    /// Of lists that are walked by page alone.
    static let numbered = parameters.filter { $0.name != "before" }
    var offsetPart: ListPart { Page(number: number, limit: limit).part }
}

extension Web.Access where App == Server.App, Context == Account {
    /// Whoever gives name and password, also one who must change it.
    static var passwordHolder: Self {
        Self("password") { request, app in try app.authenticateToChangePassword(request) }
    }

    /// The person whom the path names as `{username}`, by password or a token in its place; or an administrator so.
    static var selfByBasic: Self {
        Self("account itself, by Basic") { request, app in
            let caller = try app.authenticate(request)
            guard caller.principal != .anonymous else { throw Failure(.unauthenticated, "token is required") }
            guard let account = try app.accounts.account(named: request.name("username")), !account.isOrganization
            else { throw Failure(.missing, "not found") }
            guard caller.isAdmin || caller.account == account.id else {
                throw Failure(.forbidden, "doer should be the site admin or be same as the contextUser")
            }
            guard caller.isBasic else {
                throw Failure(
                    .unauthenticated,
                    "auth method not allowed: give user name and password, or a token in place of the password, by Basic"
                )
            }
            return account
        }
    }
}
