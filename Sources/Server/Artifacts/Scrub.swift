import Domain
import Postgres
import Web

/// Reads blobs again and compares them with their digests: disks forget, and nobody notices before somebody needs the bytes.
package struct Scrub: Sendable {
    private static let batch = 100

    package struct Finding: Sendable {
        package let blob: Blob
        /// "is missing", "has other bytes".
        package let what: String
        package let artifacts: [String]
    }

    package struct Report: Sendable {
        package var blobs = 0
        package var bytes: Int64 = 0
        package var findings: [Finding] = []
        /// Bytes below storage.dir that no row names: yet to be named, or to be swept within the hour (I7).
        package var unnamedBytes: Int64 = 0
        /// The part of them that should have been swept.
        package var staleBytes: Int64 = 0
    }

    let app: App

    package init(app: App) {
        self.app = app
    }

    /// - Parameters:
    ///   - checkedBefore: blobs that were read since are passed over.
    ///   - progress: bytes read since it was called last.
    package func run(checkedBefore: Instant, progress: (Int64) -> Void) throws -> Report {
        var report = Report()
        var after = BlobID(0)
        while true {
            let page = try app.blobs.due(after: after, checkedBefore: checkedBefore, limit: Self.batch)
            guard let last = page.last else { break }
            for blob in page { try check(blob, &report, progress) }
            after = last.id
        }
        try weigh(&report)
        return report
    }

    private func check(_ blob: Blob, _ report: inout Report, _ progress: (Int64) -> Void) throws {
        var bytes: Int64 = 0
        let digest = try app.storage.digest(of: blob) { piece in
            bytes += Int64(piece)
            progress(Int64(piece))
        }
        report.bytes += bytes
        report.blobs += 1
        // Removed by the sweep since it was listed: its row is gone, or doomed, too.
        if digest == nil, try app.blobs.holders(of: blob.id).isEmpty { return }
        // Before anything is said: from now on nobody is served these bytes.
        try app.blobs.mark(blob.id, isSound: digest == blob.digest)
        guard digest != blob.digest else { return }
        report.findings.append(
            Finding(
                blob: blob, what: digest == nil ? "is missing" : "has other bytes",
                artifacts: try app.blobs.holders(of: blob.id).map {
                    "\($0.repository) artifact \($0.id) \"\($0.name)\""
                }))
    }

    private func weigh(_ report: inout Report) throws {
        let oldest = Clock.nowMicroseconds() / 1_000_000 - 3600
        let garbage = SweepGarbage(app: app, isStopping: { false })
        try garbage.eachUnnamed(olderThan: .max) { stray in
            report.unnamedBytes += stray.bytes
            if stray.changedAt < oldest { report.staleBytes += stray.bytes }
        }
    }
}
