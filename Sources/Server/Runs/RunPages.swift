import Domain
import Postgres
import Web

/// The pages a person sees of runs.
enum RunPages {
    static let all: [Endpoint] = [
        Endpoint(
            .get, "/{owner}/{repo}/actions", .repository(.read), answers: [.page, .failure(404)],
            "Show the runs of a repository.", listPage),
        Endpoint(
            .get, "/{owner}/{repo}/actions/runs/{run}", .repository(.read), answers: [.page, .failure(404)],
            "Show a run.", runPage),
    ]

    @Sendable static func listPage(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let repository = place.repository
        let page = Page(number: Page(request).number, limit: PageLimits.rowsMax)
        let runs = try app.views.runs(.repository(repository.id), RunFilter(), page.part)
        let base = "/\(repository.fullName)"
        return try RunListPage(
            head: place.head("Runs of \(repository.fullName)", tab: .actions),
            putAside: app.inbox.quarantined(of: repository.id).map { push in
                PutAsidePush(
                    ref: push.ref, sha: String(push.after.prefix(10)), pushedAt: clockText(push.createdAt),
                    reason: push.reason)
            },
            runs: runs.map { run in
                RunRow(
                    link: "\(base)/actions/runs/\(run.id)", number: run.number, status: "\(run.status)",
                    name: run.title, workflow: run.workflowID, ref: run.ref, actor: run.actor)
            }
        ).response()
    }

    @Sendable static func runPage(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let repository = place.repository
        guard let run = try app.views.run(request.id("run"), in: repository.id) else {
            throw Failure(.missing, "run \(request.path["run"] ?? "") does not exist")
        }
        let base = "/\(repository.fullName)"
        let artifacts = try app.artifactViews.page(
            of: repository.id, run: run.id, name: nil, ListPart(limit: Int64(PageLimits.rowsMax))
        ).artifacts.map { artifact in
            ArtifactRow(
                name: artifact.name, link: "\(base)/actions/runs/\(run.id)/artifacts/\(artifact.id)",
                size: sizeWords(artifact.bytes), isExpired: artifact.state != .uploaded,
                expires: clockText(artifact.expiresAt), digest: artifact.digest ?? "")
        }
        return try RunPage(
            head: place.head(
                run.title, tab: .actions, under: [Crumb(name: "Actions", link: "\(base)/actions")],
                scripts: [.logScript]),
            number: run.number,
            workflow: run.workflowPath, ref: run.ref, sha: run.sha, actor: run.actor, status: "\(run.status)",
            problem: run.problem.shown, warnings: run.warnings.shown,
            gates: run.status.isDone ? [] : try gates(of: run, at: "\(base)/actions/runs/\(run.id)", app),
            hasArtifacts: !artifacts.isEmpty, artifacts: artifacts,
            replaced: try app.tasks.replacedActions(of: run.id).map { ReplacedRow(from: $0.from, to: $0.to) },
            jobs: LogPage.parts(of: app.views.jobs(of: run), in: repository, app)
        ).response()
    }
}

extension RunPages {
    private static func gates(of run: RunView, at page: String, _ app: App) throws -> [GatePart] {
        try app.deployments.pending(of: run.id, seenBy: nil).map { pending in
            let names = pending.reviewers.map { reviewer in
                switch reviewer {
                case .account(_, let name): name
                case .team(_, let name): "team \(name)"
                }
            }
            let gate = "\(page)/environments/\(pending.environment)"
            return GatePart(
                name: pending.name, needsReview: pending.needsReview, reviewers: names.joined(separator: " or "),
                approve: "\(gate)/approved", reject: "\(gate)/rejected")
        }
    }
}

/// `512 bytes`, `1.5 KiB`, `20.0 MiB`: what a person reads of a size.
package func sizeWords(_ bytes: Int64) -> String {
    guard bytes >= 1024 else { return "\(bytes) byte\(bytes == 1 ? "" : "s")" }
    var tenths = bytes * 10 / 1024
    var unit = 0
    while tenths >= 10_240, unit < 3 {
        tenths /= 1024
        unit += 1
    }
    return "\(tenths / 10).\(tenths % 10) \(["KiB", "MiB", "GiB", "TiB"][unit])"
}
