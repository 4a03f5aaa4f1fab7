import Domain
import Foundation
import Postgres

/// inbox → workflow files at the pushed commit → runs. One push, one transaction (DESIGN section 2).
struct PushReader: Sendable {
    static let zeroSHA = String(repeating: "0", count: 40)
    /// Changed paths looked at; with more, `paths` filters pass (workflows.md 5.3).
    static let changedPathsMax = 10_000
    /// Bytes of a run's title: the first line of the commit message, or `run-name`.
    static let titleBytesMax = 255

    let app: App

    func readNext() throws -> Bool {
        try app.inbox.takeNext { entry, tx in
            let directory = RepositoryFiles(configuration: app.configuration).directory(entry.repository)
            guard entry.after.contains(where: { $0 != "0" }) else { return ("read", "") }
            if !entry.isConfirmed {
                // Only pre-receive spoke: the ref itself tells whether git took the push (ADR 0005).
                let now = try? GitProgram.text(["rev-parse", "--verify", "--quiet", entry.ref], in: directory)
                guard now?.trimmingCharacters(in: .whitespacesAndNewlines) == entry.after else {
                    return ("dropped", "")
                }
            }
            guard let repository = try app.repositories.repository(entry.repository) else { return ("dropped", "") }
            try plan(entry, repository, directory, tx)
            return ("read", "")
        }
    }

    private func plan(_ entry: InboxEntry, _ repository: Repository, _ directory: String, _ tx: Transaction) throws {
        let commit = try GitProgram.text(
            ["rev-parse", "--verify", "--quiet", entry.after + "^{commit}"], in: directory
        )
        .trimmingCharacters(in: .whitespacesAndNewlines)
        let listing = try GitProgram.run(
            ["ls-tree", "-r", "-z", commit, "--", ".gitea/workflows", ".github/workflows"], in: directory)
        var blobs: [String: (sha: String, isFile: Bool)] = [:]
        for line in listing.split(separator: 0) {
            let parts = String(decoding: line, as: UTF8.self).split(separator: "\t", maxSplits: 1).map(String.init)
            let words = (parts.first ?? "").split(separator: " ").map(String.init)
            guard parts.count == 2, words.count == 3 else { continue }
            // Links and submodules do not count, but their directory exists (workflows.md 2).
            blobs[parts[1]] = (words[2], words[0] == "100644" || words[0] == "100755")
        }
        let message = try GitProgram.text(["log", "-1", "--format=%B", commit], in: directory)
        let push = PushEvent(
            ref: entry.ref, before: entry.before, after: commit, headMessage: message,
            changedPaths: changedPaths(entry, commit, directory))
        let payload = try pushPayload(entry, commit, message, repository, directory)
        let title = String(message.split(separator: "\n").first ?? "(no message)")
        for path in workflowFiles(in: blobs.keys.sorted()) {
            guard let blob = blobs[path], blob.isFile else { continue }
            let bytes = try GitProgram.run(["cat-file", "blob", blob.sha], in: directory)
            if let on = readWorkflow(bytes, path: path).triggers, case .skipped = triggers(on, by: push) { continue }
            guard let reserved = try app.runs.reserve(in: entry.repository, tx) else { return }
            let pusher = try entry.pusher.flatMap { try app.accounts.account($0) }?.name ?? "ghost"
            let facts = RunFacts(
                run: reserved.run, runNumber: reserved.number, attempt: 1, event: "push", ref: entry.ref, sha: commit,
                workflowID: path.split(separator: "/", maxSplits: 2).last.map(String.init) ?? path, workflowPath: path,
                actor: pusher, triggeringActor: pusher, repositoryOwner: repository.ownerName,
                repositoryName: repository.name)
            let github = githubValue(facts, base: app.configuration.publicURL, event: payload)
            let reading = readWorkflow(
                bytes, path: path,
                contexts: PlanContexts(github: github, vars: .object([]), inputs: .object([])))
            let errors = reading.diagnostics.filter { $0.severity == .error }
            let jobs = errors.isEmpty ? reading.workflow?.jobs ?? [] : []
            let planned = PlannedRun(
                workflowID: facts.workflowID, workflowPath: path,
                title: cut(reading.workflow?.runName ?? title, bytesMax: Self.titleBytesMax), event: "push",
                ref: entry.ref, sha: commit, payload: payload,
                problem: errors.map(\.description).joined(separator: "\n"), jobs: jobs.map(Self.planned))
            _ = try app.runs.plan(planned, as: reserved, inbox: entry.id, actor: entry.pusher, in: tx)
        }
    }

    private static func planned(_ job: JobPlan) -> PlannedJob {
        PlannedJob(
            key: job.key, name: job.name, needs: job.needs, runsOn: job.runsOn, condition: job.condition,
            continueOnError: job.continueOnError, hasOutputs: job.hasOutputs,
            timeoutSeconds: job.timeoutMinutes.flatMap(RecoveryLimits.timeoutSeconds), mayIdentify: job.mayIdentify,
            stepNames: job.stepNames,
            payload: String(decoding: job.payload, as: UTF8.self))
    }

    /// nil when it cannot be told: a new branch, a rewritten one, or too many paths. Filters then pass.
    private func changedPaths(_ entry: InboxEntry, _ commit: String, _ directory: String) -> [String]? {
        guard entry.before.contains(where: { $0 != "0" }),
            let bytes = try? GitProgram.run(
                ["diff", "--name-only", "--no-renames", "-z", entry.before, commit, "--"], in: directory)
        else { return nil }
        let paths = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return paths.count <= Self.changedPathsMax ? paths : nil
    }

    /// `github.event` of a push (workflows.md 14).
    private func pushPayload(
        _ entry: InboxEntry, _ commit: String, _ message: String, _ repository: Repository, _ directory: String
    ) throws -> String {
        let head = try GitProgram.text(["log", "-1", "--format=%an%x00%ae%x00%cI", commit], in: directory)
            .trimmingCharacters(in: .whitespacesAndNewlines).split(separator: "\0", omittingEmptySubsequences: false)
            .map(String.init)
        func text(_ value: String) -> String { "\"\(jsonEscaped(value))\"" }
        let pusher = try entry.pusher.flatMap { try app.accounts.account($0) }?.name ?? "ghost"
        let author = #"{"name":\#(text(head.first ?? "")),"email":\#(text(head.count > 1 ? head[1] : ""))}"#
        let json = RunJSON(base: app.configuration.publicURL, repository: repository)
        let headCommit =
            #"{"id":\#(text(commit)),"message":\#(text(message)),"timestamp":\#(text(head.count > 2 ? head[2] : "")),"author":\#(author),"committer":\#(author)}"#
        return
            #"{"ref":\#(text(entry.ref)),"before":\#(text(entry.before)),"after":\#(text(commit)),"commits":[\#(headCommit)],"head_commit":\#(headCommit),"total_commits":1,"pusher":{"login":\#(text(pusher)),"username":\#(text(pusher))},"sender":{"login":\#(text(pusher)),"username":\#(text(pusher))},"repository":\#(json.repositoryJSON)}"#
    }
}
