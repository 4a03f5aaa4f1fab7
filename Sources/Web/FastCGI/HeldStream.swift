import Synchronization

/// A part of a stream, made once for all readers who get it.
package final class StreamPiece: Sendable {
    package let content: [UInt8]
    /// As FastCGI records of request 1, which every request of nginx's is.
    private let records: [UInt8]

    package init(_ content: [UInt8]) {
        self.content = content
        records = Record.stdout(content, id: 1)
    }

    func records(id: UInt16) -> [UInt8] { id == 1 ? records : Record.stdout(content, id: id) }
}

/// An answer that goes on: pieces are sent as they come, by whichever thread has one, and none of them waits for the reader.
package struct HeldStream: Sendable {
    package struct Bounds: Sendable {
        /// Bytes that may wait for the reader; with more the connection is closed.
        package let queuedMax: Int
        /// Called by the epoll thread, which must not wait, when everything is sent.
        package let drained: @Sendable () -> Void
        /// Likewise, when the connection is closed, by whomever.
        package let over: @Sendable () -> Void

        package init(
            queuedMax: Int, drained: @escaping @Sendable () -> Void = {}, over: @escaping @Sendable () -> Void = {}
        ) {
            self.queuedMax = queuedMax
            self.drained = drained
            self.over = over
        }
    }

    let id: UInt16
    let outlet: Outlet
    package let isGone: @Sendable () -> Bool
    let push: @Sendable (_ bytes: [UInt8], _ isLast: Bool, _ breaksOff: Bool) -> Void

    /// Bytes that the reader has not taken.
    package var queued: Int { outlet.queued.load(ordering: .acquiring) }

    /// - Returns: false when the stream is over: it was ended, the reader left, or is slower than its bound allows.
    @discardableResult
    package func send(_ piece: StreamPiece) -> Bool {
        guard !isGone(), !outlet.isOver.load(ordering: .acquiring) else { return false }
        let bytes = piece.records(id: id)
        let queued = outlet.queued.add(bytes.count, ordering: .acquiringAndReleasing).newValue
        guard queued <= outlet.bounds.queuedMax else {
            if !outlet.isOver.exchange(true, ordering: .acquiringAndReleasing) { push([], true, true) }
            return false
        }
        push(bytes, false, false)
        return true
    }

    /// The last words.
    package func end(_ last: StreamPiece) {
        guard !isGone(), !outlet.isOver.exchange(true, ordering: .acquiringAndReleasing) else { return }
        let bytes = last.records(id: id) + Record.end(id: id)
        outlet.queued.add(bytes.count, ordering: .acquiringAndReleasing)
        push(bytes, true, false)
    }
}

/// What a stream's writers and the epoll thread share.
final class Outlet: Sendable {
    let bounds: HeldStream.Bounds
    let queued = Atomic<Int>(0)
    let isOver = Atomic<Bool>(false)
    private let hasToldOver = Atomic<Bool>(false)

    init(_ bounds: HeldStream.Bounds) { self.bounds = bounds }

    /// Once, however often it is called.
    func tellOver() {
        isOver.store(true, ordering: .releasing)
        if !hasToldOver.exchange(true, ordering: .acquiringAndReleasing) { bounds.over() }
    }

    func sent(_ count: Int) { queued.subtract(count, ordering: .acquiringAndReleasing) }
}
