import Domain
import SwiftProtobuf

extension Instant {
    /// A time as a client said it. The one way from a message to a moment: any 64 bits may stand there.
    package init(wire time: Google_Protobuf_Timestamp) {
        self.init(clientSeconds: time.seconds, nanoseconds: time.nanos)
    }
}
