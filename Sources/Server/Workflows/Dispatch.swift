import Domain
import Postgres
import Web

/// Starts a workflow by hand (rest.md 5): the event goes through the inbox as any other, and is read while the caller waits.
struct Dispatch {
    let app: App
    let place: InRepository
    /// The file's name.
    let workflow: String

    /// - Returns: the run, which exists then.
    func start(ref: String, inputs sent: [String: String]) throws -> RunID {
        let asked = Clock.monotonicMicroseconds()
        let repository = place.repository
        guard repository.details.mayStart else {
            throw Failure(.forbidden, "workflows are switched off for \(repository.fullName)")
        }
        guard try !app.workflows.disabled(in: repository.id).contains(workflow) else {
            throw Failure(.forbidden, "workflow \"\(workflow)\" is disabled")
        }
        let (found, path, declared) = try declared(by: ref)
        let inputs: [RepositoryEvent.WorkflowDispatch.Input]
        do throws(DispatchRefusal) { inputs = try dispatchInputs(sent, declared: declared) } catch {
            throw Failure(.invalid, error.words)
        }
        let payload = DispatchPayload(
            inputs: inputs, ref: found, workflow: path,
            repository: JSONVerbatim(
                String(
                    decoding: try jsonText(RepositoryAnswer(repository, base: app.configuration.publicURL)),
                    as: UTF8.self)), sender: place.caller.name)
        return try run(String(decoding: try jsonText(payload), as: UTF8.self), asked)
    }

    /// What the workflow asks for at a branch or tag.
    ///
    /// - Returns: with the whole ref and the file's whole path.
    /// - Throws: 404 without such a ref or file; 422 when the file cannot be read or lists no `workflow_dispatch`.
    func declared(by ref: String) throws -> (ref: String, path: String, inputs: [DispatchInput]) {
        let git = GitReader(RepositoryFiles(configuration: app.configuration).directory(place.id))
        defer { git.close() }
        let files = WorkflowFiles(app: app, git: git)
        guard let found = try files.place(of: Self.candidates(ref)) else {
            throw Failure(.missing, "there is no branch or tag \"\(ref)\"")
        }
        let rules = app.configuration.workflows
        guard let entry = try files.entries(at: found).first(where: { workflowID(ofPath: $0.path, rules) == workflow })
        else {
            throw Failure(.missing, "there is no workflow \"\(workflow)\" in \"\(ref)\"")
        }
        return (found.ref, entry.path, try declared(by: entry, git))
    }

    /// A whole ref, or a branch, else a tag.
    private static func candidates(_ ref: String) -> [String] {
        if ref.hasPrefix("refs/") {
            return ref.hasPrefix("refs/heads/") || ref.hasPrefix("refs/tags/") ? [ref] : []
        }
        return ["refs/heads/\(ref)", "refs/tags/\(ref)"]
    }

    private func declared(by entry: CommitEntry, _ git: GitReader) throws -> [DispatchInput] {
        guard entry.size <= WorkflowLimits.fileBytesMax,
            let bytes = try git.object(entry.id, bytesMax: WorkflowLimits.fileBytesMax)?.bytes
        else {
            throw Failure(
                .invalid,
                "workflow \"\(workflow)\" has \(entry.size) bytes; at most \(WorkflowLimits.fileBytesMax) are read")
        }
        let file = WorkflowFile(bytes, path: entry.path)
        guard let triggers = file.triggers else {
            throw Failure(
                .invalid, "workflow \"\(workflow)\" cannot be read: \(file.parsingFault ?? "it has no \"on\"")")
        }
        guard let filter = triggers[.workflowDispatch] else {
            throw Failure(.invalid, "workflow \"\(workflow)\" does not have a \"workflow_dispatch\" trigger")
        }
        if let fault = filter.fault {
            throw Failure(.invalid, "inputs of workflow \"\(workflow)\" cannot be read: \(fault)")
        }
        return filter.inputs
    }

    private func run(_ payload: String, _ asked: Int64) throws -> RunID {
        guard
            let entry = try app.inbox.begin(
                .workflowDispatch, payload: payload, in: place.id, by: place.caller.account, task: place.caller.task)
        else { throw Failure(.missing, "not found") }
        let outcome: (runs: [RunID], words: String)
        do { outcome = try PushReader(app: app).readNow(entry, since: asked) } catch is InboxStore.TakenOver {
            throw Failure(.busy, "the workflow took too long to plan; its run appears in a moment")
        }
        guard let run = outcome.runs.first else {
            // The ref or the file changed since it was looked at.
            throw Failure(.conflict, "nothing was started: \(outcome.words)")
        }
        return run
    }
}
