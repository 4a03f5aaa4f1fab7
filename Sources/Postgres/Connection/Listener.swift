import Glibc
import Synchronization

/// The one LISTEN connection of an instance, on a thread of its own.
///
/// After every (re)connection `onReconnect` runs: notifications sent meanwhile are lost, so whoever waits must look again.
public final class Listener: Sendable {
    private let stopping = Atomic<Bool>(false)
    private let dsn: String
    private let channels: [String]

    public init(dsn: String, channels: [String]) {
        self.dsn = dsn
        self.channels = channels
    }

    public func stop() { stopping.store(true, ordering: .relaxed) }

    /// Loops until `stop`; reconnects after 100 ms, doubling to 2 s. Run it on its own thread.
    public func run(onReconnect: () -> Void, onNotification: (Notification) -> Void, onLost: (PostgresError) -> Void) {
        var pauseMilliseconds: UInt32 = 100
        while !stopping.load(ordering: .relaxed) {
            do {
                let connection = try Connection(dsn: dsn)
                for channel in channels { try connection.script("listen \(channel)") }
                pauseMilliseconds = 100
                onReconnect()
                while !stopping.load(ordering: .relaxed) {
                    for note in try connection.notifications(waitMilliseconds: 250) { onNotification(note) }
                }
            } catch {
                onLost(error)
                usleep(pauseMilliseconds * 1000)
                pauseMilliseconds = min(2000, pauseMilliseconds * 2)
            }
        }
    }
}
