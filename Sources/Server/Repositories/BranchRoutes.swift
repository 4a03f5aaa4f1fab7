import Domain
import Postgres
import Web

/// A commit as webhooks show it.
struct PayloadCommitAnswer: Described {
    struct Person: Described {
        let name: String
        let email: String
        let username: String
        static let schemaName = "PayloadUser"
        static let example = Person(name: "Ann", email: "ann@example.org", username: "")
    }
    let id: String
    let message: String
    let url: String
    let author: Person
    let committer: Person
    var verification = VerificationAnswer()
    let timestamp: String
    let added: JSONNull<String>
    let removed: JSONNull<String>
    let modified: JSONNull<String>

    init(_ named: GitView.Named, in place: GitPlace) {
        let commit = named.commit
        id = named.id
        message = commit.message
        url = "\(place.pages)/commit/\(named.id)"
        author = Person(name: commit.author.name, email: commit.author.email, username: "")
        committer = Person(name: commit.committer.name, email: commit.committer.email, username: "")
        timestamp = commit.committer.time
        (added, removed, modified) = (JSONNull(nil), JSONNull(nil), JSONNull(nil))
    }
    static let schemaName = "PayloadCommit"
    static let example = PayloadCommitAnswer(.example, in: .example)
}

struct BranchAnswer: Described {
    let name: String
    let commit: PayloadCommitAnswer
    /// Branches cannot be protected yet.
    let protected = false
    let required_approvals: Int64 = 0
    let enable_status_check = false
    let status_check_contexts: [String] = []
    let user_can_push: Bool
    let user_can_merge: Bool
    let effective_branch_protection_name = ""

    init(_ name: String, _ commit: GitView.Named, mayPush: Bool, in place: GitPlace) {
        self.name = name
        self.commit = PayloadCommitAnswer(commit, in: place)
        user_can_push = mayPush
        user_can_merge = mayPush
    }
    static let schemaName = "Branch"
    static let example = BranchAnswer("main", .example, mayPush: true, in: .example)
}

struct BranchWish: Described, Decodable {
    let new_branch_name: String
    var old_branch_name: String?
    var old_ref_name: String?
    static let schemaName = "CreateBranchRepoOption"
    static let example = BranchWish(new_branch_name: "feature", old_branch_name: "main", old_ref_name: "")
}

struct TagAnswer: Described {
    let name: String
    let message: String
    let id: String
    let commit: CommitMetaAnswer
    let zipball_url: String
    let tarball_url: String

    /// - Parameter id: of the tag object, or of the commit where there is none.
    init(_ name: String, id: String, message: String, commit: GitView.Named, in place: GitPlace) {
        self.name = name
        self.id = id
        self.message = message
        self.commit = CommitMetaAnswer(
            "commits", commit.id, created: commit.commit.committer.time, in: place)
        // Archives are not made here.
        (zipball_url, tarball_url) = ("", "")
    }
    static let schemaName = "Tag"
    static let example = TagAnswer(
        "v1", id: GitView.Named.example.id, message: "First", commit: .example, in: .example)
}

struct TagWish: Described, Decodable {
    let tag_name: String
    var message: String?
    var target: String?
    static let schemaName = "CreateTagOption"
    static let example = TagWish(tag_name: "v1", message: "First", target: "main")
}

/// REST: branches and tags (rest.md 11).
enum BranchRoutes {
    private static let paging = Page.parameters.filter { $0.name != "before" }
    private static let branches = RepositoryRoutes.path + "/branches"
    private static let tags = RepositoryRoutes.path + "/tags"
    private static let search = paging + [QueryParameter("q", "a part of the name")]
    private static let refusals: [AnswerShape] = [
        .failure(403), .failure(404), .failure(409), .failure(422), .failure(423),
    ]

    static let all: [Endpoint] = [
        Endpoint(
            .get, branches, .repository(.read, of: .contents), scope: .repository, query: search,
            answers: [.json(200, [BranchAnswer].self), .failure(404)], "List branches, by name.", list),
        Endpoint(
            .get, branches + "/{branch...}", .repository(.read, of: .contents), scope: .repository,
            answers: [.json(200, BranchAnswer.self), .failure(404)], "Show a branch."
        ) { request, place, app in
            let view = GitView(place, request, app)
            let name = request.path["branch"] ?? ""
            guard let commit = try view.branch(name) else { throw Failure(.missing, "not found") }
            return try .json(200, BranchAnswer(name, commit, mayPush: mayPush(place), in: view.place))
        },
        Endpoint(
            .post, branches, .repository(.write, of: .contents), scope: .repository,
            reading: JSONBody<BranchWish>(
                orElse: "[BranchName]: Required; send {\"new_branch_name\": \"feature\", \"old_ref_name\": \"main\"}"),
            answers: [.json(201, BranchAnswer.self)] + refusals, "Make a branch.", create),
        Endpoint(
            .delete, branches + "/{branch...}", .repository(.write, of: .contents), scope: .repository,
            answers: [.none(204)] + refusals, "Delete a branch."
        ) { request, place, app in
            let view = GitView(place, request, app)
            let name = request.path["branch"] ?? ""
            guard let commit = try view.branch(name) else { throw Failure(.missing, "not found") }
            guard name != place.repository.defaultBranch else {
                throw Failure(.forbidden, "\"\(name)\" is the default branch; make another one it first")
            }
            try RefMove(place, app).move("refs/heads/\(name)", from: commit.id, to: RefMove.nothing, view.git)
            return .noContent
        },
        Endpoint(
            .get, tags, .repository(.read, of: .contents), scope: .repository, query: paging,
            answers: [.json(200, [TagAnswer].self), .failure(404)], "List tags, newest first.", listTags),
        Endpoint(
            .get, tags + "/{tag...}", .repository(.read, of: .contents), scope: .repository,
            answers: [.json(200, TagAnswer.self), .failure(404)], "Show a tag."
        ) { request, place, app in
            let view = GitView(place, request, app)
            let name = request.path["tag"] ?? ""
            guard whyNoRefName(name) == nil, let tag = try view.git.object("refs/tags/\(name)", bytesMax: 0),
                let answer = try view.tags([(name, tag.id)]).first
            else { throw Failure(.missing, "not found") }
            return try .json(200, answer)
        },
        Endpoint(
            .post, tags, .repository(.write, of: .contents), scope: .repository,
            reading: JSONBody<TagWish>(
                orElse: "[TagName]: Required; send {\"tag_name\": \"v1\", \"target\": \"main\"}"),
            answers: [.json(200, TagAnswer.self)] + refusals, "Make a tag; with a message it is annotated.", createTag),
        Endpoint(
            .delete, tags + "/{tag...}", .repository(.write, of: .contents), scope: .repository,
            answers: [.none(204)] + refusals, "Delete a tag."
        ) { request, place, app in
            let view = GitView(place, request, app)
            let name = request.path["tag"] ?? ""
            guard whyNoRefName(name) == nil, let tag = try view.git.object("refs/tags/\(name)", bytesMax: 0) else {
                throw Failure(.missing, "not found")
            }
            try RefMove(place, app).move("refs/tags/\(name)", from: tag.id, to: RefMove.nothing, view.git)
            return .noContent
        },
    ]

    private static func mayPush(_ place: InRepository) -> Bool {
        authorize(place.caller.principal, .write, of: .contents, on: place.repository.facts) == .allowed
    }

    @Sendable private static func list(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        try request.refuseUnknownParameters(but: search)
        let asked = Page(request)
        let page = Page(number: asked.number, limit: asked.limit)
        let view = GitView(place, request, app)
        var refs = try view.refs("refs/heads/")
        if let part = request.given("q")?.lowercased() {
            refs = refs.filter { shortRef($0.name).name.lowercased().contains(part) }
        }
        let shown = refs.dropFirst(Int(page.part.offset)).prefix(page.limit)
        let mayPush = mayPush(place)
        let commits = try view.commits(shown.map(\.id))
        let byID = Dictionary(commits.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return try .json(
            200,
            shown.compactMap { ref in
                byID[ref.id].map { BranchAnswer(shortRef(ref.name).name, $0, mayPush: mayPush, in: view.place) }
            }, headers: page.headers(total: Int64(refs.count), base: app.base(of: request), request: request))
    }

    @Sendable private static func create(
        _ request: Request, _ place: InRepository, _ body: () throws -> BranchWish, _ app: App
    ) throws -> Response {
        let wish = try body()
        if let why = whyNoRefName(wish.new_branch_name) { throw Failure(.invalid, "[BranchName]: \(why)") }
        let view = GitView(place, request, app)
        let old = [wish.old_ref_name, wish.old_branch_name].compactMap { $0 }.first { !$0.isEmpty }
        let commit = try view.found(old)
        guard try view.branch(wish.new_branch_name) == nil else {
            throw Failure(.conflict, "The branch already exists.")
        }
        try RefMove(place, app).move(
            "refs/heads/\(wish.new_branch_name)", from: RefMove.nothing, to: commit.id, view.git)
        return try .json(201, BranchAnswer(wish.new_branch_name, commit, mayPush: true, in: view.place))
    }

    @Sendable private static func listTags(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        try request.refuseUnknownParameters(but: paging)
        let asked = Page(request)
        let page = Page(number: asked.number, limit: asked.limit)
        let view = GitView(place, request, app)
        let refs = try view.refs("refs/tags/", sort: "-creatordate")
        let shown = refs.dropFirst(Int(page.part.offset)).prefix(page.limit)
        return try .json(
            200, view.tags(shown.map { (shortRef($0.name).name, $0.id) }),
            headers: page.headers(total: Int64(refs.count), base: app.base(of: request), request: request))
    }

    @Sendable private static func createTag(
        _ request: Request, _ place: InRepository, _ body: () throws -> TagWish, _ app: App
    ) throws -> Response {
        let wish = try body()
        if let why = whyNoRefName(wish.tag_name) { throw Failure(.invalid, "[TagName]: \(why)") }
        try checkField(wish.message, "Message", bytesMax: FileChangeLimits.messageBytesMax)
        let view = GitView(place, request, app)
        let commit = try view.found(wish.target)
        guard try view.git.object("refs/tags/\(wish.tag_name)", bytesMax: 0) == nil else {
            throw Failure(.conflict, "tag already exists")
        }
        var id = commit.id
        if let message = wish.message, !message.isEmpty {
            id = try GitWriter(view.git).store(
                .tag,
                tagObject(
                    of: commit.id, type: "commit", name: wish.tag_name,
                    tagger: app.person(place.caller, at: request.now), message: message + "\n"))
        }
        try RefMove(place, app).move("refs/tags/\(wish.tag_name)", from: RefMove.nothing, to: id, view.git)
        return try .json(
            200,
            TagAnswer(
                wish.tag_name, id: id, message: wish.message ?? commit.commit.message, commit: commit, in: view.place))
    }
}

extension GitView {
    func branch(_ name: String) throws -> Named? {
        guard whyNoRefName(name) == nil,
            let object = try git.object("refs/heads/\(name)^{commit}", bytesMax: PushLimits.commitBytesMax),
            let bytes = object.bytes
        else { return nil }
        return Named(id: object.id, commit: Commit(bytes))
    }

    /// Tags with their commits, read by one git; those of what is no commit are left out.
    func tags(_ refs: [(name: String, id: String)]) throws -> [TagAnswer] {
        let objects = try git.objects(
            refs.flatMap { [$0.id, "\($0.id)^{commit}"] }, bytesMax: PushLimits.commitBytesMax)
        return refs.enumerated().compactMap { index, ref in
            guard let object = objects[index * 2], let commit = objects[index * 2 + 1], let bytes = commit.bytes else {
                return nil
            }
            let named = Named(id: commit.id, commit: Commit(bytes))
            // A tag object has a head and a message as a commit has.
            let message = object.type == "tag" ? object.bytes.map { Commit($0).message } : named.commit.message
            return TagAnswer(ref.name, id: object.id, message: message ?? "", commit: named, in: place)
        }
    }
}
