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
    guard isLoginRemembered, !["GET", "HEAD", "OPTIONS"].contains(method) else { return false }
    if let fetchSite, !["same-origin", "none"].contains(fetchSite.lowercased()) { return true }
    return isOurOrigin == false
}
