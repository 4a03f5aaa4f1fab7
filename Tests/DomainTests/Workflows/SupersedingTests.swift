import Testing

@testable import Domain

@Suite("A newer run of the same head")
struct SupersedingTests {
    private static func request(_ type: String, _ name: EventName = .pullRequest) throws -> RepositoryEvent {
        let json =
            #"{"action":"\#(type)","pull_request":{"number":7,"title":"t","head":{"sha":"\#(String(repeating: "a", count: 40))","ref":"x"},"base":{"ref":"main"}}}"#
        return try RepositoryEvent(name, payload: try ExpressionValue(json: json))
    }
    private static let push = RepositoryEvent.push(.init(ref: "refs/heads/main", before: "1", after: "2"))

    @Test("cancels the older ones as the operator set it")
    func group() throws {
        func name(_ rule: Superseding, _ event: RepositoryEvent, ref: String = "refs/heads/main") -> String? {
            let group = rule.group(of: event, ref: ref, workflow: "ci.yml")
            #expect(group?.cancelsInProgress ?? true)
            return group?.name
        }
        for type in ["opened", "synchronize", "reopened"] {
            #expect(name(.pullRequests, try Self.request(type)) == "pull_request of ci.yml for #7")
            #expect(name(.none, try Self.request(type)) == nil)
        }
        #expect(
            name(.all, try Self.request("synchronize", .pullRequestTarget)) == "pull_request_target of ci.yml for #7")
        #expect(name(.pullRequests, try Self.request("labeled")) == nil)
        #expect(name(.all, try Self.request("submitted", .pullRequestReview)) == nil)
        #expect(name(.pullRequests, Self.push) == nil)
        #expect(name(.all, Self.push) == "push of ci.yml to refs/heads/main")
        #expect(name(.all, Self.push, ref: "refs/tags/v1") == nil)
        #expect(name(.all, .delete(ref: "refs/heads/main")) == nil)
    }

    @Test("a workflow that declares `concurrency`, at either level, has its own")
    func declared() throws {
        func group(_ head: String, _ job: String = "") throws -> String? {
            var world = PlanWorld()
            world.files[CallWorld.top] = "on: pull_request\n\(head)jobs: {a: {\(job)runs-on: x, steps: [run: x]}}\n"
            let planned = world.plan(try Self.request("synchronize"), payload: EventPayload(json: "{}"))
            return try #require(planned.runs.first).plan.group?.name
        }
        #expect(try group("") == "pull_request of ci.yml for #7")
        #expect(try group("concurrency: mine\n") == "mine")
        #expect(try group("", "concurrency: mine, ") == nil)
    }
}
