import Dispatch
import Domain
import Postgres
import Synchronization
import Web

enum ReadinessLimits {
    /// A question is answered within this, whatever PostgreSQL does.
    static let answerMicroseconds: Int64 = 900_000
    /// One probe: to connect, and to be answered.
    static let probeMilliseconds = 700
    /// Questions that wait at once; a probe answers all of them together.
    static let waitingMax = 1_000
}

/// Whether this instance can serve: PostgreSQL answers it now. Asked by `/readyz`.
///
/// A thread with a connection of its own asks PostgreSQL, so an answer needs neither a thread of a lane nor a place in the
/// pool, both of which may be waiting for the very PostgreSQL that hangs.
package final class Readiness: Sendable {
    private struct Question {
        let askedAt: Int64
        let answer: @Sendable (Bool) -> Void
    }
    private struct State {
        var waiting: [Question] = []
        var isStopping = false
    }
    private static let ping = Statement("ready", "select 1")

    private let state = Mutex(State())
    private let rung = DispatchSemaphore(value: 0)
    private let dsn: String

    init(dsn: String) { self.dsn = dsn }

    /// Calls `answer` once, on another thread, with what a probe found that began after this call.
    func ask(_ answer: @escaping @Sendable (Bool) -> Void) {
        let now = Clock.monotonicMicroseconds()
        let isTaken = state.withLock {
            guard !$0.isStopping, $0.waiting.count < ReadinessLimits.waitingMax else { return false }
            $0.waiting.append(Question(askedAt: now, answer: answer))
            return true
        }
        if isTaken { rung.signal() } else { answer(false) }
    }

    /// Tells those no whose probe takes too long; called about ten times a second.
    func expire() {
        let oldest = Clock.monotonicMicroseconds() - ReadinessLimits.answerMicroseconds
        for question in take(where: { $0.askedAt <= oldest }) { question.answer(false) }
    }

    package func stop() {
        state.withLock { $0.isStopping = true }
        rung.signal()
        for question in take(where: { _ in true }) { question.answer(false) }
    }

    /// Probes while somebody asks, until `stop`. Run it on its own thread.
    package func run() {
        var connection: Connection?
        while !state.withLock({ $0.isStopping }) {
            guard state.withLock({ !$0.waiting.isEmpty }) else {
                rung.wait()
                continue
            }
            let began = Clock.monotonicMicroseconds()
            let isUp = Self.probe(&connection, dsn)
            for question in take(where: { $0.askedAt <= began }) { question.answer(isUp) }
        }
    }

    private static func probe(_ connection: inout Connection?, _ dsn: String) -> Bool {
        // A connection that died since the last probe says nothing about PostgreSQL: a new one is asked.
        if let kept = connection {
            connection = nil
            do {
                try kept.run(ping, [])
                connection = kept
                return true
            } catch {
                if error.isOverdue { return false }
            }
        }
        guard
            let fresh = try? Connection(
                dsn: dsn, connectMilliseconds: ReadinessLimits.probeMilliseconds,
                answerMilliseconds: ReadinessLimits.probeMilliseconds),
            (try? fresh.run(ping, [])) != nil
        else { return false }
        connection = fresh
        return true
    }

    private func take(where matches: (Question) -> Bool) -> [Question] {
        state.withLock { state in
            let taken = state.waiting.filter(matches)
            state.waiting.removeAll(where: matches)
            return taken
        }
    }
}
