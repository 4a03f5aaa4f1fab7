import CLinux
import Glibc

/// One request and its answer over a connection of its own, for a thread that waits (ADR 16).
///
/// Every length is checked before it is used and nothing is kept but one buffer and the parameters, whatever the other end
/// sends. It ends when the other end says nothing for `LaneLimits.silenceSeconds` while we wait for it, or takes nothing for
/// `LaneLimits.untakenSeconds`. Closes the descriptor.
final class WorkConnection {
    private let descriptor: Int32
    /// What was received, `at` to `end`; lent by the thread, which uses it for one connection after the other.
    private var buffer: UnsafeMutableRawBufferPointer
    private var at = 0
    private var end = 0
    private var id: UInt16 = 0
    /// Bytes of the current record of the body that were not handed over, and of its padding.
    private var left = 0
    private var padding = 0
    private(set) var isBodyOver = false
    private var unsent: [UInt8] = []

    struct Refused: Error {}

    /// - Parameter buffer: larger than a record's head.
    init(_ descriptor: Int32, buffer: UnsafeMutableRawBufferPointer) {
        self.descriptor = descriptor
        self.buffer = buffer
        for (option, seconds) in [(SO_RCVTIMEO, LaneLimits.silenceSeconds), (SO_SNDTIMEO, LaneLimits.untakenSeconds)] {
            var time = timeval(tv_sec: seconds, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    deinit { close(descriptor) }

    /// What was received and not used yet, for `goOn` on another thread; the buffer is this thread's again.
    func setAside() -> [UInt8] {
        defer { (at, end) = (0, 0) }
        return Array(buffer[at..<end])
    }

    /// - Parameter buffer: of the thread that goes on, as large as the one before.
    func goOn(with received: [UInt8], buffer: UnsafeMutableRawBufferPointer) {
        self.buffer = buffer
        buffer.copyBytes(from: received)
        (at, end) = (0, received.count)
    }

    // MARK: reading

    /// FCGI_BEGIN_REQUEST and all of FCGI_PARAMS.
    package func parameters() throws -> Parameters {
        let begin = try head()
        guard begin.type == Record.beginRequest, begin.count == 8 else { throw Refused() }
        id = begin.id
        let role = try bytes(8)
        guard UInt16(role[0]) << 8 | UInt16(role[1]) == Record.responder else { throw Refused() }
        try skip(begin.padding)
        var stream: [UInt8] = []
        // What nginx sends of an ordinary request fits: one allocation.
        stream.reserveCapacity(2048)
        while true {
            let record = try head()
            guard record.type == Record.params, record.id == id,
                stream.count + record.count <= LaneLimits.parametersBytesMax
            else { throw Refused() }
            if record.count == 0 {
                try skip(record.padding)
                break
            }
            try append(record.count, to: &stream)
            try skip(record.padding)
        }
        guard let parameters = Parameters(stream: stream) else { throw Refused() }
        return parameters
    }

    /// The next piece of the body, good until the next call; empty at its end, and when it broke off: `isBodyOver` tells.
    func nextPiece() -> UnsafeRawBufferPointer {
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        do {
            while left == 0 {
                guard !isBodyOver else { return none }
                try skip(padding)
                padding = 0
                let record = try head()
                guard record.type == Record.stdin, record.id == id else { return none }
                (left, padding) = (record.count, record.padding)
                if left == 0 {
                    isBodyOver = true
                    return none
                }
            }
            if at == end { try fill() }
        } catch { return none }
        let count = min(left, end - at)
        defer {
            at += count
            left -= count
        }
        return UnsafeRawBufferPointer(rebasing: buffer[at..<(at + count)])
    }

    private func head() throws -> (type: UInt8, id: UInt16, count: Int, padding: Int) {
        while end - at < Record.headerBytes { try fill() }
        defer { at += Record.headerBytes }
        guard buffer[at] == Record.version else { throw Refused() }
        return (
            buffer[at + 1], UInt16(buffer[at + 2]) << 8 | UInt16(buffer[at + 3]),
            Int(buffer[at + 4]) << 8 | Int(buffer[at + 5]), Int(buffer[at + 6])
        )
    }

    private func bytes(_ count: Int) throws -> [UInt8] {
        var out: [UInt8] = []
        try append(count, to: &out)
        return out
    }

    private func append(_ count: Int, to out: inout [UInt8]) throws {
        var wanted = count
        while wanted > 0 {
            if at == end { try fill() }
            let piece = min(wanted, end - at)
            out.append(contentsOf: buffer[at..<(at + piece)])
            at += piece
            wanted -= piece
        }
    }

    private func skip(_ count: Int) throws {
        var left = count
        while left > 0 {
            if at == end { try fill() }
            let piece = min(left, end - at)
            at += piece
            left -= piece
        }
    }

    /// Receives at least one byte more.
    private func fill() throws {
        if at > 0 {
            // At most a piece of a head is moved.
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[at..<end]))
            end -= at
            at = 0
        }
        let got = recv(descriptor, buffer.baseAddress?.advanced(by: end), buffer.count - end, 0)
        // Also when a stop interrupts it (WorkLane.join), or the other end is silent for too long.
        guard got > 0 else { throw Refused() }
        end += got
    }

    // MARK: answering

    /// - Returns: false when nobody takes it.
    func write(_ bytes: some Collection<UInt8>) -> Bool {
        unsent += bytes
        return unsent.count < LaneLimits.pieceBytes || sendRecords()
    }

    /// The end of a whole answer.
    package func finish() {
        guard sendRecords(keeping: Record.end(id: id)) else { return }
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Ends the connection so that nginx ends the client's without the last chunk.
    ///
    /// Closing alone is not enough: nginx takes the end of the connection for the end of the body, unless
    /// `fastcgi_keep_conn` is on, and when a Content-Length says otherwise leaves the client waiting (seen with 1.22; the
    /// source of 2026 does the same). A record of no known version is an error it cannot overlook.
    func breakOff() { _ = sendRecords(keeping: [UInt8](repeating: 0, count: Record.headerBytes)) }

    /// - Parameter tail: whole records to send behind what is unsent.
    private func sendRecords(keeping tail: [UInt8] = []) -> Bool {
        var out: [UInt8] = []
        out.reserveCapacity(unsent.count + 64 + tail.count)
        var from = 0
        while from < unsent.count {
            let to = min(unsent.count, from + Record.contentBytesMax)
            out += Record.header(Record.stdout, id: id, count: to - from)
            out += unsent[from..<to]
            from = to
        }
        out += tail
        unsent.removeAll(keepingCapacity: true)
        return out.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let wrote = send(
                    descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
                guard wrote > 0 else { return false }
                sent += wrote
            }
            return true
        }
    }
}
