import Domain
import Postgres
import Web

/// What one request reads of a repository's git directory, within the bounds of `GitReader`.
final class GitView {
    let git: GitReader
    let place: GitPlace
    private let app: App

    init(_ place: InRepository, _ request: Request, _ app: App) {
        let directory = RepositoryFiles(configuration: app.configuration).directory(place.id)
        git = GitReader(directory)
        self.place = GitPlace(base: app.base(of: request), repository: place.repository)
        self.app = app
    }

    deinit { git.close() }

    /// A commit with its id.
    struct Named {
        let id: String
        let commit: Commit
    }

    /// The commit that a branch, a tag, a whole ref or an id names; nil: the default branch's.
    func commit(_ name: String?) throws -> Named? {
        var candidates: [String] = []
        if let name, !name.isEmpty {
            if looksLikeCommitID(name), name.utf8.count == 40 { candidates.append(name) }
            if whyNoRefName(name) == nil {
                candidates += ["refs/heads/\(name)", "refs/tags/\(name)"]
                if name.hasPrefix("refs/") || name.hasPrefix("heads/") || name.hasPrefix("tags/") {
                    candidates.append(name.hasPrefix("refs/") ? name : "refs/\(name)")
                }
            } else if name == "HEAD" {
                candidates.append("refs/heads/\(place.repository.defaultBranch)")
            }
            if looksLikeCommitID(name), name.utf8.count != 40 { candidates.append(name) }
        } else {
            candidates.append("refs/heads/\(place.repository.defaultBranch)")
        }
        guard !candidates.isEmpty else { return nil }
        let found = try git.objects(candidates.map { $0 + "^{commit}" }, bytesMax: PushLimits.commitBytesMax)
        for object in found {
            if let object, object.type == "commit", let bytes = object.bytes {
                return Named(id: object.id, commit: Commit(bytes))
            }
        }
        return nil
    }

    /// - Throws: 404.
    func found(_ name: String?) throws -> Named {
        guard let commit = try commit(name) else { throw Failure(.missing, "not found") }
        return commit
    }

    /// Commits in the order of their ids; what is none is left out.
    func commits(_ ids: [String]) throws -> [Named] {
        try zip(ids, git.objects(ids, bytesMax: PushLimits.commitBytesMax)).compactMap { id, object in
            guard let object, object.type == "commit", let bytes = object.bytes else { return nil }
            return Named(id: id, commit: Commit(bytes))
        }
    }

    struct TreeEntry {
        let mode: String
        let type: String
        let id: String
        /// Nil of what is no file.
        let size: Int64?
        let path: String
    }

    /// Entries of a tree, as far as `PushLimits.gitOutputBytesMax` reach.
    ///
    /// - Parameter tree: a tree's or commit's id.
    func entries(of tree: String, recursive: Bool = false) throws -> (entries: [TreeEntry], isCut: Bool) {
        let answer = try git.answer(["ls-tree", "-z", "-l"] + (recursive ? ["-r", "-t"] : []) + [tree])
        guard answer.status == 0 || answer.isCut else { throw Failure(.missing, "not found") }
        var lines = answer.bytes.split(separator: 0)[...]
        if answer.isCut { lines = lines.dropLast() }
        let entries = lines.compactMap { line -> TreeEntry? in
            let parts = line.split(separator: 0x09, maxSplits: 1)
            let words = (parts.first ?? []).split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
            guard parts.count == 2, words.count == 4 else { return nil }
            return TreeEntry(
                mode: words[0], type: words[1], id: words[2], size: Int64(words[3]),
                path: String(decoding: parts[1], as: UTF8.self))
        }
        return (entries, answer.isCut)
    }

    /// The commit that changed a path last; nil when git does not find it within a few seconds.
    func last(of path: String, at commit: String) throws -> Named? {
        let answer = try? git.answer(
            ["rev-list", "--max-count=1", commit, "--", path], secondsMax: PushLimits.extraGitSeconds)
        guard let answer, answer.status == 0 else { return nil }
        let id = GitProgram.firstLine(answer.bytes)
        return id.isEmpty ? nil : try commits([id]).first
    }
}

/// Where answers about what is in git point to.
struct GitPlace: Sendable {
    let base: String
    let repository: Repository
    var api: String { "\(base)/api/v1/repos/\(repository.fullName)" }
    var pages: String { "\(base)/\(repository.fullName)" }

    /// A path whose slashes stand for themselves.
    static func encoded(_ path: String) -> String { path.split(byte: "/").map(percentEncoded).joined(separator: "/") }
}

enum GitViewLimits {
    /// Bytes of a file that stand in an answer (`settings/api` says it).
    static let contentBytesMax = 10 * 1024 * 1024
    /// Entries of a directory that one answer lists; `git/trees` gives them by the page.
    static let directoryEntriesMax = 10_000
    static let treeEntriesMax = 1000
    /// Refs that one answer without pages lists.
    static let refsMax = 10_000
    /// Bytes of a file that is served as it is, and seconds that it may take; a larger one is for git.
    static let rawBytesMax: Int64 = 256 * 1024 * 1024
    static let rawSeconds = 60
}
