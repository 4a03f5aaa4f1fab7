import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Uploads and their blocks")
struct UploadStoreTests {
    private let fixture: ArtifactFixture
    private var uploads: UploadStore { fixture.uploads }
    private let upload: UploadID
    private static let ids = ["b25l", "dHdv", "dGhyZWU="]

    init() throws {
        fixture = try ArtifactFixture()
        upload = try fixture.create("dist").upload
    }

    /// Names in the staging are 32 hexadecimal digits; one of them tells which.
    private static func file(_ letter: String) -> String { String(repeating: letter, count: 32) }
    private static func letter(_ file: String) -> String { String(file.prefix(1)) }

    private func id(_ number: Int) throws -> BlockID { try BlockID(base64: Self.ids[number]) }
    private func put(_ number: Int, _ file: String, bytes: Int64 = 10) throws -> [String] {
        try uploads.put(try id(number), file: Self.file(file), bytes: bytes, into: upload).files.map(Self.letter)
    }
    private func content() throws -> [String] { try uploads.content(of: upload).map { Self.letter($0.file) } }

    @Test("a block of the same id replaces the one before, whose file is told")
    func replaced() throws {
        #expect(try put(0, "a") == [])
        #expect(try put(1, "b", bytes: 5) == [])
        #expect(try put(0, "c") == ["a"])
        let staged = try uploads.staged(in: upload)
        #expect(staged.blocks == 2 && staged.bytes == 15)
        #expect(try content() == [], "no list names them yet")
    }

    @Test("a list gives the order, and drops what it does not name")
    func lists() throws {
        for (number, file) in ["a", "b", "c"].enumerated() { _ = try put(number, file) }
        #expect(try uploads.commitList([try id(2), try id(0)], of: upload).files.map(Self.letter) == ["b"])
        #expect(try content() == ["c", "a"])
        // "Latest": a block sent again counts in the next list, and the others are still there.
        #expect(try put(0, "d") == [])
        #expect(try uploads.commitList([try id(0), try id(2)], of: upload).files.map(Self.letter) == ["a"])
        #expect(try content() == ["d", "c"])
    }

    @Test("a list with a block that is not there, or is named twice, changes nothing")
    func refusedLists() throws {
        _ = try put(0, "a")
        #expect(throws: BlockProblem.notStaged(place: 2)) { try uploads.commitList([id(0), id(1)], of: upload) }
        #expect(throws: BlockProblem.notStaged(place: 2)) { try uploads.commitList([id(0), id(0)], of: upload) }
        #expect(try content() == [])
        #expect(try uploads.staged(in: upload).blocks == 1)
        #expect(try uploads.commitList([], of: upload).files.map(Self.letter) == ["a"])
    }

    @Test("a single shot is the content, whatever came before")
    func whole() throws {
        _ = try put(0, "a")
        #expect(try uploads.putWhole(Self.file("1"), bytes: 7, into: upload).files.map(Self.letter) == ["a"])
        #expect(try content() == ["1"])
        #expect(try uploads.putWhole(Self.file("2"), bytes: 8, into: upload).files.map(Self.letter) == ["1"])
        #expect(try content() == ["2"])
    }

    @Test("what is appended stands in the order of its coming, at the place that the client thinks")
    func appended() throws {
        #expect(try uploads.append(Self.file("a"), bytes: 10, at: nil, to: upload).offset == 0)
        #expect(try uploads.append(Self.file("b"), bytes: 5, at: 10, to: upload).offset == 10)
        #expect(throws: UploadProblem.appendedElsewhere(length: 15)) {
            try uploads.append(Self.file("c"), bytes: 5, at: 10, to: upload)
        }
        let third = try uploads.append(Self.file("c"), bytes: 1, at: nil, to: upload)
        #expect(third.offset == 15 && third.blocks == 3)
        #expect(try content() == ["a", "b", "c"])
        #expect(throws: UploadProblem.otherMode(.append)) { try uploads.commitList([id(0)], of: upload) }
        #expect(try Set(uploads.beginAppending(to: upload).files.map(Self.letter)) == ["a", "b", "c"])
        #expect(try uploads.append(Self.file("d"), bytes: 1, at: 0, to: upload).offset == 0)
    }

    @Test("nothing is appended to what has a list")
    func mixed() throws {
        _ = try put(0, "a")
        _ = try uploads.commitList([try id(0)], of: upload)
        #expect(throws: UploadProblem.otherMode(.listed)) {
            try uploads.append(Self.file("b"), bytes: 1, at: nil, to: upload)
        }
    }

    @Test("ranges of a file must fit each other; a repeated one takes the place of the first")
    func ranges() throws {
        let item = try ArtifactItemPath("dist/f")
        func chunk(_ range: Range<Int64>, of total: Int64 = 20) throws -> ChunkRange {
            try ChunkRange(contentRange: "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(total)")
        }
        let first = try chunk(0..<10)
        let id = try fixture.artifacts.upload(
            of: item, chunk: first, isGzip: false, by: fixture.tasks[0], asked: .unsaid, now: fixture.now)
        #expect(
            try fixture.artifacts.upload(
                of: item, chunk: first, isGzip: false, by: fixture.tasks[0], asked: .unsaid, now: fixture.now) == id)
        #expect(
            try uploads.put(try chunk(10..<20), file: Self.file("b"), isGzip: false, into: id).files.map(Self.letter)
                == [])
        #expect(try uploads.put(first, file: Self.file("a"), isGzip: false, into: id).files.map(Self.letter) == [])
        #expect(try uploads.put(first, file: Self.file("c"), isGzip: false, into: id).files.map(Self.letter) == ["a"])
        #expect(try uploads.ranges(of: id).map { Self.letter($0.file) } == ["c", "b"])
        #expect(throws: ChunkProblem.self) {
            try uploads.put(try chunk(5..<15), file: Self.file("d"), isGzip: false, into: id)
        }
        #expect(
            Set(try uploads.put(first, file: Self.file("3"), isGzip: true, into: id).files.map(Self.letter)) == [
                "b", "c",
            ], "other bytes altogether")
        let open = try uploads.open(of: try #require(try uploads.upload(id)).artifact, task: fixture.tasks[0].task)
        #expect(open.map(\.path) == [item.path])
    }

    @Test("an upload that is finished or given up takes nothing more, and says which")
    func over() throws {
        _ = try put(0, "a")
        #expect(try uploads.alive([upload, UploadID(99)]) == [upload])
        try fixture.database.transaction { try uploads.finish([upload], in: $0) }
        #expect(throws: UploadProblem.finished) { try put(1, "b") }
        #expect(throws: UploadProblem.finished) { try uploads.putWhole(Self.file("1"), bytes: 1, into: upload) }
        #expect(try uploads.alive([upload]) == [])
        let other = try fixture.create("other").upload
        try fixture.database.transaction { try uploads.close([other], in: $0) }
        #expect(throws: UploadProblem.missing) {
            try uploads.put(try id(0), file: Self.file("a"), bytes: 1, into: other)
        }
        #expect(throws: UploadProblem.missing) {
            try uploads.append(Self.file("a"), bytes: 1, at: nil, to: UploadID(99))
        }
        #expect(try uploads.over(finishedForSeconds: 60, limit: 10) == [other], "a late block is told for a while")
        #expect(try uploads.over(finishedForSeconds: 0, limit: 10).count == 2)
    }

    @Test("only what is over is removed")
    func removed() throws {
        try uploads.delete(upload)
        #expect(try uploads.upload(upload)?.isOpen == true)
        try fixture.database.transaction { try uploads.close([upload], in: $0) }
        try uploads.delete(upload)
        #expect(try uploads.upload(upload) == nil)
    }

    @Test("an upload of a job that has ended is given up when nothing has come for a while")
    func abandoned() throws {
        func isOpen() throws -> Bool { try uploads.upload(upload)?.isOpen == true }
        try fixture.script(
            """
            update artifact set touched_at = now() - interval '1 hour';
            update upload set created_at = now() - interval '1 hour'
            """)
        try uploads.closeAbandoned(idleSeconds: 60, limit: 10)
        #expect(try isOpen(), "its job runs")
        try fixture.script("update task set status = 1, stopped_at = now() - interval '10 minutes' where id = 1")
        try uploads.closeAbandoned(idleSeconds: 3000, limit: 10)
        #expect(try isOpen())
        try uploads.closeAbandoned(idleSeconds: 60, limit: 10)
        #expect(try !isOpen())
    }
}
