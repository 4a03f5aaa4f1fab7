import Domain
import Foundation
import Postgres
import TestSupport

@testable import Postgres

/// The stores of artifacts on a database with one run, two of whose jobs run as tasks 1 and 2 of owner 1.
struct ArtifactFixture {
    let database: Database
    let uploads: UploadStore
    let blobs: BlobStore
    let artifacts: ArtifactStore
    let queries: ArtifactQueries
    let tasks: [LiveTask]

    init(repositoryQuota: Int64? = nil, ownerQuota: Int64? = nil) throws {
        let dsn = try PrivatePostgres.databaseWithRun(jobs: 2)
        try Connection(dsn: dsn).script(
            "call start_jobs(1, 2, 6); update run set status = 6; update attempt set status = 6")
        database = Database(dsn: dsn, size: 8)
        uploads = UploadStore(database: database)
        blobs = BlobStore(database: database)
        queries = ArtifactQueries(database: database)
        artifacts = ArtifactStore(
            database: database, uploads: uploads, blobs: blobs,
            settings: ArtifactSettings(
                repositoryQuota: repositoryQuota, ownerQuota: ownerQuota, samePolicy: .refuse, retentionSeconds: 3600,
                retentionSecondsMax: 7200))
        let store = TaskStore(
            database: database, runs: RunStore(database: database, settings: .init(base: "http://localhost")))
        tasks = try [1, 2].compactMap { try store.liveTask(TaskID($0)) }
    }

    var now: Instant { Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }

    func create(_ name: String, by task: Int = 0) throws -> (artifact: ArtifactID, upload: UploadID) {
        let name = try ArtifactName(name)
        let made = try artifacts.create(
            name, try ArtifactContent(name: name, version: 4, mimeType: nil), by: tasks[task], asked: .unsaid, now: now)
        return (made.artifact, made.upload)
    }

    /// Bytes that differ by `seed`.
    func blob(_ seed: UInt8, bytes: Int64 = 32) throws -> Blob {
        guard let digest = Digest(bytes: Array(repeating: seed, count: 32)), let id = try blobs.reserve(1).first else {
            throw Missing()
        }
        return Blob(id: id, digest: digest, bytes: bytes, isGzip: false)
    }
    struct Missing: Error {}

    @discardableResult
    func finish(_ name: String, seed: UInt8 = 1, bytes: Int64 = 32, by task: Int = 0) throws -> ArtifactID {
        let (artifact, upload) = try create(name, by: task)
        guard case .mine(let assembly) = try artifacts.beginAssembly(of: artifact, seconds: 60) else { throw Missing() }
        let file = AssembledFile(upload: upload, path: "\(name).zip", blob: try blob(seed, bytes: bytes), bytes: bytes)
        _ = try artifacts.publish(
            [file], of: artifact, owner: AccountID(1), repository: RepositoryID(1), assembly: assembly)
        return artifact
    }

    func script(_ sql: String) throws { try Connection(dsn: database.dsn).script(sql) }

    func number(_ sql: String) throws -> Int64 {
        try database.readOne(Statement("number_\(sql.hashValue)", sql)).int(0)
    }

    /// By id: 1 pending, 2 finished, 3 failed, 4 expired, 5 deleting, 6 deleted.
    func states() throws -> [Int64] {
        try database.read(Statement("states", "select status from artifact order by id")).map { $0.int(0) }
    }
}
