/// Paths that a commit changed against its first parent.
public struct CommitChange: Equatable, Sendable {
    public var added: [String] = []
    public var removed: [String] = []
    public var modified: [String] = []
    public var count: Int { added.count + removed.count + modified.count }

    public init() {}
}

/// A commit with its id and what it changed.
public struct ListedCommit: Sendable {
    public let id: String
    public let commit: Commit
    public let change: CommitChange

    public init(id: String, commit: Commit, change: CommitChange) {
        self.id = id
        self.commit = commit
        self.change = change
    }
}

/// The webhook payload of a push, `github.event` (workflows.md 14).
public struct PushPayload: Sendable {
    public let push: RepositoryEvent.Push
    /// The commit that the ref is at now; `after` may be a tag that points to it.
    public let head: ListedCommit
    /// The new commits, newest first, as far as they are listed.
    public let commits: [ListedCommit]
    /// How many new commits there are.
    public let total: Int
    /// A branch no longer has what it had.
    public let isForced: Bool
    public let pusher: String
    /// Address of the repository's page.
    public let page: String
    /// The repository as the API shows it.
    public let repository: JSONVerbatim

    public init(
        push: RepositoryEvent.Push, head: ListedCommit, commits: [ListedCommit], total: Int, isForced: Bool,
        pusher: String, page: String, repository: JSONVerbatim
    ) {
        self.push = push
        self.head = head
        self.commits = commits
        self.total = total
        self.isForced = isForced
        self.pusher = pusher
        self.page = page
        self.repository = repository
    }

    /// Bytes of all that is not a commit's, names escaped, and of a commit's without its message and paths.
    private var frameBytes: Int { 20 * 1024 + repository.text.utf8.count }

    /// The payload in at most so many bytes: paths of a commit go first, then older commits.
    public func json(bytesMax: Int) throws -> String {
        // The head may take half: an event without it says nothing. Escaped, one byte may become six.
        let short = cut(head.commit.message, bytesMax: max(0, bytesMax / 2 - frameBytes) / 6)
        let headCommit =
            try text(of: head, message: head.commit.message, bytesMax: bytesMax / 2)
            ?? text(of: head, message: short, bytesMax: bytesMax / 2)
        var room = bytesMax - frameBytes - (headCommit?.text.utf8.count ?? 4)
        var listed: [JSONVerbatim] = []
        for commit in commits {
            guard let text = try text(of: commit, message: commit.commit.message, bytesMax: room) else { break }
            room -= text.text.utf8.count + 1
            listed.append(text)
        }
        let compare = "\(page)/compare/\(push.before)...\(head.id)"
        let answer = Answer(
            ref: push.ref, before: push.before, after: head.id, baseRef: JSONNull(nil), created: push.isNew,
            deleted: false, forced: isForced, compare: compare, compareURL: compare, commits: listed.reversed(),
            headCommit: JSONNull(headCommit), totalCommits: total,
            pusher: .init(name: pusher, login: pusher, username: pusher),
            sender: .init(login: pusher, username: pusher), repository: repository)
        return String(decoding: try jsonText(answer), as: UTF8.self)
    }

    /// Nil when it does not fit; without its paths when those do not.
    private func text(of listed: ListedCommit, message: String, bytesMax: Int) throws -> JSONVerbatim? {
        for change in [listed.change, CommitChange()] {
            let commit = listed.commit
            let text = try jsonText(
                CommitAnswer(
                    id: listed.id, message: message, timestamp: commit.committer.time,
                    url: "\(page)/commit/\(listed.id)",
                    author: .init(name: commit.author.name, email: commit.author.email),
                    committer: .init(name: commit.committer.name, email: commit.committer.email), distinct: true,
                    added: change.added, removed: change.removed, modified: change.modified))
            if text.count <= bytesMax { return JSONVerbatim(String(decoding: text, as: UTF8.self)) }
        }
        return nil
    }
}

private struct Answer: Encodable {
    struct Pusher: Encodable {
        let name: String
        let login: String
        let username: String
    }
    struct Sender: Encodable {
        let login: String
        let username: String
    }
    let ref: String
    let before: String
    let after: String
    let baseRef: JSONNull<String>
    let created: Bool
    let deleted: Bool
    let forced: Bool
    let compare: String
    let compareURL: String
    let commits: [JSONVerbatim]
    let headCommit: JSONNull<JSONVerbatim>
    let totalCommits: Int
    let pusher: Pusher
    let sender: Sender
    let repository: JSONVerbatim

    enum CodingKeys: String, CodingKey {
        case ref, before, after
        case baseRef = "base_ref"
        case created, deleted, forced, compare
        case compareURL = "compare_url"
        case commits
        case headCommit = "head_commit"
        case totalCommits = "total_commits"
        case pusher, sender, repository
    }
}

private struct CommitAnswer: Encodable {
    struct Person: Encodable {
        let name: String
        let email: String
    }
    let id: String
    let message: String
    let timestamp: String
    let url: String
    let author: Person
    let committer: Person
    let distinct: Bool
    let added: [String]
    let removed: [String]
    let modified: [String]
}
