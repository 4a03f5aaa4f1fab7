import Domain
import Postgres
import Web

/// REST: pull requests in the shape of Gitea's API, as far as workflows need them. They are made by a push (docs/adr/0034).
enum PullRequestRoutes {
    private static let base = "/api/v1/repos/{owner}/{repo}/pulls"
    private static let one = base + "/{index}"
    private static let parameters =
        Page.parameters.without(["before"]) + [QueryParameter("state", "open, closed or all; open when absent")]

    static let all: [Endpoint] = [
        Endpoint(
            .get, base, .repository(.read, of: .contents), scope: .repository, query: parameters,
            answers: [.json(200, [PullRequestAnswer].self), .failure(400), .failure(404), .failure(422)],
            "List pull requests, newest first.", list),
        Endpoint(
            .get, one, .repository(.read, of: .contents), scope: .repository,
            answers: [.json(200, PullRequestAnswer.self), .failure(404)], "Show a pull request."
        ) { request, place, app in
            guard let view = try app.pullRequests.one(number(request), of: place.id) else {
                throw Failure(.missing, "not found")
            }
            return try .json(200, PullRequestAnswer(view, in: place.repository, base: app.base(of: request)))
        },
        Endpoint(
            .patch, one, .repository(.read, of: .contents), scope: .repository,
            reading: JSONBody<PullRequestEdit>(orElse: "send {\"state\": \"closed\"}, a title or a body"),
            answers: [.json(201, PullRequestAnswer.self), .failure(403), .failure(404), .failure(409), .failure(422)],
            "Close or reopen a pull request, or change its words: its author, or who may write.", edit),
    ]

    private static func number(_ request: Request) throws -> Int64 {
        guard let number = pullRequestNumber(ofRef: "refs/pull/\(request.name("index"))/head") else {
            throw Failure(.missing, "not found")
        }
        return number
    }

    @Sendable private static func list(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        try request.refuseUnknownParameters(but: parameters)
        let states: [PullRequest.State]
        switch request.query["state"] ?? "" {
        case "", "open": states = [.open]
        case "closed": states = [.closed, .merged]
        case "all": states = [.open, .closed, .merged]
        case let other:
            throw Failure(.invalid, "\"state\" is \"\(cut(other, bytesMax: 40))\"; it must be open, closed or all")
        }
        let page = Page(request)
        let (views, total) = try app.pullRequests.page(states, of: place.id, page.part)
        let base = app.base(of: request)
        return try .json(
            200, views.map { PullRequestAnswer($0, in: place.repository, base: base) },
            headers: page.headers(total: total, base: base, request: request))
    }

    @Sendable private static func edit(
        _ request: Request, _ place: InRepository, _ body: () throws -> PullRequestEdit, _ app: App
    ) throws -> Response {
        let sent = try body()
        let number = try number(request)
        guard let account = place.caller.account else { throw Failure(.forbidden, "this needs an account") }
        guard let known = try app.pullRequests.one(number, of: place.id) else { throw Failure(.missing, "not found") }
        try checkField(sent.body, "Body", bytesMax: PullRequestLimits.bodyBytesMax)
        try checkField(sent.title, "Title", bytesMax: PullRequestLimits.titleBytesMax)
        guard sent.title != "" else { throw Failure(.invalid, "[Title]: cannot be empty") }
        let mayWrite = authorize(place.caller.principal, .write, of: .contents, on: place.repository.facts) == .allowed
        var wishes: [PullRequest.Wish] = []
        if sent.title != nil || sent.body != nil {
            wishes.append(.push(head: nil, title: sent.title, body: sent.body))
        }
        switch sent.state {
        case nil: break
        case "open": wishes.insert(.reopen, at: 0)
        case "closed": wishes.append(.close)
        case .some: throw Failure(.invalid, "[State]: must be open or closed")
        }
        guard mayWrite || account.number == known.facts.authorID else {
            throw Failure(.forbidden, "pull request #\(number) is somebody else's")
        }
        var view = known
        do {
            for wish in wishes {
                guard
                    let changed = try app.pullRequests.apply(
                        wish, to: number, in: place.id, by: account, mayWrite: mayWrite)
                else { throw Failure(.missing, "not found") }
                view = changed
            }
        } catch let refusal as PullRequest.Refusal {
            throw Failure(.conflict, "pull request #\(number): \(refusal.words)")
        } catch let error as PostgresError where error.isUniqueViolation {
            throw Failure(.conflict, "another one of the same author, branch and topic is open")
        }
        return try .json(201, PullRequestAnswer(view, in: place.repository, base: app.base(of: request)))
    }
}

struct PullRequestEdit: Described, Decodable {
    var title: String?
    var body: String?
    var state: String?

    static let schemaName = "EditPullRequestOption"
    static let example = PullRequestEdit(title: "Mend the build", body: "", state: "closed")
}

/// A pull request in the shape of Gitea's API. What Millrace has none of is told as absent.
struct PullRequestAnswer: Described {
    struct Side: Described {
        let label: String
        let ref: String
        let sha: String
        let repo_id: Int64
        let repo: RepositoryAnswer
        static let schemaName = "PRBranchInfo"
        static let example = PullRequestAnswer.example.base
    }
    let id: Int64
    let number: Int64
    let url: String
    let html_url: String
    let user: UserAnswer
    let title: String
    let body: String
    let state: String
    let draft: Bool
    let is_locked: Bool
    let merged: Bool
    let merged_at: JSONNull<String>
    let merge_commit_sha: JSONNull<String>
    let base: Side
    let head: Side
    /// Beside what Gitea has: its runs wait for an approval.
    let is_from_fork: Bool
    let created_at: String
    let updated_at: String
    let closed_at: JSONNull<String>

    static let schemaName = "PullRequest"
    static let example = PullRequestAnswer(.example, in: .example, base: "https://ci.example")

    init(_ view: PullRequestStore.View, in repository: Repository, base address: String) {
        let facts = view.facts
        let isMerged = facts.content.state == .merged
        id = view.number
        number = view.number
        url = "\(address)/api/v1/repos/\(repository.fullName)/pulls/\(view.number)"
        html_url = "\(address)/\(repository.fullName)/pulls/\(view.number)"
        user = UserAnswer(facts.authorID, facts.author, base: address)
        title = facts.content.title
        body = facts.content.body
        state = facts.content.state == .open ? "open" : "closed"
        draft = false
        is_locked = false
        merged = isMerged
        merged_at = JSONNull(isMerged ? view.closedAt.map { clockText($0) } : nil)
        merge_commit_sha = JSONNull(isMerged ? facts.content.head : nil)
        let answer = RepositoryAnswer(repository, base: address)
        base = Side(
            label: facts.base, ref: facts.base, sha: facts.baseSHA, repo_id: repository.id.number, repo: answer)
        head = Side(
            label: facts.headName, ref: view.ref, sha: facts.content.head, repo_id: repository.id.number, repo: answer)
        is_from_fork = facts.isFromFork
        created_at = clockText(facts.createdAt)
        updated_at = clockText(facts.updatedAt)
        closed_at = JSONNull(view.closedAt.map { clockText($0) })
    }
}
