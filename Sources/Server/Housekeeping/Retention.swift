import Domain
import Postgres
import Synchronization

/// Removes runs older than `runs.retention` and what is left over without them: files of their logs, sets of labels, concurrency
/// groups, events of runners, registration tokens that were rotated away. Runs on every instance at once.
final class Retention: Sendable {
    private static let batch = 50
    /// Of a big table, so that one transaction stays short.
    private static let rowsMax = 1000
    /// A token that was rotated away tells whoever still uses it so for this long.
    private static let inactiveTokenSeconds: Int64 = 30 * 86_400

    /// Turns between two looks for label sets that nobody uses, should another instance have removed the runs: an hour.
    private static let labelSetTurns = 360

    private let app: App
    private let isStopping: @Sendable () -> Bool
    private let turns = Atomic<Int>(0)

    init(app: App, isStopping: @escaping @Sendable () -> Bool) {
        self.app = app
        self.isStopping = isStopping
    }

    func sweep() throws {
        let turn = turns.add(1, ordering: .relaxed).newValue
        var removed = 0
        if let seconds = app.configuration.runRetentionSeconds {
            var batch = 0
            repeat {
                batch = try app.runs.removeOld(olderThanSeconds: seconds, limit: Self.batch)
                removed += batch
            } while batch >= Self.batch && !isStopping()
            while try app.runs.removeEvents(olderThanSeconds: seconds, limit: Self.rowsMax) >= Self.rowsMax,
                !isStopping()
            {}
        }
        if removed > 0 {
            app.log.info("runs removed", metadata: ["count": "\(removed)"])
        }
        if removed > 0 || turn % Self.labelSetTurns == 0 {
            try removeLabelSets()
            try removeGroups()
        }
        try app.registrationTokens.removeInactive(olderThanSeconds: Self.inactiveTokenSeconds, limit: Self.rowsMax)
        try removeLogFiles()
    }

    private func removeLabelSets() throws {
        var last: Int64? = 0
        while let after = last, !isStopping() {
            last = try app.runs.removeUnusedLabelSets(after: after, limit: Self.rowsMax).last
        }
    }

    private func removeGroups() throws {
        var last: Int64? = 0
        while let after = last, !isStopping() {
            last = try app.runs.removeUnusedGroups(after: after, limit: Self.rowsMax).last
        }
    }

    private func removeLogFiles() throws {
        var gone = 0
        repeat {
            gone = try app.logs.eachRemoval(limit: Self.rowsMax) { path in
                do {
                    try app.logFiles.remove(path)
                    return true
                } catch {
                    app.log.error("could not remove a log", metadata: ["path": "\(path)", "err": "\(error)"])
                    return false
                }
            }
        } while gone >= Self.rowsMax && !isStopping()
    }
}
