import Domain
import Postgres
import Web

/// REST: accounts as administrators look after them (rest.md 11).
enum AdminUserRoutes {
    private static let one = "/api/v1/admin/users/{username}"

    static let all: [Endpoint] = [
        Endpoint(
            .get, "/api/v1/admin/users", .siteAdmin, scope: .admin, query: parameters,
            answers: [.json(200, [UserAnswer].self), .failure(400), .failure(422)], "List people.", list),
        Endpoint(
            .post, "/api/v1/admin/users", .siteAdmin, scope: .admin,
            reading: JSONBody<UserDraft>(
                orElse: "the body is no user; send {\"username\": \"ann\", \"email\": \"ann@example.com\", …}"),
            answers: [.json(201, UserAnswer.self), .failure(422)], "Make a person.", create),
        Endpoint(
            .patch, one, .siteAdmin, scope: .admin,
            reading: JSONBody<UserEdit>(orElse: "the body is no edit of a user; a member has the wrong type"),
            answers: [.json(200, UserAnswer.self), .failure(403), .failure(404), .failure(422)], "Change a person.",
            edit),
        Endpoint(
            .delete, one, .siteAdmin, scope: .admin,
            query: [QueryParameter("purge", "true: with all repositories and organizations that are theirs alone")],
            answers: [.none(204), .failure(404), .failure(422)], "Delete a person.", delete),
        Endpoint(
            .get, "/api/v1/admin/orgs", .siteAdmin, scope: .admin, query: Page.numbered,
            answers: [.json(200, [OrganizationAnswer].self)], "List organizations."
        ) { request, caller, app in
            try OrganizationRoutes.list(request, seenBy: nil, member: nil, app)
        },
        Endpoint(
            .post, one + "/orgs", .siteAdmin, scope: .admin, reading: OrganizationRoutes.body,
            answers: [.json(201, OrganizationAnswer.self), .failure(404), .failure(422)],
            "Make an organization that a person owns."
        ) { request, _, body, app in
            let owner = try person(request, app)
            return try OrganizationRoutes.create(request, owner: owner.id, try body(), app)
        },
    ]

    private static let parameters =
        Page.numbered + [
            QueryParameter("q", "a part of the login or full name"),
            QueryParameter("visibility", "public, limited or private"), QueryParameter("is_active", "true or false"),
            QueryParameter("is_admin", "true or false"), QueryParameter("is_prohibit_login", "true or false"),
            QueryParameter("sudo", "an administrator acts as this account"),
        ]

    /// The person that the path names.
    private static func person(_ request: Request, _ app: App) throws -> Account {
        guard let account = try app.accounts.account(named: request.name("username")), !account.isOrganization else {
            throw Failure(.missing, "not found")
        }
        return account
    }

    @Sendable private static func list(_ request: Request, _ caller: Caller, _ app: App) throws -> Response {
        try request.refuseUnknownParameters(but: parameters)
        var filter = AccountFilter()
        if let text = request.given("q") {
            try checkField(text, "q", bytesMax: AccountLimits.searchBytesMax)
            filter.text = text
        }
        filter.visibility = try AccountFields.visibility(request.given("visibility"))
        filter.isActive = try request.flag("is_active")
        filter.isAdmin = try request.flag("is_admin")
        filter.prohibitsLogin = try request.flag("is_prohibit_login")
        let page = Page(request)
        let base = app.base(of: request)
        let found = try app.accountViews.users(filter, page.offsetPart)
        return try .json(
            200, found.map { UserAnswer($0, base: base, seenBy: caller) },
            headers: page.headers(total: try app.accountViews.userCount(filter), base: base, request: request))
    }

    @Sendable private static func create(
        _ request: Request, _ caller: Caller, _ body: () throws -> UserDraft, _ app: App
    ) throws -> Response {
        let draft = try body()
        let name = try AccountFields.name(draft.username, "Username")
        guard let email = try AccountFields.email(draft.email), !email.isEmpty else {
            throw Failure(.invalid, "[Email]: Required")
        }
        try AccountFields.checkTexts(fullName: draft.full_name)
        let visibility = try AccountFields.visibility(draft.visibility) ?? .public
        do {
            let account = try app.accounts.create(
                name: name, email: email, password: try AccountFields.password(draft.password),
                fullName: draft.full_name ?? "", visibility: visibility,
                mustChangePassword: draft.must_change_password ?? true)
            return try .json(201, UserAnswer(account, base: app.base(of: request), seenBy: caller))
        } catch let error as PostgresError where error.isUniqueViolation {
            throw Failure(.invalid, "user already exists [name: \(name)]")
        }
    }

    @Sendable private static func edit(
        _ request: Request, _ caller: Caller, _ body: () throws -> UserEdit, _ app: App
    ) throws -> Response {
        let account = try person(request, app)
        let wanted = try body()
        try AccountFields.checkTexts(
            fullName: wanted.full_name, description: wanted.description, website: wanted.website,
            location: wanted.location)
        if account.id == caller.account,
            wanted.admin == false || wanted.active == false || wanted.prohibit_login == true
        {
            throw Failure(.forbidden, "an administrator cannot shut themselves out; let another one do it")
        }
        var edit = AccountEdit()
        edit.email = try AccountFields.email(wanted.email)
        edit.fullName = wanted.full_name
        edit.description = wanted.description
        edit.website = wanted.website
        edit.location = wanted.location
        edit.visibility = try AccountFields.visibility(wanted.visibility)
        edit.isAdmin = wanted.admin
        edit.isActive = wanted.active
        edit.prohibitsLogin = wanted.prohibit_login
        edit.password = try AccountFields.password(wanted.password)
        // As Gitea: who is given a new password keeps it only when this says so.
        edit.mustChangePassword = wanted.must_change_password ?? (edit.password == nil ? nil : true)
        guard let after = try app.caches.credentials.changing(account.id, { try app.accounts.edit(account.id, edit) })
        else { throw Failure(.missing, "not found") }
        return try .json(200, UserAnswer(after, base: app.base(of: request), seenBy: caller))
    }

    @Sendable private static func delete(_ request: Request, _ caller: Caller, _ app: App) throws -> Response {
        let account = try person(request, app)
        guard account.id != caller.account else {
            throw Failure(.invalid, "an administrator cannot delete themselves; let another one do it")
        }
        try AccountRemoval(app: app).remove(account, purge: try request.flag("purge") ?? false)
        return .noContent
    }
}

extension Request {
    /// - Returns: nil when it is absent or empty.
    /// - Throws: 400 for what is neither true nor false.
    func flag(_ name: String) throws -> Bool? {
        switch given(name) {
        case nil: nil
        case "true", "1": true
        case "false", "0": false
        case .some(let other):
            throw Failure(.malformed, "\(name) is true or false, not \"\(other.prefix(80))\"")
        }
    }
}
