import CFCGI
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
    /// Bytes of a body asked of libfcgi at once; its own buffer is 8 KiB.
    static let pieceBytes = 64 * 1024
    /// How long a stop waits for polls that are being answered, or whose client reads nothing.
    static let pollDrainMicroseconds: Int64 = 10_000_000
    /// What nginx takes of an answer however slowly its client reads: `fastcgi_max_temp_file_size` of logs. Whatever is
    /// larger may hold a thread for as long as a client likes, and must take a place of `App.streams`.
    static let drainedBytesMax = 1024 * 1024 * 1024
    /// Body bytes of a poll; FetchTask is a few dozen bytes.
    static let pollBodyBytesMax = 64 * 1024
}

/// Short requests: libfcgi, one blocking thread per request being worked on (ADR 0002).
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
        FCGX_Init()
        unlink(path)
        let mask = umask(0o117)
        listening = FCGX_OpenSocket(path, LaneLimits.backlog)
        umask(mask)
        guard listening >= 0 else {
            throw Failure(.fault, "could not listen on \"\(path)\": \(String(cString: strerror(errno)))")
        }
        self.streams = streams
        self.handle = handle
        self.streamFailed = streamFailed
    }

    func start(threads: Int) -> [Worker] {
        (0..<max(1, threads)).map { _ in Worker { [self] in accept() } }
    }

    /// Refuses new connections; those that wait in the queue are still served, then the threads end.
    ///
    /// nginx asks the other instance when it is refused, even for a POST, since not a byte was sent. Not
    /// `FCGX_ShutdownPending`: libfcgi 2.4.2's OS_Accept then loops for ever, closing descriptors that may be somebody
    /// else's by now, if a connection broke just before (seen in bench `lanes`).
    func stop() {
        stopping.store(true, ordering: .releasing)
        shutdown(listening, Int32(SHUT_RD))
    }

    /// Threads that outlast this wait for the next request of a kept connection, or for PostgreSQL.
    static let drainMilliseconds = 10_000

    /// After `stop`. A thread left over is interrupted, which breaks off what it reads (`fastcgi_keep_conn on` only).
    static func join(_ threads: [Worker]) {
        let deadline = Clock.monotonicMicroseconds() + Int64(drainMilliseconds) * 1000
        var left = threads.filter {
            !$0.join(withinMilliseconds: Int(max(0, deadline - Clock.monotonicMicroseconds()) / 1000))
        }
        // A signal can fall between libfcgi's last look and read(2): repeat until all are gone.
        while !left.isEmpty {
            for thread in left { thread.interrupt() }
            left = left.filter { !$0.join(withinMilliseconds: 10) }
        }
    }

    /// One request object per thread, never moved: libfcgi keeps pointers into it.
    private func accept() {
        let raw = UnsafeMutablePointer<FCGX_Request>.allocate(capacity: 1)
        raw.initialize(to: FCGX_Request())
        FCGX_InitRequest(raw, listening, Int32(FCGI_FAIL_ACCEPT_ON_INTR))
        defer {
            FCGX_Free(raw, 1)
            raw.deallocate()
        }
        // One a thread rather than one a request: clearing it cost more than reading a small body into it.
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: LaneLimits.pieceBytes, alignment: 1)
        defer { piece.deallocate() }
        while true {
            guard FCGX_Accept_r(raw) >= 0 else {
                // EINVAL after shutdown(2), once the queue is empty.
                if stopping.load(ordering: .acquiring) { return }
                usleep(LaneLimits.acceptPauseMicroseconds)
                continue
            }
            let request = read(raw, through: piece)
            let response = handle(request)
            request.stream?.drain()
            if write(response, to: raw) {
                FCGX_Finish_r(raw)
            } else {
                breakOff(raw)
            }
        }
    }

    /// Ends the connection so that nginx ends the client's without the last chunk.
    ///
    /// Closing alone is not enough: nginx takes the end of the connection for the end of the body, unless
    /// `fastcgi_keep_conn` is on, and when a Content-Length says otherwise leaves the client waiting (seen with 1.22; the
    /// source of 2026 does the same). A record of no known version is an error it cannot overlook.
    private func breakOff(_ raw: UnsafeMutablePointer<FCGX_Request>) {
        // Or the head, still in libfcgi's buffer, would be lost, and nginx answer 502 for it.
        FCGX_FFlush(raw.pointee.out)
        let noRecord = [UInt8](repeating: 0, count: Record.headerBytes)
        _ = send(raw.pointee.ipcFd, noRecord, noRecord.count, Int32(MSG_NOSIGNAL))
        // Not FCGX_Finish_r, which writes FCGI_END_REQUEST.
        FCGX_Free(raw, 1)
    }

    private func read(_ raw: UnsafeMutablePointer<FCGX_Request>, through piece: UnsafeMutableRawBufferPointer)
        -> Request
    {
        let parameters = Parameters(environment: raw.pointee.envp)
        let announced = parameters["CONTENT_LENGTH"].flatMap { Int($0) }
        func next() -> UnsafeRawBufferPointer {
            let got = FCGX_GetStr(
                piece.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(piece.count), raw.pointee.in)
            return UnsafeRawBufferPointer(rebasing: piece[..<max(0, Int(got))])
        }
        var request = Request(parameters: parameters, body: [])
        if streams(request) {
            request.stream = BodyStream(
                announced: announced, bytesMax: LaneLimits.streamedBodyBytesMax, next: next)
            return request
        }
        // Read to the end of FCGI_STDIN; CONTENT_LENGTH is only a promise (runner.md 1.4), good enough to ask for the
        // memory at once: growing by doubling needed three times a large body.
        var body: [UInt8] = []
        body.reserveCapacity(min(LaneLimits.bodyBytesMax, max(0, announced ?? 0)))
        while body.count <= LaneLimits.bodyBytesMax {
            let got = next()
            guard !got.isEmpty else { break }
            body.append(contentsOf: got)
        }
        request.body = body
        return request
    }

    /// - Returns: false when the body broke off and what was written must not look whole.
    private func write(_ response: Response, to raw: UnsafeMutablePointer<FCGX_Request>) -> Bool {
        func put(_ bytes: ArraySlice<UInt8>) -> Bool {
            bytes.withUnsafeBytes {
                FCGX_PutStr($0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count), raw.pointee.out)
            } >= 0
        }
        // When nobody takes what we write, nobody is misled by its end.
        guard put(response.head()[...]) else { return true }
        if let stream = response.stream {
            do {
                try stream.write(put)
            } catch {
                streamFailed(error)
                return false
            }
        } else if !response.body.isEmpty {
            _ = put(response.body[...])
        }
        return true
    }
}
