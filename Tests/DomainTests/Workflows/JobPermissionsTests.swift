import Testing

@testable import Domain

@Suite("The permission to ask for an identity token")
struct JobPermissionsTests {
    static let grant = "permissions: {id-token: write}"

    @Test(
        "comes from the job, else from the workflow, never by default",
        arguments: [
            ("", "", false), (grant, "", true), ("", grant, true), (grant, "permissions: {contents: read}", false),
            (grant, "permissions: {}", false), (grant, "permissions:", false),
            ("permissions: {contents: write}", grant, true),
            ("permissions: write-all", "", true), ("permissions: read-all", "", false),
            ("", "permissions: write-all", true),
            ("permissions: {id-token: read}", "", false), ("permissions: {id-token: none}", "", false),
            ("permissions: {id-token: [write]}", "", false), ("permissions: [id-token]", "", false),
        ])
    func permission(workflow: String, job: String, expected: Bool) throws {
        let more = job.isEmpty ? "" : "    \(job)\n"
        let reading = read(
            "on: push\n\(workflow)\njobs:\n  a:\n    runs-on: x\n\(more)    strategy: {matrix: {n: [1, 2]}}\n    steps: [run: x]\n"
        )
        let workflow = try #require(reading.workflow)
        #expect(workflow.jobs.map(\.mayIdentify) == [expected, expected])
    }

    @Test(
        "H11: permissions bound the job's token: its own, else the workflow's, else everything",
        arguments: [
            ("", "", "contents:write,actions:write,packages:write"),
            ("permissions: read-all", "", "contents:read,actions:read,packages:read"),
            ("permissions: write-all", "permissions: {}", "contents:none,actions:none,packages:none"),
            ("permissions: {}", "permissions: write-all", "contents:write,actions:write,packages:write"),
            ("permissions: {contents: read}", "", "contents:read,actions:none,packages:none"),
            ("permissions: {id-token: write}", "", "contents:none,actions:none,packages:none"),
            (
                "permissions: write-all", "permissions: {packages: write, actions: read}",
                "contents:none,actions:read,packages:write"
            ),
            ("permissions: write-all", "permissions:", "contents:none,actions:none,packages:none"),
            ("permissions: write", "", "contents:none,actions:none,packages:none"),
            ("permissions: {contents: admin}", "", "contents:none,actions:none,packages:none"),
            ("permissions: [contents]", "", "contents:none,actions:none,packages:none"),
        ])
    func bounds(workflow: String, job: String, expected: String) {
        let more = job.isEmpty ? "" : "    \(job)\n"
        let reading = read("on: push\n\(workflow)\njobs:\n  a:\n    runs-on: x\n\(more)    steps: [run: x]\n")
        #expect(reading.workflow?.jobs.map(\.permissions.stored) == [expected])
    }
}
