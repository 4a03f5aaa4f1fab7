import Glibc
import Synchronization

/// The one LISTEN connection of an instance, on a thread of its own.
///
/// After every (re)connection `onReconnect` runs: notifications sent meanwhile are lost, so whoever waits must look again.
///
/// A connection that is silently dead (a NAT forgot it, the other half was closed, PostgreSQL is frozen) looks like one on
/// which nothing happens. So the listener notifies itself every `beatMilliseconds`, and counts the connection as lost when
/// it has heard nothing of its own for `silenceMilliseconds`.
public final class Listener: Sendable {
    public static let beatMilliseconds: Int64 = 5_000
    public static let silenceMilliseconds: Int64 = 15_000

    private let stopping = Atomic<Bool>(false)
    private let dsn: String
    private let channels: [String]
    private let beatMilliseconds: Int64
    private let silenceMilliseconds: Int64

    public init(
        dsn: String, channels: [String], beatMilliseconds: Int64 = Listener.beatMilliseconds,
        silenceMilliseconds: Int64 = Listener.silenceMilliseconds
    ) {
        self.dsn = dsn
        self.channels = channels
        self.beatMilliseconds = beatMilliseconds
        self.silenceMilliseconds = silenceMilliseconds
    }

    public func stop() { stopping.store(true, ordering: .relaxed) }

    /// Loops until `stop`; reconnects after 100 ms, doubling to 2 s. Run it on its own thread.
    public func run(onReconnect: () -> Void, onNotification: (Notification) -> Void, onLost: (PostgresError) -> Void) {
        var pauseMilliseconds: UInt32 = 100
        while !stopping.load(ordering: .relaxed) {
            do {
                let connection = try Connection(dsn: dsn, answerMilliseconds: ConnectionLimits.connectMilliseconds)
                // Nobody else's, or the beat of another instance would be taken for ours.
                let beat = "millrace_beat_\(String(UInt64.random(in: .min ... .max), radix: 16))"
                for channel in channels + [beat] { try connection.script("listen \(channel)") }
                pauseMilliseconds = 100
                onReconnect()
                try listen(on: connection, beat: beat, onNotification)
            } catch {
                onLost(error)
                usleep(pauseMilliseconds * 1000)
                pauseMilliseconds = min(2000, pauseMilliseconds * 2)
            }
        }
    }

    private func listen(
        on connection: Connection, beat: String, _ onNotification: (Notification) -> Void
    ) throws(PostgresError) {
        var heard = Deadline.now()
        var sent = heard
        while !stopping.load(ordering: .relaxed) {
            let notes = try connection.notifications(waitMilliseconds: 250)
            if notes.contains(where: { $0.channel == beat }) { heard = Deadline.now() }
            let began = Deadline.now()
            for note in notes where note.channel != beat { onNotification(note) }
            // While we act on notes we do not listen: that is no silence of the connection's.
            heard += Deadline.now() - began
            let now = Deadline.now()
            guard now - heard < silenceMilliseconds else {
                throw PostgresError(
                    sqlState: "08006", message: "the listening connection heard nothing for \(now - heard) ms",
                    statement: "listen")
            }
            if now - sent >= beatMilliseconds, try connection.sendBeat(beat) { sent = now }
        }
    }
}
