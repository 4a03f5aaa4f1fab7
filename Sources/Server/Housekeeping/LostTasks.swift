import Postgres

/// Tasks that no runner works on any more: unheard, silent, overlong, runner restarted (runner.md 3.4, 4.2, 7.3).
struct LostTasks: Sendable {
    let app: App

    func sweep(everySeconds: Int64) -> Sweep {
        Sweep("lost tasks", everySeconds: everySeconds) {
            for lost in try app.tasks.sweepLost(limits: app.configuration.recovery) {
                app.log.warning(
                    "task given up",
                    metadata: [
                        "task_id": "\(lost.task)", "job_id": "\(lost.job)", "run_id": "\(lost.run)",
                        "loss": "\(lost.loss.rawValue)",
                    ])
            }
        }
    }
}
