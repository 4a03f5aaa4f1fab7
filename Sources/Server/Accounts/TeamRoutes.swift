import Domain
import Postgres
import Web

/// A team that the caller may have what it wants of.
struct InTeam: Sendable {
    let team: Team
    let organization: Account
    let caller: Caller
}

/// REST: teams of organizations (rest.md 11).
enum TeamRoutes {
    private static let ofOrganization = "/api/v1/orgs/{org}/teams"
    private static let path = "/api/v1/teams/{id}"
    private static let body = JSONBody<TeamBody>(
        orElse: "the body is no team; send {\"name\": \"writers\", \"permission\": \"write\"}")

    static let all: [Endpoint] = [
        Endpoint(
            .get, ofOrganization, .organizationMember, scope: .organization, query: Page.numbered,
            answers: [.json(200, [TeamAnswer].self), .failure(404)], "List the teams of an organization."
        ) { request, place, app in
            let page = Page(request)
            let base = app.base(of: request)
            let teams = try app.teams.teams(of: place.id, page.offsetPart)
            return try .json(
                200, teams.map { TeamAnswer($0, of: place.organization, base: base) },
                headers: page.headers(total: try app.teams.count(of: place.id), base: base, request: request))
        },
        Endpoint(
            .post, ofOrganization, .organization, scope: .organization, reading: body,
            answers: [.json(201, TeamAnswer.self), .failure(404), .failure(422)], "Make a team."
        ) { request, place, body, app in
            let draft = try draft(try body(), from: TeamDraft(name: ""))
            do {
                return try .json(
                    201,
                    TeamAnswer(
                        try app.teams.create(draft, in: place.id), of: place.organization, base: app.base(of: request)))
            } catch let error as PostgresError where error.isUniqueViolation {
                throw Failure(.invalid, "team already exists [name: \(draft.name)]")
            }
        },
        Endpoint(
            .get, path, .team(.member), scope: .organization, answers: [.json(200, TeamAnswer.self), .failure(404)],
            "Show a team."
        ) { request, place, app in
            try .json(200, TeamAnswer(place.team, of: place.organization, base: app.base(of: request)))
        },
        Endpoint(
            .patch, path, .team(.owner), scope: .organization, reading: body,
            answers: [.json(200, TeamAnswer.self), .failure(404), .failure(422)], "Change a team.", edit),
        Endpoint(
            .delete, path, .team(.owner), scope: .organization, answers: [.none(204), .failure(404), .failure(422)],
            "Delete a team."
        ) { _, place, app in
            guard place.team.permission != .owner else {
                throw Failure(.invalid, "the team of the owners cannot be deleted")
            }
            guard try app.teams.delete(place.team.id) else { throw Failure(.missing, "not found") }
            return .noContent
        },
        Endpoint(
            .get, path + "/members", .team(.member), scope: .organization, query: Page.numbered,
            answers: [.json(200, [UserAnswer].self), .failure(404)], "List the members of a team."
        ) { request, place, app in
            let page = Page(request)
            let base = app.base(of: request)
            let (organization, team) = (place.organization.id, place.team.id)
            let members = try app.accountViews.members(of: organization, team: team, page.offsetPart)
            return try .json(
                200, members.map { UserAnswer($0, base: base, seenBy: place.caller) },
                headers: page.headers(
                    total: try app.accountViews.memberCount(of: organization, team: team), base: base, request: request)
            )
        },
        member(.get, .team(.member), [.json(200, UserAnswer.self), .failure(404)], "Show a member of a team.") {
            request, place, account, app in
            guard try app.teams.isMember(account.id, of: place.team.id) else { throw Failure(.missing, "not found") }
            return try .json(200, UserAnswer(account, base: app.base(of: request), seenBy: place.caller))
        },
        member(.put, .team(.owner), [.none(204), .failure(404)], "Put somebody into a team.") {
            _, place, account, app in
            try app.teams.add(account.id, to: place.team)
            return .noContent
        },
        member(.delete, .team(.owner), [.none(204), .failure(404), .failure(422)], "Take somebody out of a team.") {
            _, place, account, app in
            guard try app.teams.remove(account.id, from: place.team) else { throw Failure(.missing, "not found") }
            return .noContent
        },
        repository(.put, "Give a team a repository of its organization.") { place, repository, app in
            try app.teams.add(repository, to: place.team)
            return true
        },
        repository(.delete, "Take a repository from a team.") { place, repository, app in
            try app.teams.remove(repository, from: place.team)
        },
    ]

    private static func member(
        _ method: Web.Method, _ access: Web.Access<App, InTeam>, _ answers: [AnswerShape], _ summary: String,
        _ handler: @escaping @Sendable (Request, InTeam, Account, App) throws -> Response
    ) -> Endpoint {
        Endpoint(
            method, path + "/members/{username}", access, scope: .organization, answers: answers, summary
        ) { request, place, app in
            guard let account = try app.accounts.account(named: request.name("username")), !account.isOrganization
            else { throw Failure(.missing, "not found") }
            return try handler(request, place, account, app)
        }
    }

    private static func repository(
        _ method: Web.Method, _ summary: String,
        _ change: @escaping @Sendable (InTeam, RepositoryID, App) throws -> Bool
    ) -> Endpoint {
        Endpoint(
            method, path + "/repos/{org}/{repo}", .team(.owner), scope: .organization,
            answers: [.none(204), .failure(404)], summary
        ) { request, place, app in
            guard
                let repository = try app.repositories.repository(
                    owner: request.name("org"), name: request.name("repo"), seenBy: nil),
                repository.facts.owner == place.organization.id, try change(place, repository.id, app)
            else { throw Failure(.missing, "not found") }
            return .noContent
        }
    }

    private static func draft(_ body: TeamBody, from before: TeamDraft) throws -> TeamDraft {
        var draft = before
        draft.name = body.name ?? before.name
        guard !draft.name.isEmpty else { throw Failure(.invalid, "[Name]: Required") }
        try checkField(draft.name, "Name", bytesMax: AccountLimits.teamNameBytesMax)
        try checkField(body.description, "Description", bytesMax: AccountLimits.descriptionBytesMax)
        draft.description = body.description ?? before.description
        if let word = body.permission {
            guard let permission = RepositoryAccess(word: word), permission != .owner || before.permission == .owner
            else {
                throw Failure(
                    .invalid, "[Permission]: \"\(word.prefix(80))\" is none; it is read, write or admin")
            }
            draft.permission = permission
        }
        draft.hasAllRepositories = body.includes_all_repositories ?? before.hasAllRepositories
        draft.createsRepositories = body.can_create_org_repo ?? before.createsRepositories
        return draft
    }

    @Sendable private static func edit(
        _ request: Request, _ place: InTeam, _ body: () throws -> TeamBody, _ app: App
    ) throws -> Response {
        let before = place.team
        var wanted = try draft(
            try body(),
            from: TeamDraft(
                name: before.name, description: before.description, permission: before.permission,
                hasAllRepositories: before.hasAllRepositories, createsRepositories: before.createsRepositories))
        if before.permission == .owner {
            // Owners are owners: of that team the description alone can be another.
            wanted = TeamDraft(
                name: before.name, description: wanted.description, permission: .owner, hasAllRepositories: true,
                createsRepositories: true)
        }
        do {
            guard let after = try app.teams.edit(before.id, wanted) else { throw Failure(.missing, "not found") }
            return try .json(200, TeamAnswer(after, of: place.organization, base: app.base(of: request)))
        } catch let error as PostgresError where error.isUniqueViolation {
            throw Failure(.invalid, "team already exists [name: \(wanted.name)]")
        }
    }
}

extension Web.Access where App == Server.App, Context == InTeam {
    /// The team that the path names as `{id}`, by the caller's standing in its organization.
    static func team(_ wanted: OrganizationAccess) -> Self {
        Self("team: \(wanted)") { request, app in
            let caller = try app.authenticate(request)
            guard let team = try app.teams.team(request.int("id") ?? 0),
                let organization = try app.accounts.account(team.organization),
                let view = try app.teams.organization(named: organization.name, seenBy: caller.account)
            else { throw Failure(.missing, "not found") }
            try request.admit(caller, .organization(view.facts, wanted))
            if caller.isPublicOnly, organization.visibility != .public {
                throw Failure(.forbidden, "token scope is limited to public orgs")
            }
            return InTeam(team: team, organization: organization, caller: caller)
        }
    }
}
