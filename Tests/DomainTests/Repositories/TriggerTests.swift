import Testing

@testable import Domain

/// What starts a workflow beside a push; pushes are in Workflows/TriggersReaderTests.swift.
@Suite("Triggers of other events")
struct OtherTriggerTests {
    private static func request(
        _ type: String, base: String = "main", title: String = "T", _ name: EventName = .pullRequest
    ) -> RepositoryEvent {
        .pullRequest(
            .init(name: name, type: type, number: 1, title: title, headCommit: "1", baseBranch: base))
    }
    private static func run(_ type: String, _ workflow: String, _ branch: String = "main") -> RepositoryEvent {
        .workflowRun(.init(type: type, workflow: workflow, headBranch: branch))
    }
    private static func dispatch(_ workflow: String) -> RepositoryEvent {
        .workflowDispatch(.init(workflow: workflow, ref: "main", inputs: []))
    }
    private static func cron(_ cron: String, _ workflow: String = "") -> RepositoryEvent {
        .schedule(.init(cron: cron, workflow: workflow))
    }

    private static let cases: [(String, RepositoryEvent, Bool)] = [
        ("on: push", request("opened"), false), ("on: pull_request", request("opened"), true),
        ("on: pull_request", request("synchronize"), true), ("on: pull_request", request("closed"), false),
        ("on: [push, pull_request]", request("reopened"), true), ("on: pull_request_target", request("opened"), false),
        ("on: pull_request_target", request("opened", .pullRequestTarget), true),
        ("on: pull_request_target", request("labeled", .pullRequestTarget), false),
        ("on: pull_request_review", request("dismissed", .pullRequestReview), true),
        ("on: {pull_request: {types: closed}}", request("closed"), true),
        ("on: {pull_request: {types: [closed, edited]}}", request("opened"), false),
        ("on: {pull_request: {types: []}}", request("opened"), true),
        ("on: {pull_request: {branches: [main]}}", request("opened"), true),
        ("on: {pull_request: {branches: ['rel/*']}}", request("opened"), false),
        ("on: {pull_request: {branches: ['rel/*']}}", request("opened", base: "rel/1"), true),
        ("on: {pull_request: {branches-ignore: [main]}}", request("opened"), false),
        ("on: {pull_request: {paths: [src/**]}}", request("opened"), false),
        ("on: {pull_request: {paths: [docs/**]}}", request("opened"), true),
        ("on: pull_request", request("opened", title: "x [skip ci]"), false),
        ("on: pull_request_target", request("opened", title: "x [skip ci]", .pullRequestTarget), true),
        ("on: create", .create(ref: "refs/heads/x"), true), ("on: delete", .create(ref: "refs/heads/x"), false),
        ("on: delete", .delete(ref: "refs/heads/x"), true),
        ("on: workflow_dispatch", dispatch("ci.yml"), true),
        ("on: workflow_dispatch", dispatch(".gitea/workflows/ci.yml"), true),
        ("on: workflow_dispatch", dispatch("other.yml"), false), ("on: push", dispatch("ci.yml"), false),
        ("on: {schedule: [{cron: '0 1 * * *'}, {cron: 5 * * * *}]}", cron("5 * * * *"), true),
        ("on: {schedule: [{cron: '0 1 * * *'}]}", cron("0 2 * * *"), false),
        ("on: {schedule: [{cron: '0 1 * * *'}]}", cron("0 1 * * *", "other.yml"), false),
        ("on: {workflow_run: {workflows: [CI, 'Rel*']}}", run("completed", "CI"), true),
        ("on: {workflow_run: {workflows: [CI, 'Rel*']}}", run("completed", "Release"), true),
        ("on: {workflow_run: {workflows: [CI]}}", run("completed", "ci"), false),
        ("on: workflow_run", run("completed", "CI"), false),
        ("on: {workflow_run: {workflows: CI, types: [requested]}}", run("completed", "CI"), false),
        ("on: {workflow_run: {workflows: CI, branches: [dev]}}", run("completed", "CI"), false),
        ("on: {workflow_run: {workflows: CI, branches-ignore: [dev]}}", run("completed", "CI"), true),
        ("on: repository_dispatch", .repositoryDispatch(type: "go"), true),
        ("on: {repository_dispatch: {types: [go, stop]}}", .repositoryDispatch(type: "go"), true),
        ("on: {repository_dispatch: {types: [stop]}}", .repositoryDispatch(type: "go"), false),
        ("on: release", .release(type: "edited", tag: "v1"), true),
        ("on: {release: {types: [published]}}", .release(type: "edited", tag: "v1"), false),
        ("on: {issues: {types: [opened]}}", .activity(.issues, type: "opened"), true),
        ("on: {issues: {types: [opened]}}", .activity(.issues, type: "closed"), false),
        ("on: issues", .activity(.issueComment, type: "created"), false),
        ("on: fork", .activity(.fork, type: ""), true),
    ]

    @Test("runs or not")
    func table() throws {
        for (on, event, runs) in Self.cases {
            let (triggers, diagnostics) = triggersOf(on)
            let found = decision(try #require(triggers, "\(on)"), by: event, paths: ["docs/a"])
            #expect((found == .runs) == runs, "\(on) by \(event): \(found)")
            #expect(diagnostics.isEmpty, "\(on)")
        }
    }

    @Test(
        "a fault below another event stops no push, and is told when that event comes",
        arguments: [
            (
                "pull_request: {branches: ['a[']}",
                RepositoryEvent.pullRequest(
                    .init(name: .pullRequest, type: "opened", number: 1, title: "", headCommit: "1", baseBranch: "main")
                ),
                "glob"
            ),
            (
                "pull_request: {paths: [a], paths-ignore: [b]}",
                .pullRequest(
                    .init(name: .pullRequest, type: "opened", number: 1, title: "", headCommit: "1", baseBranch: "main")
                ),
                "filter-conflict"
            ),
            ("schedule: daily", .schedule(.init(cron: "daily", workflow: "")), "type"),
            (
                "workflow_dispatch: {inputs: {a: {type: text}}}",
                .workflowDispatch(
                    .init(workflow: "", ref: "main", inputs: [])), "dispatch-input"
            ),
        ])
    func faults(below: String, event: RepositoryEvent, code: String) throws {
        let text = "on: {push: , \(below)}\njobs: {a: {runs-on: x, steps: [run: x]}}\n"
        let reading = readWorkflow(Array(text.utf8), path: "w")
        let on = try #require(reading.triggers)
        #expect(reading.workflow != nil)
        #expect(reading.diagnostics.map(\.severity) == [.warning] && reading.diagnostics.map(\.code) == [code])
        #expect(decision(on, by: .push(.init(ref: "refs/heads/x", before: "1", after: "2"))) == .runs)
        guard case .skipped(let reason) = decision(on, by: event) else { return #expect(Bool(false), "it runs") }
        #expect(reason.hasPrefix("filters of \"\(event.name.rawValue)\" cannot be read: w:1:"))
        #expect(reason.hasSuffix("[\(code)]"))
    }
}
