import CFCGI
import Glibc
import Synchronization

enum LaneLimits {
    /// Connections waiting in the socket's queue. With a short one nginx gets EAGAIN under load and answers 502.
    static let backlog: Int32 = 1024
    /// Body bytes of any request to the work lane; nginx/snippets must not allow more (client_max_body_size 64m).
    static let bodyBytesMax = 64 * 1024 * 1024
    /// Body bytes of a poll; FetchTask is a few dozen bytes.
    static let pollBodyBytesMax = 64 * 1024
}

/// Short requests: libfcgi, one blocking thread per request being worked on (ADR 0002).
final class WorkLane: Sendable {
    private let listening: Int32
    private let stopping = Atomic<Bool>(false)
    private let handle: @Sendable (Request) -> Response
    private let streamFailed: @Sendable (any Error) -> Void

    /// - Parameters:
    ///   - path: Unix socket, made with mode 0660; a stale one of a killed process is replaced.
    ///   - streamFailed: told why a body broke off; the client sees that it is shorter than its Content-Length.
    init(
        path: String, streamFailed: @escaping @Sendable (any Error) -> Void,
        handle: @escaping @Sendable (Request) -> Response
    ) throws {
        FCGX_Init()
        unlink(path)
        let mask = umask(0o117)
        listening = FCGX_OpenSocket(path, LaneLimits.backlog)
        umask(mask)
        guard listening >= 0 else {
            throw Failure(.fault, "could not listen on \"\(path)\": \(String(cString: strerror(errno)))")
        }
        self.handle = handle
        self.streamFailed = streamFailed
    }

    func start(threads: Int) -> [Worker] {
        (0..<max(1, threads)).map { _ in Worker { [self] in accept() } }
    }

    func stop() {
        stopping.store(true, ordering: .relaxed)
        FCGX_ShutdownPending()
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
        while !stopping.load(ordering: .relaxed) {
            guard FCGX_Accept_r(raw) >= 0 else { continue }
            write(handle(read(raw)), to: raw)
            FCGX_Finish_r(raw)
        }
    }

    private func read(_ raw: UnsafeMutablePointer<FCGX_Request>) -> Request {
        var parameters: [String: String] = [:]
        var at = raw.pointee.envp
        while let entry = at?.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                parameters[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            at = at?.advanced(by: 1)
        }
        // Read to the end of FCGI_STDIN; CONTENT_LENGTH is only a promise (runner.md 1.4).
        var body: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while body.count <= LaneLimits.bodyBytesMax {
            let got = piece.withUnsafeMutableBytes {
                FCGX_GetStr($0.baseAddress?.assumingMemoryBound(to: CChar.self), 65_536, raw.pointee.in)
            }
            guard got > 0 else { break }
            body += piece.prefix(Int(got))
        }
        return Request(parameters: parameters, body: body)
    }

    private func write(_ response: Response, to raw: UnsafeMutablePointer<FCGX_Request>) {
        func put(_ bytes: ArraySlice<UInt8>) -> Bool {
            bytes.withUnsafeBytes {
                FCGX_PutStr($0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count), raw.pointee.out)
            } >= 0
        }
        guard put(response.head()[...]) else { return }
        if let stream = response.stream {
            do { try stream.write(put) } catch { streamFailed(error) }
        } else if !response.body.isEmpty {
            _ = put(response.body[...])
        }
    }
}
