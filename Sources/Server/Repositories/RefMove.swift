import Domain
import Postgres
import Web

/// Moves a ref as a push does: announced before git moves it, confirmed after, so that its workflows start, and start once
/// (docs/adr/0005).
struct RefMove {
    let app: App
    let repository: Repository
    let caller: Caller

    /// The id of nothing.
    static let nothing = String(repeating: "0", count: 40)

    init(_ place: InRepository, _ app: App) throws {
        guard !place.repository.details.isArchived else {
            throw Failure(.locked, "this repository is archived: nobody writes to it")
        }
        self.app = app
        repository = place.repository
        caller = place.caller
    }

    /// - Parameters:
    ///   - before: where the ref must be; `nothing`: it must not exist.
    ///   - after: `nothing`: it is removed.
    /// - Throws: 409 when it is elsewhere by now.
    func move(_ ref: String, from before: String, to after: String, _ git: GitReader) throws {
        let update = InboxStore.RefUpdate(ref: ref, before: before, after: after)
        guard
            try app.inbox.announce([update], repository: repository.id, pusher: caller.account, task: caller.task)
        else { throw Failure(.missing, "not found") }
        let answer = try git.answer(
            after == Self.nothing ? ["update-ref", "-d", ref, before] : ["update-ref", ref, after, before])
        // What was announced and did not happen is dropped by whoever reads it: the ref is not where it says.
        guard answer.status == 0 else {
            throw Failure(.conflict, "\"\(ref)\" was moved by somebody else, or its name stands in the way of another")
        }
        do {
            try app.inbox.confirm([update], repository: repository.id)
            _ = try DefaultBranch(app: app).adopt(of: repository, moved: { [(ref, before)] })
            try app.repositories.pushed(
                repository.id, gitBytes: RepositoryFiles(configuration: app.configuration).gitBytes(repository.id))
        } catch {
            // It is done; its workflows start when the announcement is found.
            app.log.warning(
                "could not confirm a change of a ref", metadata: ["repo_id": "\(repository.id)", "err": "\(error)"])
        }
    }
}
