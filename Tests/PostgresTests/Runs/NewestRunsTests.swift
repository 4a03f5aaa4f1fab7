import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Newest runs")
struct NewestRunsTests {
    private let fixture: RunFixture
    private var queries: RunQueries { fixture.queries }
    private static func sha(_ digit: Character) -> String { String(repeating: digit, count: 40) }

    init() throws {
        fixture = try RunFixture()
        try fixture.plan([RunFixture.job("a")])
        try fixture.plan([RunFixture.job("a")], event: "schedule", ref: "refs/heads/dev", sha: "b")
        try fixture.plan([RunFixture.job("a", condition: "false")], ref: "refs/heads/main", sha: "c")
    }

    @Test("are one of each repository that has any")
    func repositories() throws {
        let found = try queries.newest(of: [RunFixture.repository, RepositoryID(99)])
        #expect(found.mapValues(\.number) == [RunFixture.repository: 3])
        #expect(try queries.newest(of: [RepositoryID]()).isEmpty)
    }

    @Test("are one of each workflow, and of its ref and event")
    func workflows() throws {
        #expect(
            try queries.newest(of: ["ci.yml", "gone.yml"], in: RunFixture.repository).mapValues(\.number) == [
                "ci.yml": 3
            ])
        func number(_ ref: String, _ event: String? = nil) throws -> Int64? {
            try queries.newest(of: "ci.yml", on: ref, event: event, in: RunFixture.repository)?.number
        }
        #expect(try number("refs/heads/dev") == 2)
        #expect(try number("refs/heads/main") == 3)
        #expect(try number("refs/heads/none") == nil)
        #expect(try number("refs/heads/dev", "push") == nil)
        #expect(try number("refs/heads/dev", "schedule") == 2)
    }

    @Test("say what is said of commits, and nothing of one without a run")
    func commits() throws {
        let found = try queries.statuses(
            of: [Self.sha("b"), Self.sha("c"), Self.sha("d")], in: RunFixture.repository)
        #expect(found == [Self.sha("b"): [.waiting], Self.sha("c"): [.skipped]])
    }

    @Test("of a member's repositories leave out those that the account was not let into")
    func member() throws {
        try fixture.script("insert into account (name) values ('Bob')")
        func numbers(_ account: Int64) throws -> [Int64] {
            try queries.runs(.member(AccountID(account)), RunFilter(), ListPart(limit: 9)).map(\.number)
        }
        #expect(try numbers(1) == [3, 2, 1])
        #expect(try numbers(2) == [])
        try fixture.script("insert into collaborator (repository_id, account_id, permission) values (1, 2, 'read')")
        #expect(try numbers(2) == [3, 2, 1])
    }
}
