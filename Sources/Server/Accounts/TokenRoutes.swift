import Domain
import Foundation
import Postgres
import Web

/// REST: access tokens (rest.md 11).
enum TokenRoutes {
    private static let path = "/api/v1/users/{username}/tokens"

    static let all: [Endpoint] = [
        Endpoint(
            .get, path, .selfByBasic, scope: .user, query: Page.numbered,
            answers: [.json(200, [AccessTokenAnswer].self), .failure(401), .failure(403), .failure(404)],
            "List the access tokens of an account, without the tokens themselves."
        ) { request, account, app in
            let page = Page(request)
            let tokens = try app.accessTokens.tokens(of: account.id, page.offsetPart)
            return try .json(
                200, tokens.map { AccessTokenAnswer($0) },
                headers: page.headers(
                    total: try app.accessTokens.count(of: account.id), base: app.base(of: request), request: request))
        },
        Endpoint(
            .post, path, .selfByBasic, scope: .user,
            reading: JSONBody<TokenDraft>(
                orElse: "[Name]: Required; send {\"name\": \"ci\", \"scopes\": [\"write:repository\"]}"),
            answers: [
                .json(201, AccessTokenAnswer.self), .failure(400), .failure(401), .failure(403), .failure(404),
                .failure(422),
            ], "Make an access token; the answer alone shows it.", create),
        Endpoint(
            .delete, path + "/{token}", .selfByBasic, scope: .user,
            answers: [.none(204), .failure(401), .failure(403), .failure(404), .failure(422)],
            "Delete an access token, by id or name."
        ) { request, account, app in
            let named = try app.accessTokens.ids(of: account.id, named: request.name("token"))
            guard named.count < 2 else {
                throw Failure(
                    .invalid, "multiple matches for \(request.name("token")): it is one token's id and another's name")
            }
            guard let id = named.first,
                try app.caches.credentials.changing(account.id, { try app.accessTokens.delete(id, of: account.id) })
            else {
                throw Failure(.missing, "not found")
            }
            return .noContent
        },
        Endpoint(
            .get, "/api/v1/token", .anyone,
            answers: [.json(200, CurrentTokenAnswer.self), .failure(401), .failure(404)],
            "Show the access token that the request came with."
        ) { _, caller, _ in
            let (token, account) = try current(caller)
            return try .json(
                200,
                CurrentTokenAnswer(
                    id: token.id, name: token.name, scopes: token.scopes.words, created_at: clockText(token.createdAt),
                    last_used_at: clockText(token.lastUsedAt),
                    user: CurrentTokenAnswer.Owner(id: account.id.number, login: account.name)))
        },
        Endpoint(
            .delete, "/api/v1/token", .account, answers: [.none(204), .failure(401), .failure(403), .failure(404)],
            "Delete the access token that the request came with."
        ) { _, caller, app in
            let (token, account) = try current(caller.caller)
            let isGone = try app.caches.credentials.changing(account.id) {
                try app.accessTokens.delete(token.id, of: account.id)
            }
            guard isGone else { throw Failure(.missing, "not found") }
            return .noContent
        },
    ]

    private static func current(_ caller: Caller) throws -> (AccessToken, Account) {
        guard case .accessToken(let token) = caller.credential, let person = caller.person else {
            throw caller.principal == .anonymous
                ? Failure(.unauthenticated, "token is required")
                : Failure(.missing, "the request came with no access token")
        }
        return (token, person)
    }

    @Sendable private static func create(
        _ request: Request, _ account: Account, _ body: () throws -> TokenDraft, _ app: App
    ) throws -> Response {
        let draft = try body()
        guard let name = draft.name, !name.isEmpty else { throw Failure(.invalid, "[Name]: Required") }
        try checkField(name, "Name", bytesMax: AccountLimits.tokenNameBytesMax)
        let scopes: TokenScopes
        do { scopes = try TokenScopes(draft.scopes ?? []) } catch { throw Failure(.malformed, "\(error)") }
        guard !scopes.isEmpty else {
            throw Failure(.malformed, "access token must have a scope; for example \"scopes\": [\"all\"]")
        }
        // A token in place of the password makes none that reaches further than itself.
        let caller = try app.authenticate(request)
        if let own = caller.scopes, !own.covers(scopes) {
            throw Failure(
                .forbidden, "this token (scope=\(own.stored)) cannot make one that reaches further: \(scopes.stored)")
        }
        var end = try draft.expires_at.map { try time($0) }
        // Nor one that lives longer.
        if case .accessToken(let own) = caller.credential, let last = own.expiresAt {
            end = min(end ?? Instant(microseconds: last), Instant(microseconds: last))
        }
        let secret = Token.make()
        do {
            let token = try app.accessTokens.add(
                to: account.id, name: name, hash: Token.hash(secret), lastEight: String(secret.suffix(8)),
                scopes: scopes, expiresAt: end)
            return try .json(
                201, AccessTokenAnswer(token, secret: secret), headers: [(name: "Cache-Control", value: "no-store")])
        } catch let error as PostgresError where error.isUniqueViolation {
            throw Failure(.malformed, "access token name has been used already")
        }
    }

    private static func time(_ text: String) throws -> Instant {
        guard let date = try? Date(text, strategy: .iso8601), date.timeIntervalSince1970 < 253_402_300_800,
            date.timeIntervalSince1970 > 0
        else {
            throw Failure(
                .invalid, "[ExpiresAt]: \"\(text.prefix(80))\" is no time; write it as 2030-01-01T00:00:00Z")
        }
        return Instant(microseconds: Int64(date.timeIntervalSince1970) * 1_000_000)
    }
}
