import Domain

enum RequestLimits {
    /// Bytes of an address; nginx takes 8 KiB of a line.
    static let addressBytesMax = 16_384
    /// Parts of a path; the longest of ours has nine, and a name in it may have slashes.
    static let segmentsMax = 64
    /// Parameters of a query; a signed address has six, a list of runs a few filters.
    static let queryParametersMax = 100
    /// Hexadecimal digits of a request's id, as nginx makes them.
    static let idDigits = 32
}

/// One request as it came through either lane. Header names are looked up as FastCGI spells them.
package struct Request: Sendable {
    package let method: String
    /// Decoded once, split at "/"; no empty segments.
    package let segments: [String]
    /// As the client sent it, without the query.
    package let rawPath: String
    /// Parameters of the query in their order.
    package let queryPairs: [(name: String, value: String)]
    /// The first value of each name.
    package let query: [String: String]
    /// What of the address is over its limit, so that nothing of it was looked at; nil of a sound one.
    package let excess: String?
    package let parameters: Parameters
    package var body: [UInt8]
    /// In place of `body`, for a handler that reads it piece by piece.
    package var stream: BodyStream?
    /// Names bound by the route's pattern.
    package var path: [String: String] = [:]
    /// What the route asks of an access token; known once the route is found.
    package private(set) var scope: ScopeCategory = []
    /// An access token needs its scopes for writing.
    package private(set) var needsWriteScope = false
    package let now = Instant(microseconds: Clock.nowMicroseconds())

    package init(parameters: Parameters, body: [UInt8]) {
        self.init(parameters: parameters, body: body, uri: parameters["REQUEST_URI"] ?? "/")
    }

    private init(parameters: Parameters, body: [UInt8], uri: String) {
        self.parameters = parameters
        self.body = body
        method = parameters["REQUEST_METHOD"] ?? "GET"
        // All separators are single bytes: looking for characters would look for grapheme clusters, at ten times the cost.
        if let excess = Self.excess(of: uri) {
            (rawPath, segments, query, queryPairs) = ("/", [], [:], [])
            self.excess = excess
            return
        }
        excess = nil
        let question = uri.utf8.firstIndex(of: UInt8(ascii: "?")) ?? uri.endIndex
        rawPath = String(uri[..<question])
        segments = uri[..<question].utf8.split(separator: UInt8(ascii: "/")).map {
            percentDecoded(Substring($0), plusIsSpace: false)
        }
        var query: [String: String] = [:]
        var pairs: [(name: String, value: String)] = []
        for pair in uri[question...].utf8.dropFirst().split(separator: UInt8(ascii: "&")) {
            let sides = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = percentDecoded(Substring(sides[0]), plusIsSpace: true)
            let value = sides.count > 1 ? percentDecoded(Substring(sides[1]), plusIsSpace: true) : ""
            pairs.append((name, value))
            if query[name] == nil { query[name] = value }
        }
        self.query = query
        queryPairs = pairs
    }

    /// Counted before anything is made of it.
    private static func excess(of uri: String) -> String? {
        guard uri.utf8.count <= RequestLimits.addressBytesMax else {
            return "the address is over \(RequestLimits.addressBytesMax) bytes"
        }
        var slashes = 0
        var pairs = 1
        var isQuery = false
        for byte in uri.utf8 {
            switch byte {
            case UInt8(ascii: "?"): isQuery = true
            case UInt8(ascii: "/") where !isQuery: slashes += 1
            case UInt8(ascii: "&") where isQuery: pairs += 1
            default: break
            }
        }
        if slashes > RequestLimits.segmentsMax { return "the path has more than \(RequestLimits.segmentsMax) parts" }
        if pairs > RequestLimits.queryParametersMax {
            return "the query has more than \(RequestLimits.queryParametersMax) parameters"
        }
        return nil
    }

    /// - Parameter name: as in HTTP, for example "x-runner-uuid".
    package func header(_ name: String) -> String? {
        let upper = String(
            decoding: name.utf8.map { byte in
                switch byte {
                case UInt8(ascii: "-"): UInt8(ascii: "_")
                case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 32
                default: byte
                }
            }, as: UTF8.self)
        let key = upper == "CONTENT_TYPE" || upper == "CONTENT_LENGTH" ? upper : "HTTP_" + upper
        guard let value = parameters[key], !value.isEmpty else { return nil }
        return value
    }

    /// The same client asking for another address: what nginx asks about before it reads a body.
    package func asking(for uri: String) -> Request { Request(parameters: parameters, body: [], uri: uri) }

    /// The same request, of a route that asks for these scopes.
    ///
    /// - Parameter writes: for writing also when the method is GET or HEAD.
    func asking(for scope: ScopeCategory, writes: Bool) -> Request {
        var request = self
        request.scope = scope
        request.needsWriteScope = writes || !["GET", "HEAD"].contains(method)
        return request
    }

    package func int(_ name: String) -> Int64? { path[name].flatMap { Int64($0) } }

    /// The id that the path names; 0, which is nobody's, when it is no number.
    package func id<ID: EntityID>(_ name: String, as type: ID.Type = ID.self) -> ID { ID(int(name) ?? 0) }

    /// Every value of a parameter that may be given several times.
    package func all(_ name: String) -> [String] { queryPairs.filter { $0.name == name }.map(\.value) }

    /// The value of a parameter; nil when it is absent or empty.
    package func given(_ name: String) -> String? { query[name].flatMap { $0.isEmpty ? nil : $0 } }
}
