import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Who a job is to others")
struct JobIdentitiesTests {
    private let fixture: RunFixture

    init() throws { fixture = try RunFixture() }

    @Test("repository, owner, actor and who started the attempt")
    func identity() throws {
        let runner = try fixture.runner("r")
        try fixture.script("insert into account (name) values ('bob'); update repository set is_private = true")
        let run = try fixture.plan([RunFixture.job("a")])
        let first = try #require(try fixture.claim(runner).first?.assignment.task)
        let identity = try #require(try fixture.tasks.identity(of: first))
        #expect(identity.repository == RunFixture.repository && identity.owner == RunFixture.ann)
        #expect(identity.isPrivate && identity.actor == RunFixture.ann)
        #expect(identity.facts.run == run && identity.facts.triggeringActor == "ann" && identity.facts.attempt == 1)
        try fixture.report(first, by: runner, .failure)
        _ = try fixture.runs.rerun(run, .all, by: AccountID(2))
        let second = try #require(try fixture.claim(runner).first?.assignment.task)
        let again = try #require(try fixture.tasks.identity(of: second))
        #expect(again.facts.attempt == 2 && again.facts.actor == "ann" && again.facts.triggeringActor == "bob")
        #expect(try fixture.tasks.identity(of: first)?.facts.attempt == 1)
    }

    @Test("an account that is gone leaves a ghost")
    func ghost() throws {
        let runner = try fixture.runner("r")
        try fixture.plan([RunFixture.job("a")], by: nil)
        let task = try #require(try fixture.claim(runner).first?.assignment.task)
        let identity = try #require(try fixture.tasks.identity(of: task))
        #expect(identity.actor == nil && identity.facts.actor == "ghost")
        #expect(try fixture.tasks.identity(of: TaskID(99)) == nil)
    }
}
