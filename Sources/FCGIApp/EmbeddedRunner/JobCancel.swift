import Glibc
import Synchronization

/// The wish to end a job early, from the server or from this program's end, and the way to its process.
final class JobCancel: Sendable {
    private struct State {
        var reason: String?
        var child: ChildProcess?
    }
    private let state = Mutex(State())

    /// Why the job was cancelled; nil if it was not.
    var reason: String? { state.withLock { $0.reason } }

    /// Cancels once; repeats change nothing.
    func request(_ reason: String) {
        let child: ChildProcess? = state.withLock {
            guard $0.reason == nil else { return nil }
            $0.reason = reason
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
