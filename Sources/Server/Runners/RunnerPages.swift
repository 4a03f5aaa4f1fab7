import Domain
import Postgres
import Web

/// The pages that show runners: who they are, what they do, and why they do nothing.
enum RunnerPages {
    static let all: [Endpoint] = [
        Endpoint(.get, "/-/runners", .siteAdmin, answers: [.page], "Show all runners.") { request, caller, app in
            try page(.all, PageHead("Runners", caller: caller), request, app)
        },
        Endpoint(
            .get, "/{owner}/{repo}/-/runners", .repository(.owner), answers: [.page, .failure(404)],
            "Show the runners of a repository."
        ) { request, place, app in
            let repository = place.repository
            return try page(
                .exactly(.repository(repository.id)),
                place.head("Runners of \(repository.fullName)", tab: .settings), request, app)
        },
    ]

    private static func page(
        _ listing: RunnerListing, _ head: PageHead, _ request: Request, _ app: App
    ) throws -> Response {
        let shown = Page(number: Page(request).number, limit: PageLimits.rowsMax)
        let runners = try app.runnerViews.runners(listing, isDisabled: nil, shown.part)
        let total = try app.runnerViews.count(listing, isDisabled: nil).rows
        let jobs = Dictionary(grouping: try app.runnerViews.jobs(of: runners.map(\.id)), by: \.runner)
        let reasons = try app.waits.why(runners: runners.map(\.id))
        return try RunnersPage(
            head: head, total: total, hasNone: total == 0,
            runners: runners.map { row($0, jobs[$0.id] ?? [], why: reasons[$0.id]?.words.shown) },
            next: Int64(shown.number * shown.limit) < total ? shown.number + 1 : nil
        ).response()
    }

    private static func row(_ runner: RunnerView, _ jobs: [RunnerJob], why: String?) -> RunnerRow {
        RunnerRow(
            id: runner.id.number, name: runner.name, version: runner.version, status: "\(runner.reachable)",
            labels: runner.labels.joined(separator: ", "), place: runner.place.shown ?? "all repositories",
            isDisabled: runner.isDisabled, isEphemeral: runner.isEphemeral,
            jobs: jobs.map { job in
                RunnerJobLink(
                    link: "/\(job.repository)/actions/runs/\(job.run)/jobs/\(job.job)",
                    repository: job.repository, number: job.runNumber, name: job.name)
            },
            why: jobs.isEmpty ? why : nil)
    }
}
