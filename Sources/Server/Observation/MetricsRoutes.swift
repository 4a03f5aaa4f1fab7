import Postgres
import Web

/// What a monitoring system reads, in Prometheus' text form. nginx answers it to this host alone (nginx/millrace.conf).
enum MetricsRoutes {
    static let all: [Endpoint] = [
        Endpoint(
            .get, "/metrics", .open, answers: [.media(200, "text/plain; version=0.0.4")],
            "Give the numbers that a monitoring system reads.", metrics)
    ]

    @Sendable private static func metrics(_: Request, _: Void, _ app: App) throws -> Response {
        let counts = try PutAsideQueries(database: app.database).counts()
        let text = """
            # HELP millrace_put_aside_items What was given up and needs a person; millrace verify lists it.
            # TYPE millrace_put_aside_items gauge
            millrace_put_aside_items{kind="push"} \(counts.pushes)
            millrace_put_aside_items{kind="job"} \(counts.jobs)
            millrace_put_aside_items{kind="log"} \(counts.logs)

            """
        return Response(200, type: "text/plain; version=0.0.4; charset=utf-8", body: Array(text.utf8))
    }
}
