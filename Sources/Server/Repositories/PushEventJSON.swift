import Domain
import Postgres
import Web

/// `github.event` of a push (workflows.md 14).
struct PushEventJSON {
    let history: PushHistory
    let head: Commit
    let pusher: String
    let base: String
    /// Bytes that it may have.
    package let bytesMax: Int

    /// Bytes of all that is not a commit's, names escaped, and of a commit's without its message and paths.
    private static let frameBytes = 20 * 1024

    private var html: String { "\(base)/\(history.repository.fullName)" }
    private func text(_ value: String) -> String { "\"\(jsonEscaped(value))\"" }
    private func list(_ values: [String]) -> String { "[\(values.map(text).joined(separator: ","))]" }

    /// - Throws: when git cannot be read.
    func json() throws -> String {
        let push = history.push
        let (newest, total) = try history.commits()
        let headID = (id: history.commit, parent: head.parents.first)
        let listed = newest.first?.id == headID.id ? newest : [headID] + newest
        let changes = history.changes(of: listed)
        let objects =
            (try? history.git.objects(
                newest.map(\.id), bytesMax: PushLimits.commitBytesMax, secondsMax: PushLimits.extraGitSeconds)) ?? []
        // The head may take half: an event without it says nothing.
        let headChange = changes[headID.id] ?? .init()
        // Escaped, one byte may become six.
        let short = cut(head.message, bytesMax: max(0, bytesMax / 2 - Self.frameBytes) / 6)
        let headCommit =
            commit(headID.id, head, headChange, message: head.message, room: bytesMax / 2)
            ?? commit(headID.id, head, headChange, message: short, room: bytesMax / 2) ?? "null"
        var room = bytesMax - Self.frameBytes - headCommit.utf8.count
        var commits: [String] = []
        for (one, object) in zip(newest, objects) {
            guard let bytes = object?.bytes else { continue }
            let read = Commit(bytes)
            let item = commit(one.id, read, changes[one.id] ?? .init(), message: read.message, room: room)
            guard let item else { break }
            room -= item.utf8.count + 1
            commits.append(item)
        }
        let user = #""login":\#(text(pusher)),"username":\#(text(pusher))"#
        let compare = text("\(html)/compare/\(push.before)...\(history.commit)")
        return
            #"{"ref":\#(text(push.ref)),"before":\#(text(push.before)),"after":\#(text(history.commit)),"base_ref":null,"created":\#(history.isNew),"deleted":false,"forced":\#(history.isForced()),"compare":\#(compare),"compare_url":\#(compare),"commits":[\#(commits.reversed().joined(separator: ","))],"head_commit":\#(headCommit),"total_commits":\#(total),"pusher":{"name":\#(text(pusher)),\#(user)},"sender":{\#(user)},"repository":\#(RunJSON(base: base, repository: history.repository).repositoryJSON)}"#
    }

    /// Nil when it does not fit into `room` bytes; without its paths when those do not.
    private func commit(
        _ id: String, _ commit: Commit, _ change: PushHistory.Change, message: String, room: Int
    ) -> String? {
        let own =
            #"{"id":\#(text(id)),"message":\#(text(message)),"timestamp":\#(text(commit.committer.time)),"url":\#(text("\(html)/commit/\(id)")),"author":\#(person(commit.author)),"committer":\#(person(commit.committer)),"distinct":true,"#
        func whole(_ change: PushHistory.Change) -> String {
            own
                + #""added":\#(list(change.added)),"removed":\#(list(change.removed)),"modified":\#(list(change.modified))}"#
        }
        let full = whole(change)
        if full.utf8.count <= room { return full }
        let bare = whole(.init())
        return bare.utf8.count <= room ? bare : nil
    }

    private func person(_ person: Commit.Person) -> String {
        #"{"name":\#(text(person.name)),"email":\#(text(person.email))}"#
    }
}
