import Glibc

/// A moment after which nobody waits any more.
struct Deadline {
    private let at: Int64?

    /// - Parameter milliseconds: from now; nil for never.
    init(milliseconds: Int?) { at = milliseconds.map { Self.now() + Int64($0) } }

    /// Waits until the descriptor can be read or written.
    /// - Returns: false when the time is over.
    func wait(for descriptor: Int32, reading: Bool, writing: Bool? = nil) -> Bool {
        let events = (reading ? POLLIN : 0) | (writing ?? !reading ? POLLOUT : 0)
        while true {
            let left = at.map { $0 - Self.now() } ?? Int64(Int32.max)
            guard left > 0 else { return false }
            var one = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let count = poll(&one, 1, Int32(clamping: left))
            if count > 0 { return true }
            if count < 0, errno != EINTR { return true }  // libpq finds out what it is
        }
    }

    /// Monotonic milliseconds.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
