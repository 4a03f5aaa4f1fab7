import Domain
import Foundation
import TestSupport
import Testing

@testable import Postgres

@Suite("Logs as they are stored")
struct LogStoreTests {
    private let database: Database
    private let store: LogStore
    private let runners: [Runner]
    private static let task = TaskID(1)
    private static let now = Instant(microseconds: 1_700_000_000_000_000)
    private static let graceSeconds: Int64 = 60
    /// `2023-11-14T22:13:20.0000000Z a\n`
    private static let rowBytes: Int64 = 31

    init() throws {
        let dsn = try PrivatePostgres.databaseWithRun(jobs: 2)
        try Connection(dsn: dsn).script("call start_jobs(1, 2, 6)")
        database = Database(dsn: dsn, size: 8)
        store = LogStore(database: database, settings: .init(graceSeconds: Self.graceSeconds))
        let uuids = try database.read(Statement("uuids", "select uuid from runner order by id")).map { $0.uuid(0) }
        let runnerStore = RunnerStore(database: database)
        runners = try uuids.compactMap { try runnerStore.runner(uuid: $0) }
    }

    private func script(_ sql: String) throws { try Connection(dsn: database.dsn).script(sql) }

    /// One row for each letter.
    private static func rows(_ letters: String) -> LogText {
        var text = LogText()
        for letter in letters { text.append(seconds: 1_700_000_000, nanoseconds: 0, content: String(letter)) }
        return text
    }

    /// The ack. Members are not compressed here, so that they can be read.
    private func append(
        _ letters: String, at index: Int64, noMore: Bool = false, by runner: Int = 0, to store: LogStore? = nil
    ) throws -> Int64 {
        try (store ?? self.store).append(
            Self.rows(letters), to: Self.task, by: runners[runner], index: index, noMore: noMore, now: Self.now
        ) { $0 }.ack
    }

    /// The letters of all rows that are stored.
    private func letters() throws -> String {
        let chunks = try store.chunks(of: Self.task, rows: 0..<1000, bytesMax: 1 << 20)
        let lines = chunks.flatMap { String(decoding: $0.member, as: UTF8.self).utf8.split(separator: 0x0A) }
        return lines.compactMap { $0.last.map { String(UnicodeScalar($0)) } }.joined()
    }

    // MARK: appending

    @Test("rows are acked when they are stored, and rows that come again are stored once")
    func overlap() throws {
        #expect(try append("abc", at: 0) == 3)
        #expect(try append("bcd", at: 1) == 4)
        #expect(try append("ab", at: 0) == 2, "never above what was sent: act_runner panics when it is")
        #expect(try append("xy", at: 9) == 4, "a gap is not stored")
        #expect(try append("", at: 4) == 4)
        #expect(try letters() == "abcd")
        let log = try #require(try store.log(of: Self.task))
        #expect(log.rows == 4 && log.bytes == 4 * Self.rowBytes && log.file == nil)
    }

    @Test("of calls that come at once each row is stored once, in its place")
    func atTheSameTime() throws {
        let failures = Seen<String>()
        atOnce(6) { index in
            do { _ = try append("abcdef", at: 0) } catch { failures.add("\(index): \(error)") }
        }
        #expect(failures.all == [])
        #expect(try letters() == "abcdef")
    }

    @Test("another runner's log is as unknown as one that is none")
    func foreign() throws {
        #expect(throws: LogError.self) { try append("a", at: 0, by: 1) }
        #expect(throws: LogError.self) { try append("", at: 0, by: 1) }
        #expect(throws: LogError.self) {
            try store.append(
                Self.rows("a"), to: TaskID(99), by: runners[0], index: 0, noMore: false, now: Self.now
            ) { $0 }
        }
        #expect(try letters() == "")
    }

    @Test("after the last word rows are taken for the grace, then refused")
    func closed() throws {
        #expect(try append("a", at: 0, noMore: true) == 1)
        #expect(try append("b", at: 1) == 2)
        try script("update task set log_closed_at = now() - interval '\(Self.graceSeconds + 1) seconds' where id = 1")
        #expect(throws: LogError.self) { try append("c", at: 2) }
        #expect(try append("ab", at: 0) == 2, "what is there is acked again")
        #expect(try letters() == "ab")
    }

    @Test("H2: beyond its limit rows are dropped and acked, and one row says so")
    func full() throws {
        let small = LogStore(
            database: database, settings: .init(graceSeconds: 60, taskBytesMax: 3 * Self.rowBytes))
        #expect(try append("ab", at: 0, to: small) == 2)
        #expect(try append("cdef", at: 2, to: small) == 6)
        #expect(try append("g", at: 6, to: small) == 7)
        #expect(try append("fg", at: 5, to: small) == 7)
        let chunks = try store.chunks(of: Self.task, rows: 0..<100, bytesMax: 1 << 20)
        let text = chunks.map { String(decoding: $0.member, as: UTF8.self) }.joined()
        #expect(text.components(separatedBy: "the log ends here: it has 93 bytes").count == 2)
        #expect(text.components(separatedBy: "\n").count == 5)
        #expect(try append("", at: 7, noMore: true, to: small) == 7)
    }

    @Test("a task that ended unheard stays so, whatever comes late")
    func unheard() throws {
        let heard = Statement("heard", "select heard_at is not null from task where id = 1")
        try script("update task set heard_at = null, status = 3, stopped_at = now() where id = 1")
        #expect(try append("", at: 0) == 0)
        #expect(try append("a", at: 0) == 1)
        #expect(try database.readOne(heard).bool(0) == false)
        try script("update task set heard_at = now() where id = 1")
        #expect(try append("b", at: 1) == 2)
        #expect(try database.readOne(heard).bool(0))
    }

    // MARK: reading

    @Test("chunks are read from the one that holds the first row, as many as fit, one at least")
    func reading() throws {
        for (index, letters) in ["abc", "de", "fghi"].enumerated() {
            _ = try append(letters, at: [0, 3, 5][index])
        }
        func firstRows(_ rows: Range<Int64>, bytesMax: Int = 1 << 20) throws -> [Int64] {
            try store.chunks(of: Self.task, rows: rows, bytesMax: bytesMax).map(\.firstRow)
        }
        #expect(try firstRows(0..<9) == [0, 3, 5])
        #expect(try firstRows(0..<3) == [0])
        #expect(try firstRows(2..<4) == [0, 3])
        #expect(try firstRows(4..<5) == [3])
        #expect(try firstRows(8..<9) == [5])
        #expect(try firstRows(0..<9, bytesMax: 1) == [0])
        #expect(try firstRows(0..<9, bytesMax: 4 * Int(Self.rowBytes)) == [0, 3])
        let last = try #require(try store.chunks(of: Self.task, rows: 8..<9, bytesMax: 1).first)
        #expect(last.rowCount == 4 && last.byteOffset == 5 * Self.rowBytes)
    }

    @Test("whether more rows are to be expected is told for many jobs at once")
    func progress() throws {
        _ = try append("ab", at: 0)
        func ended() throws -> [Bool] {
            try store.progress(of: [JobID(1), JobID(2)]).sorted { $0.job.number < $1.job.number }.map(\.hasEnded)
        }
        #expect(try store.progress(of: [JobID(1)]).first?.rows == 2)
        #expect(try ended() == [false, false])
        try script(
            "update job set status = 1, stopped_at = now() where id in (1, 2); update task set status = 1, stopped_at = now()"
        )
        #expect(try ended() == [false, false], "the last rows often come after the last state")
        _ = try append("", at: 2, noMore: true)
        #expect(try ended() == [true, false])
        try script("update task set stopped_at = now() - interval '1 hour', heard_at = null where id = 2")
        #expect(try ended() == [true, true])
    }

    // MARK: sealing

    private func end(_ task: Int64) throws {
        try script(
            "update task set status = 1, stopped_at = now() - interval '1 hour', started_at = now() - interval '2 hours', heard_at = now() - interval '1 hour', log_closed_at = now() - interval '1 hour' where id = \(task)"
        )
    }
    private func file(of claim: SealClaim) -> LogFile {
        LogFile(
            path: "1.gz",
            index: LogIndex(
                rows: claim.rows, bytes: claim.bytes, fileBytes: 9,
                segments: [LogSegment(row: 0, byte: 0, fileOffset: 0)]))
    }

    @Test("a log is taken once it is complete; its file replaces its rows")
    func sealed() throws {
        _ = try append("ab", at: 0)
        #expect(try store.takeToSeal(leaseSeconds: 60) == nil, "its task runs")
        try end(1)
        let claim = try #require(try store.takeToSeal(leaseSeconds: 60))
        #expect(claim.task == Self.task && claim.rows == 2 && claim.bytes == 2 * Self.rowBytes)
        #expect(try store.takeToSeal(leaseSeconds: 60) == nil, "somebody has it")
        #expect(try store.keep(claim, leaseSeconds: 60))
        #expect(try store.record(file(of: claim), for: claim) == .recorded)
        #expect(try store.chunks(of: Self.task, rows: 0..<9, bytesMax: 999).isEmpty)
        let log = try #require(try store.log(of: Self.task))
        #expect(log.file?.path == "1.gz" && log.file?.index.segments.count == 1 && log.rows == 2)
        #expect(try store.record(file(of: claim), for: claim) == .superseded)
        #expect(try append("ab", at: 0) == 2)
        #expect(throws: LogError.self) { try append("c", at: 2) }
    }

    @Test("a log that grew, or was taken over, is not recorded: its rows stay")
    func notRecorded() throws {
        _ = try append("ab", at: 0)
        try end(1)
        let first = try #require(try store.takeToSeal(leaseSeconds: 0))
        let second = try #require(try store.takeToSeal(leaseSeconds: 60))
        #expect(second.attempt == first.attempt + 1)
        #expect(try store.record(file(of: first), for: first) == .superseded)
        #expect(try !store.keep(first, leaseSeconds: 60))
        try script("update task set log_closed_at = now() where id = 1")
        _ = try append("c", at: 2)
        #expect(try store.record(file(of: second), for: second) == .grew)
        #expect(try letters() == "abc")
    }

    @Test("one that cannot be sealed comes again later, or not before a person looked; one given back comes at once")
    func postponed() throws {
        try end(1)
        let first = try #require(try store.takeToSeal(leaseSeconds: 60))
        try store.giveBack(first)
        let second = try #require(try store.takeToSeal(leaseSeconds: 60))
        #expect(try !store.postpone(first, problem: "late", forGood: true), "somebody else has it")
        #expect(try store.postpone(second, problem: "disk", forGood: false))
        let due = Statement(
            "due", "select log_seal_due_at > now(), log_seal_due_at = 'infinity', log_problem from task where id = 1")
        let later = try database.readOne(due)
        #expect(later.bool(0) && !later.bool(1) && later.text(2) == "disk")
        try script("update task set log_seal_due_at = now() where id = 1")
        let third = try #require(try store.takeToSeal(leaseSeconds: 60))
        #expect(try store.postpone(third, problem: "damaged", forGood: true))
        #expect(try database.readOne(due).bool(1))
        #expect(try store.takeToSeal(leaseSeconds: 60) == nil)
    }

    // MARK: expiry

    @Test("files of tasks that stopped long ago are due, once, in order of the tasks")
    func expiry() throws {
        for task in [1, 2] {
            try end(Int64(task))
            let claim = try #require(try store.takeToSeal(leaseSeconds: 60))
            _ = try store.record(
                LogFile(path: nil, index: LogIndex(rows: 0, bytes: 0, fileBytes: 0, segments: [])), for: claim)
        }
        func due(_ seconds: Int64, after: Int64 = 0, limit: Int = 9) throws -> [Int64] {
            try store.expiring(olderThanSeconds: seconds, after: TaskID(after), limit: limit).map(\.task.number)
        }
        #expect(try due(7200) == [])
        #expect(try due(60) == [1, 2])
        #expect(try due(60, after: 1) == [2])
        #expect(try due(60, limit: 1) == [1])
        #expect(try store.markExpired([TaskID(1)]) == 1)
        #expect(try store.markExpired([TaskID(1), TaskID(2)]) == 1)
        #expect(try due(60) == [])
        #expect(try store.log(of: Self.task)?.file?.expiredAt != nil)
    }
}
