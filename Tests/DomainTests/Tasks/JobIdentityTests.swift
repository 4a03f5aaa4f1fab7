import Domain
import Testing

@Suite("A job's identity")
struct JobIdentityTests {
    static func identity(event: String = "push", ref: String = "refs/heads/main") -> JobIdentity {
        JobIdentity(
            facts: RunContext(
                run: RunID(9), runNumber: 4, attempt: 2, event: event, ref: ref, sha: "5ca1ab1e", workflowID: "ci.yml",
                workflowPath: ".gitea/workflows/ci.yml", actor: "bea", triggeringActor: "carl", repositoryOwner: "ann",
                repositoryName: "app"),
            repository: RepositoryID(7), isPrivate: true, owner: AccountID(3), actor: AccountID(5))
    }
    static func claims(_ identity: JobIdentity) -> [String: IdentityClaim] {
        identityClaims(
            identity, issuer: "https://ci.example/api/actions/oidc", audience: "cloud", id: "one",
            now: Instant(microseconds: 1_000_500_000))
    }

    @Test("says all that GitHub's says, ids as texts, times as numbers")
    func all() {
        #expect(
            Self.claims(Self.identity()) == [
                "iss": .text("https://ci.example/api/actions/oidc"), "aud": .text("cloud"), "jti": .text("one"),
                "sub": .text("repo:3/7:ref:refs/heads/main"), "repository": .text("ann/app"),
                "repository_id": .text("7"), "repository_owner": .text("ann"), "repository_owner_id": .text("3"),
                "repository_visibility": .text("private"), "ref": .text("refs/heads/main"), "ref_type": .text("branch"),
                "ref_protected": .text("false"), "base_ref": .text(""), "head_ref": .text(""), "sha": .text("5ca1ab1e"),
                "event_name": .text("push"), "actor": .text("bea"), "actor_id": .text("5"), "run_id": .text("9"),
                "run_number": .text("4"), "run_attempt": .text("2"), "workflow": .text("ci.yml"),
                "workflow_ref": .text("ann/app/.gitea/workflows/ci.yml@refs/heads/main"),
                "workflow_sha": .text("5ca1ab1e"),
                "job_workflow_ref": .text("ann/app/.gitea/workflows/ci.yml@refs/heads/main"),
                "job_workflow_sha": .text("5ca1ab1e"), "runner_environment": .text("self-hosted"),
                "iat": .seconds(1000), "nbf": .seconds(1000), "exp": .seconds(1300),
            ])
    }

    @Test(
        "is of a ref or of pull requests",
        arguments: [
            ("push", "refs/tags/v1", "repo:3/7:ref:refs/tags/v1"),
            ("pull_request", "refs/pull/1/head", "repo:3/7:pull_request"),
            ("pull_request_target", "refs/heads/main", "repo:3/7:ref:refs/heads/main"),
        ])
    func subject(event: String, ref: String, expected: String) {
        #expect(Self.claims(Self.identity(event: event, ref: ref))["sub"] == .text(expected))
    }

    @Test("is told to whom the job names, else to its owner")
    func audience() throws {
        func audience(_ asked: String, mayIdentify: Bool = true, isStopping: Bool = false) throws(IdentityRefusal)
            -> String
        {
            try identityAudience(
                asked: asked, mayIdentify: mayIdentify, isStopping: isStopping, owner: "ann", base: "https://ci.example"
            )
        }
        #expect(try audience("") == "https://ci.example/ann")
        #expect(try audience("cloud") == "cloud")
        let longest = String(repeating: "ö", count: 127) + "x"
        #expect(try audience(longest) == longest)
        #expect(throws: IdentityRefusal.audienceTooLong(byteCount: 256)) { try audience(longest + "x") }
        #expect(throws: IdentityRefusal.notPermitted) { try audience("cloud", mayIdentify: false) }
        #expect(throws: IdentityRefusal.stopping) { try audience("cloud", isStopping: true) }
    }
}
