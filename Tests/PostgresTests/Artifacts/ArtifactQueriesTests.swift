import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Artifacts as they are read")
struct ArtifactQueriesTests {
    private let fixture: ArtifactFixture
    private var queries: ArtifactQueries { fixture.queries }
    private static let run = RunID(1)

    init() throws { fixture = try ArtifactFixture() }

    private func visible(_ protocols: [Int64] = [4], name: String? = nil, id: Int64? = nil) throws -> [String] {
        try queries.visible(in: Self.run, protocols: protocols, name: name, id: id, limit: 100).map(\.name)
    }

    @Test("a job sees what is finished, newest first, by name, by id and by protocol")
    func visibility() throws {
        let dist = try fixture.finish("dist")
        try fixture.finish("logs", seed: 2)
        _ = try fixture.create("pending")
        #expect(try visible() == ["logs", "dist"])
        #expect(try visible(name: "dist") == ["dist"])
        #expect(try visible(name: "Dist") == [])
        #expect(try visible(id: dist.number) == ["dist"])
        #expect(try visible(name: "logs", id: dist.number) == [])
        #expect(try visible([3]) == [])
        #expect(try visible([3, 4]) == ["logs", "dist"])
        #expect(try queries.visible(in: RunID(2), protocols: [4], limit: 100).isEmpty)
        #expect(try queries.visible(in: Self.run, protocols: [4], limit: 1).map(\.name) == ["logs"])
        let view = try #require(try queries.artifact(dist))
        #expect(view.fileName == "dist.zip" && view.bytes == 32 && view.state == .uploaded && view.runNumber == 1)
        #expect(view.job == JobID(1) && view.digest?.hasPrefix("sha256:0101") == true && !view.isBad)
    }

    @Test("what is expired by the clock is expired, though no sweep came by")
    func expired() throws {
        let dist = try fixture.finish("dist")
        try fixture.script("update artifact set expires_at = now() - interval '1 second'")
        #expect(try visible() == [])
        #expect(try queries.artifact(dist)?.state == .expired)
        #expect(try queries.file("dist.zip", of: dist, in: Self.run) == nil)
        #expect(try fixture.states() == [2])
    }

    @Test("of one name in several attempts the newest attempt's is seen")
    func attempts() throws {
        let old = try fixture.finish("dist")
        try fixture.finish("other", seed: 3)
        try fixture.script("update artifact set attempt = 1; update run set latest_attempt = 2")
        try fixture.script(
            """
            insert into attempt (run_id, number, status) values (1, 2, 6);
            update job set attempt_id = 2 where id = 1
            """)
        let runs = RunStore(database: fixture.database, settings: .init(base: "http://localhost"))
        let live = try #require(try TaskStore(database: fixture.database, runs: runs).liveTask(TaskID(1)))
        #expect(live.attempt == 2)
        let name = try ArtifactName("dist")
        let content = try ArtifactContent(name: name, version: 4, mimeType: nil)
        let made = try fixture.artifacts.create(name, content, by: live, asked: .unsaid, now: fixture.now)
        #expect(
            try queries.visible(in: Self.run, protocols: [4], limit: 9).map(\.id).contains(old),
            "while it is not finished")
        guard case .mine(let turn) = try fixture.artifacts.beginAssembly(of: made.artifact, seconds: 60) else { return }
        let file = AssembledFile(upload: made.upload, path: "dist.zip", blob: try fixture.blob(9), bytes: 32)
        _ = try fixture.artifacts.publish(
            [file], of: made.artifact, owner: AccountID(1), repository: RepositoryID(1), assembly: turn)
        #expect(try visible() == ["dist", "other"])
        #expect(try queries.visible(in: Self.run, protocols: [4], name: "dist", limit: 9).map(\.id) == [made.artifact])
    }

    @Test("pages have finished and expired ones, in order of id, and count all of them")
    func pages() throws {
        let ids = try (0..<5).map { try fixture.finish("a\($0)", seed: UInt8($0 + 1)) }
        _ = try fixture.create("pending")
        #expect(try fixture.artifacts.delete(ids[4]))
        try fixture.script("update artifact set status = 4 where name = 'a0'")
        func page(run: RunID? = nil, name: String? = nil, _ part: ListPart) throws -> ([String], Int64) {
            let page = try queries.page(
                of: RepositoryID(1), run: run, name: name, part)
            return (page.artifacts.map(\.name), page.total.rows)
        }
        #expect(try page(ListPart(limit: 2, offset: 0)) == (["a0", "a1"], 4))
        #expect(try page(ListPart(limit: 2, offset: 2)) == (["a2", "a3"], 4))
        #expect(try page(ListPart(limit: 2, offset: 4)) == ([], 4))
        #expect(try page(run: RunID(1), name: "a1", ListPart(limit: 9, offset: 0)) == (["a1"], 1))
        #expect(try page(run: RunID(2), ListPart(limit: 9, offset: 0)) == ([], 0))
        #expect(
            try queries.page(of: RepositoryID(2), run: nil, name: nil, ListPart(limit: 9, offset: 0)).total.rows == 0)
    }

    @Test("files are told by path as bytes, and a bad blob is told as bad")
    func files() throws {
        let dist = try fixture.finish("dist")
        let blob = try #require(try queries.files(of: dist).first?.blob)
        #expect(try queries.files(of: dist).map(\.path) == ["dist.zip"])
        #expect(try queries.file("dist.zip", of: dist, in: Self.run)?.isBad == false)
        #expect(try queries.file("DIST.zip", of: dist, in: Self.run) == nil)
        #expect(try queries.file("dist.zip", of: dist, in: RunID(2)) == nil)
        try fixture.blobs.mark(blob.id, isSound: false)
        #expect(try queries.file("dist.zip", of: dist, in: Self.run)?.isBad == true)
        #expect(try queries.artifact(dist)?.isBad == true)
    }
}
