import CFCGI
import Glibc
import Synchronization

/// A held request: answered once, by whichever thread gets there first.
struct HeldRequest: Sendable {
    let request: Request
    let answer: @Sendable (Response) -> Void
    /// nginx closed the connection: the client is gone.
    let isGone: @Sendable () -> Bool
}

/// Requests that wait: one epoll thread owns every connection, so a parked poll costs a few hundred bytes, not a thread.
///
/// It speaks just enough FastCGI for nginx without `fastcgi_keep_conn`: one request per connection (ADR 0002).
/// `@unchecked Sendable` is true because connections are touched by the epoll thread alone; other threads only
/// append to `outgoing` under its mutex and write to the wake-up descriptor.
final class PollLane: @unchecked Sendable {
    private final class Peer {
        var incoming: [UInt8] = []
        var params: [UInt8] = []
        var body: [UInt8] = []
        var requestID: UInt16 = 0
        var sending: [UInt8] = []
        var sent = 0
        let gone = Gone()
        var isHeld = false
    }
    private final class Gone: Sendable { let flag = Atomic<Bool>(false) }

    private let listening: Int32
    private let epoll: Int32
    private let wake: Int32
    private var peers: [Int32: Peer] = [:]
    private let outgoing = Mutex<[(Int32, Gone, [UInt8])]>([])
    private let stopping = Atomic<Bool>(false)
    private let handle: @Sendable (HeldRequest) -> Void

    init(path: String, handle: @escaping @Sendable (HeldRequest) -> Void) throws {
        unlink(path)
        let opened = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { target in
            guard path.utf8.count < target.count else { return false }
            target.copyBytes(from: path.utf8)
            return true
        }
        let mask = umask(0o117)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(opened, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        umask(mask)
        guard fits, bound == 0, listen(opened, LaneLimits.backlog) == 0 else {
            throw Failure(.fault, "could not listen on \"\(path)\": \(String(cString: strerror(errno)))")
        }
        listening = opened
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wake = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        self.handle = handle
        watch(listening, EPOLL_CTL_ADD, EPOLLIN.rawValue)
        watch(wake, EPOLL_CTL_ADD, EPOLLIN.rawValue)
    }

    /// Held requests whose answer has not been written.
    func stop() {
        stopping.store(true, ordering: .relaxed)
        nudge()
    }

    /// The epoll loop; returns after `stop` when everything queued has been written.
    func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while true {
            let count = epoll_wait(epoll, &events, 256, 500)
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
            if stopping.load(ordering: .relaxed), peers.values.allSatisfy({ !$0.isHeld && $0.sending.isEmpty }) {
                break
            }
        }
        for descriptor in peers.keys { close(descriptor) }
        close(listening)
    }

    private func watch(_ descriptor: Int32, _ operation: Int32, _ mask: UInt32) {
        var event = epoll_event()
        event.events = mask
        event.data.fd = descriptor
        epoll_ctl(epoll, operation, descriptor, &event)
    }

    private func nudge() {
        var one: UInt64 = 1
        _ = write(wake, &one, 8)
    }

    private func acceptAll() {
        while true {
            let descriptor = accept(listening, nil, nil)
            guard descriptor >= 0 else { return }
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            peers[descriptor] = Peer()
            watch(descriptor, EPOLL_CTL_ADD, EPOLLIN.rawValue | EPOLLRDHUP.rawValue)
        }
    }

    private func serve(_ descriptor: Int32, _ mask: UInt32) {
        guard let peer = peers[descriptor] else { return }
        if mask & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { return drop(descriptor) }
        if mask & EPOLLOUT.rawValue != 0 { return send(descriptor, peer) }
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            let got = read(descriptor, &piece, piece.count)
            if got > 0 {
                peer.incoming += piece.prefix(got)
                guard peer.incoming.count <= LaneLimits.pollBodyBytesMax * 2 else { return drop(descriptor) }
                guard takeRecords(descriptor, peer) else { return drop(descriptor) }
            } else if got == 0 {
                // nginx closed: the client left, or nginx gave the request up (runner.md 1.4).
                return drop(descriptor)
            } else {
                return
            }
        }
    }

    private func drop(_ descriptor: Int32) {
        peers.removeValue(forKey: descriptor)?.gone.flag.store(true, ordering: .releasing)
        close(descriptor)
    }

    /// Takes whole records off the front. False: this is not FastCGI we can serve, or more than the limits.
    private func takeRecords(_ descriptor: Int32, _ peer: Peer) -> Bool {
        while peer.incoming.count >= Record.headerBytes {
            let head = peer.incoming
            let length = Int(head[4]) << 8 | Int(head[5])
            let whole = Record.headerBytes + length + Int(head[6])
            guard head[0] == 1 else { return false }
            guard head.count >= whole else { return true }
            let content = head[Record.headerBytes..<(Record.headerBytes + length)]
            peer.incoming.removeFirst(whole)
            switch head[1] {
            case Record.beginRequest: peer.requestID = UInt16(head[2]) << 8 | UInt16(head[3])
            case Record.abortRequest: return false
            case Record.params:
                peer.params += content
            case Record.stdin:
                peer.body += content
                if length == 0, !peer.isHeld { guard hold(descriptor, peer) else { return false } }
            default: break
            }
            guard peer.params.count <= LaneLimits.pollBodyBytesMax, peer.body.count <= LaneLimits.pollBodyBytesMax
            else {
                return false
            }
        }
        return true
    }

    private func hold(_ descriptor: Int32, _ peer: Peer) -> Bool {
        guard let parameters = Parameters(stream: peer.params) else { return false }
        peer.isHeld = true
        let gone = peer.gone
        let id = peer.requestID
        let answered = Gone()
        handle(
            HeldRequest(
                request: Request(parameters: parameters, body: peer.body),
                answer: { [self] response in
                    guard !answered.flag.exchange(true, ordering: .acquiringAndReleasing) else { return }
                    let bytes = Record.answer(response.head() + response.body, id: id)
                    outgoing.withLock { $0.append((descriptor, gone, bytes)) }
                    nudge()
                },
                isGone: { gone.flag.load(ordering: .acquiring) }))
        peer.params = []
        peer.body = []
        return true
    }

    private func flush() {
        let ready = outgoing.withLock { queue in
            let taken = queue
            queue.removeAll()
            return taken
        }
        for (descriptor, gone, bytes) in ready {
            // The number may have been given to another connection meanwhile: `gone` tells them apart.
            guard let peer = peers[descriptor], peer.gone === gone else { continue }
            peer.sending = bytes
            send(descriptor, peer)
        }
    }

    private func send(_ descriptor: Int32, _ peer: Peer) {
        while peer.sent < peer.sending.count {
            let wrote = peer.sending.withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress?.advanced(by: peer.sent), $0.count - peer.sent, Int32(MSG_NOSIGNAL))
            }
            if wrote < 0 {
                if errno == EAGAIN { return watch(descriptor, EPOLL_CTL_MOD, EPOLLOUT.rawValue) }
                return drop(descriptor)
            }
            peer.sent += wrote
        }
        drop(descriptor)
    }
}
