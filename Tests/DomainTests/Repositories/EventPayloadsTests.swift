import Testing

@testable import Domain

@Suite("Payloads of events")
struct EventPayloadsTests {
    private func value(_ payload: some Encodable) throws -> ExpressionValue {
        try ExpressionValue(json: String(decoding: try jsonText(payload), as: UTF8.self))
    }
    private func text(_ payload: EventPayload, _ path: String...) -> String {
        var value = payload.value
        for key in path {
            guard case .object(let object) = value else { return "" }
            value = object[key] ?? .null
        }
        return value.text
    }
    private let repository = ExpressionValue.object([(key: "full_name", value: .string("ann/app"))])

    @Test("a pull request is read from what is told of it, and gets its repositories")
    func pullRequest() throws {
        var facts = PullRequestPayload.Facts()
        facts.number = 7
        facts.content = PullRequest(state: .merged, head: String(repeating: "a", count: 40), title: "T", body: "B")
        facts.base = "main"
        facts.author = "bob"
        facts.topic = "x"
        facts.isFromFork = true
        let told = PullRequestPayload(.closed, facts, owner: "ann", page: "http://x/ann/app", api: "http://x/api")
        let payload = EventPayload(json: String(decoding: try jsonText(told), as: UTF8.self))
        let whole = payload.completed(for: .pullRequest, repository: repository, sender: "bob")
        #expect(text(whole, "pull_request", "head", "repo", "full_name") == "ann/app")
        #expect(text(whole, "pull_request", "base", "repo", "full_name") == "ann/app")
        #expect(text(whole, "repository", "full_name") == "ann/app" && text(whole, "sender", "login") == "bob")
        #expect(
            text(whole, "pull_request", "head", "ref") == "bob/x" && text(whole, "pull_request", "state") == "closed")
        #expect(text(whole, "pull_request", "merged") == "true" && text(whole, "action") == "closed")
        guard case .pullRequest(let read) = try RepositoryEvent(.pullRequest, payload: whole.value) else {
            Issue.record("no pull request")
            return
        }
        #expect(read.isFromFork && read.number == 7 && read.baseBranch == "main" && read.type == "closed")
        let refs = PullRequestRefs(of: "pull_request", payload: whole.json)
        #expect(refs.head == "bob/x" && refs.base == "main")
        #expect(PullRequestRefs(of: "push", payload: whole.json) == .none)
    }

    @Test("a head in another repository is a fork's")
    func forge() throws {
        for (head, isFork) in [("ann/app", false), ("bob/app", true)] {
            let json = """
                {"action":"opened","pull_request":{"number":1,"head":{"sha":"\(String(repeating: "a", count: 40))","repo":{"full_name":"\(head)"}},
                 "base":{"ref":"main","repo":{"full_name":"ann/app"}}}}
                """
            guard case .pullRequest(let read) = try RepositoryEvent(.pullRequest, payload: ExpressionValue(json: json))
            else { continue }
            #expect(read.isFromFork == isFork)
        }
    }

    @Test("refs that are made and go")
    func refs() throws {
        let branch = try value(try #require(RefPayload(ref: "refs/heads/a/b", sha: "1")))
        #expect(try RepositoryEvent(.create, payload: branch) == .create(ref: "refs/heads/a/b"))
        let tag = try value(try #require(RefPayload(ref: "refs/tags/v1", sha: "1")))
        #expect(try RepositoryEvent(.delete, payload: tag) == .delete(ref: "refs/tags/v1"))
        #expect(RefPayload(ref: "refs/pull/1/head", sha: "1") == nil)
    }

    @Test(
        "what others tell stands as they made it",
        arguments: [EventName.repositoryDispatch, .workflowDispatch, .release])
    func whole(name: EventName) {
        let payload = EventPayload(json: #"{"A":1,"a":2,"action":"published"}"#)
        #expect(payload.completed(for: name, repository: repository, sender: "x").json == payload.json)
        let own = EventPayload(json: #"{"schedule":"@daily"}"#)
        #expect(
            text(own.completed(for: .schedule, repository: repository, sender: "x"), "repository", "full_name")
                == "ann/app")
    }

    private static let dispatches: [(type: String, payload: String?, isTaken: Bool)] = [
        ("deploy", nil, true), ("deploy", "{}", true), ("", nil, false),
        (String(repeating: "é", count: 100), nil, true),
        (String(repeating: "x", count: 101), nil, false), ("a\u{0}", nil, false), ("a", "[]", false), ("a", "1", false),
        ("a", "{" + (1...10).map { "\"\($0)\":1" }.joined(separator: ",") + "}", true),
        ("a", "{" + (1...11).map { "\"\($0)\":1" }.joined(separator: ",") + "}", false),
        ("a", #"{"x":"a\u0000b"}"#, false), ("a", #"{"x":{"y":["\u0000"]}}"#, false),
        ("a", "{\"x\":\"\(String(repeating: "y", count: 64 * 1024))\"}", false),
    ]

    @Test("what a caller may dispatch", arguments: dispatches)
    func dispatch(type: String, payload: String?, isTaken: Bool) {
        #expect(((try? checkRepositoryDispatch(type: type, clientPayload: payload)) != nil) == isTaken)
    }
}
