import Testing

@testable import Domain

@Suite("Pull requests")
struct PullRequestTests {
    private static func request(_ state: PullRequest.State, _ head: String = "1", title: String = "T") -> PullRequest {
        PullRequest(state: state, head: head, title: title, body: "")
    }

    private static let wishes:
        [(from: PullRequest.State, wish: PullRequest.Wish, to: PullRequest?, PullRequest.Activity?)] = [
            (.open, .push(head: "2", title: nil, body: nil), request(.open, "2"), .synchronize),
            (.open, .push(head: "2", title: "N", body: nil), request(.open, "2", title: "N"), .synchronize),
            (.open, .push(head: "1", title: "N", body: nil), request(.open, title: "N"), .edited),
            (.open, .push(head: "1", title: nil, body: nil), nil, nil),
            // Words alone: whatever head it has by then stays.
            (.open, .push(head: nil, title: "N", body: nil), request(.open, title: "N"), .edited),
            (.open, .push(head: nil, title: nil, body: nil), nil, nil),
            (.open, .close, request(.closed), .closed),
            (.open, .mergedByPush(head: "1"), request(.merged), .closed), (.open, .mergedByPush(head: "2"), nil, nil),
            (.open, .reopen, nil, nil), (.closed, .reopen, request(.open), .reopened), (.closed, .close, nil, nil),
            (.closed, .mergedByPush(head: "1"), nil, nil), (.merged, .close, nil, nil),
            (.merged, .mergedByPush(head: "1"), nil, nil),
        ]

    @Test("what becomes of one", arguments: wishes)
    func after(from: PullRequest.State, wish: PullRequest.Wish, to: PullRequest?, activity: PullRequest.Activity?)
        throws
    {
        let found = try Self.request(from).after(wish)
        #expect(found?.request == to && found?.activity == activity)
    }

    @Test(
        "what is refused",
        arguments: [
            (PullRequest.State.closed, PullRequest.Wish.push(head: "2", title: nil, body: nil)),
            (.merged, .push(head: "2", title: nil, body: nil)), (.merged, .reopen),
        ])
    func refused(from: PullRequest.State, wish: PullRequest.Wish) {
        #expect(throws: PullRequest.Refusal.self) { try Self.request(from).after(wish) }
    }

    private static let targets: [(ref: String, options: [String], base: String?, topic: String)] = [
        ("refs/for/main", [], "main", ""), ("refs/for/main", ["topic=x"], "main", "x"),
        ("refs/for/main/x/y", [], "main", "x/y"),
        ("refs/for/main/x", ["topic=z"], "main", "x"), ("refs/for/rel/1", [], "rel/1", ""),
        ("refs/for/rel/1/t", [], "rel/1", "t"),
        ("refs/for/gone", [], nil, ""), ("refs/for/main/", [], nil, ""), ("refs/for/", [], nil, ""),
        ("refs/heads/main", [], nil, ""),
        ("refs/for/main", ["topic=a..b"], nil, ""),
        ("refs/for/main", ["topic=" + String(repeating: "x", count: 201)], nil, ""),
    ]

    @Test("where a push for review goes", arguments: targets)
    func target(ref: String, options: [String], base: String?, topic: String) throws {
        let isBranch = { (name: String) in ["main", "rel/1"].contains(name) }
        guard let base else {
            #expect(throws: PullRequest.Refusal.self) {
                try ReviewTarget(ref: ref, options: PushOptions(options), isBranch: isBranch)
            }
            return
        }
        let found = try ReviewTarget(ref: ref, options: PushOptions(options), isBranch: isBranch)
        #expect(found.base == base && found.topic == topic)
    }

    @Test(
        "numbers of refs",
        arguments: [
            ("refs/pull/12/head", Int64?.some(12)), ("refs/pull/012/head", nil), ("refs/pull/0/head", nil),
            ("refs/pull/x/head", nil), ("refs/pull/12/merge", nil), ("refs/pull/12", nil),
            ("refs/pull/99999999999999999999/head", nil), ("refs/heads/main", nil),
        ])
    func number(ref: String, number: Int64?) { #expect(pullRequestNumber(ofRef: ref) == number) }

    @Test(
        "whom hooks let write",
        arguments: [(String?.some("1"), true), ("", true), ("0", false), ("x", false), (nil, false)])
    func mayWrite(word: String?, may: Bool) { #expect(PullRequest.mayWrite(word: word) == may) }

    @Test("who may not write counts as a fork") func fork() {
        #expect(PullRequest.countsAsFork(mayWrite: false) && !PullRequest.countsAsFork(mayWrite: true))
    }
}
