import CZlib

package enum Gzip {
    package struct Problem: Error, CustomStringConvertible {
        let isTooLarge: Bool
        package var description: String {
            isTooLarge ? "gzip data unpacks to more than it may" : "gzip data is damaged, or ends too early"
        }
    }

    /// 15 window bits, and 16 asks zlib for the gzip wrapper.
    package static let wrapped: Int32 = 31
    /// Minus: deflate alone, as it stands inside a gzip file.
    private static let raw: Int32 = -15

    /// One gzip member.
    package static func compress(_ bytes: [UInt8]) throws -> [UInt8] {
        var stream = z_stream()
        guard
            deflateInit2_(
                &stream, 5, Z_DEFLATED, wrapped, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw Problem(isTooLarge: false) }
        defer { deflateEnd(&stream) }
        var out = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))) + 32)
        var input = bytes
        let capacity = out.count
        let result = input.withUnsafeMutableBufferPointer { source in
            out.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(capacity)
                return deflate(&stream, Z_FINISH)
            }
        }
        guard result == Z_STREAM_END else { throw Problem(isTooLarge: false) }
        return Array(out.prefix(Int(stream.total_out)))
    }

    /// All members of a gzip file. The decompressed size is capped: a small body must not become a large one.
    package static func decompress(_ bytes: [UInt8], bytesMax: Int) throws -> [UInt8] {
        guard !bytes.isEmpty else { return [] }
        var out: [UInt8] = []
        let stream = GunzipStream()
        try bytes.withUnsafeBytes { input in
            try stream.feed(input) {
                guard out.count + $0.count <= bytesMax else { throw Problem(isTooLarge: true) }
                out += $0
            }
        }
        try stream.finish()
        return out
    }

    /// A part of a gzip member between two points of full flush: it needs nothing of what is before it.
    package static func decompressSegment(_ bytes: [UInt8], bytesMax: Int) throws -> [UInt8] {
        var out: [UInt8] = []
        var stream = z_stream()
        guard inflateInit2_(&stream, raw, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw Problem(isTooLarge: false)
        }
        defer { inflateEnd(&stream) }
        var piece = [UInt8](repeating: 0, count: 65_536)
        var result = Z_OK
        try bytes.withUnsafeBufferPointer { source in
            stream.next_in = source.baseAddress.map { UnsafeMutablePointer(mutating: $0) }
            stream.avail_in = UInt32(source.count)
            while result == Z_OK {
                let made = piece.withUnsafeMutableBufferPointer { target in
                    stream.next_out = target.baseAddress
                    stream.avail_out = UInt32(target.count)
                    result = inflate(&stream, Z_NO_FLUSH)
                    return target.count - Int(stream.avail_out)
                }
                out += piece.prefix(made)
                guard out.count <= bytesMax else { throw Problem(isTooLarge: true) }
                if made == 0, result == Z_OK { result = Z_BUF_ERROR }
            }
        }
        // Z_BUF_ERROR: the input is used up, which is how a segment ends that is not the last.
        guard result == Z_STREAM_END || result == Z_BUF_ERROR else { throw Problem(isTooLarge: false) }
        return out
    }
}
