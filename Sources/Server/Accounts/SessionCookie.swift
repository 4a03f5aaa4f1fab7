import Domain
import Web

/// A cookie of this server that only its own pages send, and no script reads.
struct SessionCookie {
    /// Who is logged in.
    static let session = SessionCookie(stem: "millrace_session")
    /// Whoever is not yet: what a log-in form's token is made for.
    static let visitor = SessionCookie(stem: "millrace_visitor")
    /// A log-in by OpenID Connect that is under way.
    static let oidc = SessionCookie(stem: "millrace_oidc")

    private let stem: String
    init(stem: String) { self.stem = stem }

    /// With TLS, browsers take a cookie of this prefix from this host alone, and only with `Secure` and `Path=/`.
    private func name(_ request: Request) -> String { (request.isSecure ? "__Host-" : "") + stem }

    /// The value that a request came with; nil without one. It may be anything.
    func value(in request: Request) -> String? {
        guard let header = request.header("Cookie"), header.utf8.count <= Self.headerBytesMax else { return nil }
        let name = name(request)
        for pair in header.utf8.split(separator: UInt8(ascii: ";")) {
            let pair = pair.drop { $0 == UInt8(ascii: " ") }
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")), pair[..<equals].elementsEqual(name.utf8) else {
                continue
            }
            return String(Substring(pair[pair.index(after: equals)...]))
        }
        return nil
    }

    /// What of it has the shape of a secret that we make.
    func secret(in request: Request) -> String? {
        guard let value = value(in: request), value.utf8.count == SessionLimits.secretDigits,
            value.utf8.allSatisfy({ hexValue($0) != nil })
        else { return nil }
        return value
    }

    /// - Parameter seconds: how long the browser keeps it; nil: until it ends.
    func set(_ value: String, seconds: Int64?, for request: Request) -> String {
        "\(name(request))=\(value); Path=/; HttpOnly; SameSite=Lax" + (request.isSecure ? "; Secure" : "")
            + (seconds.map { "; Max-Age=\($0)" } ?? "")
    }

    func removal(for request: Request) -> String { set("", seconds: 0, for: request) }

    /// Bytes of all cookies; nginx takes 8 KiB of a header.
    private static let headerBytesMax = 8192
}

extension Request {
    /// The client speaks TLS, to nginx.
    var isSecure: Bool { parameters["REQUEST_SCHEME"]?.lowercased() == "https" }
    var changesNothing: Bool { isSafe(method: method) }

    /// Of a page or the REST API, which take a session's cookie; git, runners and signed addresses have credentials of their own.
    var takesSessions: Bool {
        guard let first = segments.first else { return true }
        if isREST || segments == ["api", "swagger"] { return true }
        return first != "api" && first != "twirp" && (!first.hasPrefix("_") || first == "_live")
    }
}
