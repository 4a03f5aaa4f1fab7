import Domain
import Foundation
import Postgres

/// The default branch of a repository: a row, and HEAD of the bare repository, which a clone checks out.
package struct DefaultBranch {
    let app: App

    package init(app: App) {
        self.app = app
    }

    /// The first pushed branch becomes the default one of a repository that had no branch. Safe to repeat, and repairs a HEAD
    /// that does not say what the row says.
    ///
    /// - Parameter moved: refs that the push moved, in its order, each with what it was before.
    /// - Returns: the branch that it is now, when it changed.
    package func adopt(of repository: Repository, moved: () throws -> [(ref: String, before: String)]) throws -> String?
    {
        let directory = RepositoryFiles(configuration: app.configuration).directory(repository.id)
        // Whoever wrote the row may have been killed before HEAD.
        let head = try? String(contentsOfFile: "\(directory)/HEAD", encoding: .utf8)
        if head != "ref: refs/heads/\(repository.defaultBranch)\n" {
            try point(directory, at: repository.defaultBranch)
        }
        let own = "refs/heads/\(repository.defaultBranch)"
        let deadline = GitProgram.deadline(seconds: PushLimits.gitSeconds)
        let born = try GitProgram.answer(["rev-parse", "--verify", "--quiet", own], in: directory, deadline: deadline)
        guard born.status != 0 else { return nil }
        let moved = try moved().map { (ref: shortRef($0.ref), isNew: isZeroID($0.before)) }.filter {
            $0.ref.type == "branch"
        }
        // What was moved was there before.
        guard !moved.isEmpty, moved.allSatisfy(\.isNew) else { return nil }
        let listing = try GitProgram.run(["for-each-ref", "--format=%(refname)", "refs/heads/"], in: directory)
        let branches = listing.split(separator: 0x0A).map { shortRef(String(decoding: $0, as: UTF8.self)).name }
        guard
            let branch = newDefaultBranch(
                current: repository.defaultBranch, branches: Set(branches), made: moved.map(\.ref.name))
        else { return nil }
        try app.repositories.adoptDefaultBranch(branch, of: repository.id, insteadOf: repository.defaultBranch)
        // Whatever the row says by now: of two first pushes one wins.
        let now = try app.repositories.repository(repository.id)?.defaultBranch ?? branch
        try point(directory, at: now)
        return now
    }

    /// Lets a clone check the branch out.
    func point(_ repository: RepositoryID, at branch: String) throws {
        try point(RepositoryFiles(configuration: app.configuration).directory(repository), at: branch)
    }

    private func point(_ directory: String, at branch: String) throws {
        try GitProgram.run(["symbolic-ref", "HEAD", "refs/heads/\(branch)"], in: directory)
    }
}
