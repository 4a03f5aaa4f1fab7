import Testing

@testable import Domain

/// The event of a payload written as JSON.
func event(_ name: EventName, _ json: String) throws -> RepositoryEvent {
    try RepositoryEvent(name, payload: EventPayload(json: json).value)
}

@Suite("Events of a repository")
struct RepositoryEventTests {
    static let id = String(repeating: "a", count: 40)

    @Test("are read from their payloads, and say where their workflows are read")
    func payloads() throws {
        let request = #""pull_request":{"number":7,"title":"T","head":{"sha":"\#(Self.id)"},"base":{"ref":"main"}}"#
        let cases: [(EventName, String, RepositoryEvent, RepositoryEvent.Source)] = [
            (.create, #"{"ref":"v1","ref_type":"tag"}"#, .create(ref: "refs/tags/v1"), .ref("refs/tags/v1")),
            (.delete, #"{"ref":"a/b","ref_type":"branch"}"#, .delete(ref: "refs/heads/a/b"), .defaultBranch),
            (
                .pullRequest, #"{"action":"opened",\#(request)}"#,
                .pullRequest(
                    .init(
                        name: .pullRequest, type: "opened", number: 7, title: "T", headCommit: Self.id,
                        baseBranch: "main")),
                .commit(Self.id, ref: "refs/pull/7/head")
            ),
            (
                .pullRequestTarget, #"{"action":"closed",\#(request)}"#,
                .pullRequest(
                    .init(
                        name: .pullRequestTarget, type: "closed", number: 7, title: "T", headCommit: Self.id,
                        baseBranch: "main")),
                .ref("refs/heads/main")
            ),
            (
                .workflowDispatch, #"{"workflow":"ci.yml","ref":"dev","inputs":{"a":"1","b":"x"}}"#,
                .workflowDispatch(
                    .init(
                        workflow: "ci.yml", ref: "dev",
                        inputs: [.init(name: "a", text: "1"), .init(name: "b", text: "x")])),
                .ref("refs/heads/dev")
            ),
            (
                .workflowDispatch, #"{"workflow":"ci.yml","ref":"refs/tags/v1"}"#,
                .workflowDispatch(.init(workflow: "ci.yml", ref: "refs/tags/v1", inputs: [])), .ref("refs/tags/v1")
            ),
            (.repositoryDispatch, #"{"action":"go"}"#, .repositoryDispatch(type: "go"), .defaultBranch),
            (
                .schedule, #"{"schedule":"0 1 * * *"}"#, .schedule(.init(cron: "0 1 * * *", workflow: "")),
                .defaultBranch
            ),
            (
                .workflowRun, #"{"action":"completed","workflow_run":{"name":"CI","head_branch":"dev"}}"#,
                .workflowRun(.init(type: "completed", workflow: "CI", headBranch: "dev")), .defaultBranch
            ),
            (
                .release, #"{"action":"published","release":{"tag_name":"v1"}}"#,
                .release(type: "published", tag: "v1"), .ref("refs/tags/v1")
            ),
            (.issues, #"{"action":"opened"}"#, .activity(.issues, type: "opened"), .defaultBranch),
            (.fork, "{}", .activity(.fork, type: ""), .defaultBranch),
        ]
        for (name, json, expected, source) in cases {
            let found = try event(name, json)
            #expect(found == expected)
            #expect(found.name == name && found.source == source)
        }
    }

    @Test("every kind that a row may have is read or refused, none ends the process")
    func everyKind() {
        for name in EventName.allCases {
            for json in ["{}", "[]", "", #"{"action":1,"pull_request":[],"release":{"tag_name":{}}}"#] {
                if let found = try? event(name, json) { #expect(found.name == name) }
            }
        }
        #expect(!EventName.happening.contains(.workflowCall))
        #expect(EventName.happening.count == EventName.allCases.count - 1)
    }

    @Test(
        "what is missing or cannot be given to git is refused by its name",
        arguments: [
            (
                EventName.create, #"{"ref":"x","ref_type":"repository"}"#,
                "has neither \"branch\" nor \"tag\" in \"ref_type\""
            ),
            (.create, #"{"ref":"a\nb","ref_type":"tag"}"#, "has no name of a ref in \"ref\""),
            (.create, #"{"ref":"a..b","ref_type":"tag"}"#, "has no name of a ref in \"ref\""),
            (.workflowDispatch, #"{"workflow":"w","ref":"a^{tree}"}"#, "has no name of a ref in \"ref\""),
            (.workflowDispatch, #"{"ref":"a"}"#, "has no \"workflow\""),
            (
                .release, #"{"action":"a","release":{"tag_name":"v1@{0}"}}"#,
                "has no name of a ref in \"release.tag_name\""
            ),
            (
                .pullRequest,
                #"{"action":"a","pull_request":{"number":1,"head":{"sha":"main"},"base":{"ref":"main"}}}"#,
                "has no object id in \"pull_request.head.sha\""
            ),
            (.pullRequest, #"{"action":"a","pull_request":{"number":0}}"#, "has no \"pull_request.number\""),
            (.workflowRun, #"{"action":"completed"}"#, "has no \"workflow_run.name\""),
            (.schedule, #"{"schedule":""}"#, "has no \"schedule\""),
        ])
    func faults(name: EventName, json: String, words: String) {
        let fault = #expect(throws: EventFault.self) { try event(name, json) }
        #expect(fault?.description == "payload of event \"\(name.rawValue)\" \(words)")
    }

    @Test("only a dispatch may come from a job's own token")
    func fromJob() throws {
        #expect(!RepositoryEvent.push(.init(ref: "r", before: "1", after: "2")).mayComeFromJob)
        #expect(try event(.repositoryDispatch, #"{"action":"a"}"#).mayComeFromJob)
        #expect(try event(.workflowDispatch, #"{"workflow":"w","ref":"r"}"#).mayComeFromJob)
        #expect(try !event(.issues, #"{"action":"opened"}"#).mayComeFromJob)
    }
}
