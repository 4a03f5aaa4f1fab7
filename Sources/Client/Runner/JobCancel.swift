import Glibc
import Synchronization

/// The wish to end a job early, from the server, its time limit or this program's end, and the way to its process.
final class JobCancel: Sendable {
    private struct State {
        package var reason: String?
        var isTimeout = false
        var child: ChildProcess?
    }
    private let state = Mutex(State())

    /// Why the job was cancelled; nil if it was not.
    package var reason: String? { state.withLock { $0.reason } }

    /// The job's own time limit ended it: that is a failure of the job, not somebody's wish.
    var isTimeout: Bool { state.withLock { $0.isTimeout } }

    /// Cancels once; repeats change nothing.
    package func request(_ reason: String, isTimeout: Bool = false) {
        let child: ChildProcess? = state.withLock {
            guard $0.reason == nil else { return nil }
            $0.reason = reason
            $0.isTimeout = isTimeout
            return $0.child
        }
        if let child { end(child) }
    }

    /// Says which process now does the job's work; nil when there is none.
    func attach(_ child: ChildProcess?) {
        let isLate = state.withLock {
            $0.child = child
            return $0.reason != nil
        }
        if isLate, let child { end(child) }
    }

    /// SIGINT, on which act ends the current step and still runs the `always()` ones (SIGTERM drops those: nektos/act
    /// `pkg/common/context.go`); SIGKILL for everything when that takes too long. git ends by SIGINT as well.
    private func end(_ child: ChildProcess) {
        child.signal(SIGINT)
        Task {
            try? await Task.sleep(for: EmbeddedRunnerLimits.cancelGrace)
            if state.withLock({ $0.child === child }) { child.killAll() }
        }
    }
}
