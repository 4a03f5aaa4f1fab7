import Crypto
import Domain
import Postgres
import Web

/// Log-ins by browser: who a session's cookie stands for, its begin, renewal and end (docs/adr/0037).
struct Sessions {
    let app: App

    /// Whoever the cookie of a request stands for; nil of nobody. A cookie that stands for nobody is taken away.
    ///
    /// - Throws: 403 for a change that has no token of the session's pages.
    func caller(of request: Request) throws -> Caller? {
        guard request.takesSessions, SessionCookie.session.value(in: request) != nil else { return nil }
        // Of the API a page of this server alone may read something by it.
        if request.isREST, let site = request.header("Sec-Fetch-Site")?.lowercased(),
            site != "same-origin", site != "none"
        {
            return nil
        }
        guard let secret = SessionCookie.session.secret(in: request) else { return forgotten(request) }
        let hash = Token.hash(secret)
        guard let known = try app.caches.credentials.session(hash, look: { try app.sessions.known(hash: hash) }) else {
            return forgotten(request)
        }
        switch judgeSession(known.session.times, by: known.secret, now: request.now) {
        case .ended: return forgotten(request)
        case .live: break
        case .confirm:
            // It is repeated by the next request when it fails.
            try? app.sessions.confirm(known.session.id, hash: hash, now: request.now)
            app.caches.credentials.forget(session: known.session.id)
        case .renew: renew(known, from: hash, request)
        }
        let key = try app.keys.formKey(of: "session \(known.session.id)")
        var caller = Caller(known.account, by: .session(known.session), isBasic: false)
        if !request.changesNothing { try Self.check(request.formToken, key) }
        caller.formToken = MaskedToken.text(key, mask: Token.random(bytes: MaskedToken.byteCount))
        return caller
    }

    private func forgotten(_ request: Request) -> Caller? {
        RequestContext.current?.setCookie(SessionCookie.session.removal(for: request))
        return nil
    }

    /// With a page that a browser opens: it takes the new cookie, where a script's request may be broken off.
    private func renew(_ known: KnownSession, from old: [UInt8], _ request: Request) {
        guard request.method == "GET", request.opensPage else { return }
        let secret = Self.newSecret()
        guard
            (try? app.sessions.renew(known.session.id, from: old, to: Token.hash(secret), now: request.now)) == true
        else { return }
        app.caches.credentials.forget(session: known.session.id)
        RequestContext.current?.setCookie(
            SessionCookie.session.set(secret, seconds: SessionLimits.lifeSeconds, for: request))
    }

    /// Begins a session with a secret that nobody knew before, and ends the one that the browser had.
    ///
    /// - Parameter password: the stored hash of the password that was proven; nil: by other means.
    /// - Returns: false when the account was disabled or its password changed meanwhile.
    func begin(_ account: AccountID, provenBy password: [UInt8]?, _ request: Request) throws -> Bool {
        if let old = try current(request) { try app.sessions.end(old.session.id, of: old.account.id) }
        let secret = Self.newSecret()
        let agent = String(
            decoding: (request.header("User-Agent") ?? "").utf8.filter { (0x20...0x7E).contains($0) }
                .prefix(SessionLimits.userAgentBytesMax), as: UTF8.self)
        guard
            try app.sessions.add(
                to: account, hash: Token.hash(secret), password: password, userAgent: agent,
                address: request.parameters["REMOTE_ADDR"] ?? "", now: request.now) != nil
        else { return false }
        app.caches.credentials.loggedIn(account)
        RequestContext.current?.setCookie(
            SessionCookie.session.set(secret, seconds: SessionLimits.lifeSeconds, for: request))
        RequestContext.current?.setCookie(SessionCookie.visitor.removal(for: request))
        return true
    }

    /// The session of the request's cookie, whether or not it may do anything.
    private func current(_ request: Request) throws -> KnownSession? {
        try SessionCookie.session.secret(in: request).flatMap { try app.sessions.known(hash: Token.hash($0)) }
    }

    static func newSecret() -> String { hex(Token.random(bytes: SessionLimits.secretDigits / 2)) }

    // MARK: forms of who is nobody yet

    /// The token of the log-in form, for a cookie that is made with it.
    func visitorToken(_ request: Request) throws -> String {
        let known = SessionCookie.visitor.secret(in: request)
        let visitor = known ?? Self.newSecret()
        if known == nil {
            RequestContext.current?.setCookie(SessionCookie.visitor.set(visitor, seconds: nil, for: request))
        }
        return MaskedToken.text(
            try app.keys.formKey(of: "visitor \(visitor)"), mask: Token.random(bytes: MaskedToken.byteCount))
    }

    func isVisitorToken(_ text: String?, _ request: Request) throws -> Bool {
        guard let visitor = SessionCookie.visitor.secret(in: request), let token = text.flatMap(MaskedToken.token)
        else { return false }
        return Token.equal(token, try app.keys.formKey(of: "visitor \(visitor)"))
    }

    // MARK: forms

    /// - Throws: 403, with what to do.
    static func check(_ text: String?, _ key: [UInt8]) throws {
        guard let token = text.flatMap(MaskedToken.token), Token.equal(token, key) else {
            throw Failure(
                .forbidden,
                text == nil
                    ? "this change was sent without the token of this server's pages; send it by the form of the page, or, "
                        + "from a script, with an access token instead of the browser's cookie"
                    : "this form is out of date, perhaps since you logged in anew; go back, load the page again and send it again"
            )
        }
    }
}

extension Keys {
    /// What the tokens of forms of one subject stand for.
    func formKey(of subject: String) throws -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(subject.utf8), using: try forms))
    }
}

extension Request {
    /// A browser asks for a page, to show it.
    var opensPage: Bool { !isREST && segments.first != "_live" && takesHTML }

    /// The token that a change came with: a script's header, or the field of a form.
    var formToken: String? {
        header("X-CSRF-Token") ?? (try? Form(self))?["_token"]
    }
}
