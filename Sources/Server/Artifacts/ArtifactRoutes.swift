import Domain
import Postgres
import Web

/// Artifacts for people and their tools: REST (rest.md 10) and the address that upload-artifact prints (artifacts.md 4).
enum ArtifactRoutes {
    private static let base = "/api/v1/repos/{owner}/{repo}/actions"

    /// The toolkit counts its pages by `per_page=100`: fewer on a page, and it would miss the rest.
    private static let perPageMax = 100

    private static let parameters =
        Page.parameters.without(["before"]) + [
            QueryParameter("name", "only artifacts of this name"), QueryParameter("per_page", "as limit, at most 100"),
        ]
    private static let lists: [AnswerShape] = [.json(200, ArtifactList.self), .failure(400), .failure(404)]

    static let all: [Endpoint] = [
        Endpoint(
            .get, base + "/artifacts", .repository(.read), scope: .repository, query: parameters, answers: lists,
            "List the artifacts of a repository."
        ) { request, place, app in try list(of: nil, request, place, app) },
        Endpoint(
            .get, base + "/runs/{run}/artifacts", .repository(.read), scope: .repository, query: parameters,
            answers: lists, "List the artifacts of a run."
        ) { request, place, app in
            try list(of: try RunRoutes.run(request, place, app).id, request, place, app)
        },
        Endpoint(
            .get, base + "/artifacts/{artifact}", .repository(.read), scope: .repository,
            answers: [.json(200, ArtifactAnswer.self), .failure(404)], "Show an artifact."
        ) { request, place, app in
            try .json(200, ArtifactAnswer(try artifact(request, place, app), at: RunRoutes.place(request, place, app)))
        },
        Endpoint(
            .delete, base + "/artifacts/{artifact}", .repository(.write), scope: .repository,
            answers: [.none(204), .failure(404)], "Delete an artifact."
        ) { request, place, app in
            guard try app.artifacts.delete(try artifact(request, place, app).id) else {
                throw Failure(.missing, "not found")
            }
            return .noContent
        },
        Endpoint(
            .get, base + "/artifacts/{artifact}/zip", .repository(.read), scope: .repository,
            answers: [.none(302), .failure(404)], "Give the address from which an artifact is downloaded.", redirect),
        Endpoint(
            .get, "/{owner}/{repo}/actions/runs/{run}/artifacts/{artifact}", .repository(.read),
            answers: [.media(200, "application/octet-stream"), .failure(404)], "Download an artifact.", open),
    ]

    private static func list(
        of run: RunID?, _ request: Request, _ place: InRepository, _ app: App
    ) throws -> Response {
        try request.refuseUnknownParameters(but: parameters)
        let page =
            request.query["per_page"].flatMap { Int($0) } != nil
            ? Page(request, limitName: "per_page", limitMax: perPageMax, limitMin: 1) : Page(request)
        let found = try app.artifactViews.page(
            of: place.id, run: run, name: try request.word("name"),
            Page(number: page.number, limit: page.limit).part)
        let at = RunRoutes.place(request, place, app)
        return try .json(
            200,
            ArtifactList(total_count: found.total.rows, artifacts: found.artifacts.map { ArtifactAnswer($0, at: at) }),
            headers: page.headers(found.total, shown: found.artifacts.count, base: at.base, request: request))
    }

    /// The toolkit follows by itself, and wants exactly 302; the address it gets needs no credentials.
    @Sendable static func redirect(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let artifact = try artifact(request, place, app)
        guard artifact.state == .uploaded else { throw Failure(.missing, "Artifact has expired") }
        let address = try app.downloadURL(artifact.id, base: app.base(of: request), now: request.now)
        return Response(302, type: "text/plain", body: [], headers: [(name: "Location", value: address)])
    }

    /// `artifact-url` has the run's id, our pages its number: the artifact's own id is what counts.
    @Sendable private static func open(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let artifact = try artifact(request, place, app)
        guard [artifact.run.number, artifact.runNumber].contains(request.int("run") ?? 0) else {
            throw Failure(.missing, "not found")
        }
        return try DownloadRoutes.content(of: artifact, request, app)
    }

    /// Somebody else's does not exist.
    static func artifact(_ request: Request, _ place: InRepository, _ app: App) throws -> ArtifactView {
        guard let found = try app.artifactViews.artifact(request.id("artifact")), found.repository == place.id else {
            throw Failure(.missing, "not found")
        }
        return found
    }
}

/// An artifact in the shape of Gitea's API, and its digest, which Gitea leaves out (rest.md 10).
struct ArtifactAnswer: Described {
    struct OfRun: Described {
        let id: Int64
        let repository_id: Int64
        let head_sha: String
        let run_number: Int64
        /// Never filled (rest.md 1, values).
        var started_at = "0001-01-01T00:00:00Z"
        var completed_at = "0001-01-01T00:00:00Z"
        static let schemaName = "ArtifactRun"
        static let example = OfRun(
            id: 7, repository_id: 1, head_sha: "e83c5163316f89bfbde7d9ab23ca2e25604af290", run_number: 3)
    }
    let id: Int64
    let name: String
    let size_in_bytes: Int64
    let digest: String?
    let expired: Bool
    let url: String
    let archive_download_url: String
    let created_at: String
    let updated_at: String
    let expires_at: String
    let workflow_run: OfRun

    init(_ artifact: ArtifactView, at place: RunPlace) {
        id = artifact.id.number
        name = artifact.name
        size_in_bytes = artifact.bytes
        digest = artifact.digest
        expired = artifact.state != .uploaded
        url = "\(place.api)/actions/artifacts/\(artifact.id)"
        archive_download_url = url + "/zip"
        created_at = clockText(artifact.createdAt)
        updated_at = clockText(artifact.uploadedAt ?? artifact.createdAt)
        expires_at = clockText(artifact.expiresAt)
        workflow_run = OfRun(
            id: artifact.run.number, repository_id: place.repository.id.number, head_sha: artifact.sha,
            run_number: artifact.runNumber)
    }

    private init() {
        id = 4
        name = "dist"
        size_in_bytes = 1_500_000
        digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        expired = false
        url = "https://ci.example/api/v1/repos/ann/demo/actions/artifacts/4"
        archive_download_url = url + "/zip"
        created_at = "2026-01-02T03:04:05Z"
        updated_at = created_at
        expires_at = "2026-04-02T03:04:05Z"
        workflow_run = .example
    }
    static let example = ArtifactAnswer()
}

struct ArtifactList: Described {
    let total_count: Int64
    let artifacts: [ArtifactAnswer]
    static let example = ArtifactList(total_count: 1, artifacts: [.example])
}
