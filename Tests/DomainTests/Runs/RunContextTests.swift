import Testing

@testable import Domain

@Suite("The github context")
struct RunContextTests {
    static func run(ref: String) -> RunContext {
        RunContext(
            run: RunID(70), runNumber: 7, attempt: 2, event: "push", ref: ref, sha: "abc", workflowID: "ci.yml",
            workflowPath: ".gitea/workflows/ci.yml", actor: "ann", triggeringActor: "bob", repositoryOwner: "octo",
            repositoryName: "app")
    }

    @Test(
        "by the ref",
        arguments: [
            ("refs/heads/a/b", "a/b", "branch"), ("refs/tags/v1", "v1", "tag"),
            ("refs/pull/1/head", "1/head", ""),
        ])
    func refs(ref: String, name: String, type: String) {
        let texts = Dictionary(uniqueKeysWithValues: githubTexts(Self.run(ref: ref), base: "http://h:1"))
        #expect(texts["ref"] == ref && texts["ref_name"] == name && texts["ref_type"] == type)
        #expect(texts["workflow_ref"] == "octo/app/.gitea/workflows/ci.yml@\(ref)")
    }

    @Test("numbers, names and addresses, all as strings")
    func texts() {
        let texts = Dictionary(uniqueKeysWithValues: githubTexts(Self.run(ref: "refs/heads/main"), base: "http://h:1"))
        let expected = [
            "event_name": "push", "actor": "ann", "triggering_actor": "bob", "repository": "octo/app",
            "repository_owner": "octo", "sha": "abc", "run_id": "70", "run_number": "7", "run_attempt": "2",
            "server_url": "http://h:1/", "api_url": "http://h:1/api/v1", "repositoryUrl": "http://h:1/octo/app.git",
            "workflow": "ci.yml", "head_ref": "", "workspace": "",
        ]
        for (key, value) in expected { #expect(texts[key] == value, "\(key)") }
    }

    @Test(
        "the event is read as JSON; one that is none has no properties",
        arguments: [(#"{"ref":"x","n":1}"#, "x"), ("{", ""), ("", ""), ("[]", "")])
    func event(json: String, ref: String) {
        let value = githubValue(Self.run(ref: "refs/heads/main"), base: "b", event: json)
        guard case .object(let github) = value else {
            Issue.record("it is no object")
            return
        }
        var found = ""
        if case .object(let event)? = github["event"] { found = event["ref"]?.text ?? "" }
        #expect(found == ref)
        #expect(github["EVENT_NAME"]?.text == "push")
    }
}
