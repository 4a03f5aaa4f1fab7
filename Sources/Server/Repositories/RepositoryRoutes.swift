import Domain
import Postgres
import Web

/// REST: one repository (rest.md 11).
enum RepositoryRoutes {
    static let path = "/api/v1/repos/{owner}/{repo}"
    static let one: [AnswerShape] = [.json(200, RepositoryAnswer.self), .failure(404)]
    private static let made: [AnswerShape] = [
        .json(201, RepositoryAnswer.self), .failure(403), .failure(404), .failure(409), .failure(422),
    ]
    private static let wish = JSONBody<RepositoryWish>(
        orElse: "[Name]: Required; send {\"name\": \"app\", \"private\": false, \"auto_init\": true}")

    static let all: [Endpoint] = [
        Endpoint(.get, path, .repository(.read), scope: .repository, answers: one, "Show a repository.") {
            request, place, app in
            try .json(200, RepositoryAnswer(place.repository, for: place.caller, request, app))
        },
        Endpoint(
            .patch, path, .repository(.admin), scope: .repository,
            reading: JSONBody<RepositoryEdit>(orElse: "the body is no JSON object of a repository's settings"),
            answers: one + [.failure(409), .failure(422)],
            "Change a repository: its name, who sees it, its description, its default branch.", edit),
        Endpoint(
            .delete, path, .repository(.owner), scope: .repository, answers: [.none(204), .failure(404)],
            "Delete a repository with its runs, logs and artifacts."
        ) { _, place, app in
            try delete(place, app)
            return .noContent
        },
        Endpoint(
            .post, path + "/transfer", .repository(.owner), scope: .repository,
            reading: JSONBody<RepositoryTransfer>(orElse: "[NewOwner]: Required; send {\"new_owner\": \"guild\"}"),
            answers: [.json(202, RepositoryAnswer.self), .failure(404), .failure(409), .failure(422)],
            "Hand a repository over to another owner.", transfer),
        Endpoint(
            .get, "/api/v1/repositories/{id}", .anyone, scope: .repository, answers: one,
            "Show a repository by its id."
        ) { request, caller, app in
            guard let found = try app.repositoryViews.repository(request.id("id"), seenBy: caller.account),
                authorize(caller.principal, .read, of: .contents, on: found.facts) == .allowed
            else { throw Failure(.missing, "not found") }
            if caller.isPublicOnly, found.facts.isPrivate || found.facts.ownerVisibility == .private {
                throw Failure(.forbidden, "token scope is limited to public repos")
            }
            return try .json(200, RepositoryAnswer(found, for: caller, request, app))
        },
        Endpoint(
            .post, "/api/v1/user/repos", .account, scope: [.user, .repository], reading: wish, answers: made,
            "Make a repository of one's own."
        ) { request, by, body, app in
            guard let owner = try app.accounts.account(by.account) else { throw Failure(.missing, "not found") }
            return try make(body(), for: owner, by.caller, request, app)
        },
        Endpoint(
            .post, "/api/v1/orgs/{org}/repos", .organizationMember, scope: .organization, reading: wish, answers: made,
            "Make a repository of an organization."
        ) { request, place, body, app in
            guard place.mayCreate else {
                throw Failure(.forbidden, "none of your teams may make repositories in \(place.organization.name)")
            }
            return try make(body(), for: place.organization, place.caller, request, app)
        },
        Endpoint(
            .post, "/api/v1/admin/users/{username}/repos", .siteAdmin, scope: .admin, reading: wish, answers: made,
            "Make a repository of a user."
        ) { request, caller, body, app in
            guard let owner = try app.accounts.account(named: request.name("username")) else {
                throw Failure(.missing, "not found")
            }
            return try make(body(), for: owner, caller, request, app)
        },
    ]

    private static func make(
        _ wish: RepositoryWish, for owner: Account, _ caller: Caller, _ request: Request, _ app: App
    ) throws -> Response {
        let fresh = try wish.fresh(for: owner.id)
        let author = wish.auto_init == true ? app.person(caller, at: request.now) : nil
        let id = try RepositoryCreation(app: app).create(fresh, ownerName: owner.name, author: author)
        if let maker = caller.account, maker != owner.id, !caller.isAdmin {
            // A team may let its members make what it does not let them see.
            try app.collaborators.put(maker, RepositoryAccess.admin.word, in: id)
        }
        guard let found = try app.repositoryViews.repository(id, seenBy: caller.account) else {
            throw Failure(.missing, "not found")
        }
        return try .json(201, RepositoryAnswer(found, for: caller, request, app))
    }

    @Sendable private static func edit(
        _ request: Request, _ place: InRepository, _ body: () throws -> RepositoryEdit, _ app: App
    ) throws -> Response {
        try change(place, try body().change(), app)
        return try answer(200, place, request, app)
    }

    static func change(_ place: InRepository, _ edit: RepositoryStore.Edit, _ app: App) throws {
        let files = RepositoryFiles(configuration: app.configuration)
        if let branch = edit.defaultBranch, !files.isEmpty(place.id) {
            let git = GitReader(files.directory(place.id))
            defer { git.close() }
            guard try git.object("refs/heads/\(branch)", bytesMax: 0) != nil else {
                throw Failure(.invalid, "[DefaultBranch]: there is no branch \"\(branch)\"")
            }
        }
        do {
            guard try app.repositories.edit(place.id, edit) else { throw Failure(.missing, "not found") }
        } catch let error as PostgresError where error.isUniqueViolation {
            throw Failure(.conflict, "The repository with the same name already exists.")
        }
        // The row first: what is killed here is set right by the next push (`DefaultBranch.adopt`).
        if let branch = edit.defaultBranch { try DefaultBranch(app: app).point(place.id, at: branch) }
    }

    static func delete(_ place: InRepository, _ app: App) throws {
        guard try app.repositories.delete(place.id) else { throw Failure(.missing, "not found") }
        app.log.info(
            "repository deleted", metadata: ["repo_id": "\(place.id)", "repo": "\(place.repository.fullName)"])
        // What can go at once goes at once; the sweep has the rest.
        try? RemoveRepositories(app: app).remove(place.id)
    }

    @Sendable private static func transfer(
        _ request: Request, _ place: InRepository, _ body: () throws -> RepositoryTransfer, _ app: App
    ) throws -> Response {
        let wanted = try body()
        try checkField(wanted.new_owner, "NewOwner", bytesMax: RepositoryLimits.nameBytesMax)
        guard let owner = try app.accounts.account(named: wanted.new_owner) else {
            throw Failure(.missing, "there is no user or organization \"\(wanted.new_owner)\"")
        }
        guard try app.mayCreate(in: owner, place.caller) else {
            throw Failure(
                .forbidden, "you may hand repositories over to yourself and to organizations in which you may make some"
            )
        }
        let teams = try (wanted.team_ids ?? []).prefix(AccountLimits.teamsAtOnceMax + 1).map { id in
            guard let team = try app.teams.team(id), team.organization == owner.id else {
                throw Failure(.invalid, "[TeamIDs]: \(owner.name) has no team \(id)")
            }
            return team
        }
        guard teams.count <= AccountLimits.teamsAtOnceMax else {
            throw Failure(.invalid, "[TeamIDs]: at most \(AccountLimits.teamsAtOnceMax) teams are taken at once")
        }
        do {
            guard try app.repositories.transfer(place.id, to: owner.id) else { throw Failure(.missing, "not found") }
        } catch let error as PostgresError where error.isUniqueViolation {
            throw Failure(.conflict, "The repository with the same name already exists.")
        }
        for team in teams { try app.teams.add(place.id, to: team) }
        return try answer(202, place, request, app)
    }

    /// As it is by now.
    private static func answer(
        _ status: Int, _ place: InRepository, _ request: Request, _ app: App
    ) throws -> Response {
        guard let found = try app.repositoryViews.repository(place.id, seenBy: place.caller.account) else {
            throw Failure(.missing, "not found")
        }
        return try .json(status, RepositoryAnswer(found, for: place.caller, request, app))
    }
}

extension App {
    /// Whether the caller may make repositories of the owner.
    func mayCreate(in owner: Account, _ caller: Caller) throws -> Bool {
        if caller.account == owner.id { return true }
        if caller.isAdmin { return true }
        guard owner.isOrganization else { return false }
        return try teams.organization(named: owner.name, seenBy: caller.account)?.mayCreate ?? false
    }

    /// Who a commit is by that the caller makes.
    func person(_ caller: Caller, at now: Instant) -> Commit.Person {
        let account = caller.person
        let name = account?.name ?? Caller.jobName
        let email = account.map(\.email).flatMap { $0.isEmpty ? nil : $0 }
        return Commit.Person(
            name: name, email: email ?? "\(name)@noreply.localhost", seconds: now.microseconds / 1_000_000)
    }
}

struct RepositoryTransfer: Described, Decodable {
    let new_owner: String
    /// Teams of the organization that get access; its owners have it anyway.
    var team_ids: [Int64]?
    static let schemaName = "TransferRepoOption"
    static let example = RepositoryTransfer(new_owner: "guild", team_ids: [])
}

/// What can be changed of a repository; what is absent stays. Switches of what Millrace has none of are taken and mean nothing.
struct RepositoryEdit: Described, Decodable {
    var name: String?
    var description: String?
    var website: String?
    var `private`: Bool?
    var template: Bool?
    var archived: Bool?
    var default_branch: String?
    /// False: nothing starts here.
    var has_actions: Bool?

    static let schemaName = "EditRepoOption"
    static let example = RepositoryEdit(
        name: "demo", description: "A demonstration", website: "https://example.org", private: false, template: false,
        archived: false, default_branch: "main", has_actions: true)

    /// - Throws: 422 with what is wrong.
    func change() throws -> RepositoryStore.Edit {
        if let name, let why = whyNoRepositoryName(name) {
            throw Failure(.invalid, "[Name]: no repository can be called \"\(cut(name, bytesMax: 120))\": \(why)")
        }
        try checkField(description, "Description", bytesMax: RepositoryLimits.descriptionBytesMax)
        try checkField(website, "Website", bytesMax: RepositoryLimits.websiteBytesMax)
        if let branch = default_branch, let why = whyNoRefName(branch) {
            throw Failure(.invalid, "[DefaultBranch]: \(why)")
        }
        var edit = RepositoryStore.Edit()
        edit.name = name
        edit.description = description
        edit.website = website
        edit.isPrivate = `private`
        edit.isTemplate = template
        edit.isArchived = archived
        edit.defaultBranch = default_branch
        edit.hasActions = has_actions
        return edit
    }
}
