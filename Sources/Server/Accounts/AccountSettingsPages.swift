import Domain
import Postgres
import Web

/// Pages: what a person sets of their own account.
enum AccountSettingsPages {
    static let profile = "/-/settings/profile"
    static let tokens = "/-/settings/tokens"
    static let sessions = "/-/settings/sessions"

    static let all: [Endpoint] =
        [
            Endpoint(.get, "/-/settings", .person, answers: [.none(303), .failure(401)], "Show one's settings.") {
                _, _, _ in
                .seeOther(profile)
            }
        ] + profileEndpoints + tokenEndpoints + sessionEndpoints

    static func head(_ section: AccountSection, _ person: ByAccount) -> PageHead {
        PageHead(section.rawValue, caller: person.caller, section: section)
    }

    // MARK: sessions

    private static let sessionEndpoints: [Endpoint] = [
        Endpoint(.get, sessions, .person, answers: [.page, .failure(401)], "Show where one is logged in.") {
            request, person, app in
            let own = person.session
            return try SessionsPage(
                head: head(.sessions, person), token: person.caller.formToken,
                sessions: try app.sessions.sessions(of: person.account, now: request.now).map { session in
                    SessionRow(
                        browser: browserWords(session.userAgent), userAgent: session.userAgent,
                        address: session.address,
                        begunAt: TimePart(session.createdAt, now: request.now),
                        seenAt: TimePart(session.seenAt, now: request.now),
                        isHere: session.id == own, end: "\(sessions)/\(session.id)/end", token: person.caller.formToken)
                }
            ).response()
        },
        Endpoint.form("\(sessions)/{session}/end", .person, "End one of one's sessions.") { request, person, _, app in
            let id = request.int("session") ?? 0
            let isGone = try app.caches.credentials.changing(person.account) {
                try app.sessions.end(id, of: person.account)
            }
            guard isGone else { throw Failure(.missing, "this session has ended already") }
            guard id == person.session else { return .seeOther(sessions) }
            RequestContext.current?.setCookie(SessionCookie.session.removal(for: request))
            return .seeOther(LoginRoutes.path)
        },
        Endpoint.form("\(sessions)/end-others", .person, "End all of one's sessions but this one.") {
            _, person, _, app in
            try app.caches.credentials.changing(person.account) {
                try app.sessions.endAll(of: person.account, but: person.session ?? 0)
            }
            return .seeOther(sessions)
        },
    ]

    // MARK: profile

    private static let profileEndpoints: [Endpoint] = [
        Endpoint(.get, profile, .person, answers: [.page, .failure(401)], "Show one's profile.") {
            request, person, app in
            guard let account = person.caller.person else { throw Failure(.missing, "not found") }
            return try profilePage(
                app, person, ProfileFields(fullName: account.fullName, email: account.email),
                isSaved: request.query["saved"] != nil)
        },
        Endpoint.form(
            profile, .person, answers: [.none(303), .failure(403), .failure(422)],
            "Change one's full name and mail address."
        ) { _, person, form, app in
            var fields = ProfileFields(fullName: form.given("full_name") ?? "", email: form.given("email") ?? "")
            if fields.fullName.utf8.count > AccountLimits.fullNameBytesMax {
                fields.fullNameProblem =
                    "It has \(fields.fullName.utf8.count) bytes; at most \(AccountLimits.fullNameBytesMax) are taken."
            }
            if !fields.email.isEmpty, !isMailAddress(fields.email) {
                fields.emailProblem = "This is no mail address, such as ann@example.com."
            }
            guard fields.fullNameProblem == nil, fields.emailProblem == nil else {
                return try profilePage(
                    app, person, fields, isSaved: false, status: 422)
            }
            var edit = AccountEdit()
            edit.fullName = fields.fullName
            edit.email = fields.email
            _ = try app.caches.credentials.changing(person.account) { try app.accounts.edit(person.account, edit) }
            return .seeOther(profile + "?saved=1")
        },
    ]

    private struct ProfileFields {
        var fullName: String
        var email: String
        var fullNameProblem: String?
        var emailProblem: String?
    }

    private static func profilePage(
        _ app: App, _ person: ByAccount, _ fields: ProfileFields, isSaved: Bool, status: Int = 200
    ) throws -> Response {
        try ProfilePage(
            head: head(.profile, person), token: person.caller.formToken, name: person.caller.name, isSaved: isSaved,
            fullName: fields.fullName, fullNameProblem: fields.fullNameProblem, email: fields.email,
            emailProblem: fields.emailProblem, identity: try identity(of: person, app)
        ).response(status)
    }

    /// Who one is at the other server by which people log in.
    private static func identity(of person: ByAccount, _ app: App) throws -> IdentityPart? {
        let oidc = app.configuration.oidc
        guard oidc.isOffered else { return nil }
        let known = try app.identities.identity(of: person.account, issuer: oidc.issuer)
        return IdentityPart(
            provider: oidc.name, isLinked: known != nil, there: known.map { $0.email.isEmpty ? $0.subject : $0.email },
            action: known == nil ? OpenIDRoutes.link : OpenIDRoutes.unlink, token: person.caller.formToken)
    }

    // MARK: access tokens

    private static let tokenEndpoints: [Endpoint] = [
        Endpoint(.get, tokens, .person, answers: [.page, .failure(401)], "Show one's access tokens.") {
            request, person, app in
            try tokensPage(request, person, app)
        },
        Endpoint.form(
            tokens, .person, answers: [.page, .failure(403), .failure(422)], "Make an access token, and show it once.",
            makeToken),
        Endpoint.form("\(tokens)/{token}/delete", .person, "Delete an access token.") { request, person, _, app in
            let isGone = try app.caches.credentials.changing(person.account) {
                try app.accessTokens.delete(request.int("token") ?? 0, of: person.account)
            }
            guard isGone else { throw Failure(.missing, "this token is deleted already") }
            return .seeOther(tokens)
        },
    ]

    private struct TokenWish {
        var name = ""
        var scopes: Set<String> = []
        var nameProblem: String?
        var scopesProblem: String?
        /// The token that was made.
        var made: String?
    }

    private static func tokensPage(
        _ request: Request, _ person: ByAccount, _ app: App, _ wish: TokenWish = TokenWish(), status: Int = 200
    ) throws -> Response {
        let rows = try app.accessTokens.tokens(of: person.account, ListPart(limit: Int64(PageLimits.rowsMax)))
        var response = try TokensPage(
            head: head(.tokens, person), token: person.caller.formToken, made: wish.made, name: wish.name,
            nameProblem: wish.nameProblem, scopesProblem: wish.scopesProblem,
            scopes: TokenScopes.choices.map { choice in
                ScopeChoice(
                    value: choice.word, words: choice.words, isChosen: wish.scopes.contains(choice.word))
            },
            hasNone: rows.isEmpty,
            tokens: rows.map { token in
                TokenRow(
                    name: token.name, end: "…" + token.lastEight, scopes: token.scopes.words.joined(separator: ", "),
                    madeAt: TimePart(Instant(microseconds: token.createdAt), now: request.now),
                    usedAt: TimePart(token.lastUsedAt, now: request.now),
                    expires: token.expiresAt.map { clockText($0) },
                    delete: "\(tokens)/\(token.id)/delete", token: person.caller.formToken)
            }
        ).response(status)
        if wish.made != nil { response.headers.append((name: "Cache-Control", value: "no-store")) }
        return response
    }

    @Sendable private static func makeToken(
        _ request: Request, _ person: ByAccount, _ form: Form, _ app: App
    ) throws -> Response {
        let known = Set(TokenScopes.choices.map(\.word))
        var wish = TokenWish(name: form.given("name") ?? "", scopes: Set(form.all("scope")).intersection(known))
        if wish.name.isEmpty { wish.nameProblem = "Give it a name by which you will know what uses it." }
        if wish.name.utf8.count > AccountLimits.tokenNameBytesMax {
            wish.nameProblem =
                "It has \(wish.name.utf8.count) bytes; at most \(AccountLimits.tokenNameBytesMax) are taken."
        }
        let scopes = (try? TokenScopes(wish.scopes.sorted())) ?? TokenScopes(stored: "")
        if scopes.isEmpty || wish.scopes == ["public-only"] { wish.scopesProblem = "Choose what it may reach." }
        guard wish.nameProblem == nil, wish.scopesProblem == nil else {
            return try tokensPage(request, person, app, wish, status: 422)
        }
        let secret = Token.make()
        do {
            try app.accessTokens.add(
                to: person.account, name: wish.name, hash: Token.hash(secret), lastEight: String(secret.suffix(8)),
                scopes: scopes)
        } catch let error as PostgresError where error.isUniqueViolation {
            wish.nameProblem = "You have a token of this name; choose another."
            return try tokensPage(request, person, app, wish, status: 422)
        }
        return try tokensPage(request, person, app, TokenWish(made: secret))
    }
}

extension ByAccount {
    /// The session that the request came with.
    fileprivate var session: Int64? {
        if case .session(let session) = caller.credential { return session.id }
        return nil
    }
}
