import Domain
import Postgres

/// Takes away what repositories had that were deleted: their runs end, then go with their logs and artifacts as old runs do,
/// then the git directory, and the row last of all, so that an instance that is killed forgets nothing.
struct RemoveRepositories: Sendable {
    private static let runsAtOnce = 50
    private static let repositoriesAtOnce = 100

    let app: App

    func sweep(isStopping: () -> Bool = { false }) throws {
        for repository in try app.repositories.deleted(limit: Self.repositoriesAtOnce) where !isStopping() {
            try remove(repository, isStopping: isStopping)
        }
    }

    /// As much as can go now: a run is waited for until the runner had its last words and the log is sealed.
    func remove(_ repository: RepositoryID, isStopping: () -> Bool = { false }) throws {
        try app.runs.cancelAll(of: repository)
        while try app.runs.remove(of: repository, limit: Self.runsAtOnce) >= Self.runsAtOnce {
            guard !isStopping() else { return }
        }
        guard try !app.runs.hasRuns(repository) else { return }
        try RepositoryFiles(configuration: app.configuration).remove(repository)
        if try app.repositories.remove(repository) {
            app.log.info("repository removed", metadata: ["repo_id": "\(repository)"])
        }
    }
}
