import Domain
import Postgres
import Web

/// inbox → workflow files at the event's commit → `Planner` → runs. The row is leased; git and planning hold no connection; then
/// one transaction makes the runs and settles the row, if the lease is still ours (docs/adr/0017).
///
/// Used by one thread.
final class PushReader {
    let app: App
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
        let asked = Clock.monotonicMicroseconds()
        guard let entry = try app.inbox.take() else { return false }
        do {
            try read(entry, PushLease(since: asked))
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

    /// Reads an event that `InboxStore.begin` gave us. When that fails, it is tried again as any other.
    ///
    /// - Returns: the runs that it started, and what became of each file, in words.
    func readNow(_ entry: InboxEntry, since asked: Int64) throws -> (runs: [RunID], words: String) {
        do {
            guard let planner = try read(entry, PushLease(since: asked)) else { return ([], "") }
            return (planner.runs.map(\.as.run), planner.words)
        } catch let error as InboxStore.TakenOver {
            throw error
        } catch {
            try? app.inbox.postpone(entry, problem: "\(error)")
            throw error
        }
    }

    /// - Returns: the plan; nil when the event starts nothing whatever the files say.
    @discardableResult
    private func read(_ entry: InboxEntry, _ lease: PushLease) throws -> Planner? {
        let (event, told) = try entry.event()
        guard var repository = try app.repositories.repository(entry.repository) else {
            try app.inbox.settle(entry, as: .dropped, "the repository is gone", by: app.runs)
            return nil
        }
        let git = GitReader(RepositoryFiles(configuration: app.configuration).directory(entry.repository))
        defer { git.close() }
        if case .push(let push) = event {
            guard try wasTaken(entry, git) else {
                try app.inbox.settle(entry, as: .dropped, "git did not take the push", by: app.runs)
                return nil
            }
            if !push.isDeletion,
                let branch = try DefaultBranch(app: app).adopt(
                    of: repository, moved: { try app.inbox.movedSince(entry) })
            {
                repository = repository.with(defaultBranch: branch)
            }
            try Reviews(app: app, repository: repository, git: git).closeMerged(
                by: push, actor: entry.pusher, isByJob: entry.isByJob)
        }
        if entry.isByJob, !event.mayComeFromJob {
            return try settle(entry, "pushed with a job's own token: starts nothing")
        }
        guard repository.details.mayStart else {
            let why = repository.details.isArchived ? "the repository is archived" : "workflows are switched off here"
            return try settle(entry, "\(why): starts nothing")
        }
        if case .push(let push) = event, push.isDeletion {
            return try settle(
                entry, "deleted the ref: starts nothing, but by the event delete",
                telling: refEvent(.delete, ref: push.ref, sha: push.before, by: entry))
        }
        if case .pullRequest(let request) = event {
            try Reviews(app: app, repository: repository, git: git).repair(request)
        }
        let (start, ref) = place(of: event, in: repository)
        let name = start + "^{commit}"
        guard let object = try git.object(name, bytesMax: PushLimits.commitBytesMax), object.type == "commit" else {
            return try settle(entry, "the ref names no commit: starts nothing")
        }
        guard let bytes = object.bytes else {
            return try settle(
                entry, "the commit has more than \(PushLimits.commitBytesMax) bytes: starts nothing")
        }
        let actor = try pusher(of: entry)
        var subject = PlanSubject(
            event: event, ref: ref, commit: GitProgram.firstLine(try git.run(["rev-parse", "--verify", name])),
            head: Commit(bytes), actor: actor, repositoryOwner: repository.ownerName,
            repositoryName: repository.name, base: app.configuration.publicURL)
        subject.rules = app.configuration.workflows
        var planner = Planner(
            subject, entries: try git.workflowEntries(at: subject.commit, in: subject.rules.directories),
            payload: try told.map { try completed($0, for: event, in: repository, sender: (actor, entry.pusher), git) })
        try gather(for: &planner, subject, entry, lease, repository, git)
        var telling: InboxStore.Telling?
        // Its files are those of the created ref, which were just read; none of a push that starts nothing was.
        if case .push(let push) = event, push.isNew, planner.mayList(.create) {
            telling = refEvent(.create, ref: push.ref, sha: push.after, by: entry)
        }
        try app.inbox.settle(
            entry, as: .read, cut(planner.words, bytesMax: PushLimits.outcomeBytesMax), runs: planner.runs,
            telling: telling, hearsRuns: planner.mayList(.workflowRun), by: app.runs)
        return planner
    }

    /// `create` or `delete`, beside the push (workflows.md 5.1); nil for what is neither a branch nor a tag.
    private func refEvent(_ name: EventName, ref: String, sha: String, by entry: InboxEntry) -> InboxStore.Telling? {
        guard let payload = RefPayload(ref: ref, sha: sha), let text = try? jsonText(payload) else { return nil }
        return InboxStore.Telling(name: name, payload: String(decoding: text, as: UTF8.self))
    }

    private func completed(
        _ payload: EventPayload, for event: RepositoryEvent, in repository: Repository,
        sender: (name: String, account: AccountID?), _ git: GitReader
    ) throws -> EventPayload {
        let answer = String(
            decoding: try jsonText(RepositoryAnswer(repository, base: app.configuration.publicURL)), as: UTF8.self)
        var mergeBase: String?
        if case .pullRequest(let request) = event {
            mergeBase = git.mergeBase(of: "refs/heads/\(request.baseBranch)", request.headCommit)
        }
        return payload.completed(
            for: event.name, repository: (try? ExpressionValue(json: answer)) ?? .null, sender: sender.name,
            senderID: sender.account?.number, mergeBase: mergeBase)
    }

    /// Looks up what the planner asks for, until everything is planned.
    private func gather(
        for planner: inout Planner, _ subject: PlanSubject, _ entry: InboxEntry, _ lease: PushLease,
        _ repository: Repository, _ git: GitReader
    ) throws {
        var lease = lease
        var history: PushHistory?
        if case .push(let push) = subject.event {
            history = PushHistory(
                entry: entry, push: push, commit: subject.commit, repository: repository, inbox: app.inbox, git: git)
        }
        while let need = planner.next() {
            // A busy machine may take long for one file, and git for one answer.
            try lease.renewIfDue(now: Clock.monotonicMicroseconds()) { try app.inbox.keep(entry) }
            switch need {
            case .file(let file):
                planner.take(file: try git.object(file.id, bytesMax: WorkflowLimits.fileBytesMax)?.bytes)
            case .called(let reference):
                planner.take(called: try called(reference, subject, repository, git))
            case .changedPaths:
                var paths = try history?.changedPaths()
                if case .pullRequest(let request) = subject.event { paths = git.changedPaths(of: request) }
                planner.take(changedPaths: paths)
            case .payload(let bytesMax):
                // Only a push comes without one.
                let json = try history?.payload(
                    head: subject.head, pusher: subject.actor, base: subject.base
                ).json(bytesMax: bytesMax)
                planner.take(payload: EventPayload(json: json ?? "{}"))
            case .settings: planner.take(settings: try app.planSettings(of: repository))
            case .run: planner.take(run: try app.runs.reserve(1, in: entry.repository).first)
            }
        }
    }

    /// The ref itself tells when only pre-receive spoke (ADR 0005).
    private func wasTaken(_ entry: InboxEntry, _ git: GitReader) throws -> Bool {
        guard !entry.isConfirmed else { return true }
        let now = try git.answer(["rev-parse", "--verify", "--quiet", entry.ref])
        if isZeroID(entry.after) { return now.status != 0 }
        return GitProgram.firstLine(now.bytes) == entry.after
    }

    /// What git is asked for the commit, and the ref that runs show.
    private func place(of event: RepositoryEvent, in repository: Repository) -> (start: String, ref: String) {
        switch event.source {
        case .commit(let id, let ref): return (id, ref)
        case .ref(let ref): return (ref, ref)
        case .defaultBranch:
            let ref = "refs/heads/\(repository.defaultBranch)"
            return (ref, ref)
        }
    }

    private func settle(
        _ entry: InboxEntry, _ words: String, telling: InboxStore.Telling? = nil
    ) throws -> Planner? {
        try app.inbox.settle(entry, as: .read, words, telling: telling, by: app.runs)
        return nil
    }

    private func pusher(of entry: InboxEntry) throws -> String {
        try entry.pusher.flatMap { try app.accounts.account($0) }?.name ?? "ghost"
    }
}

extension App {
    /// What planning asks of a repository beside its files.
    func planSettings(of repository: Repository) throws -> PlanSettings {
        PlanSettings(
            vars: varsContext(
                try JobSettings.variables(of: repository.id, owner: repository.facts.owner, in: database)),
            disabledWorkflows: try workflows.disabled(in: repository.id))
    }
}
