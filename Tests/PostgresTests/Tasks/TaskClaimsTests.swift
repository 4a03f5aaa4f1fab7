import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Claims in PostgreSQL")
struct TaskClaimsTests {
    private let fixture: RunFixture

    init() throws { fixture = try RunFixture() }

    private func keys(_ claimed: [Claimed]) -> [String] { claimed.map(\.assignment.jobKey) }

    @Test("of runners that ask at once each job goes to one, and none is left")
    func askedAtOnce() throws {
        try fixture.plan((0..<6).map { RunFixture.job("j\($0)") })
        let runners = try (0..<6).map { try fixture.runner("r\($0)") }
        let seen = Seen<[String]>()
        atOnce(6) { index in seen.add((try? keys(fixture.claim(runners[index]))) ?? ["failed"]) }
        #expect(seen.all.flatMap { $0 }.sorted() == (0..<6).map { "j\($0)" })
        #expect(try fixture.text("select count(distinct token_hash)::text from task") == "6")
    }

    @Test("first come, first served; as many as there is room for, never more than are there")
    func order() throws {
        try fixture.plan((0..<5).map { RunFixture.job("j\($0)") })
        let runner = try fixture.runner("r")
        #expect(try keys(fixture.claim(runner, capacity: 2)) == ["j0", "j1"])
        #expect(try keys(fixture.claim(runner, capacity: 99)) == ["j2", "j3", "j4"])
        #expect(try fixture.claim(runner).isEmpty)
    }

    @Test("labels and scope decide who may take a job")
    func scopes() throws {
        try fixture.script(
            "insert into account (name) values ('bob'); insert into repository (owner_id, name) values (1, 'other')")
        try fixture.plan([RunFixture.job("a", runsOn: ["x", "y"])])
        let store = RunnerStore(database: fixture.database)
        func asks(_ scope: RunnerScope, _ labels: [String]) throws -> [String] {
            let runner = try fixture.runner("r", labels: labels, scope: scope)
            let sets = try store.labelSets(.all).filter { Domain.labels(labels, satisfy: $0.labels) }.map(\.id)
            let outcome = try fixture.claims.claim(ClaimRequest(runner: runner, labelSets: sets))
            guard case .claimed(let claimed) = outcome else { return [] }
            return keys(claimed)
        }
        #expect(try asks(.everything, ["x"]) == [])
        #expect(try asks(.owner(AccountID(2)), ["x", "y"]) == [])
        #expect(try asks(.repository(RepositoryID(2)), ["x", "y"]) == [])
        #expect(try asks(.owner(AccountID(1)), ["x", "y"]) == ["a"])
        try fixture.plan([RunFixture.job("b", runsOn: ["x", "y"])])
        #expect(try asks(.repository(RepositoryID(1)), ["y", "x", "z"]) == ["b"])
    }

    @Test("I9: an ephemeral runner has one job in its life, however it asks")
    func ephemeral() throws {
        try fixture.plan((0..<4).map { RunFixture.job("j\($0)") })
        let runner = try fixture.runner("once", ephemeral: true)
        let seen = Seen<Int>()
        atOnce(4) { _ in seen.add((try? fixture.claim(runner, capacity: 3).count) ?? 0) }
        #expect(seen.all.reduce(0, +) == 1)
        #expect(try fixture.claim(runner).isEmpty)
        #expect(try fixture.text("select count(*)::text from event where kind = 'runner_spent'") == "1")
    }

    @Test("a disabled runner is given nothing")
    func disabled() throws {
        try fixture.plan([RunFixture.job("a")])
        let runner = try fixture.runner("r")
        try fixture.script("update runner set disabled = true")
        #expect(try fixture.claim(runner).isEmpty)
        try fixture.script("update runner set disabled = false")
        #expect(try keys(fixture.claim(runner)) == ["a"])
    }

    @Test("a request with a key is given the same again until it was heard, under new tokens")
    func requestKey() throws {
        try fixture.plan([RunFixture.job("a"), RunFixture.job("b")])
        let runner = try fixture.runner("r")
        let first = try fixture.claim(runner, key: "k")
        let again = try fixture.claim(runner, key: "k")
        #expect(again.map(\.assignment.task) == first.map(\.assignment.task))
        #expect(again.map(\.token) != first.map(\.token))
        #expect(
            try fixture.tasks.liveTask(tokenHash: Array(repeating: 1, count: 32)) == nil,
            "the lost token is good no more")
        #expect(try keys(fixture.claim(runner, key: "other")) == ["b"])
        guard case .claimed(let recovered) = try fixture.claims.recover(requestKey: "k", of: runner) else {
            Issue.record("nothing was recovered")
            return
        }
        #expect(recovered.map(\.assignment.task) == first.map(\.assignment.task))
        _ = try fixture.tasks.heartbeat(first[0].assignment.task, by: runner)
        #expect(try fixture.claim(runner, key: "k").isEmpty)
    }

    @Test("a handle names one attempt of one job")
    func handle() throws {
        let run = try fixture.plan([RunFixture.job("a"), RunFixture.job("b")])
        let view = try #require(try fixture.queries.run(run, in: RunFixture.repository))
        let wanted = try #require(try fixture.queries.jobs(of: view).last)
        let runner = try fixture.runner("r")
        #expect(try keys(fixture.claim(runner, capacity: 5, handle: wanted.handle)) == ["b"])
        #expect(try fixture.claim(runner, handle: wanted.handle).isEmpty)
        #expect(try fixture.claim(runner, handle: "00000000-0000-0000-0000-000000000000").isEmpty)
    }

    @Test("a job that is locked by another is passed over, and nobody is told that nothing waits")
    func locked() throws {
        try fixture.plan([RunFixture.job("a"), RunFixture.job("b")])
        let runner = try fixture.runner("r")
        let other = Database(dsn: fixture.database.dsn, size: 1)
        try other.transaction { tx in
            try tx.run(Statement("hold_job", "select id from job where key = 'a' for no key update"))
            #expect(try keys(fixture.claim(runner)) == ["b"])
            let outcome = try fixture.claims.claim(ClaimRequest(runner: runner, labelSets: try fixture.labelSets()))
            if case .inconclusive = outcome {} else { Issue.record("\(outcome)") }
        }
        #expect(try keys(fixture.claim(runner)) == ["a"])
    }
}
