import CLinux
import Glibc
import Synchronization

/// A joinable thread with a stack of our choosing; blocking work belongs here, not on Swift's cooperative pool.
///
/// `@unchecked Sendable` is true because `handle` is written once, before the value is shared.
package final class Worker: @unchecked Sendable {
    private final class Body {
        package let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    private final class Ended: Sendable { let flag = Atomic<Bool>(false) }
    private var handle = pthread_t()
    private let ended = Ended()

    /// - Parameters:
    ///   - stackBytes: 1 MiB holds the workflow reader at its depth limit.
    ///   - name: of the thread; Linux keeps 15 bytes.
    package init(stackBytes: Int = 1024 * 1024, name: String = "worker", _ body: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stackBytes)
        pthread_create(
            &handle, &attributes,
            { raw in
                if let raw { Unmanaged<Body>.fromOpaque(raw).takeRetainedValue().run() }
                return nil
            },
            Unmanaged.passRetained(
                Body { [ended] in
                    // A thread of Swift's runtime may have made this one, and those block every signal.
                    var wake = sigset_t()
                    sigemptyset(&wake)
                    sigaddset(&wake, SIGUSR2)
                    pthread_sigmask(SIG_UNBLOCK, &wake, nil)
                    body()
                    ended.flag.store(true, ordering: .releasing)
                }
            ).toOpaque())
        pthread_setname_np(handle, name)
        pthread_attr_destroy(&attributes)
    }

    func interrupt() { pthread_kill(handle, SIGUSR2) }
    package func join() { pthread_join(handle, nil) }
    /// - Returns: true when it ended within the time, looked at once a millisecond.
    package func join(withinMilliseconds milliseconds: Int) -> Bool {
        for _ in 0..<milliseconds where !ended.flag.load(ordering: .acquiring) { usleep(1000) }
        guard ended.flag.load(ordering: .acquiring) else { return false }
        join()
        return true
    }
}

/// Wall clock and monotonic clock, read in one place.
package enum Clock {
    package static func nowMicroseconds() -> Int64 { read(CLOCK_REALTIME) }
    package static func monotonicMicroseconds() -> Int64 { read(CLOCK_MONOTONIC) }
    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
