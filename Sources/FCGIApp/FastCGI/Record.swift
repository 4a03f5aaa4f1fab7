/// FastCGI records, as far as a responder behind nginx needs them (constants as in fastcgi.h).
enum Record {
    static let version: UInt8 = 1
    /// The role nginx gives: answer one request.
    static let responder: UInt16 = 1
    static let beginRequest: UInt8 = 1
    static let abortRequest: UInt8 = 2
    static let endRequest: UInt8 = 3
    static let params: UInt8 = 4
    static let stdin: UInt8 = 5
    static let stdout: UInt8 = 6
    static let headerBytes = 8
    /// Content of one record: a 16-bit length.
    static let contentBytesMax = 65_535

    static func header(_ type: UInt8, id: UInt16, count: Int) -> [UInt8] {
        [version, type, UInt8(id >> 8), UInt8(id & 255), UInt8(count >> 8), UInt8(count & 255), 0, 0]
    }

    /// stdout records with the whole response, then END_REQUEST.
    static func answer(_ bytes: [UInt8], id: UInt16) -> [UInt8] {
        var out: [UInt8] = []
        var at = 0
        while at < bytes.count {
            let next = min(bytes.count, at + contentBytesMax)
            out += header(stdout, id: id, count: next - at) + bytes[at..<next]
            at = next
        }
        return out + end(id: id)
    }

    /// The end of stdout, and of the request: done.
    static func end(id: UInt16) -> [UInt8] {
        header(stdout, id: id, count: 0) + header(endRequest, id: id, count: 8) + [UInt8](repeating: 0, count: 8)
    }
}
