/// Who a job is to others: what the database knows, before it is put into a token.
public struct JobIdentity: Equatable, Sendable {
    public let facts: RunContext
    public let repository: RepositoryID
    public let isPrivate: Bool
    public let owner: AccountID
    /// Nil when the account is gone.
    public let actor: AccountID?

    public init(facts: RunContext, repository: RepositoryID, isPrivate: Bool, owner: AccountID, actor: AccountID?) {
        self.facts = facts
        self.repository = repository
        self.isPrivate = isPrivate
        self.owner = owner
        self.actor = actor
    }
}

public enum IdentityLimits {
    /// Seconds an identity token is good for: it is fetched where it is used (runner.md 6.5).
    public static let lifeSeconds: Int64 = 300
    /// Bytes of an audience.
    public static let audienceBytesMax = 255
    /// Seconds for which a key that signs no more is still published: longer than any verifier keeps a key set.
    public static let retiredKeySeconds: Int64 = 86_400
}

public enum IdentityRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    case notPermitted
    case stopping
    case audienceTooLong(byteCount: Int)

    public var description: String {
        switch self {
        case .notPermitted:
            "this job may not ask for an identity token; give it \"permissions: {id-token: write}\" in the workflow"
        case .stopping: "this job was told to stop; it is given no identity token any more"
        case .audienceTooLong(let byteCount):
            "the audience is \(byteCount) bytes; it may have at most \(IdentityLimits.audienceBytesMax)"
        }
    }
}

/// The audience of a token that a job asks for: what it named, else its owner's address.
public func identityAudience(
    asked: String, mayIdentify: Bool, isStopping: Bool, owner: String, base: String
) throws(IdentityRefusal) -> String {
    guard mayIdentify else { throw .notPermitted }
    guard !isStopping else { throw .stopping }
    guard asked.utf8.count <= IdentityLimits.audienceBytesMax else {
        throw .audienceTooLong(byteCount: asked.utf8.count)
    }
    return asked.isEmpty ? "\(base)/\(owner)" : asked
}

/// One claim; numbers are times.
public enum IdentityClaim: Equatable, Sendable {
    case text(String)
    case seconds(Int64)
}

/// What an identity token says (runner.md 6.5); the names are GitHub's, for which the clouds have their rules.
///
/// `sub` has ids where GitHub has names: who takes over the name of an account that was deleted must not become what the
/// old one was trusted for.
///
/// - Parameter id: not used before; a verifier may refuse it the second time.
public func identityClaims(
    _ identity: JobIdentity, issuer: String, audience: String, id: String, now: Instant
) -> [String: IdentityClaim] {
    let run = identity.facts
    let ref = shortRef(run.ref)
    let repository = "\(run.repositoryOwner)/\(run.repositoryName)"
    let workflow = "\(repository)/\(run.workflowPath)@\(run.ref)"
    let seconds = now.microseconds / 1_000_000
    let what = run.event == "pull_request" ? "pull_request" : "ref:\(run.ref)"
    let texts = [
        "iss": issuer, "aud": audience, "jti": id, "sub": "repo:\(identity.owner)/\(identity.repository):\(what)",
        "repository": repository, "repository_id": "\(identity.repository)", "repository_owner": run.repositoryOwner,
        "repository_owner_id": "\(identity.owner)", "repository_visibility": identity.isPrivate ? "private" : "public",
        "ref": run.ref, "ref_type": ref.type, "ref_protected": "false", "base_ref": "", "head_ref": "", "sha": run.sha,
        "event_name": run.event, "actor": run.actor, "actor_id": identity.actor.map { "\($0)" } ?? "",
        "run_id": "\(run.run)", "run_number": "\(run.runNumber)", "run_attempt": "\(run.attempt)",
        "workflow": run.workflowID, "workflow_ref": workflow, "workflow_sha": run.sha, "job_workflow_ref": workflow,
        "job_workflow_sha": run.sha, "runner_environment": "self-hosted",
    ]
    var claims = texts.mapValues { IdentityClaim.text($0) }
    claims["iat"] = .seconds(seconds)
    claims["nbf"] = .seconds(seconds)
    claims["exp"] = .seconds(seconds + IdentityLimits.lifeSeconds)
    return claims
}
