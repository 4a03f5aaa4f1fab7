import Domain
import Postgres
import Web

/// Pages: who may do what in a repository, beside its owner.
enum MemberPages {
    private static let path = "/{owner}/{repo}/settings/members"

    static let all: [Endpoint] = [
        Endpoint(
            .get, path, .repository(.admin), answers: [.page, .failure(403), .failure(404)],
            "Show who may do what in a repository."
        ) { request, place, app in try page(place, app) },
        Endpoint.form(
            path, .repository(.admin), answers: [.none(303), .failure(403), .failure(404), .failure(422)],
            "Let somebody in, or change what they may do.", put),
        Endpoint.form(path + "/remove", .repository(.admin), "Let somebody in no longer.") { _, place, form, app in
            guard let account = try app.accounts.account(named: form.given("user") ?? "") else {
                throw Failure(.missing, "there is no user of this name")
            }
            try app.collaborators.remove(account.id, from: place.id)
            return .seeOther(address(place))
        },
    ]

    private static func address(_ place: InRepository) -> String { "/\(place.repository.fullName)/settings/members" }

    private static func choices(_ chosen: RepositoryAccess) -> [PermissionChoice] {
        [(RepositoryAccess.read, "Read"), (.write, "Write: push and run"), (.admin, "Administer: also settings")].map {
            PermissionChoice(word: $0.word, words: $1, isChosen: $0 == chosen)
        }
    }

    private static func page(
        _ place: InRepository, _ app: App, user: String = "", chosen: RepositoryAccess = .write, problem: String? = nil
    ) throws -> Response {
        let members = try app.collaborators.members(of: place.id, limit: Int64(MemberLimits.shownMax))
        let teams = try app.teams.teams(reaching: place.id, of: place.repository.facts.owner)
        let owner = String(place.repository.fullName.prefix { $0 != "/" })
        return try MembersPage(
            head: place.head("Members", section: .members), token: place.caller.formToken, owner: owner,
            ownerLink: "/\(owner)", hasNone: members.isEmpty,
            members: members.map { account, access in
                MemberRow(
                    name: account.name, fullName: account.fullName, link: "/\(account.name)", choices: choices(access),
                    action: address(place), remove: address(place) + "/remove", token: place.caller.formToken)
            },
            hasTeams: !teams.isEmpty,
            teams: teams.map { TeamRow(name: $0.name, permission: $0.permission.word) }, action: address(place),
            user: user,
            userProblem: problem, permissions: choices(chosen)
        ).response(problem == nil ? 200 : 422)
    }

    @Sendable private static func put(
        _ request: Request, _ place: InRepository, _ form: Form, _ app: App
    ) throws -> Response {
        let name = form.given("user") ?? ""
        guard let access = RepositoryAccess(word: form["permission"] ?? ""), access < .owner else {
            throw Failure(.invalid, "the permission is none of read, write and admin")
        }
        func again(_ problem: String) throws -> Response {
            try page(place, app, user: String(name.prefix(200)), chosen: access, problem: problem)
        }
        guard let account = try app.accounts.account(named: name) else {
            return try again("There is no user of this name.")
        }
        guard account.id != place.repository.facts.owner else {
            return try again("\(account.name) owns this repository.")
        }
        guard !account.isOrganization else {
            return try again("\(account.name) is an organization; add its members, or give its teams access.")
        }
        try app.collaborators.put(account.id, access.word, in: place.id)
        return .seeOther(address(place))
    }
}

enum MemberLimits {
    /// Rows of the page; more are managed by REST.
    static let shownMax = 500
}
