import Domain
import Postgres
import Web

/// What was said of a commit, as Gitea's API has it.
struct CommitStatusAnswer: Described {
    let id: Int64
    let status: String
    let target_url: String
    let description: String
    let url: String
    let context: String
    let creator: UserAnswer
    let created_at: String
    let updated_at: String

    init(_ view: CommitStatusView, of sha: String, in place: GitPlace) {
        id = view.id
        status = view.state.rawValue
        url = "\(place.api)/statuses/\(sha)"
        context = view.context
        switch view.origin {
        case .told(let target, let words, let account):
            target_url = target
            description = words
            creator =
                account.map { UserAnswer($0, base: place.base, seenBy: .anonymous) }
                ?? UserAnswer(-1, "Ghost", base: place.base)
        case .job(let job, let run, let status, let seconds):
            target_url = "\(place.pages)/actions/runs/\(run)/jobs/\(job)"
            description = statusDescription(of: status, seconds: seconds)
            creator = UserAnswer(-2, Caller.jobName, base: place.base)
        }
        created_at = clockText(view.createdAt)
        updated_at = clockText(view.updatedAt)
    }
    static let schemaName = "CommitStatus"
    static let example = CommitStatusAnswer(
        CommitStatusView(
            id: 15, context: "ci / build (push)", state: .success,
            origin: .job(JobID(7), run: RunID(3), .success, seconds: 5), createdAt: 1_767_322_845_000_000,
            updatedAt: 1_767_322_850_000_000), of: GitView.Named.example.id, in: .example)
}

struct CombinedStatusAnswer: Described {
    let state: String
    let sha: String
    let total_count: Int64
    let statuses: [CommitStatusAnswer]
    let repository: RepositoryAnswer
    let commit_url: String
    let url: String
    static let schemaName = "CombinedStatus"
    static let example = CombinedStatusAnswer(
        state: "success", sha: GitView.Named.example.id, total_count: 1, statuses: [.example], repository: .example,
        commit_url: "https://ci.example", url: "https://ci.example")
}

struct CommitStatusWish: Described, Decodable {
    let state: String
    var target_url: String?
    var description: String?
    var context: String?
    static let schemaName = "CreateStatusOption"
    static let example = CommitStatusWish(
        state: "success", target_url: "https://example.org", description: "It is fine", context: "default")

    /// - Throws: 422 with what is wrong.
    func checked() throws -> CommitState {
        guard let known = CommitState(rawValue: state) else {
            throw Failure(.invalid, "[State]: it is none of \(CommitStatusRoutes.words)")
        }
        try checkField(target_url, "TargetURL", bytesMax: CommitStatusLimits.targetBytesMax)
        try checkField(description, "Description", bytesMax: CommitStatusLimits.descriptionBytesMax)
        try checkField(context, "Context", bytesMax: CommitStatusLimits.contextBytesMax)
        // Pages show it as a link.
        if let target = target_url, !target.isEmpty, !target.hasPrefix("http://"), !target.hasPrefix("https://") {
            throw Failure(.invalid, "[TargetURL]: it must begin with http:// or https://")
        }
        return known
    }
}

/// REST: what jobs and programs say of commits (rest.md 11).
enum CommitStatusRoutes {
    static let words = CommitState.allCases.map(\.rawValue).joined(separator: ", ")
    private static let paging = Page.parameters.filter { $0.name != "before" }
    private static let list =
        paging + [
            QueryParameter("sort", "recentupdate, oldest, leastupdate, leastindex or highestindex"),
            QueryParameter("state", "only those: \(words)"),
        ]
    private static let listed: [AnswerShape] = [
        .json(200, [CommitStatusAnswer].self), .failure(400), .failure(404),
    ]
    private static let path = RepositoryRoutes.path

    static let all: [Endpoint] = [
        Endpoint(
            .get, path + "/statuses/{sha}", .repository(.read, of: .contents), scope: .repository, query: list,
            answers: listed, "List what was said of a commit."
        ) { request, place, app in try statuses("sha", request, place, app) },
        Endpoint(
            .get, path + "/commits/{ref}/statuses", .repository(.read, of: .contents), scope: .repository, query: list,
            answers: listed, "List what was said of the commit that a branch, tag or id names."
        ) { request, place, app in try statuses("ref", request, place, app) },
        Endpoint(
            .get, path + "/commits/{ref}/status", .repository(.read, of: .contents), scope: .repository,
            query: paging, answers: [.json(200, CombinedStatusAnswer.self), .failure(404)],
            "Show what all contexts together say of a commit.", combined),
        Endpoint(
            .post, path + "/statuses/{sha}", .repository(.write, of: .contents), scope: .repository,
            reading: JSONBody<CommitStatusWish>(
                orElse: "[State]: Required; send {\"state\": \"success\", \"context\": …}"),
            answers: [.json(201, CommitStatusAnswer.self), .failure(404), .failure(422), .failure(423)],
            "Say something of a commit.", tell),
    ]

    private static func statuses(
        _ name: String, _ request: Request, _ place: InRepository, _ app: App
    ) throws -> Response {
        try request.refuseUnknownParameters(but: list)
        let order = request.given("sort") ?? "recentupdate"
        guard let order = CommitStatusStore.Order(rawValue: order) else {
            throw Failure(.malformed, "Invalid sort \(order)")
        }
        let state = try request.given("state").map { word in
            guard let state = CommitState(rawValue: word) else { throw Failure(.malformed, "Invalid state \(word)") }
            return state
        }
        let view = GitView(place, request, app)
        let sha = try view.found(request.path[name] ?? "-").id
        let asked = Page(request)
        let page = Page(number: asked.number, limit: asked.limit)
        let found = try app.commitStatuses.list(of: sha, in: place.id, state: state, order, page.part)
        let total = try app.commitStatuses.count(of: sha, in: place.id, state: state)
        return try .json(
            200, found.map { CommitStatusAnswer($0, of: sha, in: view.place) },
            headers: page.headers(total: total, base: app.base(of: request), request: request))
    }

    @Sendable private static func combined(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        try request.refuseUnknownParameters(but: paging)
        let view = GitView(place, request, app)
        let sha = try view.found(request.path["ref"] ?? "-").id
        let asked = Page(request)
        let page = Page(number: asked.number, limit: asked.limit)
        let states = try app.commitStatuses.latestStates(of: sha, in: place.id)
        let found = try app.commitStatuses.latest(of: sha, in: place.id, page.part)
        let total = states.reduce(0) { $0 + $1.count }
        return try .json(
            200,
            CombinedStatusAnswer(
                state: CommitState.combined(states.map(\.state)).rawValue, sha: sha, total_count: total,
                statuses: found.map { CommitStatusAnswer($0, of: sha, in: view.place) },
                repository: RepositoryAnswer(place.repository, for: place.caller, request, app),
                commit_url: "\(view.place.api)/git/commits/\(sha)", url: "\(view.place.api)/commits/\(sha)/status"),
            headers: page.headers(total: total, base: app.base(of: request), request: request))
    }

    @Sendable private static func tell(
        _ request: Request, _ place: InRepository, _ body: () throws -> CommitStatusWish, _ app: App
    ) throws -> Response {
        let view = GitView(place, request, app)
        let sha = try view.found(request.path["sha"] ?? "-").id
        let wish = try body()
        let state = try wish.checked()
        guard !place.repository.details.isArchived else {
            throw Failure(.locked, "this repository is archived: nobody writes to it")
        }
        let given = (wish.context ?? "").trimmingPrefix { $0 == " " }
        let context = given.isEmpty ? "default" : String(given)
        let (target, words) = (wish.target_url ?? "", wish.description ?? "")
        guard
            let told = try app.commitStatuses.tell(
                state, of: sha, in: place.id, context: context, description: words, target: target,
                by: place.caller.account)
        else {
            throw Failure(
                .invalid, "\(CommitStatusLimits.perCommitMax) statuses of this commit are stored, the most there may be"
            )
        }
        let status = CommitStatusView(
            id: told.id, context: context, state: state,
            origin: .told(target: target, description: words, creator: place.caller.person), createdAt: told.at,
            updatedAt: told.at)
        return try .json(201, CommitStatusAnswer(status, of: sha, in: view.place))
    }
}
