import Testing

@testable import Domain

@Suite("Keys and activity types of events")
struct EventKeysTests {
    private func remarks(_ on: String) throws -> [String] {
        let text = "on: {\(on)}\njobs: {a: {runs-on: x, steps: [run: x]}}\n"
        return try WorkflowOutline(Array(text.utf8), path: "w").reading.diagnostics.map {
            "\($0.line):\($0.column) \($0.severity) \($0.code)"
        }
    }

    @Test(
        "a filter that an event does not have is an error, any other key a warning",
        arguments: [
            ("pull_request: {tags: [a]}", ["1:21 error filter-unavailable"]),
            ("pull_request_review: {branches: [a]}", ["1:28 error filter-unavailable"]),
            ("push: {types: [a]}", ["1:13 error filter-unavailable"]),
            ("push: {workflows: [a]}", ["1:13 error filter-unavailable"]),
            ("workflow_call: {branches: [a]}", ["1:22 error filter-unavailable"]),
            ("merge_group: {branches: [a]}", []), ("workflow_run: {workflows: [a], branches: [b]}", []),
            ("workflow_run: {workflows: [a], paths: [b]}", ["1:37 error filter-unavailable"]),
            // Gitea warns of filters of events that have none, and ignores them.
            ("create: {branches: [a]}", ["1:15 warning unexpected-key"]),
            ("fork: {types: [a]}", ["1:13 warning unexpected-key"]),
            ("push: {branch: a}", ["1:13 warning unexpected-key"]),
            ("pull_request: {type: [opened]}", ["1:21 warning unexpected-key"]),
            ("workflow_dispatch: {input: {}}", ["1:26 warning unexpected-key"]),
            ("repository_dispatch: {types: [whatever]}", []), ("image_version: {names: [a], versions: [b]}", []),
        ])
    func keys(on: String, expected: [String]) throws { #expect(try remarks(on) == expected) }

    @Test(
        "activity types",
        arguments: [
            ("pull_request: {types: [opened, openned]}", ["1:37 error event-type"]),
            ("pull_request: {types: milestoned}", []), ("pull_request_target: {types: [review_requested]}", []),
            ("release: {types: [publish]}", ["1:24 error event-type"]),
            ("issues: {types: Opened}", ["1:22 error event-type"]),
            ("workflow_run: {workflows: [a], types: [success]}", ["1:45 error event-type"]),
            ("watch: {types: started}", []), ("check_run: {types: [created]}", []), ("issues: {types: []}", []),
        ])
    func types(on: String, expected: [String]) throws { #expect(try remarks(on) == expected) }

    @Test("every event but those without has its default types among its own")
    func defaults() {
        for name in EventName.allCases {
            for type in name.defaultTypes ?? [] { #expect(name.activityTypes?.contains(type) == true) }
            #expect(name.keys.contains("types") == (name.activityTypes?.isEmpty != true))
        }
    }
}
