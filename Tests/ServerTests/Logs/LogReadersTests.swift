import Domain
import Synchronization
import TestSupport
import Testing

@testable import Postgres
@testable import Server
@testable import Web

@Suite("Readers who wait for rows of a log")
struct LogReadersTests {
    private let readers = LogReaders()
    private let woken = Seen<String>()

    private static func progress(_ job: Int64, task: Int64? = 1, rows: Int64 = 0, hasEnded: Bool = false) -> LogProgress
    {
        LogProgress(job: JobID(job), task: task.map(TaskID.init), rows: rows, hasEnded: hasEnded)
    }
    @discardableResult
    private func park(
        _ name: String, _ seen: LogProgress, from: Int64 = 0, deadline: Int64 = .max,
        isGone: @escaping @Sendable () -> Bool = { false }
    ) -> Bool {
        let woken = woken
        return readers.park(
            LogReaders.Waiter(
                job: seen.job, seen: seen, from: from, deadline: deadline, wake: { woken.add(name) }, isGone: isGone))
    }

    @Test("new rows wake those who wait for them, once")
    func grew() {
        park("behind", Self.progress(1), from: 5)
        park("ahead", Self.progress(1), from: 9)
        park("other task", Self.progress(2, task: 2), from: 0)
        park("no task yet", Self.progress(3, task: nil), from: 0)
        readers.grew(TaskID(1), rows: 5)
        #expect(woken.all == [])
        readers.grew(TaskID(1), rows: 6)
        #expect(woken.all == ["behind"])
        readers.grew(TaskID(1), rows: 7)
        #expect(woken.all == ["behind"])
        readers.grew(TaskID(1), rows: 100)
        #expect(woken.all == ["behind", "ahead"])
    }

    @Test("a look wakes who would see something else: rows, an end, a task, or a job that is gone")
    func look() {
        park("same", Self.progress(1, rows: 3), from: 3)
        park("rows", Self.progress(2, rows: 3), from: 3)
        park("end", Self.progress(3, rows: 3), from: 3)
        park("task", Self.progress(4, task: nil), from: 0)
        park("gone", Self.progress(5), from: 0)
        readers.look([
            Self.progress(1, rows: 3), Self.progress(2, rows: 4), Self.progress(3, rows: 3, hasEnded: true),
            Self.progress(4, task: 8),
        ])
        #expect(Set(woken.all) == ["rows", "end", "task", "gone"])
        #expect(readers.watched() == [JobID(1)])
    }

    @Test("a wait ends at its deadline, and when the client left")
    func expired() {
        let hasLeft = Gate()
        park("over", Self.progress(1), deadline: Clock.monotonicMicroseconds() - 1)
        park("left", Self.progress(1)) { hasLeft.isOpen }
        park("stays", Self.progress(1), deadline: Clock.monotonicMicroseconds() + 3_600_000_000)
        readers.expire()
        #expect(woken.all == ["over"])
        hasLeft.open()
        readers.expire()
        #expect(woken.all == ["over", "left"])
    }
    private final class Gate: Sendable {
        private let flag = Atomic<Bool>(false)
        var isOpen: Bool { flag.load(ordering: .acquiring) }
        func open() { flag.store(true, ordering: .releasing) }
    }

    @Test("a stop wakes all, and takes none after it")
    func stopped() {
        park("a", Self.progress(1))
        park("b", Self.progress(2))
        #expect(!readers.isStopping)
        readers.stop()
        #expect(Set(woken.all) == ["a", "b"])
        #expect(readers.isStopping)
        #expect(!park("late", Self.progress(1)))
        #expect(readers.watched() == [])
    }

    @Test("jobs are watched once however many read, and there is an end to how many do")
    func full() {
        for number in 0..<LiveLimits.readersMax {
            #expect(!readers.isFull)
            park("r", Self.progress(Int64(number % 7)))
        }
        #expect(readers.isFull)
        #expect(readers.watched().count == 7)
        readers.stop()
        #expect(woken.all.count == LiveLimits.readersMax)
        #expect(!readers.isFull)
    }

    @Test("a reader who is woken may wait again from inside of it")
    func again() {
        let (readers, woken) = (readers, woken)
        let seen = Self.progress(1)
        let second = LogReaders.Waiter(
            job: seen.job, seen: seen, from: 10, deadline: .max, wake: { woken.add("second") }, isGone: { false })
        _ = readers.park(
            LogReaders.Waiter(
                job: seen.job, seen: seen, from: 0, deadline: .max,
                wake: {
                    woken.add("first")
                    _ = readers.park(second)
                }, isGone: { false }))
        readers.grew(TaskID(1), rows: 5)
        #expect(woken.all == ["first"])
        readers.grew(TaskID(1), rows: 11)
        #expect(woken.all == ["first", "second"])
    }
}
