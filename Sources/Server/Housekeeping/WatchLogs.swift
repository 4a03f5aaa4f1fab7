/// Wakes the readers of logs that grew through other instances: one statement for all watched logs, and none while
/// nobody watches (docs/adr/0006).
struct WatchLogs {
    let app: App

    func look() throws {
        app.caches.logReaders.expire()
        let jobs = app.caches.logReaders.watched()
        guard !jobs.isEmpty else { return }
        app.caches.logReaders.look(try app.logs.progress(of: jobs))
    }
}
