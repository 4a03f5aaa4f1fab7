import Logging
import Postgres
import Web

/// Every route of the server, in one table: routers, lanes, nginx's locations, the OpenAPI document and the authorization
/// matrix are made from it or checked against it.
package enum Routes {
    package static let endpoints: [Endpoint] =
        HealthRoutes.all + MetricsRoutes.all + DocumentRoutes.all + RunnerCallRoutes.all + RegistrationRoutes.all
        + TaskRoutes.all + FetchTask.all
        + RepositoryLists.all
        + CollaboratorRoutes.all
        + ContentsRoutes.all
        + CommitRoutes.all
        + GitObjectRoutes.all
        + BranchRoutes.all
        + CommitStatusRoutes.all
        + RunListRoutes.all
        + QueueRoutes.all
        + GitHubRoutes.all
        + GitRoutes.all + RepositoryRoutes.all + RunRoutes.all + JobRoutes.all + LogRoutes.all
        + RunListPages.all
        + RunPages.all
        + RunActions.all
        + WorkflowFilePage.all
        + InsightsPages.all
        + LogPage.all + StaticFile.endpoints
        + LiveEvents.all + JobPages.all
        + QueuePages.all
        + RepositoryPages.all
        + WorkflowPages.all
        + GeneralPages.all
        + SettingPages.all
        + EnvironmentPages.all
        + WebhookRoutes.all + WebhookPages.all
        + LiveLogs.all + RunnerRoutes.all + RunnerPages.all + SummaryRoutes.all + IdentityRoutes.all
        + ArtifactRoutes.all
        + SettingRoutes.all
        + WorkflowRoutes.all
        + EnvironmentRoutes.all
        + UserRoutes.all + TokenRoutes.all + AdminUserRoutes.all + OrganizationRoutes.all + TeamRoutes.all
        + SettingsRoutes.all
        + LoginRoutes.all
        + OpenIDRoutes.all
        + AdminPages.all
        + MemberPages.all
        + AccountSettingsPages.all
        + DispatchesRoute.all
        + PullRequestRoutes.all
        + UploadRoutes.all + DownloadRoutes.all + ArtifactV3Routes.all + ArtifactV4Routes.all

    /// Which protocol's failures a path has.
    package static let families = [
        PathFamily("/", .page), PathFamily("/api", .rest), PathFamily("/api/v3", .github),
        PathFamily("/api/actions", .connect),
        PathFamily("/api/actions_pipeline", .pipeline), PathFamily("/twirp", .twirp),
    ]

    /// - Throws: when two endpoints take the same request.
    package static func table() throws -> RouteTable<App> { try RouteTable(endpoints, families: families) }

    package static func router(_ app: App) throws -> Router<App> {
        // Pages are made from it; what is wrong with a template is told before anybody asks for one.
        _ = try TemplateLibrary.shared()
        return Router(
            app: app, table: try table(),
            hooks: RouterHooks(
                refuse: { request, app in try app.refuseOtherSites(request, method: request.method) },
                failed: { error, request, app in app.report(error, of: request) },
                present: { error, request, shape, app in
                    shape.name == FailureShape.page.name ? app.errorPage(error, request) : nil
                },
                base: { request, app in app.base(of: request) },
                within: { context, body in StatementOrigin.$requestID.withValue(context.id, operation: body) }))
    }
}

extension App {
    /// What only an operator can mend goes to the log; what the caller can, goes to the caller alone.
    func report(_ error: any Error, of request: Request) {
        let kind = Failure(describing: error).kind
        guard kind == .fault || kind == .busy else { return }
        var metadata: Logger.Metadata = [
            "path": "\(request.rawPath)", "method": "\(request.method)", "err": "\(error)",
        ]
        if let error = error as? PostgresError {
            metadata["query"] = "\(error.statement)"
            metadata["sqlstate"] = "\(error.sqlState)"
        }
        log.error("request failed", metadata: metadata)
    }
}
