import Synchronization

/// What threads of a test saw, collected in the order in which they say it.
package final class Seen<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    package init() {}

    package func add(_ value: Value) { values.withLock { $0.append(value) } }
    package var all: [Value] { values.withLock { $0 } }
}
