import Domain
import Logging
import Postgres
import Web

/// Turns logs that are complete into files (runner.md 5.2, docs/adr/0007). Runs on every instance at once.
///
/// Order: take the log for a while, write a file of a new name, make it durable, then one transaction records it and
/// deletes the chunks. Killed anywhere before that commit, the rows are still the log, and whoever takes it next
/// removes the file that was left.
struct SealLogs {
    /// How long a log is left to an instance that says nothing: well inside the minute of I11.
    private static let leaseSeconds: Int64 = 30
    private static let renewMicroseconds: Int64 = 10_000_000
    /// Compressed bytes of chunks fetched by one statement.
    private static let fetchBytesMax = 1024 * 1024

    let app: App
    let isStopping: @Sendable () -> Bool

    /// Seals what is due, one log after the other.
    func sweep() throws {
        while !isStopping(), let claim = try app.logs.takeToSeal(leaseSeconds: Self.leaseSeconds) {
            do {
                try seal(claim)
            } catch is Interrupted {
                try app.logs.giveBack(claim)
            } catch is TakenOver {
                tellTakenOver(claim)
            } catch let defect as LogDefect {
                // Only a person can say what to do with it. It stays readable from its chunks, and stops nothing else.
                try putAside(claim, "log quarantined", "\(defect)", forGood: true)
            } catch let error as PostgresError where error.isUnavailable {
                throw error
            } catch {
                try putAside(claim, "could not seal a log, will try again", "\(error)", forGood: false)
            }
        }
    }

    private struct Interrupted: Error {}
    private struct TakenOver: Error {}

    private func putAside(_ claim: SealClaim, _ message: Logger.Message, _ problem: String, forGood: Bool) throws {
        guard try app.logs.postpone(claim, problem: problem, forGood: forGood) else { return tellTakenOver(claim) }
        app.log.error(message, metadata: ["task_id": "\(claim.task)", "err": "\(problem)"])
    }

    private func tellTakenOver(_ claim: SealClaim) {
        app.log.debug("log not sealed: it grew or was taken over", metadata: ["task_id": "\(claim.task)"])
    }

    private func seal(_ claim: SealClaim) throws {
        // Files of takers that were killed: none of them can be recorded any more.
        for attempt in 1..<claim.attempt { try app.logFiles.remove(LogFiles.path(of: claim.task, attempt: attempt)) }
        let path = claim.rows > 0 ? LogFiles.path(of: claim.task, attempt: claim.attempt) : nil
        do {
            let index = try path.map { try write($0, claim) } ?? LogIndex(rows: 0, bytes: 0, fileBytes: 0, segments: [])
            switch try app.logs.record(LogFile(path: path, index: index), for: claim) {
            case .recorded:
                app.log.debug("log sealed", metadata: ["task_id": "\(claim.task)", "rows": "\(index.rows)"])
            case .grew, .superseded:
                // Rows came in the last moment, or we were too slow: it is sealed anew, by whoever takes it.
                try path.map(app.logFiles.remove)
                try app.logs.giveBack(claim)
                tellTakenOver(claim)
            }
        } catch {
            // An error of the commit itself leaves its outcome unknown: only a file that is not the log may go.
            if let path, try app.logs.log(of: claim.task)?.file?.path != path { try app.logFiles.remove(path) }
            throw error
        }
    }

    private func write(_ path: String, _ claim: SealClaim) throws -> LogIndex {
        let writer = try SealedLogWriter(app.logFiles, path: path)
        var assembly = LogAssembly()
        var renewed = Clock.monotonicMicroseconds()
        func keepLease() throws {
            if isStopping() { throw Interrupted() }
            let now = Clock.monotonicMicroseconds()
            guard now - renewed > Self.renewMicroseconds else { return }
            guard try app.logs.keep(claim, leaseSeconds: Self.leaseSeconds) else { throw TakenOver() }
            renewed = now
        }
        while assembly.rows < claim.rows {
            let chunks = try app.logs.chunks(
                of: claim.task, rows: assembly.rows..<claim.rows, bytesMax: Self.fetchBytesMax)
            guard !chunks.isEmpty else { break }
            for chunk in chunks {
                try keepLease()
                let lines: [UInt8]
                do {
                    lines = try Gzip.decompress(chunk.member, bytesMax: LogLimits.chunkTextBytesMax)
                } catch { throw LogDefect.unreadable(row: chunk.firstRow) }
                try writer.write(
                    lines,
                    try assembly.take(
                        lines, firstRow: chunk.firstRow, rowCount: chunk.rowCount, byteOffset: chunk.byteOffset))
            }
        }
        try assembly.check(rows: claim.rows, bytes: claim.bytes)
        let index = try writer.finish(rows: assembly.rows, bytes: assembly.bytes)
        try app.logFiles.syncShard(of: path)
        // The chunks go for good when this file is recorded.
        try SealedLogCheck(files: app.logFiles, path: path, index: index, keepLease: keepLease).run()
        return index
    }
}
