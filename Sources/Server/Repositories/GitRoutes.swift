import Domain
import Postgres
import Web

/// The `auth_request` behind git over HTTP: nginx asks here before it hands a request to git-http-backend.
///
/// 200 with the directory and names, 401 to ask for credentials, 403 which nginx turns into 404 (nginx/millrace.conf).
enum GitRoutes {
    /// What git asks for below a repository's address.
    static let suffixes = ["/info/refs", "/git-upload-pack", "/git-receive-pack", "/HEAD", "/objects/"]

    static let services = ["git-upload-pack", "git-receive-pack"]

    static let all: [Endpoint] = [
        Endpoint(
            .every, "/_auth/git", .open, shape: .git,
            answers: [.media(200, "text/plain"), .media(401, "text/plain"), .media(403, "text/plain")],
            "Say whether a request of git may pass: asked by nginx before it reads a body.", authorizeGit)
    ]

    @Sendable static func authorizeGit(_ request: Request, _: Void, _ app: App) throws -> Response {
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
        // git-http-backend gets the service that was judged, not the client's query: of two it would take the other.
        let service = rest == "/info/refs" ? services.first { $0 == original.query["service"] } : nil
        let isPush = rest == "/git-receive-pack" || service == "git-receive-pack"
        let caller: Caller
        do { caller = try app.authenticate(request) } catch let failure as Failure
            where failure.kind == .unauthenticated
        {
            return FailureShape.git.render(failure)
        }
        if let words = caller.scopes?.refusal(of: .repository, isWrite: isPush) { return refusal(inWords: words) }
        let owner = original.segments[0]
        let found =
            try app.repositories.repository(owner: owner, name: name, seenBy: caller.account)
            // git need not learn of a rename: clones go on with the address that they know.
            ?? app.repository(formerly: owner, name, seenBy: caller.account)
        guard let repository = found else { return refusal(caller) }
        // Who reads may push for review; the hooks see to it that nothing else is moved (docs/adr/0034).
        let mayWrite = refusal(of: caller, repository, isPush: true) == nil
        let isReview =
            isPush && !mayWrite && caller.account != nil && !repository.details.isArchived
            && request.parameters["MILLRACE_GIT_REVIEWS"] == "1"
        if let refused = refusal(of: caller, repository, isPush: isPush && !isReview) { return refused }
        return .text(
            200, "ok\n",
            headers: [
                (name: "X-Millrace-Git-Dir", value: "\(repository.id).git"), (name: "X-Millrace-Git-Path", value: rest),
                (name: "X-Millrace-Git-Query", value: service.map { "service=\($0)" } ?? ""),
                (name: "X-Millrace-User", value: caller.name.isEmpty ? "anonymous" : caller.name),
                (name: "X-Millrace-User-Id", value: caller.account.map { "\($0)" } ?? "0"),
                (name: "X-Millrace-May-Write", value: mayWrite ? "1" : "0"),
                (name: "X-Millrace-Task-Id", value: caller.task.map { "\($0)" } ?? "0"),
                (name: "X-Millrace-Repository-Id", value: "\(repository.id)"),
            ])
    }

    /// Why git is not let in; nil when it is.
    private static func refusal(of caller: Caller, _ repository: Repository, isPush: Bool) -> Response? {
        let wanted: RepositoryAccess = isPush ? .write : .read
        let facts = repository.facts
        switch authorize(caller.principal, wanted, of: .contents, on: facts) {
        case .allowed: break
        case .needsLogin: return FailureShape.git.render(Failure(.unauthenticated, "log in to push"))
        case .forbidden:
            return caller.lacks(wanted, of: .contents, on: facts).map { refusal(inWords: $0) } ?? refusal(caller)
        case .invisible: return refusal(caller)
        }
        if caller.isPublicOnly, facts.isPrivate || facts.ownerVisibility == .private { return refusal(caller) }
        guard isPush, repository.details.isArchived else { return nil }
        return refusal(inWords: "this repository is archived: nobody pushes to it")
    }

    /// nginx shows the words of the header (millrace-git.conf): its question takes no body for an answer.
    private static func refusal(inWords words: String) -> Response {
        .text(403, words + "\n", headers: [(name: "X-Millrace-Git-Refusal", value: words)])
    }

    /// The same answer for "no such repository" and "not for you"; without credentials git is asked for them.
    private static func refusal(_ caller: Caller) -> Response {
        caller.principal == .anonymous
            ? FailureShape.git.render(Failure(.unauthenticated, "log in to see this repository"))
            : .text(403, "not found\n")
    }
}
