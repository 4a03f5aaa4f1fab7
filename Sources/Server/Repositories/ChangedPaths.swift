import Domain

/// Which paths differ between two commits (workflows.md 5.3). What git cannot tell in time is nil: filters then pass.
extension GitReader {
    /// Of a rename both names.
    func changedPaths(from base: String, to commit: String, max: Int) -> [String]? {
        guard
            let answer = try? answer(
                ["diff-tree", "-r", "--name-only", "--no-renames", "-z", base, commit, "--"],
                secondsMax: PushLimits.extraGitSeconds),
            answer.status == 0, !answer.isCut
        else { return nil }
        let paths = answer.bytes.split(separator: 0)
        guard paths.count <= max else { return nil }
        return paths.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The paths that a pull request would change: from where its head left the base branch.
    func changedPaths(of request: RepositoryEvent.PullRequest) -> [String]? {
        guard let base = mergeBase(of: "refs/heads/\(request.baseBranch)", request.headCommit), !base.isEmpty else {
            return nil
        }
        return changedPaths(from: base, to: request.headCommit, max: PullRequestLimits.changedPathsMax)
    }

    /// Empty when they have nothing in common; nil when git does not tell.
    func mergeBase(of one: String, _ other: String) -> String? { mergeBase(of: one, [other]) }

    /// The nearest of those that a commit has with others.
    func mergeBase(of one: String, _ others: [String]) -> String? {
        guard
            let answer = try? answer(["merge-base", one] + others, secondsMax: PushLimits.extraGitSeconds),
            answer.status == 0 || answer.status == 1
        else { return nil }
        return GitProgram.firstLine(answer.bytes)
    }

    /// Whether a commit is, or comes after, another.
    func isAncestor(_ old: String, of new: String) -> Bool {
        (try? answer(["merge-base", "--is-ancestor", old, new], secondsMax: PushLimits.extraGitSeconds))?.status == 0
    }

    /// Whether a push brings no more commits than filters look at.
    ///
    /// - Parameter base: nil: all of them are new.
    func isFew(from base: String?, to commit: String) -> Bool {
        let most = PushLimits.filteredCommitsMax
        let counted = try? answer(
            ["rev-list", "--count", "--max-count=\(most + 1)", commit] + (base.map { ["^\($0)"] } ?? []) + ["--"],
            secondsMax: PushLimits.extraGitSeconds)
        guard let counted, counted.status == 0, let count = Int(GitProgram.firstLine(counted.bytes)) else {
            return false
        }
        return count <= most
    }
}
