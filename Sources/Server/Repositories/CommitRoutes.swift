import Domain
import Foundation
import Postgres
import Web

/// A commit as Gitea's API has it. Its author and committer are told as the commit names them, not as accounts.
struct CommitAnswer: Described {
    struct Content: Described {
        let url: String
        let author: CommitUserAnswer
        let committer: CommitUserAnswer
        let message: String
        let tree: CommitMetaAnswer
        var verification = VerificationAnswer()
        static let schemaName = "RepoCommit"
        static let example = CommitAnswer.example.commit
    }
    struct File: Described {
        let filename: String
        let status: String
        static let schemaName = "CommitAffectedFiles"
        static let example = File(filename: "a", status: "modified")
    }
    let url: String
    let sha: String
    let created: String
    let html_url: String
    let commit: Content
    let author: JSONNull<UserAnswer>
    let committer: JSONNull<UserAnswer>
    let parents: [CommitMetaAnswer]
    let files: [File]

    init(_ named: GitView.Named, files: [File] = [], in place: GitPlace) {
        let commit = named.commit
        url = "\(place.api)/git/commits/\(named.id)"
        sha = named.id
        created = commit.committer.time
        html_url = "\(place.pages)/commit/\(named.id)"
        self.commit = Content(
            url: url, author: CommitUserAnswer(commit.author), committer: CommitUserAnswer(commit.committer),
            message: commit.message,
            tree: CommitMetaAnswer("trees", commit.tree, created: commit.committer.time, in: place))
        author = JSONNull(nil)
        committer = JSONNull(nil)
        parents = commit.parents.map { CommitMetaAnswer("commits", $0, in: place) }
        self.files = files
    }
    static let schemaName = "Commit"
    static let example = CommitAnswer(.example, files: [.example], in: .example)
}

/// REST: commits (rest.md 11).
enum CommitRoutes {
    private static let paging = Page.parameters.filter { $0.name != "before" }
    private static let detail = [
        QueryParameter("stat", "taken; lines are not counted here"),
        QueryParameter("verification", "taken; signatures are not looked at"),
        QueryParameter("files", "false: without the files that each commit changed"),
    ]
    private static let list =
        paging + detail + [
            QueryParameter("sha", "a branch, tag or commit to begin at; the default branch without it"),
            QueryParameter("path", "only commits that changed it"),
            QueryParameter("since", "only commits after this time"),
            QueryParameter("until", "only commits before this time"),
            QueryParameter("not", "without the commits that this branch, tag or commit has"),
        ]

    static let all: [Endpoint] = [
        Endpoint(
            .get, RepositoryRoutes.path + "/commits", .repository(.read, of: .contents), scope: .repository,
            query: list, answers: [.json(200, [CommitAnswer].self), .failure(404), .failure(409), .failure(422)],
            "List commits, newest first.", commits),
        Endpoint(
            .get, RepositoryRoutes.path + "/git/commits/{sha}", .repository(.read, of: .contents),
            scope: .repository, query: detail,
            answers: [.json(200, CommitAnswer.self), .failure(404)], "Show a commit."
        ) { request, place, app in
            let view = GitView(place, request, app)
            let found = try view.found(request.path["sha"] ?? "-")
            return try .json(
                200, CommitAnswer(found, files: files([found], request, view)[found.id] ?? [], in: view.place))
        },
    ]

    @Sendable private static func commits(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        try request.refuseUnknownParameters(but: list)
        let asked = Page(request)
        let page = Page(number: asked.number, limit: asked.limit)
        let view = GitView(place, request, app)
        if RepositoryFiles(configuration: app.configuration).isEmpty(place.id) {
            throw Failure(.conflict, "Git Repository is empty.")
        }
        var selection: [String] = []
        if let since = try time(request, "since") { selection.append("--max-age=\(since)") }
        if let until = try time(request, "until") { selection.append("--min-age=\(until)") }
        selection.append(try view.found(request.given("sha")).id)
        if let other = request.given("not") { selection.append("^" + (try view.found(other).id)) }
        selection.append("--")
        if let path = request.given("path") {
            if let why = whyNoFilePath(path) { throw Failure(.invalid, "[path]: \(why)") }
            selection.append(":(literal)\(path)")
        }
        let listed = try view.git.run(
            ["rev-list", "--max-count=\(page.limit)", "--skip=\(page.part.offset)"] + selection)
        let ids = listed.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
        let found = try view.commits(ids)
        let files = files(found, request, view)
        // Counting may take long where a path is asked for: the list is there without a total.
        let counted = try? view.git.answer(
            ["rev-list", "--count"] + selection, secondsMax: PushLimits.extraGitSeconds)
        let total = (counted?.status == 0 ? counted : nil).flatMap { Int64(GitProgram.firstLine($0.bytes)) }
        return try .json(
            200, found.map { CommitAnswer($0, files: files[$0.id] ?? [], in: view.place) },
            headers: total.map { page.headers(total: $0, base: app.base(of: request), request: request) } ?? [])
    }

    private static func time(_ request: Request, _ name: String) throws -> Int64? {
        guard let text = request.given(name) else { return nil }
        guard let date = try? Date(text, strategy: .iso8601) else {
            throw Failure(.invalid, "[\(name)]: it is no time such as 2026-01-02T03:04:05Z")
        }
        return Int64(min(max(0, date.timeIntervalSince1970), 253_402_300_799))
    }

    /// Files that commits changed against their first parents, by one git for all; none when that takes too long.
    private static func files(
        _ commits: [GitView.Named], _ request: Request, _ view: GitView
    ) -> [String: [CommitAnswer.File]] {
        guard request.query["files"] != "false", !commits.isEmpty else { return [:] }
        let input = commits.map { named in "\(named.id) \(named.commit.parents.first ?? "")\n" }
            .joined()
        let answer = try? view.git.answer(
            ["diff-tree", "--stdin", "-r", "--root", "--no-renames", "--name-status", "-z"], input: Array(input.utf8),
            secondsMax: PushLimits.extraGitSeconds)
        guard let answer, answer.status == 0 || answer.isCut else { return [:] }
        var found: [String: [CommitAnswer.File]] = [:]
        var id = ""
        var fields = answer.bytes.split(separator: 0, omittingEmptySubsequences: true)[...]
        if answer.isCut { fields = fields.dropLast() }
        while let field = fields.popFirst() {
            guard field.count <= 2 else {
                id = String(decoding: field.prefix(40), as: UTF8.self)
                continue
            }
            guard let path = fields.popFirst(), found[id, default: []].count < PushLimits.commitPathsMax else {
                continue
            }
            let status =
                switch field.first {
                case UInt8(ascii: "A"): "added"
                case UInt8(ascii: "D"): "removed"
                default: "modified"
                }
            found[id, default: []].append(
                CommitAnswer.File(filename: String(decoding: path, as: UTF8.self), status: status))
        }
        return found
    }
}
