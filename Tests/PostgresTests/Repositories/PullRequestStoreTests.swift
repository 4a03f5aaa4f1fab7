import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("The store of pull requests")
struct PullRequestStoreTests {
    private static let bob = AccountID(2)
    private let fixture: RunFixture
    private let store: PullRequestStore

    init() throws {
        fixture = try RunFixture()
        store = PullRequestStore(database: fixture.database, base: "http://x")
        try fixture.script("insert into account (name) values ('bob')")
    }

    private func push(
        _ head: String, to base: String = "main", topic: String = "", by author: AccountID = bob,
        mayWrite: Bool = false,
        title: String? = nil
    ) throws -> (view: PullRequestStore.View, before: String?) {
        let options = PushOptions(topic.isEmpty ? [] : ["topic=\(topic)"])
        let target = try ReviewTarget(ref: "refs/for/\(base)", options: options) { $0 == base }
        return try store.push(
            .init(
                target: target, head: sha(head), baseSHA: sha("b"), title: title, commitTitle: "C", body: nil,
                author: author, mayWrite: mayWrite), to: RunFixture.repository)
    }
    private func sha(_ digit: String) -> String { String(repeating: digit, count: 40) }
    private func events() throws -> String {
        try fixture.text(
            "select coalesce(string_agg((event ->> 'number') || (event ->> 'action'), ' ' order by id), '') from inbox where kind = 'pull_request'"
        )
    }

    @Test("a push makes one, the next of the same author, branch and topic moves it")
    func made() throws {
        #expect(try push("1").before == nil)
        #expect(try push("2").before == sha("1"))
        #expect(try push("2").view.number == 1, "nothing changes")
        #expect(try push("3", topic: "x").view.number == 2)
        #expect(try push("3", by: RunFixture.ann, mayWrite: true).view.number == 3)
        #expect(try push("3", to: "rel").view.number == 4)
        #expect(try events() == "1opened 1synchronize 2opened 3opened 4opened")
        #expect(
            try fixture.text("select string_agg(is_from_fork::text, ' ' order by number) from pull_request")
                == "true true false true")
        #expect(try fixture.text("select count(*)::text from inbox where kind = 'pull_request_target'") == "5")
    }

    @Test("it is closed, reopened and merged; what changes nothing tells nothing")
    func states() throws {
        _ = try push("1")
        func apply(_ wish: PullRequest.Wish, by actor: AccountID, mayWrite: Bool = false) throws -> PullRequest.State? {
            try store.apply(wish, to: 1, in: RunFixture.repository, by: actor, mayWrite: mayWrite)?.facts.content.state
        }
        #expect(try apply(.close, by: Self.bob) == .closed)
        #expect(try apply(.close, by: Self.bob) == .closed)
        #expect(throws: PullRequest.Refusal.self) { try apply(.reopen, by: AccountID(9)) }
        #expect(try apply(.reopen, by: RunFixture.ann, mayWrite: true) == .open)
        #expect(try apply(.mergedByPush(head: sha("1")), by: RunFixture.ann, mayWrite: true) == .merged)
        #expect(try store.apply(.close, to: 9, in: RunFixture.repository, by: nil, mayWrite: true) == nil)
        #expect(try events() == "1opened 1closed 1reopened 1closed")
        #expect(try push("2").view.number == 2, "a closed one is not moved")
    }

    @Test("once a stranger's, always; by a job nobody is told")
    func fork() throws {
        _ = try push("1")
        let wish = PullRequest.Wish.push(head: sha("2"), title: nil, body: nil)
        let moved = try store.apply(wish, to: 1, in: RunFixture.repository, by: RunFixture.ann, mayWrite: true)
        #expect(moved?.facts.isFromFork == true)
        let merged = PullRequest.Wish.mergedByPush(head: sha("2"))
        _ = try store.apply(merged, to: 1, in: RunFixture.repository, by: nil, mayWrite: true, isByJob: true)
        #expect(try events() == "1opened 1synchronize")
    }

    @Test("what was judged of a head that it has no more changes nothing")
    func moved() throws {
        _ = try push("1")
        let seen = try store.open(into: "main", of: RunFixture.repository)[0].head
        _ = try push("2")
        func apply(_ wish: PullRequest.Wish) throws -> PullRequest? {
            try store.apply(wish, to: 1, in: RunFixture.repository, by: RunFixture.ann, mayWrite: true)?.facts.content
        }
        #expect(try apply(.mergedByPush(head: seen))?.state == .open)
        #expect(try apply(.push(head: nil, title: "N", body: nil))?.head == sha("2"))
        #expect(try apply(.mergedByPush(head: sha("2")))?.state == .merged)
        #expect(try events() == "1opened 1synchronize 1edited 1closed")
    }

    @Test("a reader has so many open ones, and an archive takes none")
    func bounded() throws {
        try fixture.script(
            """
            insert into pull_request (repository_id, number, head_sha, base, base_sha, topic, title, body, author_id, is_from_fork)
            select 1, 1000 + n, 'x', 'main', 'x', n::text, '', '', 2, true from generate_series(1, 100) n
            """)
        #expect(throws: PullRequest.Refusal.self) { try push("1") }
        func check(_ topic: String, mayWrite: Bool = false) throws {
            let target = try ReviewTarget(ref: "refs/for/main/\(topic)", options: PushOptions([])) { $0 == "main" }
            try store.checkPush(to: target, by: Self.bob, mayWrite: mayWrite, in: RunFixture.repository)
        }
        #expect(throws: PullRequest.Refusal.self) { try check("new") }
        #expect(throws: Never.self) { try check("7") }
        #expect(throws: Never.self) { try check("new", mayWrite: true) }
        #expect(try push("1", mayWrite: true).view.number == 1)
        try fixture.script("update repository set is_archived = true")
        #expect(throws: PullRequest.Refusal.self) { try push("2", mayWrite: true) }
    }

    @Test("lists and the open ones of a branch")
    func lists() throws {
        for topic in ["a", "b", "c"] { _ = try push("1", topic: topic) }
        _ = try store.apply(.close, to: 2, in: RunFixture.repository, by: nil, mayWrite: true)
        let page = try store.page([.open], of: RunFixture.repository, ListPart(limit: 1, offset: 1))
        #expect(page.views.map(\.number) == [1] && page.total == 2)
        #expect(try store.open(into: "main", of: RunFixture.repository).map(\.number) == [1, 3])
    }
}
