import Domain
import Mustache
import Postgres
import Web

/// The pages that show runners: who they are, what they do, and why they do nothing.
enum RunnerPages {
    static let all: [Endpoint] = [
        Endpoint(.get, "/-/runners", .siteAdmin, answers: [.page], "Show all runners.") { request, _, app in
            try page(.all, ["title": "Runners"], request, app)
        },
        Endpoint(
            .get, "/{owner}/{repo}/-/runners", .repository(.owner), answers: [.page, .failure(404)],
            "Show the runners of a repository."
        ) { request, place, app in
            let repository = place.repository
            let facts = [
                "title": "Runners of \(repository.fullName)", "repository": repository.fullName,
                "base": "/\(repository.fullName)",
            ]
            return try page(.exactly(.repository(repository.id)), facts, request, app)
        },
    ]

    private static func page(
        _ listing: RunnerListing, _ title: [String: String], _ request: Request, _ app: App
    ) throws -> Response {
        let shown = Page(number: Page(request).number, limit: PageLimits.rowsMax)
        let runners = try app.runnerViews.runners(listing, isDisabled: nil, shown.part)
        let total = try app.runnerViews.count(listing, isDisabled: nil)
        let jobs = Dictionary(grouping: try app.runnerViews.jobs(of: runners.map(\.id)), by: \.runner)
        let reasons = try app.waits.why(runners: runners.map(\.id))
        var facts: [String: Any] = title
        facts["total"] = total
        facts["none"] = total == 0
        facts["next"] = Int64(shown.number * shown.limit) < total ? shown.number + 1 : false as Any
        facts["runners"] = runners.map { runner in
            Self.facts(of: runner, jobs[runner.id] ?? [], why: reasons[runner.id]?.words ?? "")
        }
        return .html(200, try template().render(facts))
    }

    private static func facts(of runner: RunnerView, _ jobs: [RunnerJob], why: String) -> [String: Any] {
        [
            "id": runner.id.number, "name": runner.name, "version": runner.version, "status": runner.reachable,
            "labels": runner.labels.joined(separator: ", "),
            "place": runner.place.isEmpty ? "all repositories" : runner.place,
            "disabled": runner.isDisabled, "ephemeral": runner.isEphemeral, "why": jobs.isEmpty ? why : false as Any,
            "jobs": jobs.map { job in
                [
                    "name": job.name, "repository": job.repository, "number": "\(job.runNumber)",
                    "link": "/\(job.repository)/actions/runs/\(job.runNumber)/jobs/\(job.job)",
                ]
            },
        ]
    }

    private static func template() throws -> MustacheTemplate {
        try Templates.page(
            """
            <h1>{{title}}</h1>{{#none}}<p>No runner is registered here.</p>{{/none}}
            <table id="runners">{{#runners}}<tr id="runner-{{id}}"><td>{{id}}</td><td>{{name}} <small>{{version}}</small></td>
            <td><span class="{{status}}">{{status}}</span>{{#disabled}}, disabled{{/disabled}}{{#ephemeral}}, for one job{{/ephemeral}}</td>
            <td>{{labels}}</td><td>{{place}}</td>
            <td>{{#jobs}}<a href="{{link}}">{{repository}} #{{number}} {{name}}</a> {{/jobs}}{{#why}}{{why}}{{/why}}</td></tr>{{/runners}}</table>
            <p>{{total}} in all.{{#next}} <a href="?page={{next}}">next page</a>{{/next}}</p>
            """)
    }
}
