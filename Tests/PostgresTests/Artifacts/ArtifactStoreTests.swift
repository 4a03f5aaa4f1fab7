import Domain
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Postgres

@Suite("Artifacts, where many meet")
struct ArtifactStoreTests {
    private static let count = Statement(
        "count_of", "select count(*) from artifact where status = $1")
    private static let expireTurn = Statement(
        "turn_over", "update artifact set assembly_until = now() - interval '1 second' where id = $1")
    private static let blocks = Statement("blocks_of", "select count(*) from upload_block where upload_id = $1")
    private static let doomed = Statement("doomed_count", "select count(*) from blob where doomed_at is not null")
    private static let waiting = Statement(
        "waiting",
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
    private static let loosen = Statement("loosen", "insert into blob_loose (blob_id) values ($1)")
    private static let looseLeft = Statement("loose_left", "select count(*) from blob_loose")
    private static let holdBlobs = Statement("hold_blobs", "select id from blob for no key update")
    private static let size: Int64 = 32

    private let database: Database
    /// To look from outside while a transaction of `database` is open.
    private let beside: Database
    private let uploads: UploadStore
    private let blobs: BlobStore
    private let artifacts: ArtifactStore
    /// Two jobs of one run.
    private let tasks: [LiveTask]

    init() throws {
        let dsn = try PrivatePostgres.migratedDatabase()
        let connection = try Connection(dsn: dsn)
        try connection.script(try PrivatePostgres.fixture())
        try connection.script("call make_run(2, 6); call start_jobs(1, 2, 6)")
        database = Database(dsn: dsn, size: 10)
        beside = Database(dsn: dsn, size: 2)
        uploads = UploadStore(database: database)
        blobs = BlobStore(database: database)
        artifacts = ArtifactStore(
            database: database, uploads: uploads, blobs: blobs,
            settings: ArtifactSettings(
                repositoryQuota: nil, ownerQuota: nil, samePolicy: .refuse, retentionSeconds: 3600,
                retentionSecondsMax: 3600))
        let store = TaskStore(
            database: database, runs: RunStore(database: database, settings: .init(base: "http://localhost")))
        tasks = try [1, 2].map { try #require(try store.liveTask(TaskID($0))) }
    }

    private func create(_ name: String, by task: Int = 0) throws -> (artifact: ArtifactID, upload: UploadID) {
        let name = try ArtifactName(name)
        let made = try artifacts.create(
            name, try ArtifactContent(name: name, version: 4, mimeType: nil), by: tasks[task], asked: .unsaid,
            now: Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)))
        return (made.artifact, made.upload)
    }

    private func digest() throws -> Digest { try #require(Digest(bytes: Array(repeating: 7, count: 32))) }

    /// A file of the same bytes, whoever asks, under a number of its own.
    private func file(for upload: UploadID) throws -> AssembledFile {
        let blob = Blob(id: try blobs.reserve(1)[0], digest: try digest(), bytes: Self.size, isGzip: false)
        return AssembledFile(upload: upload, path: "f", blob: blob, bytes: Self.size)
    }

    private func publish(_ file: AssembledFile, of artifact: ArtifactID, assembly: Int64) throws -> [Blob] {
        try artifacts.publish(
            [file], of: artifact, owner: AccountID(1), repository: RepositoryID(1), assembly: assembly)
    }

    private func number(_ statement: Statement, _ value: Value? = nil) throws -> Int64 {
        let rows = try value.map { try beside.read(statement, $0) } ?? beside.read(statement)
        return rows.first?.int(0) ?? 0
    }

    // MARK: Turns

    @Test("of many that begin to assemble one may; the others when its time is over, and then its words count no more")
    func turns() throws {
        let (artifact, upload) = try create("dist")
        let turns = Mutex<[AssemblyTurn]>([])
        atOnce(6) { _ in
            let turn = try? artifacts.beginAssembly(of: artifact, seconds: 60)
            turns.withLock { $0.append(turn ?? .somebodyElses) }
        }
        #expect(turns.withLock { $0.filter { $0 != .somebodyElses } } == [.mine(1)])
        try artifacts.renewAssembly(1, of: artifact, seconds: 60)
        _ = try database.write(Self.expireTurn, .int(artifact.number))
        #expect(try artifacts.beginAssembly(of: artifact, seconds: 60) == .mine(2))
        #expect(throws: AssemblyLost.self) { try artifacts.renewAssembly(1, of: artifact, seconds: 60) }
        #expect(throws: AssemblyLost.self) { try publish(try file(for: upload), of: artifact, assembly: 1) }
        #expect(try number(Self.count, .int(ArtifactState.uploaded.rawValue)) == 0)
        try artifacts.endAssembly(1, of: artifact)
        #expect(try artifacts.beginAssembly(of: artifact, seconds: 60) == .somebodyElses, "it ends its own turn only")
        let whole = try file(for: upload)
        #expect(try publish(whole, of: artifact, assembly: 2) == [])
        #expect(try publish(whole, of: artifact, assembly: 2) == [], "a commit of unknown outcome is repeated")
        #expect(try number(Self.count, .int(ArtifactState.uploaded.rawValue)) == 1)
    }

    @Test("what was deleted meanwhile is not finished")
    func deleted() throws {
        let (artifact, upload) = try create("dist")
        #expect(try artifacts.beginAssembly(of: artifact, seconds: 60) == .mine(1))
        _ = try create("dist")
        #expect(throws: AssemblyLost.self) { try publish(try file(for: upload), of: artifact, assembly: 1) }
        #expect(try artifacts.beginAssembly(of: artifact, seconds: 0) == .somebodyElses)
    }

    // MARK: Names

    @Test("of two jobs that create one name at once, again and again, one has it")
    func namesakes() throws {
        let refusals = Mutex<[any Error]>([])
        let made = Mutex<Set<Int>>([])
        atOnce(8) { index in
            do {
                _ = try create("dist", by: index % 2)
                made.withLock { _ = $0.insert(index % 2) }
            } catch { refusals.withLock { $0.append(error) } }
        }
        let winner = try #require(made.withLock { $0.count == 1 ? $0.first : nil })
        #expect(refusals.withLock { $0.count } == 4)
        let wanted = CreateRefusal.pendingElsewhere(tasks[winner].task)
        #expect(refusals.withLock { $0.allSatisfy { $0 as? CreateRefusal == wanted } })
        #expect(try number(Self.count, .int(ArtifactState.pending.rawValue)) == 1)
    }

    // MARK: Blocks

    @Test("a block that comes while its upload is given up is refused, and not lost in it")
    func blockAndClose() throws {
        let (artifact, upload) = try create("dist")
        let block = try BlockID(base64: "b25l")
        let name = String(repeating: "a", count: 32)
        let outcome = Mutex<Result<DroppedFiles, any Error>?>(nil)
        try database.transaction { tx in
            _ = try uploads.close(of: [artifact], in: tx)
            Thread {
                let result = Result { try uploads.put(block, file: name, bytes: 1, into: upload) }
                outcome.withLock { $0 = result }
            }.start()
            let isMet = try becomesTrue { try number(Self.waiting) > 0 || outcome.withLock { $0 != nil } }
            #expect(isMet)
        }
        let isOver = becomesTrue { outcome.withLock { $0 != nil } }
        #expect(isOver)
        let refused = try #require(outcome.withLock { $0 })
        #expect(throws: UploadProblem.missing) { try refused.get() }
        #expect(try number(Self.blocks, .int(upload.number)) == 0)
    }

    @Test("blocks that come at once do not wait for each other's upload, and one of each id stays")
    func blocksAtOnce() throws {
        let (_, upload) = try create("dist")
        let failures = Mutex(0)
        let ids = try ["b25l", "dHdv"].map { try BlockID(base64: $0) }
        atOnce(8) { index in
            let name = String(repeating: "\(index)", count: 32)
            do { _ = try uploads.put(ids[index % 2], file: name, bytes: 1, into: upload) } catch {
                failures.withLock { $0 += 1 }
            }
        }
        #expect(failures.withLock { $0 } == 0)
        #expect(try number(Self.blocks, .int(upload.number)) == 2)
        #expect(try uploads.commitList(ids, of: upload).files == [])
        #expect(try uploads.content(of: upload).count == 2)
    }

    // MARK: Blobs

    @Test("many that finish with the same bytes at once share one blob")
    func sameBytes() throws {
        let made = try (0..<6).map { try create("dist-\($0)") }
        let files = try made.map { try file(for: $0.upload) }
        let unused = Mutex<[Blob]>([])
        let failures = Mutex(0)
        for (artifact, _) in made { #expect(try artifacts.beginAssembly(of: artifact, seconds: 60) == .mine(1)) }
        atOnce(6) { index in
            do {
                let left = try publish(files[index], of: made[index].artifact, assembly: 1)
                unused.withLock { $0 += left }
            } catch { failures.withLock { $0 += 1 } }
        }
        #expect(failures.withLock { $0 } == 0)
        #expect(unused.withLock { Set($0).count } == 5)
        #expect(try number(Self.count, .int(ArtifactState.uploaded.rawValue)) == 6)
        try blobs.doomUnnamed(limit: 100)
        #expect(try number(Self.doomed) == 0)
    }

    @Test("A15: of two that finish at once, and fit each alone, one is refused")
    func quotaAtOnce() throws {
        let bounded = ArtifactStore(
            database: database, uploads: uploads, blobs: blobs,
            settings: ArtifactSettings(
                repositoryQuota: nil, ownerQuota: 2 * Self.size + 8, samePolicy: .refuse, retentionSeconds: 3600,
                retentionSecondsMax: 3600))
        let made = try (0..<3).map { try create("dist-\($0)") }
        let files = try made.map { try file(for: $0.upload) }
        for (artifact, _) in made { #expect(try artifacts.beginAssembly(of: artifact, seconds: 60) == .mine(1)) }
        _ = try publish(files[0], of: made[0].artifact, assembly: 1)
        let outcomes = Mutex<[Bool]>([])
        // Both have passed whatever they look at before the blob, and wait; neither has committed.
        try database.transaction { tx in
            try tx.run(Self.holdBlobs)
            for index in [1, 2] {
                Thread {
                    let result = Result {
                        try bounded.publish(
                            [files[index]], of: made[index].artifact, owner: AccountID(1),
                            repository: RepositoryID(1), assembly: 1)
                    }
                    outcomes.withLock { $0.append((try? result.get()) != nil) }
                }.start()
            }
            let isMet = try becomesTrue { try number(Self.waiting) >= 2 }
            #expect(isMet)
        }
        let isOver = becomesTrue { outcomes.withLock { $0.count == 2 } }
        #expect(isOver)
        #expect(outcomes.withLock { $0.sorted { !$0 && $1 } } == [false, true])
        #expect(try number(Self.count, .int(ArtifactState.uploaded.rawValue)) == 2)
    }

    @Test("A13: what is deleted lets go of its blob, which the sweep then finds without looking at the others")
    func released() throws {
        let (artifact, upload) = try create("dist")
        #expect(try artifacts.beginAssembly(of: artifact, seconds: 60) == .mine(1))
        let whole = try file(for: upload)
        _ = try publish(whole, of: artifact, assembly: 1)
        #expect(try number(Self.looseLeft) == 0)
        #expect(try artifacts.delete(artifact))
        #expect(try artifacts.releaseBytes(limit: 10) == 1)
        #expect(try artifacts.releaseBytes(limit: 10) == 0, "once")
        #expect(try number(Self.looseLeft) == 1)
        try blobs.doomUnnamed(limit: 100)
        #expect(try blobs.doomed(limit: 100).map(\.id) == [whole.blob.id])
    }

    @Test("a blob that somebody is taking is not doomed; one that is doomed is not taken")
    func keepAndDoom() throws {
        let first = Blob(id: try blobs.reserve(1)[0], digest: try digest(), bytes: Self.size, isGzip: false)
        let second = Blob(id: try blobs.reserve(1)[0], digest: try digest(), bytes: Self.size, isGzip: false)
        let keptFirst = try database.transaction { tx in try blobs.keep(first, of: AccountID(1), in: tx) }
        #expect(keptFirst == first.id)
        try database.transaction { tx in
            #expect(try blobs.keep(second, of: AccountID(1), in: tx) == first.id)
            try beside.write(Self.loosen, .int(first.id.number))
            try BlobStore(database: beside).doomUnnamed(limit: 100)
            #expect(try number(Self.doomed) == 0, "it is held, though no file names it yet")
            #expect(try number(Self.looseLeft) == 1, "and it is looked at again")
        }
        try blobs.doomUnnamed(limit: 100)
        #expect(try blobs.doomed(limit: 100).map(\.id) == [first.id])
        #expect(try number(Self.looseLeft) == 0)
        let keptSecond = try database.transaction { tx in try blobs.keep(second, of: AccountID(1), in: tx) }
        #expect(keptSecond == second.id)
        try blobs.delete(first.id)
        try blobs.delete(second.id)
        #expect(try blobs.known([first.id, second.id]) == [second.id], "only what is doomed is deleted")
    }
}
