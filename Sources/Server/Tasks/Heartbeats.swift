import Crypto
import Domain
import Synchronization

/// What each task's runner said last, so that saying it again costs one statement. A cache: losing it costs a
/// transaction, no more.
final class Heartbeats: Sendable {
    /// Tasks remembered; beyond it all are forgotten, which each pays with one transaction.
    static let tasksMax = 10_000

    struct Said: Sendable {
        package let digest: [UInt8]
        let sentOutputs: [String]
    }
    private let said = Mutex<[TaskID: Said]>([:])

    package static func digest(_ body: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: body)) }

    /// The outputs to list in the answer when the message is the one that was stored last; nil when it is another.
    func repeated(_ task: TaskID, digest: [UInt8]) -> [String]? {
        said.withLock { $0[task].flatMap { $0.digest == digest ? $0.sentOutputs : nil } }
    }
    func remember(_ task: TaskID, _ digest: [UInt8], sentOutputs: [String]) {
        said.withLock {
            if $0.count >= Self.tasksMax { $0.removeAll() }
            $0[task] = Said(digest: digest, sentOutputs: sentOutputs)
        }
    }
    func forget(_ task: TaskID) { said.withLock { _ = $0.removeValue(forKey: task) } }
}
