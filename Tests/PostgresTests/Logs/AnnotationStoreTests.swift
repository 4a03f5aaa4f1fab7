import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Annotations as they are stored")
struct AnnotationStoreTests {
    private let database: Database
    private let logs: LogStore
    private let store: AnnotationStore
    private let runner: Runner
    private static let task = TaskID(1)

    init() throws {
        let dsn = try PrivatePostgres.databaseWithRun(jobs: 2)
        try Connection(dsn: dsn).script("call start_jobs(1, 2, 6)")
        database = Database(dsn: dsn, size: 4)
        logs = LogStore(database: database, settings: .init(graceSeconds: 60, taskBytesMax: 10_000))
        store = AnnotationStore(database: database)
        let uuid = try database.readOne(Statement("uuid", "select uuid from runner order by id limit 1"), all: []).uuid(
            0)
        runner = try #require(try RunnerStore(database: database).runner(uuid: uuid))
    }

    /// - Returns: the ack.
    @discardableResult
    private func append(_ rows: [String], at index: Int64, noMore: Bool = false) throws -> Int64 {
        var text = LogText()
        for row in rows { text.append(seconds: 1_700_000_000, nanoseconds: 0, content: row) }
        return try logs.append(
            text, to: Self.task, by: runner, index: index, noMore: noMore, now: Instant(microseconds: 0)
        ) { $0 }.ack
    }

    private func stored() throws -> [PlacedAnnotation] {
        try store.annotations(of: [Self.task], most: 1_000)[Self.task] ?? []
    }

    @Test("they come with the rows that say them, each once, however often rows are sent")
    func once() throws {
        try append(["a", "::error file=x.c,line=3,col=4,title=T::broken", "b"], at: 0)
        // The client did not hear the answer, and sends the same and more.
        try append(["::error file=x.c,line=3,col=4,title=T::broken", "b", "##[warning]odd\u{0}"], at: 1)
        try append(["::notice::see"], at: 4)
        #expect(
            try stored() == [
                PlacedAnnotation(Annotation(.error, "broken", title: "T", file: "x.c", line: 3, column: 4), row: 1),
                PlacedAnnotation(Annotation(.warning, "odd?"), row: 3),
                PlacedAnnotation(Annotation(.notice, "see"), row: 4),
            ])
        #expect(try store.annotations(of: [Self.task], most: 1)[Self.task]?.map(\.row) == [1])
        #expect(try store.annotations(of: [], most: 1).isEmpty)
    }

    @Test("of a call whose transaction fails there are none")
    func gap() throws {
        try append(["a"], at: 0)
        try append(["::error::later"], at: 5)
        #expect(try stored() == [])
    }

    @Test("of one kind as many are kept as the limit says, and others still find room")
    func limit() throws {
        let logs = LogStore(database: database, settings: .init(graceSeconds: 60))
        var index: Int64 = 0
        for _ in 0..<3 {
            var text = LogText()
            for _ in 0..<60 { text.append(seconds: 0, nanoseconds: 0, content: "::warning::w") }
            _ = try logs.append(
                text, to: Self.task, by: runner, index: index, noMore: false, now: Instant(microseconds: 0)
            ) { $0 }
            index += 60
        }
        try append(["::error::e"], at: index)
        let kinds = try stored().map(\.annotation.kind)
        #expect(kinds == [.error] + Array(repeating: .warning, count: AnnotationLimits.keptPerKindMax))
    }

    @Test("rows of a full log, which are not kept, are not annotated")
    func full() throws {
        try append(Array(repeating: String(repeating: "x", count: 900), count: 12), at: 0)
        try append(["::error::lost"], at: 12)
        #expect(try stored() == [])
    }
}
