import Domain
import Foundation
import Postgres
import Web

/// Makes a commit of changed files with git's own programs: blobs, the trees on the way, the commit, and last of all the
/// branch, if it is still where it was. Until then nobody sees any of it.
struct FileCommit {
    private let view: GitView
    private let writer: GitWriter
    private let move: RefMove
    private let now: Instant

    struct Made {
        let commit: GitView.Named
        let branch: String
        /// Entries of the files, in the order of the changes; nil: it was deleted.
        let files: [GitView.TreeEntry?]
    }

    init(_ view: GitView, _ place: InRepository, _ request: Request, _ app: App) throws {
        self.view = view
        writer = GitWriter(view.git)
        move = try RefMove(place, app)
        now = request.now
    }

    /// - Throws: 404, 409 or 422 with what is in the way; nothing has changed then.
    func make(_ changes: [FileChange], _ wish: some CommitWish) throws -> Made {
        let (branch, target) = try branches(wish)
        let text = try message(wish, changes)
        let (author, committer) = try people(wish)
        let base = try view.git.object("refs/heads/\(branch)^{commit}", bytesMax: PushLimits.commitBytesMax)
        let isEmpty = RepositoryFiles(configuration: move.app.configuration).isEmpty(move.repository.id)
        guard base != nil || isEmpty else { throw Failure(.missing, "there is no branch \"\(branch)\"") }
        if target != branch, try view.git.object("refs/heads/\(target)", bytesMax: 0) != nil {
            throw Failure(.invalid, "there is a branch \"\(target)\" already")
        }
        let parent = base?.bytes.map { (id: base?.id ?? "", commit: Commit($0)) }
        var tree = parent?.commit.tree
        var files: [GitView.TreeEntry?] = []
        do {
            for change in changes {
                let (next, entry) = try apply(change, to: tree)
                tree = next
                files.append(entry)
            }
            let root = try tree ?? writer.store(.tree, [])
            let object = commitObject(
                tree: root, parents: parent.map { [$0.id] } ?? [], author: author, committer: committer, message: text)
            let id = try writer.store(.commit, object)
            let before = target == branch ? parent?.id : nil
            try move.move("refs/heads/\(target)", from: before ?? RefMove.nothing, to: id, view.git)
            return Made(commit: GitView.Named(id: id, commit: Commit(object)), branch: target, files: files)
        } catch let refused as GitWriter.Refused {
            throw Failure(.invalid, "git does not take this: \(refused)")
        }
    }

    /// The branch that the change is made on, and the one that gets it.
    private func branches(_ wish: some CommitWish) throws -> (from: String, to: String) {
        func checked(_ name: String?, _ field: String) throws -> String? {
            guard let name, !name.isEmpty else { return nil }
            if let why = whyNoRefName(name) { throw Failure(.invalid, "[\(field)]: \(why)") }
            return name
        }
        let from = try checked(wish.branch, "Branch") ?? move.repository.defaultBranch
        return (from, try checked(wish.new_branch, "NewBranch") ?? from)
    }

    private func people(_ wish: some CommitWish) throws -> (author: Commit.Person, committer: Commit.Person) {
        let caller = move.app.person(move.caller, at: now)
        func person(_ wish: PersonWish?, _ date: String?, else other: Commit.Person) throws -> Commit.Person {
            var seconds = now.microseconds / 1_000_000
            if let date, !date.isEmpty {
                guard let time = try? Date(date, strategy: .iso8601) else {
                    throw Failure(
                        .invalid, "[Dates]: \"\(cut(date, bytesMax: 60))\" is no time such as 2026-01-02T03:04:05Z")
                }
                seconds = Int64(min(max(0, time.timeIntervalSince1970), 253_402_300_799))
            }
            let (name, email) = (wish?.name ?? "", wish?.email ?? "")
            return Commit.Person(
                name: name.isEmpty ? other.name : name, email: email.isEmpty ? other.email : email, seconds: seconds)
        }
        // As Gitea: who is named alone stands for both.
        let named = wish.author?.name ?? wish.author?.email
        let author = try person(named == nil ? wish.committer : wish.author, wish.dates?.author, else: caller)
        let committer = try person(
            wish.committer?.name ?? wish.committer?.email == nil ? wish.author : wish.committer,
            wish.dates?.committer, else: caller)
        return (author, committer)
    }

    private func message(_ wish: some CommitWish, _ changes: [FileChange]) throws -> String {
        try checkField(wish.message, "Message", bytesMax: FileChangeLimits.messageBytesMax)
        var text = wish.message ?? ""
        if text.isEmpty {
            text = changes.map { change in
                let verb =
                    switch change.operation {
                    case .create, .upload: "Add"
                    case .update: "Update"
                    case .delete: "Delete"
                    }
                return "\(verb) \(change.path)"
            }.joined(separator: "\n")
        }
        if wish.signoff == true {
            let caller = move.app.person(move.caller, at: now)
            text += "\n\nSigned-off-by: \(caller.name) <\(caller.email)>"
        }
        return text.hasSuffix("\n") ? text : text + "\n"
    }

    // MARK: trees

    private func apply(_ change: FileChange, to tree: String?) throws -> (tree: String?, GitView.TreeEntry?) {
        var tree = tree
        var expected = change
        if let from = change.fromPath {
            tree = try edit(tree, from.split(byte: "/")[...]) { old in
                guard let old else { throw Failure(.missing, "there is no file \"\(from)\"") }
                try check(old, change, at: from)
                return nil
            }
            expected = try FileChange(.create, path: change.path)
        }
        var made: GitView.TreeEntry?
        let root = try edit(tree, change.path.split(byte: "/")[...]) { old in
            if old?.isTree == true { throw Failure(.invalid, "\"\(change.path)\" is a directory") }
            switch expected.operation {
            case .create:
                guard old == nil else {
                    throw Failure(.invalid, "repository file already exists [path: \(change.path)]")
                }
            case .update, .delete:
                guard let old else { throw Failure(.missing, "there is no file \"\(change.path)\"") }
                guard change.sha != nil else {
                    throw Failure(
                        .invalid, "a SHA must be provided for the file that is changed [path: \(change.path)]")
                }
                try check(old, change, at: change.path)
            case .upload: if let old { try check(old, change, at: change.path) }
            }
            guard change.operation != .delete else { return nil }
            let id = try writer.store(.blob, change.bytes)
            let mode = old?.mode == "100755" ? "100755" : "100644"
            made = GitView.TreeEntry(
                mode: mode, type: "blob", id: id, size: Int64(change.bytes.count), path: change.path)
            return (mode, id)
        }
        return (root, made)
    }

    private func check(_ old: GitTree.Entry, _ change: FileChange, at path: String) throws {
        guard let sha = change.sha, sha.lowercased() != old.id else { return }
        throw Failure(
            .invalid, "sha does not match [given: \(cut(sha, bytesMax: 80)), expected: \(old.id), path: \(path)]")
    }

    /// - Returns: the new tree's id; nil of one that nothing is left in.
    private func edit(
        _ tree: String?, _ parts: ArraySlice<String>,
        _ change: (GitTree.Entry?) throws -> (mode: String, id: String)?
    ) throws -> String? {
        guard let name = parts.first else { return tree }
        let old = try tree.map(read) ?? GitTree(entries: [])
        let fresh: (mode: String, id: String)?
        if parts.count == 1 {
            fresh = try change(old[name])
        } else {
            if let sub = old[name], !sub.isTree {
                throw Failure(.invalid, "\"\(name)\" is a file; nothing can be below it")
            }
            fresh = try edit(old[name]?.id, parts.dropFirst(), change).map { ("40000", $0) }
        }
        let edited = fresh.map { old.replacing(name, mode: $0.mode, id: $0.id) } ?? old.removing(name)
        return edited.entries.isEmpty ? nil : try writer.store(.tree, edited.bytes)
    }

    private func read(_ tree: String) throws -> GitTree {
        let object = try view.git.object(tree, bytesMax: PushLimits.gitOutputBytesMax)
        guard let bytes = object?.bytes, let read = GitTree(bytes) else {
            throw Failure(.tooLarge, "a directory on the way has too many entries for the API; use git")
        }
        return read
    }
}
