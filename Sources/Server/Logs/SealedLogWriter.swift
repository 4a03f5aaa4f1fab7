import CZlib
import Client
import Domain
import Glibc
import Web

/// Writes a sealed log: one gzip member, which every client reads to its end, with points at which deflate forgets what
/// came before, so that each segment can be inflated alone (docs/adr/0007).
final class SealedLogWriter {
    private let path: String
    private let descriptor: Int32
    /// On the heap: zlib keeps a pointer to it.
    private let stream: UnsafeMutablePointer<z_stream>
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    private var fileBytes: Int64 = 0
    private var segments: [LogSegment] = []

    init(_ files: LogFiles, path: String) throws {
        self.path = path
        descriptor = try files.create(path)
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Once written, read many times: the default level, not the quick one of chunks.
        let result = deflateInit2_(
            stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, Gzip.wrapped, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        precondition(result == Z_OK, "deflateInit2 refuses constants only when memory is out")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
        close(descriptor)
    }

    func write(_ lines: [UInt8], _ pieces: [LogAssembly.Piece]) throws {
        for piece in pieces {
            if let start = piece.opens {
                // At 0 zlib has not written the gzip header yet: a flush that has nothing to flush makes it do so.
                try deflate([], segments.isEmpty ? Z_BLOCK : Z_FULL_FLUSH)
                segments.append(LogSegment(row: start.row, byte: start.byte, fileOffset: fileBytes))
            }
            try deflate(lines[piece.range], Z_NO_FLUSH)
        }
    }

    /// Ends the member and waits until the bytes are durable.
    func finish(rows: Int64, bytes: Int64) throws -> LogIndex {
        try deflate([], Z_FINISH)
        guard fsync(descriptor) == 0 else { throw FileProblem("fsync", path) }
        return LogIndex(rows: rows, bytes: bytes, fileBytes: fileBytes, segments: segments)
    }

    private func deflate(_ input: ArraySlice<UInt8>, _ flush: Int32) throws {
        try input.withUnsafeBufferPointer { source in
            stream.pointee.next_in = source.baseAddress.map { UnsafeMutablePointer(mutating: $0) }
            stream.pointee.avail_in = UInt32(source.count)
            repeat {
                var result = Z_OK
                let made = buffer.withUnsafeMutableBufferPointer { target in
                    stream.pointee.next_out = target.baseAddress
                    stream.pointee.avail_out = UInt32(target.count)
                    result = CZlib.deflate(stream, flush)
                    return target.count - Int(stream.pointee.avail_out)
                }
                // Z_BUF_ERROR: nothing left to do, which a flush after a full buffer may find.
                guard [Z_OK, Z_STREAM_END, Z_BUF_ERROR].contains(result) else {
                    throw SealProblem("deflate failed with \(result)")
                }
                try put(made)
            } while stream.pointee.avail_out == 0
            guard stream.pointee.avail_in == 0 else { throw SealProblem("deflate left bytes of its input") }
        }
    }

    private func put(_ count: Int) throws {
        var written = 0
        while written < count {
            let wrote = buffer.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), count - written)
            }
            guard wrote >= 0 || errno == EINTR else { throw FileProblem("write", path) }
            written += max(0, wrote)
        }
        fileBytes += Int64(count)
    }
}
