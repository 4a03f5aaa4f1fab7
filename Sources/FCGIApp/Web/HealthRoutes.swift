import Postgres

enum HealthRoutes {
    /// Gitea clients parse this and refuse run calls below 1.25 (rest.md 11).
    static let apiVersion = "1.27.3+millrace-0.1.0"
    private static let ping = Statement("ready", "select 1")

    static let all: [Route] = [
        Route("GET", "/healthz", access: .open) { _, _, _ in .text(200, "ok\n") },
        Route("GET", "/readyz", access: .open) { _, _, app in
            _ = try app.database.read(ping)
            return .text(200, "ready\n")
        },
        Route("GET", "/api/v1/version", access: .anyone) { _, _, _ in .json(200, #"{"version":"\#(apiVersion)"}"#) },
    ]
}
