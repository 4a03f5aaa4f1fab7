import Domain
import Glibc

/// One JSON object a line on stderr. `msg` is a fixed phrase, facts are keys (STYLE 5). Never a token or a secret.
struct Log: Sendable {
    enum Level: String { case error, warning, info, debug }
    let instance: String

    func write(_ level: Level, _ message: String, _ facts: [(String, String)] = []) {
        let now = Clock.nowMicroseconds()
        let time = logTime(seconds: now / 1_000_000, nanoseconds: Int32(now % 1_000_000) * 1000)
        var line =
            #"{"ts":"\#(time)","level":"\#(level.rawValue)","msg":"\#(jsonEscaped(message))","instance":"\#(instance)""#
        for (key, value) in facts { line += #","\#(key)":"\#(jsonEscaped(value))""# }
        line += "}\n"
        Self.writeAll(Array(harmlessJSON(line).utf8))
    }

    /// A full pipe takes a part of a line at a time, and a signal may come in between.
    static func writeAll(_ bytes: [UInt8], to descriptor: Int32 = 2) {
        bytes.withUnsafeBytes { all in
            var written = 0
            while written < all.count {
                let wrote = Glibc.write(descriptor, all.baseAddress?.advanced(by: written), all.count - written)
                if wrote > 0 {
                    written += wrote
                } else if wrote < 0, errno == EAGAIN {
                    // Whoever gave us a descriptor that does not wait reads it some day.
                    var one = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&one, 1, 1000)
                } else if wrote == 0 || errno != EINTR {
                    return
                }
            }
        }
    }
}
