import Crypto
import Domain
import Foundation
import Postgres
import Web

/// A log-in that is under way at the other server. The browser carries it in a cookie, sealed by a key of this server.
struct OpenIDAttempt: Codable, Sendable {
    let state: String
    let nonce: String
    let verifier: String
    /// Where it goes on to.
    let to: String?
    /// The account that the identity is to be joined with, and the session that asked for it; nil: it is a log-in.
    let account: Int64?
    let session: Int64?
    let expiresAt: Int64

    /// RFC 7636, S256.
    var challenge: String { JWT.base64URL(Data(SHA256.hash(data: Array(verifier.utf8)))) }
}

/// Pages: log-in by another server (docs/adr/0038).
enum OpenIDRoutes {
    static let begin = "/-/login/oidc"
    static let callback = "/-/login/oidc/callback"
    static let link = "/-/settings/profile/link"
    static let unlink = "/-/settings/profile/unlink"
    private static let place = "log-in by OpenID Connect"

    static let all: [Endpoint] = [
        Endpoint(
            .get, begin, .open, query: [QueryParameter("to", "the path of this server that the log-in goes on to")],
            answers: [.none(303), .failure(404), .failure(503)], "Log in by the other server: go there."
        ) { (request: Request, _: Void, app: App) in
            .seeOther(try start(request, app, to: LoginRoutes.goingOn(request.given("to")), link: nil))
        },
        Endpoint(
            .get, callback, .open,
            query: [
                QueryParameter("state", "of the log-in"), QueryParameter("code", "what a token is given for"),
                QueryParameter("error", "why there is none"),
            ], answers: [.none(303), .failure(403), .failure(404), .failure(503)],
            "Log in by the other server: come back."
        ) { (request: Request, _: Void, app: App) in
            do { return try finish(request, app) } catch let failure as Failure where failure.kind != .fault {
                return try LoginRoutes.page(request, app, failure.kind.restStatus, to: nil, problem: failure.message)
            }
        },
        Endpoint.form(
            link, .person, answers: [.page, .failure(403), .failure(404), .failure(503)],
            "Join one's account with who one is at the other server."
        ) { request, person, _, app in
            guard case .session(let session) = person.caller.credential else {
                throw Failure(.forbidden, "log in by the page first")
            }
            let address = try start(
                request, app, to: AccountSettingsPages.profile, link: (person.account.number, session.id))
            // A form of ours goes to no other site (form-action); a link does.
            return try LinkPage(
                head: AccountSettingsPages.head(.profile, person), name: app.configuration.oidc.name, link: address
            ).response()
        },
        Endpoint.form(unlink, .person, answers: [.none(303), .failure(403), .failure(422)], "Take it apart again.") {
            _, person, _, app in
            guard try app.accounts.login(named: person.caller.name) != nil else {
                throw Failure(.invalid, "your account has no password: you could not log in any more")
            }
            _ = try app.identities.unlink(person.account, issuer: app.configuration.oidc.issuer)
            return .seeOther(AccountSettingsPages.profile)
        },
    ]

    private static func redirect(_ request: Request, _ app: App) -> String { app.base(of: request) + callback }

    /// - Returns: the address at the other server.
    private static func start(
        _ request: Request, _ app: App, to: String?, link: (account: Int64, session: Int64)?
    ) throws -> String {
        let oidc = app.configuration.oidc
        guard oidc.isOffered else { throw Failure(.missing, "not found") }
        let document = try app.caches.provider.document(oidc)
        func random() -> String { JWT.base64URL(Data(Token.random(bytes: 32))) }
        let attempt = OpenIDAttempt(
            state: random(), nonce: random(), verifier: random(), to: to, account: link?.account,
            session: link?.session,
            expiresAt: request.now.adding(seconds: OpenIDLimits.attemptSeconds).microseconds)
        let sealed = try app.keys.seal.close(try jsonText(attempt), at: place)
        RequestContext.current?.setCookie(
            SessionCookie.oidc.set(JWT.base64URL(Data(sealed)), seconds: OpenIDLimits.attemptSeconds, for: request))
        let fields = [
            ("response_type", "code"), ("client_id", oidc.clientID), ("redirect_uri", redirect(request, app)),
            ("scope", oidc.scopes), ("state", attempt.state), ("nonce", attempt.nonce),
            ("code_challenge", attempt.challenge), ("code_challenge_method", "S256"),
        ]
        return document.authorization_endpoint + (document.authorization_endpoint.contains("?") ? "&" : "?")
            + fields.map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&")
    }

    /// The attempt that the browser began, if the answer is of it, for the first time and in time.
    private static func attempt(_ request: Request, _ app: App) throws -> OpenIDAttempt {
        let again = Failure(.forbidden, "This log-in did not begin in this browser, or is over. Begin it again.")
        RequestContext.current?.setCookie(SessionCookie.oidc.removal(for: request))
        guard let text = SessionCookie.oidc.value(in: request), let sealed = JWT.bytes(Substring(text)),
            let opened = try? app.keys.seal.open(sealed, at: place),
            let attempt = try? JSONDecoder().decode(OpenIDAttempt.self, from: Data(opened)),
            let state = request.given("state"), Token.equal(Array(state.utf8), Array(attempt.state.utf8)),
            attempt.expiresAt > request.now.microseconds,
            try app.identities.use(
                state: Token.hash(attempt.state), expiresAt: Instant(microseconds: attempt.expiresAt))
        else { throw again }
        return attempt
    }

    private static func finish(_ request: Request, _ app: App) throws -> Response {
        let oidc = app.configuration.oidc
        guard oidc.isOffered else { throw Failure(.missing, "not found") }
        let attempt = try attempt(request, app)
        if let error = request.given("error") {
            throw Failure(.forbidden, "\(oidc.name) refused the log-in: \(error.prefix(200))")
        }
        guard let code = request.given("code"), code.utf8.count <= OpenIDLimits.codeBytesMax else {
            throw Failure(.forbidden, "\(oidc.name) sent no code.")
        }
        let claims = try app.caches.provider.claims(
            for: code, verifier: attempt.verifier, nonce: attempt.nonce, redirect: redirect(request, app), oidc,
            now: request.now)
        if let account = attempt.account {
            return try link(AccountID(account), session: attempt.session, claims, request, app)
        }
        let account = try account(of: claims, app)
        try app.refuseProhibited(account)
        guard try Sessions(app: app).begin(account.id, provenBy: nil, request) else {
            throw Failure(.forbidden, "This account may not log in. Ask whoever runs this server.")
        }
        return .seeOther(attempt.to ?? "/")
    }

    /// Joins the identity with the account whose session asked for it, and still is this browser's.
    private static func link(
        _ account: AccountID, session: Int64?, _ claims: IDTokenClaims, _ request: Request, _ app: App
    ) throws -> Response {
        guard let caller = try Sessions(app: app).caller(of: request), case .session(let own) = caller.credential,
            own.id == session, own.account == account
        else { throw Failure(.forbidden, "You are logged in as somebody else by now. Begin it again.") }
        do {
            try app.identities.link(
                account, issuer: app.configuration.oidc.issuer, subject: claims.sub, email: shown(claims.email))
        } catch let error as PostgresError where error.isUniqueViolation {
            throw Failure(
                .conflict,
                "This identity belongs to an account already, or yours has another one. Take that apart in the profile first."
            )
        }
        return .seeOther(AccountSettingsPages.profile)
    }

    /// The account of who logged in there, by what they are called there for good; a mail address counts only where it was
    /// configured to, and verified.
    private static func account(of claims: IDTokenClaims, _ app: App) throws -> Account {
        let oidc = app.configuration.oidc
        if let known = try app.identities.account(issuer: oidc.issuer, subject: claims.sub) { return known }
        if oidc.linksByMail, let email = claims.verifiedEmail, isMailAddress(email),
            let owner = try app.accountViews.onlyPerson(withEmail: email)
        {
            do {
                try app.identities.link(owner.id, issuer: oidc.issuer, subject: claims.sub, email: email)
                return owner
            } catch let error as PostgresError where error.isUniqueViolation {
                // It is somebody there already, and not this one.
            }
        }
        guard oidc.createsAccounts else {
            throw Failure(
                .forbidden,
                "No account here belongs to who you are at \(oidc.name). Log in by name and password, and link it in your profile."
            )
        }
        for name in accountNames(for: claims.preferred_username, email: claims.email) {
            do {
                return try app.identities.createAccount(
                    name: name, email: claims.verifiedEmail.flatMap { isMailAddress($0) ? $0 : nil } ?? "",
                    fullName: String(shown(claims.name).prefix(60)), issuer: oidc.issuer, subject: claims.sub)
            } catch let error as PostgresError where error.isUniqueViolation {
                // The name is taken, or another tab was quicker.
                if let known = try app.identities.account(issuer: oidc.issuer, subject: claims.sub) { return known }
            }
        }
        throw Failure(.forbidden, "No name is free for an account of yours. Ask whoever runs this server.")
    }

    /// What another server says, without what no row or page takes.
    private static func shown(_ text: String?) -> String {
        String(
            String.UnicodeScalarView(
                (text ?? "").unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(254)))
    }
}
