import Domain
import Postgres

/// inbox → workflow files at the pushed commit → runs. The row is leased; git and planning hold no connection; then one
/// transaction makes the runs and settles the row, if the lease is still ours (docs/adr/0017).
///
/// Used by one thread.
final class PushReader {
    private let app: App
    /// Taken when PostgreSQL went away; its try is still counted.
    private var owed: InboxEntry?

    init(app: App) { self.app = app }

    /// - Returns: false when nothing was due.
    func readNext() throws -> Bool {
        if let entry = owed {
            try app.inbox.giveBack(entry)
            owed = nil
        }
        for lost in try app.inbox.putAside() { tellPutAside(lost, "its readers ended before they were done") }
        guard let entry = try app.inbox.take() else { return false }
        do {
            try read(entry)
        } catch is InboxStore.TakenOver {
            app.log.warning("push not settled: it was taken over", metadata: ["inbox_id": "\(entry.id)"])
        } catch let error as PostgresError where error.isUnavailable {
            // Most likely in vain now, since it is away; then at the next turn.
            owed = entry
            throw error
        } catch {
            try app.inbox.postpone(entry, problem: "\(error)")
            if entry.tries >= InboxLimits.triesMax {
                tellPutAside(entry.id, "\(error)")
            } else {
                app.log.warning(
                    "could not read a push, will try again",
                    metadata: ["inbox_id": "\(entry.id)", "repo_id": "\(entry.repository)", "err": "\(error)"])
            }
        }
        return true
    }

    private func tellPutAside(_ id: InboxID, _ why: String) {
        app.log.error("push quarantined", metadata: ["inbox_id": "\(id)", "err": "\(why)"])
    }

    private func read(_ entry: InboxEntry) throws {
        let files = RepositoryFiles(configuration: app.configuration)
        guard !isZero(entry.after) else { return try settle(entry, "deleted the ref: starts nothing") }
        guard var repository = try app.repositories.repository(entry.repository) else {
            return try app.inbox.settle(entry, as: .dropped, "the repository is gone", by: app.runs)
        }
        let git = GitReader(files.directory(entry.repository))
        defer { git.close() }
        if !entry.isConfirmed {
            // Only pre-receive spoke: the ref itself tells whether git took the push (ADR 0005).
            let now = try git.answer(["rev-parse", "--verify", "--quiet", entry.ref])
            guard GitProgram.firstLine(now.bytes) == entry.after else {
                return try app.inbox.settle(entry, as: .dropped, "git did not take the push", by: app.runs)
            }
        }
        if let branch = try DefaultBranch(app: app).adopt(of: repository, moved: { try app.inbox.movedSince(entry) }) {
            repository = repository.with(defaultBranch: branch)
        }
        if entry.isByJob {
            return try settle(entry, "pushed with a job's own token: starts nothing")
        }
        let name = entry.after + "^{commit}"
        guard let object = try git.object(name, bytesMax: PushLimits.commitBytesMax), object.type == "commit" else {
            return try settle(entry, "the ref names no commit: starts nothing")
        }
        guard let bytes = object.bytes else {
            return try settle(
                entry, "the commit has more than \(PushLimits.commitBytesMax) bytes: starts nothing")
        }
        let id = GitProgram.firstLine(try git.run(["rev-parse", "--verify", name]))
        let history = PushHistory(entry: entry, commit: id, repository: repository, inbox: app.inbox, git: git)
        var plan = PushPlan(app: app, history: history, head: Commit(bytes), pusher: try pusher(of: entry))
        try plan.read()
        try app.inbox.settle(
            entry, as: .read, cut(plan.words, bytesMax: PushLimits.outcomeBytesMax), runs: plan.runs, by: app.runs)
    }

    private func settle(_ entry: InboxEntry, _ words: String) throws {
        try app.inbox.settle(entry, as: .read, words, by: app.runs)
    }

    private func pusher(of entry: InboxEntry) throws -> String {
        try entry.pusher.flatMap { try app.accounts.account($0) }?.name ?? "ghost"
    }
}
