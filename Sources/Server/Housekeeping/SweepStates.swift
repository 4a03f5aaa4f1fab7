import Domain
import Synchronization

/// How the last turn of each sweep of this instance went, for the page of administrators.
package final class SweepStates: Sendable {
    private let states = Mutex<[String: String]>([:])

    /// - Parameter problem: nil: it went well.
    func note(_ sweep: String, _ problem: (any Error)?) {
        let words = problem.map { String(harmlessField("\($0)").prefix(300)) } ?? ""
        states.withLock { $0[sweep] = words }
    }

    var all: [(name: String, problem: String)] {
        states.withLock { $0.sorted { $0.key < $1.key }.map { (name: $0.key, problem: $0.value) } }
    }
}
