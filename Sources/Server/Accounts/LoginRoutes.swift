import Domain
import Postgres
import Web

/// Pages: log-in, log-out and the change of the password (docs/adr/0037).
enum LoginRoutes {
    static let path = "/-/login"

    static let all: [Endpoint] = [
        Endpoint(
            .get, path, .open, query: [QueryParameter("to", "the path of this server that the log-in goes on to")],
            answers: [.page, .none(303)], "Show the form of the log-in."
        ) { (request: Request, _: Void, app: App) in
            let to = goingOn(request.given("to"))
            guard try Sessions(app: app).caller(of: request) == nil else { return .seeOther(to ?? "/") }
            return try page(request, app, to: to)
        },
        Endpoint(
            .post, path, .open, body: .form,
            answers: [.none(303), .failure(401), .failure(403), .failure(429), .failure(503)], "Log in.", logIn),
        Endpoint.form("/-/logout", .session, answers: [.none(303), .failure(403)], "Log out.") {
            request, caller, _, app in
            if case .session(let session) = caller.credential {
                _ = try app.caches.credentials.changing(session.account) {
                    try app.sessions.end(session.id, of: session.account)
                }
            }
            RequestContext.current?.setCookie(SessionCookie.session.removal(for: request))
            return .seeOther(path)
        },
        Endpoint(
            .get, PasswordPage.path, .personOwingPassword, answers: [.page, .failure(401)],
            "Show the form that changes the password."
        ) { request, person, app in
            try passwordPage(request, person, to: goingOn(request.given("to")), PasswordProblems(), 200)
        },
        Endpoint.form(
            PasswordPage.path, .personOwingPassword,
            answers: [.none(303), .failure(401), .failure(403), .failure(422), .failure(429)],
            "Change the password, and log out all other browsers.", changePassword),
    ]

    /// The page of a log-in that goes on to what was asked for.
    static func address(goingOnTo request: Request) -> String {
        guard let uri = request.parameters["REQUEST_URI"], uri != "/", localPath(uri) != nil else { return path }
        return path + "?to=" + percentEncoded(uri)
    }

    /// Where to go on after a log-in: not to itself, nor out again.
    static func goingOn(_ text: String?) -> String? {
        guard let to = localPath(text), !to.hasPrefix(path), !to.hasPrefix("/-/logout") else { return nil }
        return to
    }

    static func page(
        _ request: Request, _ app: App, _ status: Int = 200, to: String?, user: String = "", problem: String? = nil
    ) throws -> Response {
        try LoginPage(
            head: PageHead("Log in", caller: .anonymous), token: try Sessions(app: app).visitorToken(request),
            to: to ?? "",
            user: user, problem: problem,
            provider: app.configuration.oidc.isOffered
                ? LoginProviderLink(
                    name: app.configuration.oidc.name,
                    link: OpenIDRoutes.begin + (to.map { "?to=" + percentEncoded($0) } ?? "")) : nil
        ).response(status)
    }

    @Sendable private static func logIn(_ request: Request, _: Void, _ app: App) throws -> Response {
        let form = try Form(request)
        let to = goingOn(form["to"])
        let user = form.given("user_name") ?? ""
        func again(_ status: Int, _ problem: String) throws -> Response {
            try page(
                request, app, status, to: to, user: String(user.prefix(AccountLimits.emailBytesMax)), problem: problem)
        }
        let sessions = Sessions(app: app)
        guard try sessions.isVisitorToken(form["_token"], request) else {
            return try again(
                403,
                "This form was out of date, or your browser takes no cookies from here. Send it again, as it is now.")
        }
        let password = form["password"] ?? ""
        let login = try app.accounts.login(named: user)
        let isRight: Bool
        do {
            isRight = try app.caches.passwords.proves(
                password, of: user, stored: login.map { ($0.password.hash, $0.password.salt) },
                from: request.parameters["REMOTE_ADDR"] ?? "")
        } catch let failure as Failure where [.throttled, .busy].contains(failure.kind) {
            return try again(failure.kind.restStatus, failure.message)
        }
        guard let login, isRight else { return try again(401, "The user name or the password is wrong.") }
        guard login.account.isActive, !login.account.prohibitsLogin else {
            return try again(403, "This account may not log in. Ask whoever runs this server.")
        }
        guard try sessions.begin(login.account.id, provenBy: login.password.hash, request) else {
            return try again(401, "The password was changed just now. Log in with the new one.")
        }
        return .seeOther(login.account.mustChangePassword ? PasswordPage.address(goingOnTo: to) : to ?? "/")
    }
}

// MARK: the password

private struct PasswordProblems {
    var old: String?
    var new: String?
    var again: String?
}

extension PasswordPage {
    static let path = "/-/settings/password"

    static func address(goingOnTo to: String?) -> String {
        to.map { path + "?to=" + percentEncoded($0) } ?? path
    }
}

extension LoginRoutes {
    private static func passwordPage(
        _ request: Request, _ person: ByAccount, to: String?, _ problems: PasswordProblems, _ status: Int
    ) throws -> Response {
        try PasswordPage(
            head: PageHead("Change your password", caller: person.caller, section: .password),
            token: person.caller.formToken, to: to ?? "", isOwed: person.caller.person?.mustChangePassword == true,
            user: person.caller.name, oldProblem: problems.old, newProblem: problems.new, againProblem: problems.again
        ).response(status)
    }

    @Sendable private static func changePassword(
        _ request: Request, _ person: ByAccount, _ form: Form, _ app: App
    ) throws -> Response {
        let to = goingOn(form["to"])
        let new = form["new"] ?? ""
        func again(_ status: Int, _ problems: PasswordProblems) throws -> Response {
            try passwordPage(request, person, to: to, problems, status)
        }
        let login = try app.accounts.login(named: person.caller.name)
        do {
            let isRight = try app.caches.passwords.proves(
                form["old"] ?? "", of: person.caller.name, stored: login.map { ($0.password.hash, $0.password.salt) },
                from: request.parameters["REMOTE_ADDR"] ?? "")
            guard isRight else { return try again(422, PasswordProblems(old: "This is not your current password.")) }
        } catch let failure as Failure where [.throttled, .busy].contains(failure.kind) {
            return try again(failure.kind.restStatus, PasswordProblems(old: failure.message))
        }
        guard (AccountLimits.passwordBytesMin...Password.bytesMax).contains(new.utf8.count) else {
            return try again(
                422,
                PasswordProblems(
                    new:
                        "It has \(new.utf8.count) bytes; choose one of \(AccountLimits.passwordBytesMin) to \(Password.bytesMax)."
                ))
        }
        guard new != form["old"] else {
            return try again(422, PasswordProblems(new: "It is the current one; choose another."))
        }
        guard new == form["again"] else {
            return try again(422, PasswordProblems(again: "It differs from the new password above."))
        }
        guard let stored = try AccountFields.password(new) else { return try again(422, PasswordProblems()) }
        var edit = AccountEdit()
        edit.password = stored
        edit.mustChangePassword = false
        guard
            try app.caches.credentials.changing(person.account, { try app.accounts.edit(person.account, edit) }) != nil
        else { throw Failure(.missing, "not found") }
        // The change ended every session, of this browser too: it goes on with a new one.
        if case .session = person.caller.credential {
            guard try Sessions(app: app).begin(person.account, provenBy: stored.hash, request) else {
                return .seeOther(path)
            }
        }
        return .seeOther(to ?? AccountSettingsPages.profile)
    }
}
