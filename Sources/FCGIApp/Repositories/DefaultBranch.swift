import Domain
import Postgres

/// The default branch of a repository: a row, and HEAD of the bare repository, which a clone checks out.
struct DefaultBranch {
    let app: App

    /// The first pushed branch becomes the default one of a repository that has no other. Safe to repeat.
    ///
    /// - Parameter refs: refs that a push made or moved, in its order.
    /// - Returns: the branch that it is now, when it changed.
    func adopt(after refs: [String], of repository: Repository) throws -> String? {
        let pushed = refs.map(shortRef).filter { $0.type == "branch" }.map(\.name)
        guard !pushed.isEmpty else { return nil }
        let directory = RepositoryFiles(configuration: app.configuration).directory(repository.id)
        let own = "refs/heads/\(repository.defaultBranch)"
        let deadline = GitProgram.deadline(seconds: PushLimits.gitSeconds)
        let born = try GitProgram.answer(["rev-parse", "--verify", "--quiet", own], in: directory, deadline: deadline)
        guard born.status != 0 else { return nil }
        let listing = try GitProgram.run(["for-each-ref", "--format=%(refname)", "refs/heads/"], in: directory)
        let branches = listing.split(separator: 0x0A).map { shortRef(String(decoding: $0, as: UTF8.self)).name }
        guard
            let branch = newDefaultBranch(
                current: repository.defaultBranch, branches: Set(branches), pushed: pushed)
        else { return nil }
        try app.repositories.adoptDefaultBranch(branch, of: repository.id, insteadOf: repository.defaultBranch)
        // Whatever the row says by now: of two first pushes one wins.
        let now = try app.repositories.repository(repository.id)?.defaultBranch ?? branch
        try GitProgram.run(["symbolic-ref", "HEAD", "refs/heads/\(now)"], in: directory)
        return now
    }
}
