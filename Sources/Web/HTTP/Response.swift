import Domain

/// A whole answer. Bodies that are large are nginx's to send, by X-Accel-Redirect, or written piece by piece.
package struct Response: Sendable {
    /// A body too large to hold. The work lane alone can send one.
    package struct Stream: Sendable {
        /// Bytes in all. Nil when nobody knows yet: there is no Content-Length then, and nginx sends chunks.
        package let length: Int64?
        /// Hands over the pieces in order until the sink says that nobody takes them any more. What it throws breaks
        /// the answer off, so that the client does not take a part for the whole.
        package let write: @Sendable (_ sink: (ArraySlice<UInt8>) -> Bool) throws -> Void

        package init(
            length: Int64?, write: @escaping @Sendable (_ sink: (ArraySlice<UInt8>) -> Bool) throws -> Void
        ) {
            self.length = length
            self.write = write
        }
    }

    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    package var stream: Stream?

    package init(_ status: Int, type: String, body: [UInt8], headers: [(name: String, value: String)] = []) {
        self.status = status
        self.headers = [(name: "Content-Type", value: type)] + headers
        self.body = body
    }

    package static func text(_ status: Int, _ text: String, headers: [(name: String, value: String)] = []) -> Response {
        Response(status, type: "text/plain; charset=utf-8", body: Array(text.utf8), headers: headers)
    }
    /// A typed answer.
    ///
    /// - Throws: what the value's own `encode` throws, and for a number that JSON cannot say.
    package static func json(
        _ status: Int, _ value: some Encodable, type: String = "application/json;charset=utf-8",
        headers: [(name: String, value: String)] = []
    ) throws -> Response {
        Response(status, type: type, body: try jsonText(value), headers: headers)
    }
    package static func html(_ status: Int, _ text: String, headers: [(name: String, value: String)] = []) -> Response {
        Response(
            status, type: "text/html; charset=utf-8", body: Array(text.utf8),
            headers: headers + [
                (name: "X-Content-Type-Options", value: "nosniff"),
                (
                    name: "Content-Security-Policy",
                    value:
                        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; "
                        + "img-src 'self' data:; connect-src 'self'; object-src 'none'; "
                        + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
                ),
                (name: "Cross-Origin-Opener-Policy", value: "same-origin"),
                // What one person sees is kept by no cache for another; going back need not ask again.
                (name: "Cache-Control", value: "private, no-cache"),
                // Addresses of downloads are signed in their query; other sites are not told it.
                (name: "Referrer-Policy", value: "same-origin"),
            ])
    }
    /// Where a browser goes on to after a form, by GET.
    package static func seeOther(_ address: String) -> Response {
        Response(303, type: "text/plain; charset=utf-8", body: [], headers: [(name: "Location", value: address)])
    }
    package static let noContent = Response(204, type: "text/plain", body: [])
    /// Made, and there is nothing to say of it.
    package static let created = Response(201, type: "text/plain", body: [])

    /// Some clients refuse a status line without words, URLSession on Linux among them.
    private static let reasons = [
        200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content", 301: "Moved Permanently",
        302: "Found", 303: "See Other", 304: "Not Modified", 307: "Temporary Redirect",
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        409: "Conflict", 410: "Gone", 411: "Length Required", 412: "Precondition Failed", 413: "Content Too Large",
        415: "Unsupported Media Type", 416: "Range Not Satisfiable", 422: "Unprocessable Content", 423: "Locked",
        429: "Too Many Requests", 500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable",
        507: "Insufficient Storage",
    ]

    /// The CGI header block. Values are ours or encoded before; a control character in one would be a bug, so it is
    /// dropped: a line break would begin a header, and nginx answers 502 for a NUL.
    func head() -> [UInt8] {
        var text = "Status: \(status) \(Self.reasons[status] ?? "Answer")\r\n"
        for header in headers {
            text += "\(header.name): \(Self.oneLine(header.value))\r\n"
        }
        if let length = contentLength { text += "Content-Length: \(length)\r\n" }
        return Array((text + "\r\n").utf8)
    }

    private var contentLength: Int64? {
        // A 304 has no body either, but its Content-Length would be that of the 200 it stands for.
        if status == 204 || status == 304 { return nil }
        guard let stream else { return Int64(body.count) }
        return stream.length
    }

    private static func oneLine(_ value: String) -> String {
        func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != UInt8(ascii: "\t") || byte == 0x7F }
        guard value.utf8.contains(where: isControl) else { return value }
        return String(decoding: value.utf8.filter { !isControl($0) }, as: UTF8.self)
    }
}
