import Domain
import Postgres

/// Removes the files of logs that are older than logs.retention (runner.md 5.4). Runs on every instance at once.
///
/// First the file, then its mark: killed between the two, the next sweep finds nothing to remove and marks it.
struct ExpireLogs {
    private static let batchMax = 100

    let app: App
    let isStopping: @Sendable () -> Bool

    func sweep() throws {
        var last = TaskID(0)
        var expired = 0
        while !isStopping() {
            let due = try app.logs.expiring(
                olderThanSeconds: app.configuration.logRetentionSeconds, after: last, limit: Self.batchMax)
            guard let end = due.last?.task else { break }
            var gone: [TaskID] = []
            for log in due {
                do {
                    try log.path.map(app.logFiles.remove)
                    gone.append(log.task)
                } catch {
                    // One file that cannot be removed keeps no other; it is tried again by the next sweep.
                    app.log.error(
                        "could not remove an expired log", metadata: ["task_id": "\(log.task)", "err": "\(error)"])
                }
            }
            expired += try app.logs.markExpired(gone)
            last = end
        }
        if expired > 0 { app.log.info("logs expired", metadata: ["count": "\(expired)"]) }
    }
}
