import CFCGI

/// FastCGI records, as far as a responder behind nginx needs them; the numbers are those of libfcgi's fastcgi.h.
enum Record {
    static let version = UInt8(FCGI_VERSION_1)
    /// The role nginx gives: answer one request.
    static let responder = UInt16(FCGI_RESPONDER)
    static let beginRequest = UInt8(FCGI_BEGIN_REQUEST)
    static let abortRequest = UInt8(FCGI_ABORT_REQUEST)
    static let endRequest = UInt8(FCGI_END_REQUEST)
    static let params = UInt8(FCGI_PARAMS)
    static let stdin = UInt8(FCGI_STDIN)
    static let stdout = UInt8(FCGI_STDOUT)
    static let headerBytes = Int(FCGI_HEADER_LEN)
    /// Content of one record: a 16-bit length.
    static let contentBytesMax = Int(FCGI_MAX_LENGTH)

    package static func header(_ type: UInt8, id: UInt16, count: Int) -> [UInt8] {
        [version, type, UInt8(id >> 8), UInt8(id & 255), UInt8(count >> 8), UInt8(count & 255), 0, 0]
    }

    /// stdout records with the whole response, then END_REQUEST.
    package static func answer(_ bytes: [UInt8], id: UInt16) -> [UInt8] { stdout(bytes, id: id) + end(id: id) }

    /// stdout records of these bytes; none of none, since an empty one ends the stream.
    package static func stdout(_ bytes: [UInt8], id: UInt16) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + headerBytes * (bytes.count / contentBytesMax + 1))
        var at = 0
        while at < bytes.count {
            let next = min(bytes.count, at + contentBytesMax)
            out += header(stdout, id: id, count: next - at) + bytes[at..<next]
            at = next
        }
        return out
    }

    /// The end of stdout, and of the request: done.
    package static func end(id: UInt16) -> [UInt8] {
        header(stdout, id: id, count: 0) + header(endRequest, id: id, count: 8) + [UInt8](repeating: 0, count: 8)
    }
}
