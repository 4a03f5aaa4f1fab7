import Client
import Domain
import Foundation
import Postgres
import Web

/// OpenID Connect for jobs: a job asks for a token that says who it is, others verify it by our published keys (runner.md 6.5).
enum IdentityRoutes {
    private static let prefix = "/api/actions/oidc"

    static let all: [Route] = [
        Route("GET", prefix + "/.well-known/openid-configuration", access: .open, discovery),
        Route("GET", prefix + "/jwks", access: .open) { _, _, app in
            .json(200, try IdentityKeys(app: app).published(), headers: [fresh])
        },
        Route("GET", prefix + "/token", access: .task, token),
        // Forgejo's address.
        Route("GET", "/api/actions/_apis/pipelines/workflows/{run}/idtoken", access: .task) { request, caller, app in
            guard request.int("run") == request.task?.run.number else {
                throw Failure(.forbidden, "run \(request.path["run"] ?? "") is not the runtime token's")
            }
            return try token(request, caller, app)
        },
    ]

    /// A verifier that meets a key it does not know asks again; until then a minute is enough.
    private static let fresh = (name: "Cache-Control", value: "public, max-age=60")

    /// What a permitted job finds in its context; clients add `&audience=…`, so each address has a `?` (runner.md 3.7, 6.5).
    static func contextTexts(_ run: RunID, base: String, token: String) -> [(key: String, value: String)] {
        let forgejo = "\(base)/api/actions/_apis/pipelines/workflows/\(run)/idtoken?placeholder=true"
        return [
            ("actions_id_token_request_url", base + prefix + "/token?"), ("actions_id_token_request_token", token),
            ("forgejo_actions_id_token_request_url", forgejo), ("forgejo_actions_id_token_request_token", token),
        ]
    }

    @Sendable private static func discovery(_: Request, _: Caller, _ app: App) -> Response {
        let issuer = jsonEscaped(issuer(app))
        return .json(
            200,
            #"{"issuer":"\#(issuer)","jwks_uri":"\#(issuer)/jwks","subject_types_supported":["public"],"response_types_supported":["id_token"],"id_token_signing_alg_values_supported":["RS256"],"scopes_supported":["openid"]}"#,
            headers: [fresh])
    }

    @Sendable private static func token(_ request: Request, _: Caller, _ app: App) throws -> Response {
        guard let task = request.task, let identity = try app.tasks.identity(of: task.task) else {
            throw Failure(.unauthenticated, "the runtime token is required")
        }
        let audience: String
        do {
            audience = try identityAudience(
                asked: request.query["audience"] ?? "", mayIdentify: task.mayIdentify, isStopping: task.isCancelling,
                owner: identity.facts.repositoryOwner, base: app.configuration.publicURL)
        } catch {
            if case .audienceTooLong = error { throw Failure(.invalid, "\(error)") }
            throw Failure(.forbidden, "\(error)")
        }
        let claims = identityClaims(
            identity, issuer: issuer(app), audience: audience, id: UUID().uuidString.lowercased(), now: request.now)
        return .json(
            200, #"{"value":"\#(try IdentityKeys(app: app).sign(claims))"}"#,
            headers: [(name: "Cache-Control", value: "no-store")])
    }

    private static func issuer(_ app: App) -> String { app.configuration.publicURL + prefix }
}
