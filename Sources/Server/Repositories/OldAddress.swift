import Domain
import Postgres
import Web

extension App {
    /// The repository that had this address before it was renamed or transferred.
    func repository(formerly owner: String, _ name: String, seenBy account: AccountID?) throws -> Repository? {
        guard let id = try redirects.repository(owner: owner, name: name) else { return nil }
        return try repositoryViews.repository(id, seenBy: account)
    }

    /// Sends who asks for an old address to the new one, with the rest of the path and the query; who may not see the
    /// repository learns nothing.
    ///
    /// - Throws: the redirect; nothing when the address is nobody's.
    func redirectOldAddress(_ request: Request, for caller: Caller) throws {
        guard
            let found = try repository(
                formerly: request.name("owner"), request.name("repo"), seenBy: caller.account),
            authorize(caller.principal, .read, of: .contents, on: found.facts) == .allowed
                || authorize(caller.principal, .read, of: .actions, on: found.facts) == .allowed
        else { return }
        var parts = request.rawPath.split(byte: "/")
        // `/api/v1/repos/{owner}/{repo}` or `/{owner}/{repo}`.
        let place = request.segments.first == "api" ? 3 : 0
        guard parts.count >= place + 2 else { return }
        parts[place] = found.ownerName
        parts[place + 1] = found.name
        let query = request.parameters["REQUEST_URI"]?.split(byte: "?", maxSplits: 1).dropFirst().first
        let target = base(of: request) + "/" + parts.joined(separator: "/") + (query.map { "?" + $0 } ?? "")
        let isReading = request.method == "GET" || request.method == "HEAD"
        throw RefusedCall(
            response: .text(
                isReading ? 301 : 307, "this repository is at \(found.fullName) now\n",
                headers: [(name: "Location", value: target)]))
    }
}
