import Client
import Web

/// Whether this instance lives and can serve. nginx asks the poll lane, whose one thread never waits.
package enum HealthRoutes {
    /// Gitea clients parse this and refuse run calls below 1.25 (rest.md 11).
    package static let apiVersion = "1.27.3+millrace-0.1.0"

    static let all: [Route] = [
        Route("GET", "/healthz", access: .open) { _, _, _ in alive },
        Route("GET", "/readyz", access: .open) { _, _, app in ready(app.readiness.isReady()) },
        Route("GET", "/api/v1/version", access: .anyone) { _, _, _ in .json(200, #"{"version":"\#(apiVersion)"}"#) },
    ]

    package static func takes(_ request: Request) -> Bool { ["/healthz", "/readyz"].contains(request.rawPath) }

    /// Called by the epoll thread: no pool, no lock that somebody holds for long.
    package static func handle(_ held: HeldRequest, _ app: App) {
        guard ["GET", "HEAD"].contains(held.request.method) else {
            return held.answer(Router.wrongMethod(held.request, allowed: ["GET", "HEAD"], app))
        }
        if held.request.rawPath == "/healthz" { return held.answer(alive) }
        app.readiness.ask { held.answer(ready($0)) }
    }

    private static let alive = Response.text(200, "ok\n")
    private static func ready(_ isUp: Bool) -> Response {
        isUp ? .text(200, "ready\n") : .text(503, "PostgreSQL does not answer this instance\n")
    }
}
