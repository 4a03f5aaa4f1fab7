import Domain
import Postgres

extension PushReader {
    /// A file that a workflow calls, of the run's own commit or of another repository (workflows.md 13).
    func called(
        _ reference: CallReference, _ subject: PlanSubject, _ repository: Repository, _ git: GitReader
    ) throws -> CalledFiles.Answer {
        guard let place = reference.repository, let ref = reference.ref else {
            return try file(reference.path, at: subject.commit, git)
        }
        // One answer for what is not there and for what must not be seen.
        let unknown = "is in no repository of this server that \"\(repository.ownerName)/\(repository.name)\" may read"
        guard let other = try app.repositories.repository(owner: place.owner, name: place.name, seenBy: nil),
            mayCallWorkflows(of: other.facts, from: repository.facts, isFromFork: subject.event.isFromFork)
        else { return .missing(unknown) }
        let reader = GitReader(RepositoryFiles(configuration: app.configuration).directory(other.id))
        defer { reader.close() }
        // A tag before a branch, as on GitHub; a commit by its whole id.
        for name in ["refs/tags/\(ref)", "refs/heads/\(ref)"] + (isObjectID(ref) ? [ref] : []) {
            let found = try reader.answer(["rev-parse", "--verify", "--quiet", name + "^{commit}"])
            let commit = GitProgram.firstLine(found.bytes)
            if !commit.isEmpty { return try file(reference.path, at: commit, reader) }
        }
        return .missing("has no branch, tag or commit \"\(ref)\" behind it")
    }

    private func file(_ path: String, at commit: String, _ git: GitReader) throws -> CalledFiles.Answer {
        guard let object = try git.object("\(commit):\(path)", bytesMax: WorkflowLimits.fileBytesMax),
            object.type == "blob"
        else { return .missing("does not exist there") }
        guard let bytes = object.bytes else {
            return .missing("has more than \(WorkflowLimits.fileBytesMax) bytes")
        }
        return .bytes(bytes)
    }
}
