import Domain
import Foundation
import Postgres
import Web

/// OpenID Connect for jobs: a job asks for a token that says who it is, others verify it by our published keys (runner.md 6.5).
enum IdentityRoutes {
    private static let prefix = "/api/actions/oidc"

    private static let audience = [QueryParameter("audience", "whom the token is for")]
    private static let answers: [AnswerShape] = [.json(200, TokenAnswer.self), .failure(401), .failure(403)]

    static let all: [Endpoint] = [
        Endpoint(
            .get, prefix + "/.well-known/openid-configuration", .open, answers: [.json(200, DiscoveryAnswer.self)],
            "Tell verifiers of identity tokens where the keys are."
        ) { _, _, app in try .json(200, DiscoveryAnswer(issuer: issuer(app)), headers: [fresh]) },
        Endpoint(
            .get, prefix + "/jwks", .open, answers: [.media(200, "application/json")],
            "Publish the keys that sign identity tokens."
        ) { _, _, app in
            try .json(200, try IdentityKeys(app: app).published(), headers: [fresh])
        },
        Endpoint(
            .get, prefix + "/token", .task, query: audience, answers: answers,
            "Give a job a token that says who it is.", token),
        // Forgejo's address.
        Endpoint(
            .get, "/api/actions/_apis/pipelines/workflows/{run}/idtoken", .task, query: audience, answers: answers,
            "Give a job a token that says who it is, at Forgejo's address."
        ) { request, task, app in
            guard request.int("run") == task.run.number else {
                throw Failure(.forbidden, "run \(request.path["run"] ?? "") is not the runtime token's")
            }
            return try token(request, task, app)
        },
    ]

    private struct TokenAnswer: Described {
        let value: String
        static let example = TokenAnswer(value: "eyJ…")
    }

    private struct DiscoveryAnswer: Described {
        let issuer: String
        let jwks_uri: String
        let subject_types_supported = ["public"]
        let response_types_supported = ["id_token"]
        let id_token_signing_alg_values_supported = ["RS256"]
        let scopes_supported = ["openid"]

        init(issuer: String) {
            self.issuer = issuer
            jwks_uri = issuer + "/jwks"
        }
        static let example = DiscoveryAnswer(issuer: "https://ci.example/api/actions/oidc")
    }

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

    @Sendable private static func token(_ request: Request, _ task: LiveTask, _ app: App) throws -> Response {
        guard let identity = try app.tasks.identity(of: task.task) else {
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
        return try .json(
            200, TokenAnswer(value: try IdentityKeys(app: app).sign(claims)),
            headers: [(name: "Cache-Control", value: "no-store")])
    }

    private static func issuer(_ app: App) -> String { app.configuration.publicURL + prefix }
}
