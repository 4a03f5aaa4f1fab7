import Domain
import Postgres

/// Ends what has ended: expired artifacts, uploads given up, and then the bytes that nobody names any more.
///
/// The state is committed first, the bytes go later, by whichever instance comes by; a file that could not be removed is
/// tried again at the next turn (artifacts.md 6).
struct SweepArtifacts: Sendable {
    private static let batch = 100
    /// A block that comes later than this is told "not found" instead of "finished".
    private static let finishedKeptSeconds: Int64 = 86_400

    let app: App
    let isStopping: @Sendable () -> Bool

    /// Once at the start: `artifacts.keep_last` may have been another one before.
    func begin() throws {
        if app.configuration.artifacts.keepLast > 0 { try app.artifacts.noteSpareEverywhere() }
    }

    func sweep() throws {
        let settings = app.configuration.artifacts
        try repeatedly { try app.artifacts.expireDue(limit: Self.batch) }
        try repeatedly { try app.artifacts.expireSpare(keepLast: settings.keepLast, limit: Self.batch) }
        try repeatedly { try app.artifacts.abandon(idleSeconds: settings.abandonedSeconds, limit: Self.batch) }
        try app.uploads.closeAbandoned(idleSeconds: settings.abandonedSeconds, limit: Self.batch)
        try repeatedly { try app.artifacts.releaseBytes(limit: Self.batch) }
        try removeStaging()
        try removeBlobs()
    }

    /// Until a batch is not full.
    private func repeatedly(_ batch: () throws -> Int) throws {
        while try batch() >= Self.batch, !isStopping() {}
    }

    private func removeStaging() throws {
        var freed: Int64 = 0
        for upload in try app.uploads.over(finishedForSeconds: Self.finishedKeptSeconds, limit: Self.batch) {
            freed += try app.storage.dropStaging(of: upload)
            try app.uploads.delete(upload)
        }
        if freed > 0 { app.log.info("uploads removed", metadata: ["freed_bytes": "\(freed)"]) }
    }

    private func removeBlobs() throws {
        try repeatedly { try app.blobs.doomUnnamed(limit: Self.batch) }
        var freed: Int64 = 0
        var count = 0
        while !isStopping() {
            let doomed = try app.blobs.doomed(limit: Self.batch)
            for blob in doomed {
                freed += try app.storage.remove(blob)
                // Only now: a row without its file is tried again, a file without its row would be forgotten.
                try app.blobs.delete(blob.id)
                count += 1
            }
            guard doomed.count >= Self.batch else { break }
        }
        if count > 0 {
            app.log.info("blobs removed", metadata: ["blobs": "\(count)", "freed_bytes": "\(freed)"])
        }
    }
}
