import Domain
import Postgres
import Web

/// REST: organizations and who is in them (rest.md 11).
enum OrganizationRoutes {
    static let body = JSONBody<OrganizationDraft>(
        orElse: "the body is no organization; send {\"username\": \"guild\", \"visibility\": \"public\"}")
    private static let path = "/api/v1/orgs/{org}"

    static let all: [Endpoint] = [
        Endpoint(
            .get, "/api/v1/orgs", .anyone, scope: .organization, query: Page.numbered,
            answers: [.json(200, [OrganizationAnswer].self), .failure(401)], "List organizations that the caller sees."
        ) { request, caller, app in
            try list(request, seenBy: caller.listsAs, member: nil, app)
        },
        Endpoint(
            .post, "/api/v1/orgs", .account, scope: .organization, reading: body,
            answers: [.json(201, OrganizationAnswer.self), .failure(422)],
            "Make an organization; the caller becomes its owner."
        ) { request, caller, body, app in try create(request, owner: caller.account, try body(), app) },
        Endpoint(
            .get, "/api/v1/user/orgs", .account, scope: [.user, .organization], query: Page.numbered,
            answers: [.json(200, [OrganizationAnswer].self)], "List the caller's organizations."
        ) { request, caller, app in
            // One's own are all shown, but to a token for what is public.
            try list(
                request, seenBy: caller.caller.isPublicOnly ? .some(nil) : nil, member: caller.account, app)
        },
        Endpoint(
            .get, "/api/v1/users/{username}/orgs", .anyone, scope: [.user, .organization], query: Page.numbered,
            answers: [.json(200, [OrganizationAnswer].self), .failure(401), .failure(404)],
            "List a person's organizations that the caller sees."
        ) { request, caller, app in
            let account = try app.visibleAccount(request, caller)
            return try list(
                request, seenBy: caller.listsAs, member: account.id, app)
        },
        Endpoint(
            .get, path, .organizationVisible, scope: .organization,
            answers: [.json(200, OrganizationAnswer.self), .failure(401), .failure(404)], "Show an organization."
        ) { request, place, app in
            try .json(200, OrganizationAnswer(place.organization, base: app.base(of: request)))
        },
        Endpoint(
            .patch, path, .organization, scope: .organization, reading: body,
            answers: [.json(200, OrganizationAnswer.self), .failure(404), .failure(422)], "Change an organization.",
            edit),
        Endpoint(
            .delete, path, .organization, scope: .organization, answers: [.none(204), .failure(404), .failure(422)],
            "Delete an organization that owns no repositories."
        ) { _, place, app in
            try AccountRemoval(app: app).remove(place.organization, purge: false)
            return .noContent
        },
        Endpoint(
            .get, path + "/members", .organizationMember, scope: .organization, query: Page.numbered,
            answers: [.json(200, [UserAnswer].self), .failure(404)], "List the members of an organization."
        ) { request, place, app in
            let page = Page(request)
            let base = app.base(of: request)
            let members = try app.accountViews.members(of: place.id, page.offsetPart)
            return try .json(
                200, members.map { UserAnswer($0, base: base, seenBy: place.caller) },
                headers: page.headers(
                    total: try app.accountViews.memberCount(of: place.id), base: base, request: request))
        },
        Endpoint(
            .get, path + "/members/{username}", .organizationMember, scope: .organization,
            answers: [.none(204), .failure(404)], "Say whether somebody is a member of an organization."
        ) { request, place, app in
            guard let account = try app.accounts.account(named: request.name("username")),
                try app.accountViews.isMember(account.id, of: place.id)
            else { throw Failure(.missing, "not found") }
            return .noContent
        },
        Endpoint(
            .delete, path + "/members/{username}", .organization, scope: .organization,
            answers: [.none(204), .failure(404), .failure(422)], "Take somebody out of all teams of an organization."
        ) { request, place, app in
            guard let account = try app.accounts.account(named: request.name("username")),
                try app.teams.remove(account.id, fromOrganization: place.id)
            else { throw Failure(.missing, "not found") }
            return .noContent
        },
    ]

    /// - Parameters as `AccountQueries.organizations`.
    static func list(
        _ request: Request, seenBy viewer: AccountID??, member: AccountID?, _ app: App
    ) throws -> Response {
        let page = Page(request)
        let base = app.base(of: request)
        let found = try app.accountViews.organizations(seenBy: viewer, member: member, page.offsetPart)
        return try .json(
            200, found.map { OrganizationAnswer($0, base: base) },
            headers: page.headers(
                total: try app.accountViews.organizationCount(seenBy: viewer, member: member), base: base,
                request: request))
    }

    static func create(
        _ request: Request, owner: AccountID, _ draft: OrganizationDraft, _ app: App
    ) throws -> Response {
        let name = try AccountFields.name(draft.username)
        let email = try AccountFields.email(draft.email) ?? ""
        try AccountFields.checkTexts(
            fullName: draft.full_name, description: draft.description, website: draft.website,
            location: draft.location)
        let visibility = try AccountFields.visibility(draft.visibility) ?? .public
        do {
            let account = try app.accounts.createOrganization(
                name: name, owner: owner, fullName: draft.full_name ?? "", email: email,
                description: draft.description ?? "", website: draft.website ?? "", location: draft.location ?? "",
                visibility: visibility)
            return try .json(201, OrganizationAnswer(account, base: app.base(of: request)))
        } catch let error as PostgresError where error.isUniqueViolation {
            throw Failure(.invalid, "user already exists [name: \(name)]")
        }
    }

    @Sendable private static func edit(
        _ request: Request, _ place: InOrganization, _ body: () throws -> OrganizationDraft, _ app: App
    ) throws -> Response {
        let wanted = try body()
        try AccountFields.checkTexts(
            fullName: wanted.full_name, description: wanted.description, website: wanted.website,
            location: wanted.location)
        var edit = AccountEdit()
        edit.fullName = wanted.full_name
        edit.email = try AccountFields.email(wanted.email)
        edit.description = wanted.description
        edit.website = wanted.website
        edit.location = wanted.location
        edit.visibility = try AccountFields.visibility(wanted.visibility)
        guard let after = try app.accounts.edit(place.id, edit) else { throw Failure(.missing, "not found") }
        return try .json(200, OrganizationAnswer(after, base: app.base(of: request)))
    }
}

extension TeamStore.LastOwner: FailureConvertible {
    package var failure: Failure { Failure(.invalid, description) }
}
