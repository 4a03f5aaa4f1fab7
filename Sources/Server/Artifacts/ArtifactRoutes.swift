import Client
import Domain
import Postgres
import Web

/// Artifacts for people and their tools: REST (rest.md 10) and the address that upload-artifact prints (artifacts.md 4).
enum ArtifactRoutes {
    private static let base = "/api/v1/repos/{owner}/{repo}/actions"

    private static let perPageMax = 100

    static let all: [Route] = [
        Route("GET", base + "/artifacts", access: .repository(.read), list),
        Route("GET", base + "/runs/{run}/artifacts", access: .repository(.read), list),
        Route("GET", base + "/artifacts/{artifact}", access: .repository(.read), get),
        Route("DELETE", base + "/artifacts/{artifact}", access: .repository(.write), delete),
        Route("GET", base + "/artifacts/{artifact}/zip", access: .repository(.read), redirect),
        Route("GET", "/{owner}/{repo}/actions/runs/{run}/artifacts/{artifact}", access: .repository(.read), open),
    ]

    @Sendable private static func list(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let repository = try RunRoutes.found(request)
        var run: RunView?
        if request.path["run"] != nil {
            run = try app.views.run(RunID(request.int("run") ?? 0), in: repository.id)
            guard run != nil else { throw Failure(.missing, "not found") }
        }
        // The toolkit counts its pages by `per_page=100`: fewer on a page, and it would miss the rest.
        let limit =
            request.query["per_page"].flatMap { Int($0) }.map { min(max(1, $0), perPageMax) }
            ?? Pagination.limit(request)
        let name = request.query["name"].flatMap { $0.isEmpty ? nil : $0 }
        let page = try app.artifactViews.page(
            of: repository.id, run: run?.id, name: name, limit: Int64(limit),
            offset: Int64((Pagination.page(request) - 1) * limit))
        let json = ArtifactJSON(app, repository, for: request)
        return .json(
            200,
            #"{"total_count":\#(page.total),"artifacts":[\#(page.artifacts.map(json.artifact).joined(separator: ","))]}"#,
            headers: [(name: "X-Total-Count", value: "\(page.total)")])
    }

    @Sendable private static func get(_ request: Request, _: Caller, _ app: App) throws -> Response {
        .json(200, ArtifactJSON(app, try RunRoutes.found(request), for: request).artifact(try artifact(request, app)))
    }

    @Sendable private static func delete(_ request: Request, _: Caller, _ app: App) throws -> Response {
        guard try app.artifacts.delete(try artifact(request, app).id) else { throw Failure(.missing, "not found") }
        return .noContent
    }

    /// The toolkit follows by itself, and wants exactly 302; the address it gets needs no credentials.
    @Sendable private static func redirect(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let artifact = try artifact(request, app)
        guard artifact.state == .uploaded else { throw Failure(.missing, "Artifact has expired") }
        let address = try app.downloadURL(artifact.id, base: app.base(of: request), now: request.now)
        return Response(302, type: "text/plain", body: [], headers: [(name: "Location", value: address)])
    }

    /// `artifact-url` has the run's id, our pages its number: the artifact's own id is what counts.
    @Sendable private static func open(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let artifact = try artifact(request, app)
        guard [artifact.run.number, artifact.runNumber].contains(request.int("run") ?? 0) else {
            throw Failure(.missing, "not found")
        }
        return try DownloadRoutes.content(of: artifact, request, app)
    }

    /// Somebody else's does not exist.
    private static func artifact(_ request: Request, _ app: App) throws -> ArtifactView {
        guard let found = try app.artifactViews.artifact(ArtifactID(request.int("artifact") ?? 0)),
            found.repository == (try RunRoutes.found(request)).id
        else { throw Failure(.missing, "not found") }
        return found
    }
}

/// An artifact in the shape of Gitea's API, and its digest, which Gitea leaves out (rest.md 10).
struct ArtifactJSON: Sendable {
    private let api: String
    private let repository: Repository

    init(_ app: App, _ repository: Repository, for request: Request) {
        api = "\(app.base(of: request))/api/v1/repos/\(repository.fullName)/actions/artifacts"
        self.repository = repository
    }

    package func artifact(_ artifact: ArtifactView) -> String {
        let url = jsonEscaped("\(api)/\(artifact.id)")
        let digest = artifact.digest.map { #""digest":"\#($0)","# } ?? ""
        let updated = RunJSON.time(artifact.uploadedAt ?? artifact.createdAt)
        return
            #"{"id":\#(artifact.id),"name":"\#(jsonEscaped(artifact.name))","size_in_bytes":\#(artifact.bytes),\#(digest)"expired":\#(artifact.state != .uploaded),"url":"\#(url)","archive_download_url":"\#(url)/zip","created_at":"\#(RunJSON.time(artifact.createdAt))","updated_at":"\#(updated)","expires_at":"\#(RunJSON.time(artifact.expiresAt))","workflow_run":{"id":\#(artifact.run),"repository_id":\#(repository.id),"head_sha":"\#(jsonEscaped(artifact.sha))","run_number":\#(artifact.runNumber)}}"#
    }
}
