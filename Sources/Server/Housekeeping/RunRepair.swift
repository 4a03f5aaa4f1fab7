import Postgres

/// Runs that stand still though nothing holds them back. There are none unless we have a fault (go-gitea/gitea#38790).
struct RunRepair: Sendable {
    let app: App

    func sweep(everySeconds: Int64) -> Sweep {
        Sweep("run repair", everySeconds: everySeconds) {
            for run in try app.runs.repair() {
                app.log.error("run repaired; please report this", metadata: ["run_id": "\(run)"])
            }
        }
    }
}
