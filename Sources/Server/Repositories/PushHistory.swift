import Domain
import Postgres

/// What a push brought: its commits, the paths they changed, and whether it rewrote a branch (workflows.md 5.3, 14).
///
/// What cannot be told in time is left out: no push fails for its size.
struct PushHistory {
    /// Branch tips given to git as arguments; with more, a new branch is compared with the default one alone.
    private static let tipsMax = 1000
    private static let emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

    let entry: InboxEntry
    let push: RepositoryEvent.Push
    /// The commit that `after` is, or points to.
    let commit: String
    let repository: Repository
    let inbox: InboxStore
    let git: GitReader

    var isBranch: Bool { shortRef(push.ref).type == "branch" }

    /// The push as jobs see it.
    ///
    /// - Throws: when git cannot be read.
    func payload(head: Commit, pusher: String, base: String) throws -> PushPayload {
        let (newest, total) = try commits()
        let own = (id: commit, parent: head.parents.first)
        let changes = changes(of: newest.first?.id == commit ? newest : [own] + newest)
        let objects =
            (try? git.objects(
                newest.map(\.id), bytesMax: PushLimits.commitBytesMax, secondsMax: PushLimits.extraGitSeconds)) ?? []
        let listed = zip(newest, objects).compactMap { one, object in
            object?.bytes.map {
                ListedCommit(id: one.id, commit: Commit($0), change: changes[one.id] ?? CommitChange())
            }
        }
        return PushPayload(
            push: push, head: ListedCommit(id: commit, commit: head, change: changes[commit] ?? CommitChange()),
            commits: listed, total: total, isForced: isForced(), pusher: pusher,
            page: "\(base)/\(repository.fullName)",
            repository: JSONVerbatim(
                String(decoding: try jsonText(RepositoryAnswer(repository, base: base)), as: UTF8.self)))
    }

    /// Branches as they were before this push, without what it made; nil when git does not tell them in time.
    private func tipsBefore() throws -> [(ref: String, id: String)]? {
        var tips: [String: String] = [:]
        guard
            let listing = try? git.run(
                ["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads/"],
                secondsMax: PushLimits.extraGitSeconds)
        else { return nil }
        for line in listing.split(separator: 0x0A) {
            let words = line.split(separator: 0x20, maxSplits: 1).map { String(decoding: $0, as: UTF8.self) }
            if words.count == 2 { tips[words[1]] = words[0] }
        }
        for (ref, before) in try inbox.movedSince(entry) where shortRef(ref).type == "branch" {
            tips[ref] = isZeroID(before) ? nil : before
        }
        return tips.map { ($0.key, $0.value) }.sorted { $0.ref < $1.ref }
    }

    /// Nil when it cannot be told, or there are too many. Filters then pass.
    func changedPaths() throws -> [String]? {
        guard isBranch else { return nil }
        var base = push.before
        if try push.isNew || git.object(push.before, bytesMax: 0) == nil {
            guard let found = try baseOfNew() else { return nil }
            base = found
        }
        guard git.isFew(from: base == Self.emptyTree ? nil : base, to: commit) else { return nil }
        return git.changedPaths(from: base, to: commit, max: PushLimits.changedPathsMax)
    }

    /// Where a branch that is new, or whose old commits are gone, left the branches there were, the nearest of them: the default
    /// branch, as a rule (workflows.md 20.6), and another one for a branch of a branch (field/09). All its files are new when there
    /// is none, as for the first push of a repository. Nil: git does not tell in time.
    private func baseOfNew() throws -> String? {
        let own = "refs/heads/\(repository.defaultBranch)"
        guard let tips = try tipsBefore() else { return nil }
        let compared = tips.count <= Self.tipsMax ? tips.map(\.id) : tips.filter { $0.ref == own }.map(\.id)
        guard !compared.isEmpty else { return Self.emptyTree }
        return git.mergeBase(of: commit, compared).map { $0.isEmpty ? Self.emptyTree : $0 }
    }

    /// The new commits, newest first, each with its first parent, and how many there are; none when git does not tell them
    /// in time.
    func commits() throws -> (newest: [(id: String, parent: String?)], total: Int) {
        guard isBranch else { return ([], 0) }
        var known = [push.before]
        if try push.isNew || git.object(push.before, bytesMax: 0) == nil {
            guard let tips = try tipsBefore() else { return ([], 0) }
            known = tips.map(\.id)
        }
        let input = Array(([commit] + known.map { "^\($0)" }).joined(separator: "\n").utf8) + [0x0A]
        let list = try? git.answer(
            ["rev-list", "--ignore-missing", "--max-count=\(PushLimits.commitsMax)", "--parents", "--stdin"],
            input: input, secondsMax: PushLimits.extraGitSeconds)
        guard let list, list.status == 0 else { return ([], 0) }
        let found = list.bytes.split(separator: 0x0A).map { line in
            let words = line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
            return (id: words.first ?? "", parent: words.count > 1 ? words[1] : nil)
        }
        guard found.count == PushLimits.commitsMax else { return (found, found.count) }
        let count = try? git.answer(
            ["rev-list", "--ignore-missing", "--count", "--stdin"], input: input, secondsMax: PushLimits.extraGitSeconds
        )
        return (found, count.flatMap { Int(GitProgram.firstLine($0.bytes)) } ?? found.count)
    }

    /// Paths that each commit changed against its first parent; empty for those that git had no time for.
    func changes(of commits: [(id: String, parent: String?)]) -> [String: CommitChange] {
        let input = commits.map { $0.id + ($0.parent.map { " " + $0 } ?? "") + "\n" }.joined()
        guard
            let git = try? git.answer(
                ["diff-tree", "--stdin", "-r", "--root", "--no-renames", "--name-status", "-z"],
                input: Array(input.utf8), bytesMax: 2 * PushLimits.eventBytesMax, secondsMax: PushLimits.extraGitSeconds
            )
        else { return [:] }
        var found: [String: CommitChange] = [:]
        var id = ""
        var fields = git.bytes.split(separator: 0, omittingEmptySubsequences: true)[...]
        if git.isCut { fields = fields.dropLast() }
        while let field = fields.popFirst() {
            guard field.count <= 2 else {
                id = String(decoding: field, as: UTF8.self)
                continue
            }
            guard let path = fields.popFirst(), found[id, default: CommitChange()].count < PushLimits.commitPathsMax
            else {
                continue
            }
            let text = String(decoding: path, as: UTF8.self)
            switch field.first {
            case UInt8(ascii: "A"): found[id, default: CommitChange()].added.append(text)
            case UInt8(ascii: "D"): found[id, default: CommitChange()].removed.append(text)
            default: found[id, default: CommitChange()].modified.append(text)
            }
        }
        return found
    }

    /// A branch that no longer has what it had.
    func isForced() -> Bool {
        guard isBranch, !push.isNew else { return false }
        let answer = try? git.answer(
            ["merge-base", "--is-ancestor", push.before, commit], secondsMax: PushLimits.extraGitSeconds)
        return answer?.status == 1
    }
}
