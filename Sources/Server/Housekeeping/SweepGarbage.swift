import Domain
import Glibc
import Postgres
import Web

/// Removes files that no row names: what a killed nginx left in the spool, what a killed instance left between rename and
/// commit. Only what has not changed for `artifacts.garbage_after` (I7), since a request names its files within minutes.
struct SweepGarbage: Sendable {
    private static let batch = 1000

    let app: App
    let isStopping: @Sendable () -> Bool

    /// Three looks in the time after which a file is garbage, so that none gets much older.
    var everyMilliseconds: UInt32 {
        UInt32(max(500, min(1_200_000, app.configuration.artifacts.garbageSeconds * 1000 / 3)))
    }

    func sweep() throws {
        let oldest = Clock.nowMicroseconds() / 1_000_000 - app.configuration.artifacts.garbageSeconds
        var freed: Int64 = 0
        var count = 0
        try eachUnnamed(olderThan: oldest) { stray in
            try app.storage.remove(stray)
            freed += stray.bytes
            count += 1
        }
        if count > 0 {
            app.log.info("garbage removed", metadata: ["files": "\(count)", "freed_bytes": "\(freed)"])
        }
    }

    /// - Parameter oldest: seconds since 1970; what changed since is passed over.
    func eachUnnamed(olderThan oldest: Int64, _ use: (ArtifactStorage.Stray) throws -> Void) throws {
        var pending: [ArtifactStorage.Stray] = []
        func settle() throws {
            for stray in try unnamed(pending) { try use(stray) }
            pending.removeAll(keepingCapacity: true)
        }
        try app.storage.eachEntry { stray in
            guard stray.changedAt < oldest, !isStopping() else { return }
            pending.append(stray)
            if pending.count >= Self.batch { try settle() }
        }
        try settle()
    }

    /// Asked after the files were listed: what has a row by now stays.
    private func unnamed(_ strays: [ArtifactStorage.Stray]) throws -> [ArtifactStorage.Stray] {
        var uploads: [UploadID] = []
        var blobs: [BlobID] = []
        for stray in strays {
            switch stray.kind {
            case .staging(let upload): uploads.append(upload)
            case .blob(let blob): blobs.append(blob)
            case .spooled, .unknown: break
            }
        }
        let alive = try app.uploads.alive(uploads)
        let known = try app.blobs.known(blobs)
        return strays.filter { stray in
            switch stray.kind {
            case .spooled: true
            case .staging(let upload): !alive.contains(upload)
            case .blob(let blob): !known.contains(blob)
            // Not ours: nothing is said of it, nothing is done to it.
            case .unknown: false
            }
        }
    }
}
