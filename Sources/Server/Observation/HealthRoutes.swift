import Domain
import Web

/// Whether this instance lives and can serve. nginx asks the poll lane, whose one thread never waits.
package enum HealthRoutes {
    /// Gitea clients parse this and refuse run calls below 1.25 (rest.md 11).
    package static let apiVersion = "1.27.3+millrace-0.1.0"

    static let all: [Endpoint] = [
        Endpoint(
            holding: .get, "/healthz", .open, lane: .instant, answers: [.media(200, "text/plain")],
            "Say that this process lives."
        ) { hold, _, _, _ in hold.answer(.text(200, "ok\n")) },
        Endpoint(
            holding: .get, "/readyz", .open, lane: .instant,
            answers: [.media(200, "text/plain"), .media(503, "text/plain")],
            "Say whether PostgreSQL answers this instance."
        ) { hold, _, _, app in
            app.caches.readiness.ask { isUp in
                hold.answer(
                    isUp ? .text(200, "ready\n") : .text(503, "PostgreSQL does not answer this instance\n"))
            }
        },
        Endpoint(
            .get, "/api/v1/version", .anyone, answers: [.json(200, VersionAnswer.self), .failure(401)],
            "Say which version of Gitea's API is spoken."
        ) { _, _, _ in try .json(200, VersionAnswer(version: apiVersion)) },
    ]
}

struct VersionAnswer: Described {
    let version: String
    static let example = VersionAnswer(version: HealthRoutes.apiVersion)
}
