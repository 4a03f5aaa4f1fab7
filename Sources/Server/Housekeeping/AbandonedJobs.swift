import Postgres

/// Jobs that nobody took within `tasks.abandoned_after` (runner.md 4.2).
struct AbandonedJobs: Sendable {
    let app: App

    func sweep(everySeconds: Int64) -> Sweep {
        Sweep("abandoned jobs", everySeconds: everySeconds) {
            for job in try app.runs.cancelAbandoned(limits: app.configuration.recovery) {
                app.log.warning("job abandoned", metadata: ["job_id": "\(job)"])
            }
        }
    }
}
