import Domain
import Glibc
import Logging
import Web

/// swift-log's lines as one JSON object each on stderr: `ts level msg instance`, then the metadata by key (STYLE 5).
///
/// `msg` is a fixed phrase, metadata holds what varies. Tokens, secrets and signed queries stand in neither.
package struct JSONLogHandler: LogHandler {
    package var logLevel = Logger.Level.debug
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let instance: String

    /// - Parameter instance: the name of this process among the instances of a host.
    package init(instance: String) { self.instance = instance }

    /// The program's one logger.
    package static func logger(instance: String) -> Logger {
        Logger(label: "millrace") { _ in
            var handler = JSONLogHandler(instance: instance)
            // Which request, route and caller a line is about.
            handler.metadataProvider = Logger.MetadataProvider {
                RequestContext.current?.all.mapValues { "\($0)" } ?? [:]
            }
            return handler
        }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var facts = metadata
        if let provided = metadataProvider?.get() { facts.merge(provided) { $1 } }
        if let explicit = event.metadata { facts.merge(explicit) { $1 } }
        let now = Clock.nowMicroseconds()
        let time = logTime(seconds: now / 1_000_000, nanoseconds: Int32(now % 1_000_000) * 1000)
        var line =
            #"{"ts":"\#(time)","level":"\#(event.level)","msg":"\#(jsonEscaped("\(event.message)"))","instance":"\#(instance)""#
        for (key, value) in facts.sorted(by: { $0.key < $1.key }) {
            line += #","\#(jsonEscaped(key))":"\#(jsonEscaped("\(value)"))""#
        }
        line += "}\n"
        Self.writeAll(Array(harmlessJSON(line).utf8))
    }

    /// Writes all bytes: a full pipe takes a part of a line at a time, and a signal may come in between.
    package static func writeAll(_ bytes: [UInt8], to descriptor: Int32 = 2) {
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
