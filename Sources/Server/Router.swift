import Client
import Domain
import Postgres
import Web

/// Finds the route, checks access, runs the handler, renders failures in the shape of the path's protocol.
package struct Router: Sendable {
    let app: App

    package init(app: App) {
        self.app = app
    }

    let routes: [Route] =
        HealthRoutes.all + MetricsRoutes.all + TaskRoutes.all + GitRoutes.all + RunRoutes.all + RunPages.all
        + LogRoutes.all + LogPage.all + RunnerRoutes.all + RunnerPages.all + SummaryRoutes.all + IdentityRoutes.all
        + ArtifactRoutes.all + UploadRoutes.all + DownloadRoutes.all + ArtifactV3Routes.all + ArtifactV4Routes.all

    /// Bodies too large for memory.
    @Sendable package static func streamsBody(_ request: Request) -> Bool { request.rawPath == UpdateLog.path }

    package func handle(_ request: Request) -> Response {
        do {
            guard request.body.count <= LaneLimits.bodyBytesMax else {
                throw Failure(.tooLarge, "the request body is over \(LaneLimits.bodyBytesMax) bytes")
            }
            if let excess = request.excess { throw Failure(.invalid, excess) }
            try app.refuseOtherSites(request, method: request.method)
            return try answer(request)
        } catch {
            return Self.render(error, request, app)
        }
    }

    static func render(_ error: any Error, _ request: Request, _ app: App) -> Response {
        let failure = Failure(describing: error)
        if failure.kind == .fault || failure.kind == .busy {
            app.log.error(
                "request failed",
                metadata: ["path": "\(request.rawPath)", "method": "\(request.method)", "err": "\(error)"])
        }
        switch (request.segments.first, request.segments.dropFirst().first) {
        case ("api", "actions"): return .connect(failure)
        case ("api", "actions_pipeline"): return .pipeline(failure)
        case ("twirp", _): return .twirp(failure)
        case ("api", _): return .rest(failure)
        default: return .page(failure)
        }
    }

    /// 405 in the shape of the path's protocol, with what the path takes instead.
    static func wrongMethod(_ request: Request, allowed: [String], _ app: App) -> Response {
        let methods = Set(allowed).sorted().joined(separator: ", ")
        let words = "this path does not take \(request.method); it takes \(methods)"
        var response = render(Failure(.wrongMethod, words), request, app)
        response.headers.append((name: "Allow", value: methods))
        return response
    }

    private func answer(_ request: Request) throws -> Response {
        var allowed: [String] = []
        for route in routes {
            guard let bound = route.bind(request.segments) else { continue }
            guard route.method == request.method || (route.method == "GET" && request.method == "HEAD") else {
                allowed += route.method == "GET" ? ["GET", "HEAD"] : [route.method]
                continue
            }
            var request = request
            request.path = bound
            switch route.access {
            case .open: return try route.handler(request, .anonymous, app)
            case .anyone: return try route.handler(request, try app.authenticate(request), app)
            case .repository(let wanted):
                let caller = try app.authenticate(request)
                request.repository = try app.repository(of: request, for: caller, wanting: wanted)
                return try route.handler(request, caller, app)
            case .account: return try route.handler(request, try app.caller(of: request, wanting: .account), app)
            case .organization:
                let caller = try app.authenticate(request)
                guard let organization = try app.accounts.organization(named: request.path["org"] ?? "") else {
                    throw Failure(.missing, "not found")
                }
                try request.admit(caller, .organization(organization.id))
                request.organization = organization
                return try route.handler(request, caller, app)
            case .siteAdmin:
                return try route.handler(request, try app.caller(of: request, wanting: .administrator), app)
            case .task, .taskByAnyToken:
                let task: LiveTask
                if case .task = route.access {
                    task = try app.runtimeTask(of: request)
                } else {
                    task = try app.liveTask(of: request)
                }
                request.task = task
                let principal = Principal.job(
                    task.task, repository: task.repository,
                    permissions: .unbounded)  // a runtime token is for the task's own artifacts, caches and summaries
                return try route.handler(request, Caller(principal: principal, name: Caller.jobName), app)
            }
        }
        if request.segments.first == "twirp" {
            throw Failure(.badRoute, "no call is at \(request.method) \(request.rawPath)")
        }
        if !allowed.isEmpty { return Self.wrongMethod(request, allowed: allowed, app) }
        throw Failure(.missing, "not found")
    }
}

extension Request {
    /// - Throws: 401 or 403 when the caller may not.
    fileprivate func admit(_ caller: Caller, _ wanted: SiteAccess) throws {
        switch authorize(caller.principal, wanted) {
        case .allowed: return
        case .needsLogin, .invisible:
            throw Failure(.unauthenticated, isPage ? "log in to see this page" : "token is required")
        case .forbidden:
            switch wanted {
            case .account: throw Failure(.forbidden, "this needs an account; a job's token has none")
            case .organization: throw Failure(.forbidden, "you need to own this organization")
            case .administrator: throw Failure(.forbidden, "you need to be a site administrator")
            }
        }
    }
    fileprivate var isPage: Bool { segments.first != "api" }
}

extension App {
    fileprivate func caller(of request: Request, wanting wanted: SiteAccess) throws -> Caller {
        let caller = try authenticate(request)
        try request.admit(caller, wanted)
        return caller
    }

    /// The repository a path names, if the caller may have what it wants of it (rest.md 1, order of checks).
    func repository(of request: Request, for caller: Caller, wanting wanted: RepositoryAccess) throws -> Repository {
        let found = try repositories.repository(
            owner: request.path["owner"] ?? "", name: request.path["repo"] ?? "", seenBy: caller.account)
        let isPage = request.isPage
        guard let repository = found else {
            throw isPage && caller.principal == .anonymous
                ? Failure(.unauthenticated, "log in to see this page") : Failure(.missing, "not found")
        }
        switch authorize(caller.principal, wanted, of: .actions, on: repository.facts) {
        case .allowed: return repository
        case .needsLogin: throw Failure(.unauthenticated, "token is required")
        case .forbidden:
            throw Failure(
                .forbidden,
                caller.lacks(wanted, of: .actions, on: repository.facts)
                    ?? "you need \(wanted) access to \(repository.fullName)")
        case .invisible:
            // A person with a browser is asked to log in, and learns nothing about what exists.
            throw isPage && caller.principal == .anonymous
                ? Failure(.unauthenticated, "log in to see this page") : Failure(.missing, "not found")
        }
    }
}
