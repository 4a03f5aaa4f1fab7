import Testing

@testable import Client

@Suite("What a step uses")
struct ActionUseTests {
    @Test(
        "by form",
        arguments: [
            ("actions/setup-node@v4", "actions/setup-node@v4"),
            ("a/b/deep/er@main", "a/b/deep/er@main"),
            ("https://code.example:8443/a/b@v1", "https---code.example-8443-a/b@v1"),
            ("http://127.0.0.1:9/some/action/x@v4", "http---127.0.0.1-9-some/action/x@v4"),
        ])
    func remote(written: String, given: String) throws {
        guard case .remote(let action) = ActionUse(written) else {
            Issue.record("\(written) is a published action")
            return
        }
        #expect(action.uses == given)
    }

    @Test(
        "none that could be fetched",
        arguments: [
            "", "a@b", "a/b", "a/b@", "a/../b@v1", "/a/b@v1", "https://host", "https://host/a@v", "docker://a/b@c",
            "a/b@--upload-pack=x",
        ])
    func other(written: String) { #expect(ActionUse(written) == .other) }

    @Test("a directory of the workspace")
    func local() { #expect(ActionUse("./tools/x") == .local("tools/x")) }
}
