import Domain
import Postgres
import Web

extension App {
    /// The runner of a call (runner.md 1.5). Unknown uuid and wrong token are one error, so that uuids cannot be probed.
    ///
    /// - Parameter reports: the call tells of a task, so the runner works on something.
    func runner(of request: Request, reports: Bool = false) throws -> Runner {
        guard let uuid = request.header("x-runner-uuid"), let token = request.header("x-runner-token"),
            isUUID(uuid)
        else { throw Failure(.unauthenticated, "unregistered runner") }
        let key = uuid.lowercased()
        let hash = Token.hash(token)
        let runner: Runner
        if let cached = caches.polls.runner(uuid: key) {
            runner = cached
        } else {
            let mark = caches.polls.changes(of: key)
            guard let found = try runners.runner(uuid: key) else {
                throw Failure(.unauthenticated, "unregistered runner")
            }
            caches.polls.keep(found, since: mark)
            runner = found
        }
        guard Token.equal(hash, runner.tokenHash) else { throw Failure(.unauthenticated, "unregistered runner") }
        caches.calls.heard(runner.id, reports: reports)
        RequestContext.current?.note("runner_id", "\(runner.id)")
        return runner
    }
}
