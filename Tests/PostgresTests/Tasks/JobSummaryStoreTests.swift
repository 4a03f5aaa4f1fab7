import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Summaries of jobs")
struct JobSummaryStoreTests {
    private let fixture: RunFixture
    private let store: JobSummaryStore
    private let runner: Runner
    private let task: TaskID

    init() throws {
        fixture = try RunFixture()
        store = JobSummaryStore(database: fixture.database)
        runner = try fixture.runner("r")
        try fixture.plan([RunFixture.job("a", steps: ["one", "two"])])
        task = try #require(try fixture.claim(runner).first?.assignment.task)
    }

    private func shown(bytesMax: Int = 100) throws -> [String] {
        try store.summaries(of: task, bytesMax: bytesMax).map {
            "\($0.step) \(String(decoding: $0.content, as: UTF8.self)) \($0.byteCount)"
        }
    }

    @Test("are kept one for each step and one for the job, the job's first; a new one replaces, an empty one clears")
    func kept() throws {
        #expect(try store.summarized(among: [task]) == [])
        #expect(try store.put(Array("b".utf8), at: .step(1), of: task) == .store)
        #expect(try store.put(Array("job".utf8), at: .job, of: task) == .store)
        #expect(try store.put(Array("a".utf8), at: .step(0), of: task) == .store)
        #expect(try shown() == [" job 3", "one a 1", "two b 1"])
        #expect(try store.put(Array("again".utf8), at: .step(1), of: task) == .store)
        #expect(try store.put([], at: .step(0), of: task) == .clear)
        #expect(try shown() == [" job 3", "two again 5"])
        #expect(try shown(bytesMax: 2) == [" jo 3", "two ag 5"])
        #expect(try store.summarized(among: [task, TaskID(99)]) == [task])
    }

    @Test("of a step that the job has not, or too much in all, are refused; what was there stays")
    func refused() throws {
        #expect(throws: SummaryRefusal.unknownStep(2)) { try store.put([1], at: .step(2), of: task) }
        let most = JobSummaryLimits.taskBytesMax
        #expect(try store.put(Array(repeating: 1, count: most - 10), at: .step(0), of: task) == .store)
        #expect(throws: SummaryRefusal.taskIsFull(byteCount: most + 1)) {
            try store.put(Array(repeating: 1, count: 11), at: .step(1), of: task)
        }
        #expect(
            try store.put(Array(repeating: 1, count: most), at: .step(0), of: task) == .store,
            "its own bytes do not count")
        #expect(try store.summaries(of: task, bytesMax: 1).map(\.byteCount) == [Int64(most)])
    }

    @Test("of two that come at once and fit alone, one is refused")
    func room() throws {
        let half = JobSummaryLimits.taskBytesMax / 2 + 1
        let seen = Seen<Bool>()
        atOnce(2) { index in
            seen.add((try? store.put(Array(repeating: 1, count: half), at: .step(Int64(index)), of: task)) != nil)
        }
        #expect(seen.all.filter { $0 }.count == 1)
    }

    @Test("none comes after the job's end")
    func late() throws {
        try fixture.report(task, by: runner, .success)
        #expect(try store.put([1], at: .job, of: task) == nil)
        #expect(try shown() == [])
    }
}
