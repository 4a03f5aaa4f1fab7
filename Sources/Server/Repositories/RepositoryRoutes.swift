import Domain
import Postgres
import Web

/// REST: repositories (rest.md 6).
enum RepositoryRoutes {
    static let all: [Endpoint] = [
        Endpoint(
            .get, "/api/v1/repos/{owner}/{repo}", .repository(.read), scope: .repository,
            answers: [.json(200, RepositoryAnswer.self), .failure(404)], "Show a repository."
        ) { request, place, app in
            try .json(200, RepositoryAnswer(place.repository, base: app.base(of: request)))
        }
    ]
}
