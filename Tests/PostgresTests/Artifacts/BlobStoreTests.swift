import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Stored content of artifacts")
struct BlobStoreTests {
    private let fixture: ArtifactFixture
    private var blobs: BlobStore { fixture.blobs }

    init() throws { fixture = try ArtifactFixture() }

    private func keep(_ blob: Blob, of owner: Int64 = 1) throws -> BlobID {
        try fixture.database.transaction { try blobs.keep(blob, of: AccountID(owner), in: $0) }
    }

    @Test("numbers are never given twice")
    func reserved() throws {
        let numbers = Seen<[BlobID]>()
        atOnce(6) { _ in if let found = try? blobs.reserve(5) { numbers.add(found) } }
        #expect(Set(numbers.all.flatMap { $0 }).count == 30)
    }

    @Test("the same bytes of one owner are stored once, of two owners twice, compressed for themselves")
    func shared() throws {
        try fixture.script("insert into account (name) values ('other')")
        let (first, second) = (try fixture.blob(1), try fixture.blob(1))
        #expect(try keep(first) == first.id)
        #expect(try keep(second) == first.id)
        #expect(try keep(second, of: 2) == second.id, "nobody learns what another one stores")
        let third = try fixture.blob(1)
        let gzip = Blob(id: third.id, digest: third.digest, bytes: 20, isGzip: true)
        #expect(try keep(gzip) == gzip.id)
        #expect(try blobs.totalBytes() == 32 + 32 + 20)
        #expect(try blobs.known([first.id, gzip.id, BlobID(999)]) == [first.id, gzip.id])
    }

    @Test("a damaged one is not shared any more, unless its bytes came back first")
    func damaged() throws {
        let (first, second) = (try fixture.blob(1), try fixture.blob(1))
        _ = try keep(first)
        try blobs.mark(first.id, isSound: false)
        #expect(try fixture.number("select count(*) from blob where bad_at is not null") == 1)
        try blobs.mark(first.id, isSound: true)
        #expect(try keep(second) == first.id, "a backup was put back")
        try blobs.mark(first.id, isSound: false)
        #expect(try keep(second) == second.id)
        try blobs.mark(first.id, isSound: true)
        #expect(
            try fixture.number("select count(*) from blob where bad_at is not null") == 1, "its bytes are there anew")
    }

    @Test("what a file names is not doomed; what none names is, and goes once its bytes are gone")
    func doomed() throws {
        let dist = try fixture.finish("dist")
        let blob = try #require(try fixture.queries.files(of: dist).first?.blob)
        try fixture.script("insert into blob_loose (blob_id) values (\(blob.id.number))")
        #expect(try blobs.doomUnnamed(limit: 100) == 1)
        #expect(try blobs.doomed(limit: 10) == [])
        try blobs.delete(blob.id)
        #expect(try blobs.known([blob.id]) == [blob.id], "only what is doomed is deleted")
        #expect(try fixture.artifacts.delete(dist))
        _ = try fixture.artifacts.releaseBytes(limit: 10)
        try blobs.doomUnnamed(limit: 100)
        #expect(try blobs.doomed(limit: 10) == [blob])
        #expect(try blobs.totalBytes() == 0)
        try blobs.delete(blob.id)
        #expect(try blobs.known([blob.id]) == [])
    }

    @Test("those are due to be read again that were not read since, by number")
    func due() throws {
        let kept = try (1...3).map { seed in
            let blob = try fixture.blob(UInt8(seed))
            return try keep(blob)
        }
        try blobs.mark(kept[1], isSound: true)
        let past = fixture.now.adding(seconds: -60)
        #expect(try blobs.due(after: BlobID(0), checkedBefore: past, limit: 9).map(\.id) == [kept[0], kept[2]])
        #expect(try blobs.due(after: kept[0], checkedBefore: past, limit: 9).map(\.id) == [kept[2]])
        #expect(try blobs.due(after: BlobID(0), checkedBefore: past, limit: 1).map(\.id) == [kept[0]])
        let future = fixture.now.adding(seconds: 60)
        #expect(try blobs.due(after: BlobID(0), checkedBefore: future, limit: 9).map(\.id) == kept)
    }

    @Test("who loses by a damaged one is told")
    func holders() throws {
        let first = try fixture.finish("dist")
        let second = try fixture.finish("copy")
        let blob = try #require(try fixture.queries.files(of: first).first?.blob)
        let holders = try blobs.holders(of: blob.id)
        #expect(holders.map(\.id) == [first, second])
        #expect(holders.map(\.name) == ["dist", "copy"])
        #expect(holders.map(\.repository) == ["octo/hello", "octo/hello"])
    }
}
