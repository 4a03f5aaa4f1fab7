import Synchronization
import TestSupport
import Testing

@testable import Web

@Suite("A pool of workers")
struct WorkerPoolTests {
    @Test("runs all that it was given, on so many threads at most")
    func all() {
        let pool = WorkerPool(threads: 3)
        let running = Atomic<Int>(0)
        let most = Mutex(0)
        let done = Atomic<Int>(0)
        for _ in 0..<200 {
            pool.run {
                let now = running.add(1, ordering: .acquiringAndReleasing).newValue
                most.withLock { $0 = max($0, now) }
                running.subtract(1, ordering: .acquiringAndReleasing)
                done.add(1, ordering: .acquiringAndReleasing)
            }
        }
        pool.close()
        #expect(done.load(ordering: .acquiring) == 200)
        #expect((1...3).contains(most.withLock { $0 }))
    }

    @Test("works at as many things at once as it has threads, and tells what waits")
    func depth() {
        let pool = WorkerPool(threads: 2)
        let running = Atomic<Int>(0)
        let mayEnd = Atomic<Bool>(false)
        for _ in 0..<5 {
            pool.run {
                running.add(1, ordering: .acquiringAndReleasing)
                _ = becomesTrue { mayEnd.load(ordering: .acquiring) }
            }
        }
        let areBusy = becomesTrue { running.load(ordering: .acquiring) == 2 }
        #expect(areBusy)
        #expect(pool.depth == 3)
        mayEnd.store(true, ordering: .releasing)
        pool.close()
        #expect(pool.depth == 0)
        #expect(running.load(ordering: .acquiring) == 5)
    }

    @Test("one thread does things in the order in which they came")
    func order() {
        let pool = WorkerPool(threads: 1)
        let seen = Seen<Int>()
        for number in 0..<100 { pool.run { seen.add(number) } }
        pool.close()
        #expect(seen.all == Array(0..<100))
    }

    @Test("what is asked for by work, and while it closes, is done as well")
    func whileClosing() {
        let pool = WorkerPool(threads: 1)
        let seen = Seen<Int>()
        pool.run {
            seen.add(1)
            pool.run { seen.add(2) }
        }
        pool.close()
        #expect(seen.all == [1, 2])
    }
}
