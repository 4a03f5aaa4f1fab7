import CZlib

/// Unpacks a gzip file that comes piece by piece; its memory is one piece of output however much comes out.
///
/// All members are read. What is behind the last one must be another: garbage there is refused, as damage is.
/// After an error the stream is of no use.
package final class GunzipStream {
    static let pieceBytes = 65_536

    /// On the heap: zlib keeps a pointer to it.
    private let stream: UnsafeMutablePointer<z_stream>
    private let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceBytes, alignment: 1)
    private var endsWithMember = false

    package init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let result = inflateInit2_(stream, Gzip.wrapped, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(result == Z_OK, "inflateInit2 refuses constants only when memory is out")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        piece.deallocate()
    }

    /// Hands over what these bytes unpack to, in order, at most `pieceBytes` at a time.
    ///
    /// - Throws: `Gzip.Problem` when the bytes are not gzip, or what `take` throws.
    package func feed(_ bytes: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            // zlib counts its input in 32 bits.
            let part = rest.prefix(Int(UInt32.max))
            rest = rest.dropFirst(part.count)
            try inflate(UnsafeRawBufferPointer(rebasing: part), take)
        }
    }

    /// - Throws: `Gzip.Problem` when the file ends within a member, or has none.
    package func finish() throws {
        guard endsWithMember else { throw Gzip.Problem(isTooLarge: false) }
    }

    private func inflate(_ input: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        // zlib does not write there; its type has no const.
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(input.count)
        repeat {
            stream.pointee.next_out = piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(piece.count)
            let result = CZlib.inflate(stream, Z_NO_FLUSH)
            let made = piece.count - Int(stream.pointee.avail_out)
            if made > 0 { try take(UnsafeRawBufferPointer(rebasing: piece[..<made])) }
            switch result {
            case Z_OK: endsWithMember = false
            case Z_STREAM_END:
                endsWithMember = true
                inflateReset(stream)
            // Nothing left to read and nothing held back.
            case Z_BUF_ERROR: return
            default: throw Gzip.Problem(isTooLarge: false)
            }
            // A full piece may have left output inside zlib.
        } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0
    }
}
