import Domain
import Postgres

/// REST: runners and the tokens they register with (rest.md 4).
enum RunnerRoutes {
    /// The four levels of the API at which runners are looked after.
    static let all: [Route] =
        routes("/api/v1/repos/{owner}/{repo}", .repository(.owner)) { request, _ in
            .repository(try RunRoutes.found(request).id)
        }
        + routes("/api/v1/user", .account) { _, caller in
            guard let account = caller.account else { throw Failure(.forbidden, "this needs an account") }
            return .owner(account)
        }
        + routes("/api/v1/orgs/{org}", .organization) { request, _ in
            guard let organization = request.organization else { throw Failure(.missing, "not found") }
            return .owner(organization.id)
        }
        + routes("/api/v1/admin", .siteAdmin) { _, _ in .everything }
        // The oldest path; guides for runners still name it.
        + [
            Route("GET", "/api/v1/admin/runners/registration-token", access: .siteAdmin) { _, _, app in
                try showToken(of: .everything, app)
            }
        ]

    private typealias Place = @Sendable (Request, Caller) throws -> RunnerScope

    private static func routes(_ level: String, _ access: Access, _ place: @escaping Place) -> [Route] {
        let runners = level + "/actions/runners"
        return ["GET", "POST"].map { method in
            Route(method, runners + "/registration-token", access: access) { request, caller, app in
                try showToken(of: try place(request, caller), app)
            }
        }
    }

    /// The current token, however often it is asked for (docs/adr/0011).
    private static func showToken(of scope: RunnerScope, _ app: App) throws -> Response {
        .json(
            200, #"{"token":"\#(jsonEscaped(try RegistrationTokens(app: app).current(of: scope)))"}"#,
            headers: [(name: "Cache-Control", value: "no-store")])
    }
}
