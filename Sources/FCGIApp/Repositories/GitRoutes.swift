import Domain
import Postgres

/// The `auth_request` behind git over HTTP: nginx asks here before it hands a request to git-http-backend.
///
/// 200 with the directory and names, 401 to ask for credentials, 403 which nginx turns into 404 (nginx/millrace.conf).
enum GitRoutes {
    /// What git asks for below a repository's address.
    static let suffixes = ["/info/refs", "/git-upload-pack", "/git-receive-pack", "/HEAD", "/objects/"]

    static let all: [Route] = ["GET", "POST", "PUT", "DELETE"].map {
        Route($0, "/_auth/git", access: .open, authorizeGit)
    }

    @Sendable static func authorizeGit(_ request: Request, _: Caller, _ app: App) throws -> Response {
        try app.refuseOtherSites(request, method: request.parameters["MILLRACE_ORIGINAL_METHOD"] ?? "GET")
        let original = Request(parameters: ["REQUEST_URI": request.parameters["MILLRACE_ORIGINAL_URI"] ?? ""], body: [])
        guard original.segments.count >= 3,
            original.segments.allSatisfy({ $0 != ".." && $0 != "." && !$0.contains("/") })
        else { return .text(403, "not found\n") }
        var name = original.segments[1]
        if name.hasSuffix(".git") { name = String(name.dropLast(4)) }
        let rest = "/" + original.segments.dropFirst(2).joined(separator: "/")
        guard suffixes.contains(where: { rest == $0 || ($0.hasSuffix("/") && rest.hasPrefix($0)) }) else {
            return .text(403, "not found\n")
        }
        let isPush = rest == "/git-receive-pack" || original.query["service"] == "git-receive-pack"
        let caller: Caller
        do { caller = try app.authenticate(request) } catch let failure as Failure
            where failure.kind == .unauthenticated
        {
            return .page(failure)
        }
        let found = try app.repositories.repository(owner: original.segments[0], name: name, seenBy: caller.account)
        guard let repository = found else { return refusal(caller) }
        switch authorize(caller.principal, isPush ? .write : .read, on: repository.facts) {
        case .allowed: break
        case .needsLogin: return .page(Failure(.unauthenticated, "log in to push"))
        case .forbidden, .invisible: return refusal(caller)
        }
        return .text(
            200, "ok\n",
            headers: [
                (name: "X-Millrace-Git-Dir", value: "\(repository.id).git"), (name: "X-Millrace-Git-Path", value: rest),
                (name: "X-Millrace-User", value: caller.name.isEmpty ? "anonymous" : caller.name),
                (name: "X-Millrace-User-Id", value: caller.account.map { "\($0)" } ?? "0"),
                (name: "X-Millrace-Repository-Id", value: "\(repository.id)"),
            ])
    }

    /// The same answer for "no such repository" and "not for you"; without credentials git is asked for them.
    private static func refusal(_ caller: Caller) -> Response {
        caller.principal == .anonymous
            ? .page(Failure(.unauthenticated, "log in to see this repository")) : .text(403, "not found\n")
    }
}
