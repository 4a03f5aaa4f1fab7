import Domain
import Postgres

/// `github.event` of a push (workflows.md 14).
struct PushEventJSON {
    let history: PushHistory
    let head: Commit
    let pusher: String
    let base: String

    private var html: String { "\(base)/\(history.repository.fullName)" }
    private func text(_ value: String) -> String { "\"\(jsonEscaped(value))\"" }
    private func list(_ values: [String]) -> String { "[\(values.map(text).joined(separator: ","))]" }

    /// - Throws: when git cannot be read.
    func json() throws -> String {
        let entry = history.entry
        let (newest, total) = try history.commits()
        let headID = (id: history.commit, parent: head.parents.first)
        let listed = newest.first?.id == headID.id ? newest : [headID] + newest
        let changes = history.changes(of: listed)
        let objects = try history.git.objects(newest.map(\.id), bytesMax: PushLimits.commitBytesMax)
        var bytesLeft = PushLimits.eventBytesMax
        var commits: [String] = []
        for (one, object) in zip(newest, objects) {
            guard let bytes = object?.bytes else { continue }
            let item = commit(one.id, Commit(bytes), changes[one.id] ?? .init(), &bytesLeft)
            guard let item else { break }
            commits.append(item)
        }
        var headBytes = PushLimits.eventBytesMax
        let headCommit = commit(headID.id, head, changes[headID.id] ?? .init(), &headBytes) ?? "null"
        let user = #""login":\#(text(pusher)),"username":\#(text(pusher))"#
        let compare = text("\(html)/compare/\(entry.before)...\(history.commit)")
        return
            #"{"ref":\#(text(entry.ref)),"before":\#(text(entry.before)),"after":\#(text(history.commit)),"base_ref":null,"created":\#(history.isNew),"deleted":false,"forced":\#(history.isForced()),"compare":\#(compare),"compare_url":\#(compare),"commits":[\#(commits.reversed().joined(separator: ","))],"head_commit":\#(headCommit),"total_commits":\#(total),"pusher":{"name":\#(text(pusher)),\#(user)},"sender":{\#(user)},"repository":\#(RunJSON(base: base, repository: history.repository).repositoryJSON)}"#
    }

    /// Nil when the event has no room for it; without its paths when it has none for those.
    private func commit(
        _ id: String, _ commit: Commit, _ change: PushHistory.Change, _ bytesLeft: inout Int
    ) -> String? {
        // Escaped, one byte may become six.
        let ownBytes = 600 + commit.message.utf8.count * 2
        guard ownBytes <= bytesLeft else { return nil }
        bytesLeft -= ownBytes
        let pathBytes = (change.added + change.removed + change.modified).reduce(0) { $0 + $1.utf8.count + 3 }
        let shown = pathBytes <= bytesLeft ? change : .init()
        if pathBytes <= bytesLeft { bytesLeft -= pathBytes }
        return
            #"{"id":\#(text(id)),"message":\#(text(commit.message)),"timestamp":\#(text(commit.committer.time)),"url":\#(text("\(html)/commit/\(id)")),"author":\#(person(commit.author)),"committer":\#(person(commit.committer)),"distinct":true,"added":\#(list(shown.added)),"removed":\#(list(shown.removed)),"modified":\#(list(shown.modified))}"#
    }

    private func person(_ person: Commit.Person) -> String {
        #"{"name":\#(text(person.name)),"email":\#(text(person.email))}"#
    }
}
