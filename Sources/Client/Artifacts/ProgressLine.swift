import Glibc
import Synchronization

/// One line about a transfer: `dist.zip   42 %  450.2 MB of 1.1 GB  92.1 MB/s  7 s left`.
///
/// - Parameters:
///   - before: bytes that were there before it began: part of the share, not of the rate.
///   - total: nil when nobody knows; then there is no percentage and no end in sight.
func progressLine(_ name: String, done: Int64, before: Int64 = 0, total: Int64?, seconds: Double) -> String {
    let rate = seconds > 0 ? Double(max(0, done - before)) / seconds : 0
    let speed = rate > 0 ? "  \(byteText(Int64(rate)))/s" : ""
    guard let total, total > 0 else { return "\(name)  \(byteText(done))\(speed)" }
    let share = min(100, done * 100 / total)
    let percent = String(repeating: " ", count: share < 10 ? 2 : share < 100 ? 1 : 0) + "\(share)"
    let left = rate > 0 && done < total ? "  \(timeText(Double(total - done) / rate)) left" : ""
    return "\(name)  \(percent) %  \(byteText(done)) of \(byteText(total))\(speed)\(left)"
}

/// Bytes for people, in powers of 1000 as disks and networks are sold: `999 B`, `1.0 kB`, `64.5 MB`.
package func byteText(_ bytes: Int64) -> String {
    guard bytes >= 1000 else { return "\(bytes) B" }
    var value = Double(bytes) / 1000
    var units = ["kB", "MB", "GB", "TB"][...]
    while value >= 999.95, units.count > 1 {
        value /= 1000
        units.removeFirst()
    }
    let tenths = Int64((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units.first ?? "")"
}

private func timeText(_ seconds: Double) -> String {
    let whole = Int64(min(seconds, 359_999).rounded(.up))
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole / 60 % 60) min"
}

/// Shows how far a transfer is, on stderr, when that is a terminal.
package final class ProgressMeter: Sendable {
    /// Microseconds between two drawings.
    private static let intervalMicroseconds: Int64 = 100_000

    private struct State {
        var done: Int64 = 0
        var total: Int64?
        var drawnAt = -ProgressMeter.intervalMicroseconds
        var isDrawn = false
    }
    private let name: String
    private let isShown: Bool
    private let begunAt = ContinuousClock.now
    private let before: Int64
    private let state: Mutex<State>

    /// - Parameter done: what was there before.
    package init(_ name: String, done: Int64 = 0, total: Int64?, isShown: Bool = isatty(2) == 1) {
        self.name = name
        self.isShown = isShown
        before = done
        state = Mutex(State(done: done, total: total))
    }

    package func set(done: Int64, total: Int64? = nil) {
        state.withLock {
            $0.done = done
            $0.total = total ?? $0.total
            draw(&$0, isLast: false)
        }
    }

    package func add(_ bytes: Int64) {
        state.withLock {
            $0.done += bytes
            draw(&$0, isLast: false)
        }
    }

    /// Draws once more and goes to a new line.
    package func end() { state.withLock { draw(&$0, isLast: true) } }

    private func draw(_ state: inout State, isLast: Bool) {
        let now = Int64((ContinuousClock.now - begunAt) / .microseconds(1))
        guard isShown, isLast ? state.isDrawn : now - state.drawnAt >= Self.intervalMicroseconds else { return }
        state.drawnAt = now
        state.isDrawn = true
        let line = progressLine(
            name, done: state.done, before: before, total: state.total, seconds: Double(now) / 1e6)
        // To the end of the line is cleared: a shorter text must not leave the rest of a longer one.
        let text = Array("\r\(line)\u{1B}[K\(isLast ? "\n" : "")".utf8)
        _ = write(2, text, text.count)
    }
}
