import Domain
import Testing

@testable import Postgres

@Suite("Rows of the inbox")
struct InboxEntryTests {
    private func entry(_ kind: String, payload: String? = nil, options: [String] = []) -> InboxEntry {
        InboxEntry(
            id: InboxID(1), repository: RepositoryID(1), pusher: nil, isByJob: false, kind: kind, ref: "refs/heads/x",
            before: "0", after: "1", payload: payload, isConfirmed: true, options: PushOptions(options), tries: 1)
    }

    @Test("a push with its options")
    func push() throws {
        guard case .push(let push) = try entry("push", options: ["ci.skip"]).event().event else { return }
        #expect(push.skips && push.ref == "refs/heads/x")
    }

    @Test("another event by its payload; unknown ones are told")
    func others() throws {
        #expect(
            try entry("repository_dispatch", payload: #"{"action":"go"}"#).event().event
                == .repositoryDispatch(type: "go"))
        #expect(throws: EventFault.self) { try entry("moon", payload: "{}").event() }
        #expect(throws: EventFault.self) { try entry("workflow_call", payload: "{}").event() }
    }
}
