import Domain
import Postgres
import Web

struct RepositorySearchAnswer: Described {
    let ok: Bool
    let data: [RepositoryAnswer]
    static let schemaName = "SearchResults"
    static let example = RepositorySearchAnswer(ok: true, data: [.example])
}

/// REST: lists of repositories, of those alone that the caller sees.
enum RepositoryLists {
    private static let paging = Page.parameters.filter { $0.name != "before" }
    private static let list: [AnswerShape] = [.json(200, [RepositoryAnswer].self), .failure(404)]
    private static let search =
        paging + [
            QueryParameter("q", "a part of the name"),
            QueryParameter("includeDesc", "true: look in descriptions as well"),
            QueryParameter("topic", "true: look for a topic; nothing has one"),
            QueryParameter("uid", "only what this account owns or was let into"),
            QueryParameter("exclusive", "true: with uid, only what the account owns"),
            QueryParameter("priority_owner_id", "taken, and changes nothing"),
            QueryParameter("private", "false: no private ones"),
            QueryParameter("is_private", "true or false: only those"),
            QueryParameter("template", "true or false: only those"),
            QueryParameter("archived", "true or false: only those"),
            QueryParameter("mode", "source, fork, mirror or collaborative"),
            QueryParameter("sort", "alpha, created, updated, size or id"), QueryParameter("order", "asc or desc"),
        ]

    static let all: [Endpoint] = [
        Endpoint(
            .get, "/api/v1/repos/search", .anyone, scope: .repository, query: search,
            answers: [.json(200, RepositorySearchAnswer.self), .failure(400), .failure(422)], "Search repositories."
        ) { request, caller, app in
            try request.refuseUnknownParameters(but: search)
            let (found, headers) = try page(try searchFilter(request, caller), request, caller, app)
            return try .json(200, RepositorySearchAnswer(ok: true, data: found), headers: headers)
        },
        Endpoint(
            .get, "/api/v1/user/repos", .account, scope: [.user, .repository], query: paging, answers: list,
            "List the repositories that the caller owns or was let into."
        ) { request, by, app in
            var filter = filter(by.caller)
            filter.memberOnly = by.account
            return try answer(filter, request, by.caller, app)
        },
        Endpoint(
            .get, "/api/v1/users/{username}/repos", .anyone, scope: [.user, .repository], query: paging, answers: list,
            "List the repositories of a user."
        ) { request, caller, app in
            guard let owner = try app.accounts.account(named: request.name("username")),
                owner.visibility.isShown(to: caller.principal, isMember: owner.id == caller.account)
            else { throw Failure(.missing, "not found") }
            var filter = filter(caller)
            filter.owner = owner.id
            return try answer(filter, request, caller, app)
        },
        Endpoint(
            .get, "/api/v1/orgs/{org}/repos", .organizationVisible, scope: .organization, query: paging, answers: list,
            "List the repositories of an organization."
        ) { request, place, app in
            var filter = filter(place.caller)
            filter.owner = place.id
            return try answer(filter, request, place.caller, app)
        },
    ]

    private static func filter(_ caller: Caller) -> RepositoryFilter {
        var filter = RepositoryFilter()
        filter.reader = caller.account
        filter.seesAll = caller.isAdmin
        filter.publicOnly = caller.isPublicOnly
        return filter
    }

    private static func answer(
        _ filter: RepositoryFilter, _ request: Request, _ caller: Caller, _ app: App
    ) throws -> Response {
        try request.refuseUnknownParameters(but: paging)
        let (found, headers) = try page(filter, request, caller, app)
        return try .json(200, found, headers: headers)
    }

    private static func page(
        _ filter: RepositoryFilter, _ request: Request, _ caller: Caller, _ app: App
    ) throws -> (rows: [RepositoryAnswer], headers: [(name: String, value: String)]) {
        let asked = Page(request)
        let page = Page(number: asked.number, limit: asked.limit)
        let found = try app.repositoryViews.list(filter, page.part)
        let total = try app.repositoryViews.count(filter)
        return (
            found.map { RepositoryAnswer($0, for: caller, request, app) },
            page.headers(total: total, base: app.base(of: request), request: request)
        )
    }

    private static func searchFilter(_ request: Request, _ caller: Caller) throws -> RepositoryFilter {
        var filter = filter(caller)
        try checkField(request.query["q"], "q", bytesMax: RepositoryLimits.searchBytesMax)
        filter.text = request.given("q")
        filter.alsoInDescription = isTrue(request.query["includeDesc"])
        filter.isPrivate = flag(request.query["is_private"])
        if request.given("private") != nil, !isTrue(request.query["private"]) { filter.isPrivate = false }
        filter.isTemplate = flag(request.query["template"])
        filter.isArchived = flag(request.query["archived"])
        let nobody = AccountID(-1)
        if let uid = request.given("uid").map({ AccountID(Int64($0) ?? -1) }), uid.number != 0 {
            if isTrue(request.query["exclusive"]) { filter.owner = uid } else { filter.memberOnly = uid }
        }
        switch request.query["mode"] ?? "" {
        case "", "source", "collaborative": break
        // There are no forks and mirrors.
        case "fork", "mirror": filter.owner = nobody
        case let other: throw Failure(.invalid, "Invalid search mode: \"\(other)\"")
        }
        if isTrue(request.query["topic"]), filter.text != nil { filter.owner = nobody }
        if let sort = request.given("sort") {
            guard let order = RepositoryFilter.Order(rawValue: sort == "git_size" ? "size" : sort) else {
                throw Failure(.invalid, "Invalid sort mode: \"\(sort)\"")
            }
            filter.order = order
        }
        switch request.query["order"] ?? "" {
        case "", "asc": break
        case "desc": filter.isDescending = true
        case let other: throw Failure(.invalid, "Invalid sort order: \"\(other)\"")
        }
        return filter
    }

    private static func isTrue(_ text: String?) -> Bool { ["true", "1"].contains(text ?? "") }
    private static func flag(_ text: String?) -> Bool? {
        switch text {
        case "true", "1": true
        case "false", "0": false
        default: nil
        }
    }
}
