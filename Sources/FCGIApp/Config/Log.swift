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
        let bytes = Array(line.utf8)
        _ = Glibc.write(2, bytes, bytes.count)
    }
}
