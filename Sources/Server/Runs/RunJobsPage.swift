import Domain
import Postgres
import Web

/// The jobs of a run with their logs, until each job has a page of its own.
struct RunJobsPage: PageModel {
    static let template = Template.runJobs

    let head: PageHead
    let jobs: [JobPart]

    static let all: [Endpoint] = [
        Endpoint(
            .get, "/{owner}/{repo}/actions/runs/{run}/jobs/{job}", .repository(.read), answers: [.page, .failure(404)],
            "Show the log of a job."
        ) { request, place, app in
            guard let run = try app.views.run(request.id("run"), in: place.id),
                let job = try app.views.job(request.id("job"), in: place.id), job.run == run.id
            else { throw Failure(.missing, "job \(request.path["job"] ?? "") does not exist") }
            let base = "/\(place.repository.fullName)/actions"
            return try RunJobsPage(
                head: place.head(
                    job.name, tab: .actions,
                    under: [
                        Crumb(name: "Actions", link: base),
                        Crumb(name: "#\(run.number)", link: "\(base)/runs/\(run.id)"),
                    ],
                    scripts: [.logScript]), jobs: LogPage.parts(of: [job], in: place.repository, app)
            ).response()
        }
    ]
}
