import CZlib

enum Gzip {
    struct Problem: Error { let isTooLarge: Bool }

    /// One gzip member.
    static func compress(_ bytes: [UInt8]) throws -> [UInt8] {
        var stream = z_stream()
        // 15 window bits + 16 asks zlib for the gzip wrapper.
        guard
            deflateInit2_(
                &stream, 5, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
                == Z_OK
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
    static func decompress(_ bytes: [UInt8], bytesMax: Int) throws -> [UInt8] {
        var out: [UInt8] = []
        var at = 0
        while at < bytes.count {
            var stream = z_stream()
            guard inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
                throw Problem(isTooLarge: false)
            }
            defer { inflateEnd(&stream) }
            var input = Array(bytes[at...])
            var piece = [UInt8](repeating: 0, count: 65_536)
            try input.withUnsafeMutableBufferPointer { source in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                var result = Z_OK
                while result == Z_OK {
                    let made = piece.withUnsafeMutableBufferPointer { target in
                        stream.next_out = target.baseAddress
                        stream.avail_out = UInt32(target.count)
                        result = inflate(&stream, Z_NO_FLUSH)
                        return target.count - Int(stream.avail_out)
                    }
                    out += piece.prefix(made)
                    guard out.count <= bytesMax else { throw Problem(isTooLarge: true) }
                    guard made > 0 || result == Z_STREAM_END else { throw Problem(isTooLarge: false) }
                }
                guard result == Z_STREAM_END else { throw Problem(isTooLarge: false) }
            }
            at += Int(stream.total_in)
        }
        return out
    }
}
