import Client
import Domain
import Foundation
import Postgres
import Web

/// REST: runners and the tokens they register with (rest.md 4).
enum RunnerRoutes {
    /// The four levels of the API at which runners are looked after.
    static let all: [Route] =
        routes("/api/v1/repos/{owner}/{repo}", .repository(.owner)) { request, _ in
            .exactly(.repository(try RunRoutes.found(request).id))
        }
        + routes("/api/v1/user", .account) { _, caller in
            guard let account = caller.account else { throw Failure(.forbidden, "this needs an account") }
            return .exactly(.owner(account))
        }
        + routes("/api/v1/orgs/{org}", .organization) { request, _ in
            guard let organization = request.organization else { throw Failure(.missing, "not found") }
            return .exactly(.owner(organization.id))
        }
        + routes("/api/v1/admin", .siteAdmin) { _, _ in .all }
        // The oldest path; guides for runners still name it.
        + [
            Route("GET", "/api/v1/admin/runners/registration-token", access: .siteAdmin) { _, _, app in
                try showToken(of: .everything, app)
            }
        ]

    private typealias Listing = @Sendable (Request, Caller) throws -> RunnerListing

    private static func routes(_ level: String, _ access: Access, _ listing: @escaping Listing) -> [Route] {
        func route(
            _ method: String, _ path: String,
            _ handler: @escaping @Sendable (RunnerListing, Request, Caller, App) throws -> Response
        ) -> Route {
            Route(method, level + "/actions/runners" + path, access: access) { request, caller, app in
                try handler(try listing(request, caller), request, caller, app)
            }
        }
        return [
            route("GET", "/registration-token") { listing, _, _, app in try showToken(of: listing.newcomers, app) },
            route("POST", "/registration-token") { listing, _, _, app in try showToken(of: listing.newcomers, app) },
            route("GET", "", list), route("GET", "/{runner}", show), route("GET", "/{runner}/why", why),
            route("PATCH", "/{runner}", edit), route("DELETE", "/{runner}", remove),
        ]
    }

    /// The current token, however often it is asked for (docs/adr/0011).
    private static func showToken(of scope: RunnerScope, _ app: App) throws -> Response {
        .json(
            200, #"{"token":"\#(jsonEscaped(try RegistrationTokens(app: app).current(of: scope)))"}"#,
            headers: [(name: "Cache-Control", value: "no-store")])
    }

    @Sendable private static func list(
        _ listing: RunnerListing, _ request: Request, _: Caller, _ app: App
    ) throws -> Response {
        let isDisabled: Bool? =
            switch request.query["disabled"] {
            case "true", "1": true
            case "false", "0": false
            default: nil
            }
        let limit = Pagination.limit(request)
        let runners = try app.runnerViews.runners(
            listing, isDisabled: isDisabled, limit: limit, offset: (Pagination.page(request) - 1) * limit)
        let total = try app.runnerViews.count(listing, isDisabled: isDisabled)
        return .json(
            200, #"{"total_count":\#(total),"runners":[\#(runners.map(\.json).joined(separator: ","))]}"#,
            headers: [(name: "X-Total-Count", value: "\(total)")])
    }

    /// A runner of another level is missing, not merely forbidden.
    private static func found(_ listing: RunnerListing, _ request: Request, _ app: App) throws -> RunnerView {
        guard let runner = try app.runnerViews.runner(id(request), in: listing) else {
            throw Failure(.missing, "not found")
        }
        return runner
    }
    private static func id(_ request: Request) -> RunnerID { RunnerID(request.int("runner") ?? 0) }

    @Sendable private static func show(
        _ listing: RunnerListing, _ request: Request, _: Caller, _ app: App
    ) throws -> Response {
        .json(200, try found(listing, request, app).json)
    }

    /// Millrace's own: why it is idle or what it does, in the words of the page and of `millrace why`.
    @Sendable private static func why(
        _ listing: RunnerListing, _ request: Request, _: Caller, _ app: App
    ) throws -> Response {
        guard let reason = try app.waits.why(runner: try found(listing, request, app).id) else {
            throw Failure(.missing, "not found")
        }
        return .json(200, reason.json)
    }

    private struct Edit: Decodable {
        let disabled: Bool
    }

    @Sendable private static func edit(
        _ listing: RunnerListing, _ request: Request, _ caller: Caller, _ app: App
    ) throws -> Response {
        // What is missing is said before what is wrong with the body (rest.md 1, order of checks).
        _ = try found(listing, request, app)
        let wanted: Edit
        do { wanted = try JSONDecoder().decode(Edit.self, from: Data(request.body)) } catch {
            throw Failure(.invalid, "[Disabled]: Required; send {\"disabled\": true} or {\"disabled\": false}")
        }
        guard try app.runners.setDisabled(wanted.disabled, id(request), in: listing, by: caller.account) else {
            throw Failure(.missing, "not found")
        }
        return try show(listing, request, caller, app)
    }

    @Sendable private static func remove(
        _ listing: RunnerListing, _ request: Request, _ caller: Caller, _ app: App
    ) throws -> Response {
        guard try app.runners.remove(id(request), in: listing, by: caller.account) else {
            throw Failure(.missing, "not found")
        }
        return .noContent
    }
}

extension RunnerListing {
    /// Where a runner registers that is to appear in this listing.
    fileprivate var newcomers: RunnerScope {
        if case .exactly(let scope) = self { return scope }
        return .everything
    }
}

extension RunnerView {
    /// In the shape of the API; a label's id is its place in the list.
    package var json: String {
        let labels = labels.enumerated().map { #"{"id":\#($0),"name":"\#(jsonEscaped($1))","type":"custom"}"# }
        return
            #"{"id":\#(id),"name":"\#(jsonEscaped(name))","status":"\#(reachable)","busy":\#(liveTasks > 0),"disabled":\#(isDisabled),"ephemeral":\#(isEphemeral),"labels":[\#(labels.joined(separator: ","))]}"#
    }

    /// The API knows no more than this.
    package var reachable: String { status == .offline ? "offline" : "online" }
}
