import CLinux
import Glibc
import Synchronization

enum LaneLimits {
    /// Connections waiting in the socket's queue. With a short one nginx gets EAGAIN under load and answers 502.
    static let backlog: Int32 = 1024
    /// Body bytes of a request that is held in memory; nginx must not allow more (client_max_body_size 64m).
    static let bodyBytesMax = 64 * 1024 * 1024
    /// Body bytes of a request whose handler reads it as a stream (`Router.streamsBody`); nginx must not allow more.
    static let streamedBodyBytesMax = 1024 * 1024 * 1024
    /// Pause when a connection cannot be taken (no descriptors left): trying again at once would take a whole core.
    static let acceptPauseMicroseconds: UInt32 = 10_000
    /// Bytes that are received at once, and bytes of an answer that are collected before they are sent.
    static let pieceBytes = 64 * 1024
    /// Of a request, all together: nginx takes 32 KiB of heads (`large_client_header_buffers`), and adds a few of its own.
    static let parametersBytesMax = 256 * 1024
    /// nginx sends a request that it has whole; whoever says nothing for so long is not nginx.
    static let silenceSeconds = 30
    /// How long a stop waits for polls that are being answered, or whose client reads nothing.
    static let pollDrainMicroseconds: Int64 = 10_000_000
    /// What nginx takes of an answer however slowly its client reads: `fastcgi_max_temp_file_size` of logs. Whatever is
    /// larger may hold a thread for as long as a client likes, and must take a place of `App.streams`.
    static let drainedBytesMax = 1024 * 1024 * 1024
    /// Body bytes of a poll; FetchTask is a few dozen bytes.
    static let pollBodyBytesMax = 64 * 1024
}

/// Short requests: one blocking thread per request being worked on (ADR 0002, 0016).
final class WorkLane: Sendable {
    private let listening: Int32
    private let stopping = Atomic<Bool>(false)
    private let streams: @Sendable (Request) -> Bool
    private let handle: @Sendable (Request) -> Response
    private let streamFailed: @Sendable (any Error) -> Void

    /// - Parameters:
    ///   - path: Unix socket, made with mode 0660; a stale one of a killed process is replaced.
    ///   - streams: whether the handler reads the request's body as a stream; asked before any of it is read.
    ///   - streamFailed: told why a body broke off; the client sees its connection end before the body does.
    init(
        path: String, streams: @escaping @Sendable (Request) -> Bool = { _ in false },
        streamFailed: @escaping @Sendable (any Error) -> Void, handle: @escaping @Sendable (Request) -> Response
    ) throws {
        listening = try listeningSocket(path, isBlocking: true)
        self.streams = streams
        self.handle = handle
        self.streamFailed = streamFailed
    }

    func start(threads: Int) -> [Worker] {
        (0..<max(1, threads)).map { _ in Worker { [self] in accept() } }
    }

    /// Refuses new connections; those that wait in the queue are still served, then the threads end.
    ///
    /// nginx asks the other instance when it is refused, even for a POST, since not a byte was sent.
    func stop() {
        stopping.store(true, ordering: .releasing)
        shutdown(listening, Int32(SHUT_RD))
    }

    /// Threads that outlast this wait for whoever connected and says nothing, or for PostgreSQL.
    static let drainMilliseconds = 10_000

    /// After `stop`. A thread left over is interrupted, which breaks off what it reads.
    static func join(_ threads: [Worker]) {
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

    private func accept() {
        // One a thread rather than one a request: clearing it cost more than reading a small body into it.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: LaneLimits.pieceBytes, alignment: 1)
        defer { buffer.deallocate() }
        while true {
            let descriptor = acceptedConnection(listening, isBlocking: true)
            guard descriptor >= 0 else {
                // EINVAL after shutdown(2), once the queue is empty.
                if stopping.load(ordering: .acquiring) { return }
                if errno != EINTR { usleep(LaneLimits.acceptPauseMicroseconds) }
                continue
            }
            serve(WorkConnection(descriptor, buffer: buffer))
        }
    }

    /// What is no request that nginx would send is closed without a word.
    private func serve(_ connection: WorkConnection) {
        guard let parameters = try? connection.parameters(), let request = read(connection, parameters) else { return }
        let response = handle(request)
        request.stream?.drain()
        if write(response, to: connection) { connection.finish() } else { connection.breakOff() }
    }

    /// - Returns: nil when the body broke off: a part of it must not be taken for the whole.
    private func read(_ connection: WorkConnection, _ parameters: Parameters) -> Request? {
        let announced = parameters["CONTENT_LENGTH"].flatMap { Int($0) }
        var request = Request(parameters: parameters, body: [])
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
