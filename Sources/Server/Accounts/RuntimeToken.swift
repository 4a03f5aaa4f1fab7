import Crypto
import Domain
import Foundation
import Postgres
import Web

/// `ACTIONS_RUNTIME_TOKEN`: what a job's own tools show for artifacts, summaries and identity (runner.md 6.4).
///
/// A JWT because runners and the artifact actions read its claims, unverified; the server trusts only that it made it, and
/// that the task still lives.
struct RuntimeToken: Equatable, Sendable {
    /// Clocks of two instances may differ by as much.
    static let leewaySeconds: Int64 = 60
    /// Beyond the longest time that the task may take: post steps upload.
    static let spareSeconds: Int64 = 3600

    let task: TaskID
    let run: RunID
    let job: JobID
    /// Unix seconds.
    let notBefore: Int64
    let expires: Int64

    /// - Parameter timeoutSeconds: the job's own `timeout-minutes`, which may exceed what jobs are allowed otherwise.
    init(_ assignment: Assignment, now: Instant, overlongSeconds: Int64) {
        let seconds = now.microseconds / 1_000_000
        self.init(
            task: assignment.task, run: assignment.run, job: assignment.job, notBefore: seconds,
            expires: seconds + Self.spareSeconds + max(overlongSeconds, assignment.timeoutSeconds ?? 0))
    }

    init(task: TaskID, run: RunID, job: JobID, notBefore: Int64, expires: Int64) {
        self.task = task
        self.run = run
        self.job = job
        self.notBefore = notBefore
        self.expires = expires
    }

    private struct Claims: Codable {
        /// Exactly three parts: @actions/artifact splits it and sends the last two back.
        var scp: String
        var task: Int64
        /// act_runner's successor reads it from here to build the addresses of summaries.
        var job: Int64
        var run: Int64
        /// JSON inside a string, read by cache services: write everywhere.
        var ac: String
        var nbf: Int64
        var exp: Int64

        enum CodingKeys: String, CodingKey {
            case scp, ac, nbf, exp
            case task = "TaskID"
            case run = "RunID"
            case job = "JobID"
        }
    }

    func text(signedWith key: SymmetricKey) throws -> String {
        let claims = Claims(
            scp: "Actions.Results:\(run):\(job)", task: task.number, job: job.number, run: run.number,
            ac: #"[{"Scope":"","Permission":2}]"#, nbf: notBefore, exp: expires)
        return try JWT.make(JWT.Header(alg: "HS256"), claims: claims) {
            Array(HMAC<SHA256>.authenticationCode(for: $0, using: key))
        }
    }

    /// Nil unless the token is ours and its time is now. The algorithm is ours to say, never the token's.
    init?(verifying text: String, key: SymmetricKey, now: Instant) {
        guard let parts = JWT.parts(text), parts.header.alg == "HS256", parts.header.crit == nil,
            parts.header.typ.map({ $0.uppercased() == "JWT" }) ?? true,
            // Compares in constant time.
            HMAC<SHA256>.isValidAuthenticationCode(parts.signature, authenticating: parts.signedText, using: key),
            let claims = try? JSONDecoder().decode(Claims.self, from: Data(parts.claims))
        else { return nil }
        let seconds = now.microseconds / 1_000_000
        guard claims.nbf - Self.leewaySeconds <= seconds, seconds < claims.exp + Self.leewaySeconds else { return nil }
        self.init(
            task: TaskID(claims.task), run: RunID(claims.run), job: JobID(claims.job),
            notBefore: claims.nbf, expires: claims.exp)
    }
}

extension App {
    func runtimeToken(for assignment: Assignment) throws -> String {
        try RuntimeToken(
            assignment, now: Instant(microseconds: Clock.nowMicroseconds()),
            overlongSeconds: configuration.recovery.overlongSeconds
        ).text(signedWith: keys.runtimeKey)
    }

    /// As `runtimeTask`, and the 40 hexadecimal digits of the job token are taken, too.
    func liveTask(of request: Request) throws -> LiveTask {
        let parts = (request.header("Authorization") ?? "").split(byte: " ", maxSplits: 1)
        if parts.count == 2, ["bearer", "token"].contains(parts[0].lowercased()), parts[1].utf8.count == 40,
            let named = try tasks.liveTask(tokenHash: Token.hash(String(parts[1]))),
            let live = try tasks.liveTask(named.task)
        {
            return live
        }
        return try runtimeTask(of: request)
    }

    /// The live task that a request speaks for.
    ///
    /// - Throws: one error for all that can be wrong, so that nothing is learnt by trying.
    func runtimeTask(of request: Request) throws -> LiveTask {
        let parts = (request.header("Authorization") ?? "").split(byte: " ", maxSplits: 1)
        guard parts.count == 2, ["bearer", "token"].contains(parts[0].lowercased()) else {
            throw Failure(
                .unauthenticated, "the runtime token is required: Authorization: Bearer $ACTIONS_RUNTIME_TOKEN")
        }
        guard let token = RuntimeToken(verifying: String(parts[1]), key: try keys.runtimeKey, now: request.now),
            let live = try tasks.liveTask(token.task), live.run == token.run, live.job == token.job
        else { throw Failure(.unauthenticated, "the runtime token is wrong or too old, or its job has ended") }
        RequestContext.current?.note("task_id", "\(live.task)")
        return live
    }
}
