import CLinux
import Glibc
import Synchronization

package enum LaneLimits {
    /// Connections waiting in the socket's queue. With a short one nginx gets EAGAIN under load and answers 502.
    static let backlog: Int32 = 1024
    /// Body bytes of a request that is held in memory; nginx must not allow more (client_max_body_size 64m).
    package static let bodyBytesMax = 64 * 1024 * 1024
    /// Body bytes of a request whose handler reads it as a stream (`Router.streamsBody`); nginx must not allow more.
    package static let streamedBodyBytesMax = 1024 * 1024 * 1024
    /// Pause when a connection cannot be taken (no descriptors left): trying again at once would take a whole core.
    static let acceptPauseMicroseconds: UInt32 = 10_000
    /// Bytes that are received at once, and bytes of an answer that are collected before they are sent.
    static let pieceBytes = 64 * 1024
    /// Of a request, all together: nginx takes 32 KiB of heads (`large_client_header_buffers`), and adds a few of its own.
    static let parametersBytesMax = 256 * 1024
    /// nginx sends a request that it has whole; whoever says nothing for so long is not nginx.
    static let silenceSeconds = 30
    /// How long nothing may be taken of an answer. nginx takes nothing while its file of `drainedBytesMax` goes out, which is
    /// an hour at 300 KB/s.
    static let untakenSeconds = 3_600
    /// How long a stop waits for polls that are being answered, or whose client reads nothing.
    static let pollDrainMicroseconds: Int64 = 10_000_000
    /// What nginx takes of an answer however slowly its client reads: `fastcgi_max_temp_file_size` of logs. Of whatever is
    /// larger, a client decides how long it holds a thread, up to `untakenSeconds`; it must have a place of `App.streams`.
    static let drainedBytesMax = 1024 * 1024 * 1024
    /// Body bytes of a poll; FetchTask is a few dozen bytes.
    package static let pollBodyBytesMax = 64 * 1024
}

/// Requests of the work lane that take long and need no answer soon: a few threads of their own work them off, and the others
/// wait with a connection and no thread. nginx holds their bodies.
package struct LongRequests: Sendable {
    let threads: Int
    /// Of those that wait.
    let waitingMax: Int
    /// Asked before the body is read.
    package let takes: @Sendable (Request) -> Bool
    /// The answer when too many wait.
    let refusal: @Sendable (Request) -> Response

    package init(
        threads: Int, waitingMax: Int, takes: @escaping @Sendable (Request) -> Bool,
        refusal: @escaping @Sendable (Request) -> Response
    ) {
        self.threads = threads
        self.waitingMax = waitingMax
        self.takes = takes
        self.refusal = refusal
    }
}

/// Short requests: one blocking thread per request being worked on (ADR 0002, 0016).
package final class WorkLane: Sendable {
    private let listening: Int32
    /// When `stop` came; 0 before.
    private let stoppedAt = Atomic<Int64>(0)
    private let streams: @Sendable (Request) -> Bool
    private let handle: @Sendable (Request) -> Response
    private let streamFailed: @Sendable (any Error) -> Void
    private let long: (requests: LongRequests, pool: WorkerPool)?

    /// - Parameters:
    ///   - path: Unix socket, made with mode 0660; a stale one of a killed process is replaced.
    ///   - streams: whether the handler reads the request's body as a stream; asked before any of it is read.
    ///   - streamFailed: told why a body broke off; the client sees its connection end before the body does.
    package init(
        path: String, streams: @escaping @Sendable (Request) -> Bool = { _ in false }, long: LongRequests? = nil,
        streamFailed: @escaping @Sendable (any Error) -> Void, handle: @escaping @Sendable (Request) -> Response
    ) throws {
        listening = try listeningSocket(path, isBlocking: true)
        self.streams = streams
        self.long = long.map { ($0, WorkerPool(threads: $0.threads, name: "long")) }
        self.handle = handle
        self.streamFailed = streamFailed
    }

    package func start(threads: Int) -> [Worker] {
        (0..<max(1, threads)).map { _ in Worker(name: "work") { [self] in accept() } }
    }

    /// Refuses new connections; those that wait in the queue are still served, then the threads end.
    ///
    /// nginx asks the other instance when it is refused, even for a POST, since not a byte was sent.
    package func stop() {
        stoppedAt.store(Clock.monotonicMicroseconds(), ordering: .releasing)
        shutdown(listening, Int32(SHUT_RD))
    }

    /// Threads that outlast this wait for whoever connected and says nothing, or for PostgreSQL.
    static let drainMilliseconds = 10_000

    /// After `stop`. A thread left over is interrupted, which breaks off what it reads.
    package static func join(_ threads: [Worker]) {
        let deadline = Clock.monotonicMicroseconds() + Int64(drainMilliseconds) * 1000
        var left = threads.filter {
            !$0.join(withinMilliseconds: Int(max(0, deadline - Clock.monotonicMicroseconds()) / 1000))
        }
        // A signal can fall before the call that it is to break: repeat until all are gone.
        while !left.isEmpty {
            for thread in left { thread.interrupt() }
            left = left.filter { !$0.join(withinMilliseconds: 10) }
        }
    }

    /// After `join` of the lane's threads. Long requests that still wait by then are closed without an answer: nginx says that
    /// nobody answered, and whoever sent them tries again.
    package func joinLong() { long?.pool.close(join: Self.join) }

    private func accept() {
        // One a thread rather than one a request: clearing it cost more than reading a small body into it.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: LaneLimits.pieceBytes, alignment: 1)
        defer { buffer.deallocate() }
        while true {
            let descriptor = acceptedConnection(listening, isBlocking: true)
            guard descriptor >= 0 else {
                // EINVAL after shutdown(2), once the queue is empty.
                if stoppedAt.load(ordering: .acquiring) != 0 { return }
                if errno != EINTR { usleep(LaneLimits.acceptPauseMicroseconds) }
                continue
            }
            serve(WorkConnection(descriptor, buffer: buffer))
        }
    }

    /// What is no request that nginx would send is closed without a word.
    private func serve(_ connection: WorkConnection) {
        guard let parameters = try? connection.parameters() else { return }
        let request = Request(parameters: parameters, body: [])
        guard let long, long.requests.takes(request) else { return serve(request, connection, by: handle) }
        guard long.pool.depth < long.requests.waitingMax else {
            return serve(request, connection, by: long.requests.refusal)
        }
        let waiting = WaitingRequest(request, connection)
        long.pool.run { [self] in serve(waiting) }
    }

    private func serve(_ waiting: WaitingRequest) {
        let stopped = stoppedAt.load(ordering: .acquiring)
        let isOver = stopped != 0 && Clock.monotonicMicroseconds() - stopped > Int64(Self.drainMilliseconds) * 1000
        guard !isOver else { return }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: LaneLimits.pieceBytes, alignment: 1)
        defer { buffer.deallocate() }
        waiting.connection.goOn(with: waiting.received, buffer: buffer)
        serve(waiting.request, waiting.connection, by: handle)
    }

    private func serve(_ request: Request, _ connection: WorkConnection, by handle: (Request) -> Response) {
        guard let request = read(request, connection) else { return }
        let response = handle(request)
        request.stream?.drain()
        if write(response, to: connection) { connection.finish() } else { connection.breakOff() }
    }

    /// - Returns: nil when the body broke off: a part of it must not be taken for the whole.
    private func read(_ head: Request, _ connection: WorkConnection) -> Request? {
        var request = head
        let announced = head.announcedBytes
        if streams(request) {
            request.stream = BodyStream(
                announced: announced, bytesMax: LaneLimits.streamedBodyBytesMax, next: connection.nextPiece)
            return request
        }
        // Read to the end of FCGI_STDIN; CONTENT_LENGTH is only a promise (runner.md 1.4), good enough to ask for the
        // memory at once: growing by doubling needed three times a large body.
        var body: [UInt8] = []
        body.reserveCapacity(min(LaneLimits.bodyBytesMax, max(0, announced ?? 0)))
        while true {
            let piece = connection.nextPiece()
            guard !piece.isEmpty else { break }
            // What is over is read and forgotten: nginx reads the refusal only after it has sent the body.
            if body.count <= LaneLimits.bodyBytesMax { body.append(contentsOf: piece) }
        }
        guard connection.isBodyOver else { return nil }
        request.body = body
        return request
    }

    /// - Returns: false when the body broke off and what was written must not look whole.
    private func write(_ response: Response, to connection: WorkConnection) -> Bool {
        // When nobody takes what we write, nobody is misled by its end.
        guard connection.write(response.head()) else { return true }
        if let stream = response.stream {
            do {
                try stream.write(connection.write)
            } catch {
                streamFailed(error)
                return false
            }
        } else if !response.body.isEmpty {
            _ = connection.write(response.body)
        }
        return true
    }
}

/// A request on its way from the thread that took it to the one that will answer it.
///
/// `@unchecked Sendable` is true because the first thread lets go of the connection when it has made this.
private final class WaitingRequest: @unchecked Sendable {
    package let request: Request
    let connection: WorkConnection
    let received: [UInt8]

    init(_ request: Request, _ connection: WorkConnection) {
        self.request = request
        self.connection = connection
        received = connection.setAside()
    }
}

extension Request {
    /// Bytes that the body is said to have; nil when that is not said.
    package var announcedBytes: Int? { parameters["CONTENT_LENGTH"].flatMap { Int($0) } }
}
