import CLinux
import DequeModule
import Glibc
import Synchronization

/// A held request: answered once, by whichever thread gets there first.
package struct HeldRequest: Sendable {
    package let request: Request
    package let answer: @Sendable (Response) -> Void
    /// nginx closed the connection: the client is gone.
    package let isGone: @Sendable () -> Bool
    /// Begins an answer that is written piece by piece, in the place of `answer`; nil when the request is answered already, or
    /// came by a lane that has no streams.
    package let stream: @Sendable (Response, HeldStream.Bounds) -> HeldStream?

    package init(
        request: Request, answer: @escaping @Sendable (Response) -> Void, isGone: @escaping @Sendable () -> Bool,
        stream: @escaping @Sendable (Response, HeldStream.Bounds) -> HeldStream? = { _, _ in nil }
    ) {
        self.request = request
        self.answer = answer
        self.isGone = isGone
        self.stream = stream
    }
}

/// Requests that wait: one epoll thread owns every connection, so a parked poll costs a few hundred bytes, not a thread.
///
/// It speaks just enough FastCGI for nginx without `fastcgi_keep_conn`: one request per connection (ADR 0002).
/// `@unchecked Sendable` is true because connections are touched by the epoll thread alone; other threads only
/// append to `outgoing` under its mutex and write to the wake-up descriptor.
package final class PollLane: @unchecked Sendable {
    private final class Peer {
        var reader = RequestReader(bytesMax: LaneLimits.pollBodyBytesMax)
        /// What is not sent yet, and how much of its first part is.
        var sending: Deque<[UInt8]> = []
        var sent = 0
        /// More may follow: the connection stays when all is sent.
        var outlet: Outlet?
        var isEnding = true
        var watchesForRoom = false
        let gone = Gone()
    }
    /// What is to be sent on one connection.
    private struct Outgoing {
        let descriptor: Int32
        let gone: Gone
        let bytes: [UInt8]
        /// Of a stream; nil of an answer.
        var outlet: Outlet?
        /// Nothing follows.
        var isLast = true
        /// What waits for the reader is given up with the connection: there was too much of it.
        var breaksOff = false
    }
    private final class Gone: Sendable { let flag = Atomic<Bool>(false) }

    private let listening: Int32
    private let epoll: Int32
    private let wake: Int32
    private var peers: [Int32: Peer] = [:]
    private let outgoing = Mutex<[Outgoing]>([])
    private let stopping = Atomic<Bool>(false)
    private let handle: @Sendable (HeldRequest) -> Void
    /// What is read goes through here; the epoll thread alone touches it.
    private let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: LaneLimits.pieceBytes, alignment: 1)
    /// Set while no connection is taken, because there were no descriptors for one.
    private var acceptsAgainAt: Int64?

    package init(path: String, handle: @escaping @Sendable (HeldRequest) -> Void) throws {
        listening = try listeningSocket(path, isBlocking: false)
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wake = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        self.handle = handle
        guard epoll >= 0, wake >= 0, watch(listening, EPOLL_CTL_ADD, EPOLLIN.rawValue),
            watch(wake, EPOLL_CTL_ADD, EPOLLIN.rawValue)
        else {
            let why = String(cString: strerror(errno))
            for descriptor in [listening, epoll, wake] where descriptor >= 0 { close(descriptor) }
            throw Failure(.fault, "could not wait for requests on \"\(path)\": \(why)")
        }
    }

    /// Refuses new connections; whoever holds requests must answer them for `run` to return.
    package func stop() {
        stopping.store(true, ordering: .releasing)
        nudge()
    }

    /// The epoll loop; returns after `stop` when every request that had reached the socket is answered.
    package func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        var stopsAt: Int64?
        while true {
            if stopsAt == nil, stopping.load(ordering: .acquiring) {
                // As in WorkLane.stop: what waits in the queue is served, nginx takes the rest to the other instance.
                shutdown(listening, Int32(SHUT_RD))
                epoll_ctl(epoll, EPOLL_CTL_DEL, listening, nil)
                acceptAll()
                stopsAt = Clock.monotonicMicroseconds() + LaneLimits.pollDrainMicroseconds
            }
            if let stopsAt, peers.isEmpty || Clock.monotonicMicroseconds() > stopsAt { break }
            if stopsAt == nil, let at = acceptsAgainAt, Clock.monotonicMicroseconds() >= at {
                acceptsAgainAt = nil
                if !watch(listening, EPOLL_CTL_ADD, EPOLLIN.rawValue) { pauseAccepting() }
            }
            let count = epoll_wait(epoll, &events, 256, acceptsAgainAt == nil ? 500 : 10)
            for index in 0..<max(0, Int(count)) {
                let descriptor = events[index].data.fd
                if descriptor == listening {
                    acceptAll()
                } else if descriptor == wake {
                    var counter: UInt64 = 0
                    _ = read(wake, &counter, 8)
                } else {
                    serve(descriptor, events[index].events)
                }
            }
            flush()
        }
        for descriptor in peers.keys { close(descriptor) }
        close(listening)
        piece.deallocate()
    }

    /// - Returns: false when the kernel watches no more descriptors (fs.epoll.max_user_watches, memory).
    @discardableResult
    private func watch(_ descriptor: Int32, _ operation: Int32, _ mask: UInt32) -> Bool {
        var event = epoll_event()
        event.events = mask
        event.data.fd = descriptor
        return epoll_ctl(epoll, operation, descriptor, &event) == 0
    }

    private func nudge() {
        var one: UInt64 = 1
        _ = write(wake, &one, 8)
    }

    private func acceptAll() {
        while true {
            let descriptor = acceptedConnection(listening, isBlocking: false)
            guard descriptor >= 0 else {
                if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) { pauseAccepting() }
                return
            }
            guard watch(descriptor, EPOLL_CTL_ADD, EPOLLIN.rawValue | EPOLLRDHUP.rawValue) else {
                // Or nobody would ever hear of it again.
                close(descriptor)
                continue
            }
            peers[descriptor] = Peer()
        }
    }

    /// The connection stays in the queue and epoll would tell of it again at once, for a whole core.
    private func pauseAccepting() {
        epoll_ctl(epoll, EPOLL_CTL_DEL, listening, nil)
        acceptsAgainAt = Clock.monotonicMicroseconds() + Int64(LaneLimits.acceptPauseMicroseconds)
    }

    private func serve(_ descriptor: Int32, _ mask: UInt32) {
        guard let peer = peers[descriptor] else { return }
        if mask & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { return drop(descriptor) }
        if mask & EPOLLOUT.rawValue != 0 {
            send(descriptor, peer)
            guard mask & EPOLLIN.rawValue != 0, peers[descriptor] === peer else { return }
        }
        while true {
            let got = read(descriptor, piece.baseAddress, piece.count)
            if got > 0 {
                switch peer.reader.take(UnsafeRawBufferPointer(rebasing: piece[..<got])) {
                case .needsMore: continue
                case .refused: return drop(descriptor)
                case .complete(let parameters, let body, let id):
                    hold(descriptor, peer, Request(parameters: parameters, body: body), id)
                }
            } else if got == 0 {
                // nginx closed: the client left, or nginx gave the request up (runner.md 1.4).
                return drop(descriptor)
            } else {
                return
            }
        }
    }

    private func drop(_ descriptor: Int32) {
        let peer = peers.removeValue(forKey: descriptor)
        peer?.gone.flag.store(true, ordering: .releasing)
        close(descriptor)
        peer?.outlet?.tellOver()
    }

    private func hold(_ descriptor: Int32, _ peer: Peer, _ request: Request, _ id: UInt16) {
        let gone = peer.gone
        let answered = Gone()
        @Sendable func isFirst() -> Bool { !answered.flag.exchange(true, ordering: .acquiringAndReleasing) }
        handle(
            HeldRequest(
                request: request,
                answer: { [self] response in
                    guard isFirst() else { return }
                    let bytes = Record.answer(response.head() + response.body, id: id)
                    push(Outgoing(descriptor: descriptor, gone: gone, bytes: bytes))
                },
                isGone: { gone.flag.load(ordering: .acquiring) },
                stream: { [self] response, bounds in
                    guard isFirst() else { return nil }
                    let outlet = Outlet(bounds)
                    let stream = HeldStream(
                        id: id, outlet: outlet, isGone: { gone.flag.load(ordering: .acquiring) },
                        push: { [self] bytes, isLast, breaksOff in
                            push(
                                Outgoing(
                                    descriptor: descriptor, gone: gone, bytes: bytes, outlet: outlet, isLast: isLast,
                                    breaksOff: breaksOff))
                        })
                    var head = response
                    // Nobody knows its length.
                    head.stream = Response.Stream(length: nil) { _ in }
                    stream.send(StreamPiece(head.head()))
                    return stream
                }))
    }

    private func push(_ piece: Outgoing) {
        let isFirst = outgoing.withLock { queue in
            queue.append(piece)
            return queue.count == 1
        }
        // Whoever found the queue empty has woken the epoll thread, which takes all of it.
        if isFirst { nudge() }
    }

    private func flush() {
        let ready = outgoing.withLock { queue in
            let taken = queue
            queue.removeAll()
            return taken
        }
        var touched: [(Int32, Peer)] = []
        for piece in ready {
            // The number may have been given to another connection meanwhile: `gone` tells them apart.
            guard let peer = peers[piece.descriptor], peer.gone === piece.gone else {
                // It left before anything of its stream was sent.
                piece.outlet?.tellOver()
                continue
            }
            guard !piece.breaksOff else {
                drop(piece.descriptor)
                continue
            }
            if peer.sending.isEmpty { touched.append((piece.descriptor, peer)) }
            peer.sending.append(piece.bytes)
            peer.outlet = piece.outlet
            peer.isEnding = piece.isLast
        }
        for (descriptor, peer) in touched where peers[descriptor] === peer && !peer.watchesForRoom {
            send(descriptor, peer)
        }
    }

    private func send(_ descriptor: Int32, _ peer: Peer) {
        while let bytes = peer.sending.first {
            let wrote = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress?.advanced(by: peer.sent), $0.count - peer.sent, Int32(MSG_NOSIGNAL))
            }
            if wrote < 0 {
                if errno == EINTR { continue }
                guard errno == EAGAIN else { return drop(descriptor) }
                if peer.watchesForRoom { return }
                peer.watchesForRoom = watch(
                    descriptor, EPOLL_CTL_MOD, EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLOUT.rawValue)
                if !peer.watchesForRoom { drop(descriptor) }
                return
            }
            peer.sent += wrote
            peer.outlet?.sent(wrote)
            guard peer.sent == bytes.count else { continue }
            peer.sending.removeFirst()
            peer.sent = 0
        }
        guard !peer.isEnding else { return drop(descriptor) }
        if peer.watchesForRoom {
            peer.watchesForRoom = false
            guard watch(descriptor, EPOLL_CTL_MOD, EPOLLIN.rawValue | EPOLLRDHUP.rawValue) else {
                return drop(descriptor)
            }
        }
        peer.outlet?.bounds.drained()
    }
}
