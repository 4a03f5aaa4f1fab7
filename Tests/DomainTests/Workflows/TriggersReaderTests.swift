import Testing

@testable import Domain

func triggersOf(_ on: String) -> (triggers: Triggers?, diagnostics: [String]) {
    let text = "\(on)\njobs: {a: {runs-on: x, steps: [run: x]}}\n"
    let reading = readWorkflow(Array(text.utf8), path: "w")
    return (reading.triggers, reading.diagnostics.map { "\($0.line):\($0.column) \($0.code)" })
}

func decision(
    _ on: Triggers, of workflow: String = ".gitea/workflows/ci.yml", by event: RepositoryEvent, message: String = "x",
    paths: [String]? = nil
) -> TriggerDecision {
    var steps = PlanningLimits.fileStepsMax
    return triggers(on, of: workflow, by: event, EventCommit(message: message, changedPaths: paths), &steps)
}

@Suite("Triggers of a push")
struct TriggerTests {
    @Test(
        "runs or not",
        arguments: [
            ("on: push", "refs/heads/x", [] as [String]?, true),
            ("on: [pull_request, push]", "refs/heads/x", nil, true),
            ("on: {push: }", "refs/tags/v1", nil, true), ("on: pull_request", "refs/heads/x", nil, false),
            ("on: {push: {branches: main}}", "refs/heads/main", nil, true),
            ("on: {push: {branches: [main]}}", "refs/heads/x", nil, false),
            ("on: {push: {branches: [main]}}", "refs/tags/main", nil, false),
            ("on: {push: {tags: ['v*']}}", "refs/tags/v1", nil, true),
            ("on: {push: {tags: ['v*']}}", "refs/heads/v1", nil, false),
            ("on: {push: {tags: ['v*'], branches: [main]}}", "refs/heads/main", nil, true),
            ("on: {push: {tags-ignore: ['v*']}}", "refs/tags/v1", nil, false),
            ("on: {push: {tags-ignore: ['v*']}}", "refs/tags/w1", nil, true),
            ("on: {push: {branches-ignore: [x]}}", "refs/heads/y", nil, true),
            ("on: {push: {branches-ignore: [x]}}", "refs/heads/x", nil, false),
            ("on: {push: {paths: ['src/**']}}", "refs/heads/x", ["src/a"], true),
            ("on: {push: {paths: ['src/**']}}", "refs/heads/x", ["b"], false),
            ("on: {push: {paths: ['src/**']}}", "refs/heads/x", [], false),
            ("on: {push: {paths: ['src/**']}}", "refs/heads/x", nil, true),
            ("on: {push: {paths: ['src/**']}}", "refs/tags/x", ["b"], true),
            ("on: {push: {paths-ignore: [docs]}}", "refs/heads/x", ["docs"], false),
            ("on: {push: {paths-ignore: [docs]}}", "refs/heads/x", ["docs", "b"], true),
            ("on: {push: {paths-ignore: [docs]}}", "refs/heads/x", [], false),
            ("on: {push: {branches: [main], paths: [a]}}", "refs/heads/main", ["b"], false),
            ("on: {push: {branches: []}}", "refs/tags/t", nil, true),
            ("on: push", "refs/pull/1/head", nil, false),
        ])
    func push(on: String, ref: String, paths: [String]?, runs: Bool) throws {
        let triggers = try #require(triggersOf(on).triggers)
        let event = RepositoryEvent.push(.init(ref: ref, before: "1", after: "2"))
        #expect((decision(triggers, by: event, paths: paths) == .runs) == runs)
    }

    @Test(
        "messages that skip",
        arguments: [
            ("fix [skip ci]", false), ("[ci skip]", false), ("a\n\n[no ci] b", false), ("[skip actions]", false),
            ("[actions skip]", false),
            ("[Skip CI]", true), ("skip ci", true), ("", true),
        ])
    func skip(message: String, runs: Bool) {
        let event = RepositoryEvent.push(.init(ref: "refs/heads/x", before: "1", after: "2"))
        #expect((decision(Triggers([(.push, EventFilter())]), by: event, message: message) == .runs) == runs)
    }

    @Test("a deletion starts nothing")
    func deletion() {
        let zero = String(repeating: "0", count: 40)
        let event = RepositoryEvent.push(.init(ref: "refs/heads/x", before: "1", after: zero))
        #expect(
            decision(Triggers([(.push, EventFilter())]), by: event) == .skipped(reason: "push deletes \"refs/heads/x\"")
        )
    }

    @Test(
        "faults of the on part",
        arguments: [
            ("on: {push: {branches: [a], branches-ignore: [b]}}", ["1:28 filter-conflict"]),
            ("on: {push: {paths: ['a[']}}", ["1:23 glob"]),
            ("on: pussh", ["1:5 event-unknown"]), ("on: []", ["1:5 type"]), ("on: 3", ["1:5 event-unknown"]),
            ("on: {push: 3}", ["1:12 type"]),
            ("on: {push: {branch: a}}", ["1:13 unexpected-key"]), ("on: {push: {branches: {a: b}}}", ["1:23 type"]),
            ("on:", ["1:4 type"]),
        ])
    func faults(on: String, expected: [String]) { #expect(triggersOf(on).diagnostics == expected) }

    @Test(
        "workflow files",
        arguments: [
            ([".gitea/workflows/a.yml", ".github/workflows/b.yml", "c.yml"], [".gitea/workflows/a.yml"]),
            ([".gitea/workflows/README", ".github/workflows/b.yml"], []),
            (
                [".github/workflows/b.yaml", ".github/workflows/x/c.yml"],
                [".github/workflows/b.yaml", ".github/workflows/x/c.yml"]
            ),
            ([".github/workflows/b.YML", ".github/workflowsx/b.yml"], []),
        ])
    func files(paths: [String], expected: [String]) { #expect(WorkflowRules.standard.files(in: paths) == expected) }
}
