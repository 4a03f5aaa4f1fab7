import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("What a runner is given with a job")
struct AssignmentTests {
    private let fixture: RunFixture
    private let runner: Runner

    init() throws {
        fixture = try RunFixture()
        runner = try fixture.runner("r")
    }

    @Test("run, job, event and settings are those of the job that was claimed")
    func context() throws {
        let run = try fixture.plan([RunFixture.job("a", timeout: 90, mayIdentify: true)], ref: "refs/heads/dev")
        let assignment = try #require(try fixture.claim(runner).first?.assignment)
        #expect(assignment.run == run && assignment.jobKey == "a" && assignment.repositoryID == RunFixture.repository)
        #expect(assignment.timeoutSeconds == 90 && assignment.mayIdentify)
        #expect(assignment.eventPayload == #"{"ref":"refs/heads/dev"}"#)
        #expect(assignment.facts.ref == "refs/heads/dev" && assignment.facts.actor == "ann")
        #expect(assignment.facts.repositoryOwner == "ann" && assignment.facts.repositoryName == "app")
        #expect(assignment.facts.runNumber == 1 && assignment.facts.attempt == 1)
        #expect(try String(decoding: assignment.payload(), as: UTF8.self).contains(#""a":"#))
    }

    @Test("needs have their result and the outputs that were kept, of all legs")
    func needs() throws {
        try fixture.plan([
            RunFixture.job("leg", hasOutputs: true), RunFixture.job("leg", hasOutputs: true), RunFixture.job("bad"),
            RunFixture.job("end", needs: ["leg", "bad"], condition: "always()"),
        ])
        let claimed = try fixture.claim(runner, capacity: 3).map(\.assignment)
        try fixture.report(claimed[0].task, by: runner, .success, outputs: [("v", "1"), ("w", "a")])
        try fixture.report(claimed[1].task, by: runner, .success, outputs: [("v", "2")])
        try fixture.report(claimed[2].task, by: runner, .failure)
        let end = try #require(try fixture.claim(runner).first?.assignment)
        #expect(end.needs.map(\.key) == ["leg", "bad"])
        #expect(end.needs.map(\.result) == [.success, .failure])
        let outputs = Dictionary(uniqueKeysWithValues: end.needs[0].outputs.map { ($0.name, $0.value) })
        #expect(outputs["w"] == "a")
        #expect(["1", "2"].contains(outputs["v"] ?? ""))
        #expect(end.needs[1].outputs.isEmpty)
    }

    @Test("there is none for a task that is none")
    func missing() throws {
        #expect(try fixture.database.transaction { try Assignment.load(TaskID(99), in: $0) } == nil)
    }
}
