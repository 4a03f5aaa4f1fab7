import Domain
import Postgres
import Synchronization
import Web

/// Which runners called, to be written down by a batch now and then: never a write per call (runner.md 3.2).
final class RunnerCalls: Sendable {
    private struct State {
        var online: [RunnerID: Int64] = [:]
        var active: [RunnerID: Int64] = [:]
        /// When each was last written down, so that a poll every two seconds is written every twenty.
        var writtenOnline: [RunnerID: Int64] = [:]
        var writtenActive: [RunnerID: Int64] = [:]
    }
    private let state = Mutex(State())

    /// - Parameter reports: UpdateTask and UpdateLog, which mean that it works on something.
    func heard(_ runner: RunnerID, reports: Bool) {
        let now = Clock.monotonicMicroseconds()
        state.withLock {
            $0.online[runner] = now
            if reports { $0.active[runner] = now }
        }
    }

    /// Those to be written down now.
    func takeDue() -> (online: [RunnerID], active: [RunnerID]) {
        let now = Clock.monotonicMicroseconds()
        func due(_ heard: inout [RunnerID: Int64], _ written: inout [RunnerID: Int64], every seconds: Int64)
            -> [RunnerID]
        {
            // Long silent runners are forgotten here; the database remembers them.
            written = written.filter { now - $0.value < seconds * 1_000_000 }
            let due = heard.keys.filter { written[$0] == nil }
            for runner in due {
                written[runner] = now
                heard[runner] = nil
            }
            return due
        }
        return state.withLock {
            (
                due(&$0.online, &$0.writtenOnline, every: RunnerHeard.onlineEverySeconds),
                due(&$0.active, &$0.writtenActive, every: RunnerHeard.activeEverySeconds)
            )
        }
    }
}
