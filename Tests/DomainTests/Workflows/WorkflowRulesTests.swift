import Testing

@testable import Domain

@Suite("Which files are read, and which events start nothing")
struct WorkflowRulesTests {
    private static let trees: [(directories: [String], paths: [String], found: [String])] = [
        (
            WorkflowRules().directories, [".gitea/workflows/a.yml", ".github/workflows/b.yml"],
            [".gitea/workflows/a.yml"]
        ),
        (
            WorkflowRules().directories, [".forgejo/workflows/a.yml", ".github/workflows/b.yml"],
            [".forgejo/workflows/a.yml"]
        ),
        (WorkflowRules().directories, [".gitea/workflows/README", ".github/workflows/b.yml"], []),
        (
            WorkflowRules().directories, [".github/workflows/d/b.yaml", ".github/workflows/c.YML"],
            [".github/workflows/d/b.yaml"]
        ),
        (["ci/deep/er", ".github/workflows"], ["ci/deep/er/x.yml", "ci/deep/y.yml"], ["ci/deep/er/x.yml"]),
        (["ci"], ["cix/a.yml", ".gitea/workflows/a.yml"], []),
    ]

    @Test("the first directory that there is", arguments: trees)
    func files(directories: [String], paths: [String], found: [String]) {
        var rules = WorkflowRules()
        rules.directories = directories
        #expect(rules.files(in: paths) == found)
    }

    @Test("ids are below the directory")
    func ids() {
        var rules = WorkflowRules()
        rules.directories = ["ci/deep", "ci"]
        #expect(workflowID(ofPath: "ci/deep/a/b.yml", rules) == "a/b.yml")
        #expect(workflowID(ofPath: "ci/x.yml", rules) == "x.yml")
        #expect(workflowID(ofPath: ".gitea/workflows/a/b.yml", rules) == "a/b.yml", "one that was taken away")
    }

    private static func push(_ after: String = "1", skips: Bool = false) -> RepositoryEvent {
        var push = RepositoryEvent.Push(ref: "refs/heads/main", before: "0", after: after)
        push.skips = skips
        return .push(push)
    }
    private static func request(_ name: EventName, title: String = "T") -> RepositoryEvent {
        .pullRequest(.init(name: name, type: "opened", number: 1, title: title, headCommit: "1", baseBranch: "main"))
    }
    private static func run(_ depth: Int) -> RepositoryEvent {
        .workflowRun(.init(type: "completed", workflow: "CI", headBranch: "main", path: "", depth: depth))
    }

    private static let events: [(event: RepositoryEvent, message: String, reason: String?)] = [
        (push(), "Change", nil), (push(), "a [skip ci] b", "commit message contains \"[skip ci]\""),
        (push(), "body\n\n[actions skip]", "commit message contains \"[actions skip]\""), (push(), "[SKIP CI]", nil),
        (push(), "skip ci", nil), (push(skips: true), "Change", "push option ci.skip"),
        (push("0000"), "Change", "push deletes \"refs/heads/main\""),
        (request(.pullRequest), "[no ci]", "commit message contains \"[no ci]\""),
        (request(.pullRequest, title: "x [ci skip]"), "c", "title contains \"[ci skip]\""),
        (request(.pullRequestTarget, title: "x [ci skip]"), "[skip ci]", nil),
        (request(.pullRequestReview), "[skip ci]", nil), (.create(ref: "refs/heads/x"), "[skip ci]", nil),
        (.schedule(.init(cron: "@daily", workflow: "")), "[skip ci]", nil), (run(5), "[skip ci]", nil),
        (run(6), "c", "the chain of workflow_run events is 5 levels deep"),
    ]

    @Test("events that start nothing, whatever the files say", arguments: events)
    func refused(event: RepositoryEvent, message: String, reason: String?) {
        #expect(WorkflowRules.standard.refusal(of: event, EventCommit(message: message, changedPaths: nil)) == reason)
    }

    @Test("other skip strings, or none")
    func configured() {
        var rules = WorkflowRules()
        rules.skipStrings = ["ci: no"]
        let commit = EventCommit(message: "ci: no [skip ci]", changedPaths: nil)
        #expect(rules.refusal(of: Self.push(), commit) == "commit message contains \"ci: no\"")
        rules.skipStrings = []
        #expect(rules.refusal(of: Self.push(), commit) == nil)
    }

    @Test(
        "directories",
        arguments: [
            (".gitea/workflows", true), ("ci", true), ("", false), ("../x", false), ("/x", false), ("a//b", false),
            ("x/", false), (".git/x", false),
        ])
    func directory(text: String, isOne: Bool) {
        #expect((WorkflowRules.whyNoDirectory(text) == nil) == isOne, "\(text)")
    }
}
