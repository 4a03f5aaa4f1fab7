import Domain
import Postgres
import Web

struct CollaboratorWish: Described, Decodable {
    var permission: String?
    static let schemaName = "AddCollaboratorOption"
    static let example = CollaboratorWish(permission: "write")
}

struct CollaboratorPermissionAnswer: Described {
    let permission: String
    let role_name: String
    let user: UserAnswer
    static let schemaName = "RepoCollaboratorPermission"
    static let example = CollaboratorPermissionAnswer(permission: "write", role_name: "write", user: .example)
}

/// REST: who may do what in a repository beside its owner (rest.md 11).
enum CollaboratorRoutes {
    private static let path = RepositoryRoutes.path + "/collaborators"
    private static let paging = Page.parameters.filter { $0.name != "before" }

    static let all: [Endpoint] = [
        Endpoint(
            .get, path, .repository(.read), scope: .repository, query: paging,
            answers: [.json(200, [UserAnswer].self), .failure(404)], "List the collaborators of a repository.", list),
        Endpoint(
            .get, path + "/{collaborator}", .repository(.read), scope: .repository,
            answers: [.none(204), .failure(404)], "Say whether somebody is a collaborator."
        ) { request, place, app in
            guard try app.collaborators.permission(of: account(request, app).id, in: place.id) != nil else {
                throw Failure(.missing, "not found")
            }
            return .noContent
        },
        Endpoint(
            .put, path + "/{collaborator}", .repository(.admin), scope: .repository,
            reading: JSONBody<CollaboratorWish>(
                orElse: "[Permission]: send {\"permission\": \"read\"}, write or admin"),
            answers: [.none(204), .failure(403), .failure(404), .failure(422)],
            "Let somebody in, or change what they may do.", put),
        Endpoint(
            .delete, path + "/{collaborator}", .repository(.admin), scope: .repository,
            answers: [.none(204), .failure(404)], "Let somebody in no longer."
        ) { request, place, app in
            try app.collaborators.remove(account(request, app).id, from: place.id)
            return .noContent
        },
        Endpoint(
            .get, path + "/{collaborator}/permission", .repository(.read), scope: .repository,
            answers: [.json(200, CollaboratorPermissionAnswer.self), .failure(403), .failure(404)],
            "Say what somebody may do in a repository.", permission),
    ]

    private static func account(_ request: Request, _ app: App) throws -> Account {
        guard let account = try app.accounts.account(named: request.name("collaborator")) else {
            throw Failure(.missing, "not found")
        }
        return account
    }

    @Sendable private static func list(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        try request.refuseUnknownParameters(but: paging)
        let asked = Page(request)
        let page = Page(number: asked.number, limit: asked.limit)
        let found = try app.collaborators.list(of: place.id, page.part)
        let total = try app.collaborators.count(of: place.id)
        return try .json(
            200, found.map { UserAnswer($0, base: app.base(of: request), seenBy: place.caller) },
            headers: page.headers(total: total, base: app.base(of: request), request: request))
    }

    @Sendable private static func put(
        _ request: Request, _ place: InRepository, _ body: () throws -> CollaboratorWish, _ app: App
    ) throws -> Response {
        let account = try account(request, app)
        // Gitea's default.
        let permission = try body().permission ?? "write"
        guard let access = RepositoryAccess(word: permission), access < .owner else {
            throw Failure(.invalid, "[Permission]: it is none of read, write, admin")
        }
        guard account.id != place.repository.facts.owner else {
            throw Failure(.invalid, "\(account.name) owns this repository")
        }
        guard !account.isOrganization else {
            throw Failure(
                .invalid, "\(account.name) is an organization; let its members in, or hand the repository over")
        }
        try app.collaborators.put(account.id, permission, in: place.id)
        return .noContent
    }

    /// One's own is told to everybody, others' to those who look after the repository.
    @Sendable private static func permission(
        _ request: Request, _ place: InRepository, _ app: App
    ) throws -> Response {
        let account = try account(request, app)
        guard
            account.id == place.caller.account
                || authorize(place.caller.principal, .admin, of: .contents, on: place.repository.facts) == .allowed
        else { throw Failure(.forbidden, "only who looks after the repository sees what others may do there") }
        guard let seen = try app.repositoryViews.repository(place.id, seenBy: account.id) else {
            throw Failure(.missing, "not found")
        }
        let principal = Principal.account(account.id, isAdmin: account.isAdmin)
        func may(_ access: RepositoryAccess) -> Bool {
            authorize(principal, access, of: .contents, on: seen.facts) == .allowed
        }
        let words =
            may(.owner) ? "owner" : may(.admin) ? "admin" : may(.write) ? "write" : may(.read) ? "read" : "none"
        return try .json(
            200,
            CollaboratorPermissionAnswer(
                permission: words, role_name: words,
                user: UserAnswer(account, base: app.base(of: request), seenBy: place.caller)))
    }
}
