/// Whether a browser sends a request for a page of another site.
///
/// A browser adds a login that it remembers (Basic) to whatever any site's form posts here. A request that may change
/// something is therefore taken with such a login only when nothing says that it comes from elsewhere. Programs send
/// neither header and are not asked for them.
///
/// - Parameters:
///   - fetchSite: `Sec-Fetch-Site`, which scripts of a page cannot set.
///   - isOurOrigin: of `Origin`, whether it is an address of this server; nil without that header. "null" is none.
public func isFromAnotherSite(
    method: String, isLoginRemembered: Bool, fetchSite: String?, isOurOrigin: Bool?
) -> Bool {
    guard isLoginRemembered, !isSafe(method: method) else { return false }
    if let fetchSite, !["same-origin", "none"].contains(fetchSite.lowercased()) { return true }
    return isOurOrigin == false
}

/// Whether a method changes nothing, so that a link of any site may send it.
public func isSafe(method: String) -> Bool { ["GET", "HEAD", "OPTIONS"].contains(method) }

/// Where a request comes from that has a session's cookie or no credentials at all.
public enum RequestOrigin: Equatable, Sendable {
    /// A page of this server.
    case ours
    /// A page of any other origin, be it of the same host: cookies know no ports.
    case elsewhere
    /// Neither header: a program, or a browser of long ago. The form's token decides.
    case unknown

    /// The browser's own word goes first. It gives none where a page came without TLS: there `Origin` counts, which must then
    /// be one of our addresses.
    ///
    /// - Parameters: as of `isFromAnotherSite`.
    public init(fetchSite: String?, isOurOrigin: Bool?) {
        switch (fetchSite?.lowercased(), isOurOrigin) {
        case ("same-origin", _): self = .ours
        // "none": somebody entered the address, and no page is behind it.
        case (nil, nil), ("none", nil): self = .unknown
        case (nil, .some(let isOurs)), ("none", .some(let isOurs)): self = isOurs ? .ours : .elsewhere
        case (.some, _): self = .elsewhere
        }
    }
}
