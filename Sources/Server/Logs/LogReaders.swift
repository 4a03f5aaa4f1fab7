import Domain
import Postgres
import Synchronization
import Web

enum LiveLimits {
    /// Readers parked on one instance; each holds two of nginx's connections.
    static let readersMax = 2_000
    /// Bytes of one live answer: what a page can take in at once. A reader that is behind asks again at once.
    static let answerBytesMax = 256 * 1024
    static let answerLinesMax: Int64 = 2_000
    /// How often the logs that somebody watches are looked at for rows that came in through other instances (ADR 0006).
    static let lookMilliseconds: UInt32 = 200
    /// Streams of one person (of nobody: of one address) on one instance: 200 tabs without a worker that shares one, and more.
    static let streamsPerPersonMax = 500
    /// Bytes that may wait for a reader of a stream; with more it is closed, and the client comes back.
    static let streamQueuedBytesMax = 2 * 1024 * 1024
    /// With more than this untaken, a reader gets no further rows until it has taken them.
    static let streamBehindBytes = 256 * 1024
    /// Rows that a reader may be behind; further behind, it gets the last `jumpTailRows` and fetches what it looks at.
    static let jumpRows: Int64 = 10_000
    static let jumpTailRows: Int64 = 1_000
    /// nginx waits 60 s for the next byte (`fastcgi_read_timeout` of /_live/).
    static let heartbeatMicroseconds: Int64 = 15_000_000
    /// How long one stream lasts, and how often it is looked at whether its reader may still see what it is told.
    static let streamMicroseconds: Int64 = 900_000_000
    static let checkMicroseconds: Int64 = 20_000_000
    static let spreadMicroseconds: Int64 = 5_000_000
    /// When a client comes back, at first.
    static let retryMilliseconds = 1_000
    /// When an event that could not be made is made again.
    static let retellMicroseconds: Int64 = 1_000_000
}

/// The readers who wait for rows on this instance. A cache of nothing: a reader that is never woken looks at its deadline.
package final class LogReaders: Sendable {
    struct Waiter: Sendable {
        let job: JobID
        /// What is known of the log now; anything else wakes.
        let seen: LogProgress
        /// Wakes as soon as there are more rows than this.
        let from: Int64
        let deadline: Int64
        let wake: @Sendable () -> Void
        let isGone: @Sendable () -> Bool
    }
    private struct State {
        var waiters: [Int: Waiter] = [:]
        var next = 0
        var isStopping = false
    }
    private let state = Mutex(State())

    var isStopping: Bool { state.withLock { $0.isStopping } }
    var isFull: Bool { state.withLock { $0.waiters.count >= LiveLimits.readersMax } }

    /// False: we are stopping, answer now.
    func park(_ waiter: Waiter) -> Bool {
        state.withLock {
            guard !$0.isStopping else { return false }
            $0.waiters[$0.next] = waiter
            $0.next += 1
            return true
        }
    }

    /// Rows were stored by this instance.
    func grew(_ task: TaskID, rows: Int64) {
        wake { $0.seen.task == task && rows > $0.from }
    }

    /// Rows may have been stored by others: compares what each reader has seen with what is there.
    func look(_ progress: [LogProgress]) {
        let now = Dictionary(progress.map { ($0.job, $0) }, uniquingKeysWith: { first, _ in first })
        // A job that is gone wakes its readers too: they are told that it is missing.
        wake { waiter in now[waiter.job].map { waiter.seen.differs(from: $0, readingFrom: waiter.from) } ?? true }
    }

    /// Ends waits that are over or whose client left.
    func expire() {
        let now = Clock.monotonicMicroseconds()
        wake { $0.deadline <= now || $0.isGone() }
    }

    /// The jobs that somebody watches, each once.
    func watched() -> [JobID] { state.withLock { Array(Set($0.waiters.values.map(\.job))) } }

    package func stop() {
        state.withLock { $0.isStopping = true }
        wake { _ in true }
    }

    private func wake(_ isConcerned: (Waiter) -> Bool) {
        let woken = state.withLock { state in
            let woken = state.waiters.filter { isConcerned($0.value) }
            for key in woken.keys { state.waiters.removeValue(forKey: key) }
            return woken.values.map(\.wake)
        }
        for wake in woken { wake() }
    }
}

extension LogProgress {
    fileprivate func differs(from now: LogProgress, readingFrom from: Int64) -> Bool {
        now.rows > from || now.hasEnded != hasEnded || now.task != task
    }
}
