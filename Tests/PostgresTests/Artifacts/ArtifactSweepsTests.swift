import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("The ends of artifacts")
struct ArtifactSweepsTests {
    private let fixture: ArtifactFixture
    private var artifacts: ArtifactStore { fixture.artifacts }

    init() throws { fixture = try ArtifactFixture() }

    @Test("a deletion by name takes every attempt's, and tells the newest")
    func byName() throws {
        try fixture.finish("dist")
        try fixture.script("update artifact set attempt = 7")
        let newest = try fixture.finish("dist", seed: 2)
        try fixture.finish("other", seed: 3)
        #expect(try artifacts.delete(named: "dist", of: RunID(2)) == nil)
        #expect(try artifacts.delete(named: "dist", of: RunID(1)) == newest)
        #expect(try fixture.states() == [5, 5, 2])
        #expect(try artifacts.delete(named: "dist", of: RunID(1)) == nil)
    }

    @Test("only what is finished or expired can be deleted, and once")
    func once() throws {
        let dist = try fixture.finish("dist")
        let (pending, _) = try fixture.create("pending")
        #expect(try artifacts.delete(dist))
        #expect(try !artifacts.delete(dist))
        #expect(try !artifacts.delete(pending))
        #expect(try !artifacts.delete(ArtifactID(99)))
        #expect(try fixture.states() == [5, 1])
    }

    @Test("what is due expires, soonest first, as many as asked for")
    func due() throws {
        for index in 1...3 { try fixture.finish("a\(index)", seed: UInt8(index)) }
        try fixture.script("update artifact set expires_at = now() - make_interval(secs => id) where id in (1, 2)")
        #expect(try artifacts.expireDue(limit: 1) == 1)
        #expect(try fixture.states() == [2, 4, 2])
        #expect(try artifacts.expireDue(limit: 10) == 1)
        #expect(try fixture.states() == [4, 4, 2])
        #expect(try artifacts.expireDue(limit: 10) == 0)
    }

    @Test("beyond the newest so many of a name the older expire, where one came")
    func spare() throws {
        for index in 1...4 {
            try fixture.finish("dist", seed: UInt8(index))
            try fixture.script("update artifact set attempt = 100 + id where attempt < 100")
        }
        try fixture.finish("other", seed: 9)
        #expect(try artifacts.expireSpare(keepLast: 0, limit: 100) > 0, "looked at, and all kept")
        #expect(try fixture.states() == [2, 2, 2, 2, 2])
        #expect(try artifacts.expireSpare(keepLast: 2, limit: 100) == 0, "nothing came since")
        try artifacts.noteSpareEverywhere()
        _ = try artifacts.expireSpare(keepLast: 2, limit: 100)
        #expect(try fixture.states() == [4, 4, 2, 2, 2])
        try fixture.script("update repository set artifact_keep_last = 1")
        try artifacts.noteSpareEverywhere()
        _ = try artifacts.expireSpare(keepLast: 2, limit: 100)
        #expect(try fixture.states() == [4, 4, 4, 2, 2], "the repository's own number counts")
    }

    @Test("a pending one is given up when its job is over and nothing was heard, not before")
    func abandoned() throws {
        let (_, upload) = try fixture.create("dist")
        try fixture.script("update artifact set touched_at = now() - interval '1 hour'")
        #expect(try artifacts.abandon(idleSeconds: 600, limit: 10) == 0, "its job runs")
        try fixture.script("update task set status = 1, stopped_at = now() where id = 1")
        #expect(try artifacts.abandon(idleSeconds: 600, limit: 10) == 0, "its job ended a moment ago")
        try fixture.script(
            """
            update task set stopped_at = now() - interval '1 hour' where id = 1;
            update upload set created_at = now() - interval '1 hour'
            """)
        #expect(try artifacts.abandon(idleSeconds: 7200, limit: 10) == 0)
        #expect(try artifacts.abandon(idleSeconds: 600, limit: 10) == 1)
        #expect(try fixture.uploads.upload(upload)?.isClosed == true)
        #expect(try fixture.states() != [1])
    }

    @Test("bytes go once what held them is expired or deleted; a deleted one is then gone")
    func released() throws {
        let (kept, gone) = (try fixture.finish("kept"), try fixture.finish("gone", seed: 2))
        try fixture.finish("late", seed: 3)
        try fixture.script("update artifact set status = 4 where name = 'late'")
        #expect(try artifacts.delete(gone))
        #expect(try artifacts.releaseBytes(limit: 10) == 2)
        #expect(try fixture.states() == [2, 6, 4])
        #expect(try fixture.queries.files(of: kept).count == 1)
        #expect(try fixture.queries.files(of: gone).isEmpty)
        #expect(try artifacts.releaseBytes(limit: 10) == 0)
    }
}
