import Testing

@testable import Domain

@Suite("What a job sees of those it needs")
struct NeedsTests {
    static func leg(
        _ id: Int64, _ key: String, needs: [String] = [], _ state: JobState, condition: String? = nil,
        settling: Bool = false, outputs: [(String, String)] = []
    ) -> JobSnapshot {
        JobSnapshot(
            id: JobID(id), key: key, needs: needs, condition: condition, continueOnError: false, hasOutputs: false,
            state: state, isSettling: settling, outputs: outputs.map { JobOutput(name: $0.0, value: $0.1) })
    }

    @Test("of several legs the later value that is not empty wins, in the place of the first")
    func outputs() {
        let legs = [
            Self.leg(1, "a", .done(.success), outputs: [("x", "1"), ("y", "2")]),
            Self.leg(2, "a", .done(.success), outputs: [("y", ""), ("z", "")]),
            Self.leg(3, "a", .done(.success), outputs: [("x", "3"), ("z", "4")]),
            Self.leg(4, "other", .done(.success), outputs: [("x", "9")]),
        ]
        let result = needResult("a", among: legs)
        #expect(result.outputs.map { "\($0.name)=\($0.value)" } == ["x=3", "y=2", "z=4"])
        #expect(result.result == .success)
        #expect(needResult("none", among: legs) == NeedResult(key: "none", result: .failure, outputs: []))
    }

    @Test(
        "the verdict on a job, by what those are that it needs",
        arguments: [
            ([JobState.done(.success), .done(.success)], nil, NeedsVerdict.ready),
            ([.done(.success), .waiting], nil, .notYet), ([.done(.success), .done(.failure)], nil, .skip),
            ([.done(.failure), .done(.success)], "failure()", .ready),
            ([.done(.skipped), .done(.success)], nil, .skip),
            ([.done(.success), .done(.success)], "failure()", .skip),
            ([.waiting, .done(.failure)], "always()", .notYet),
            ([.done(.failure), .done(.cancelled)], "always()", .ready),
            ([.done(.success), .done(.success)], "needs.a.result == 'success'", .ready),
            ([.done(.success), .done(.success)], "needs.a.result == 'failure'", .skip),
            ([.done(.success), .done(.success)], "contains(toJSON(needs), '\"b\"')", .ready),
        ] as [([JobState], String?, NeedsVerdict)])
    func verdicts(states: [JobState], condition: String?, expected: NeedsVerdict) {
        let jobs = [
            Self.leg(1, "a", states[0]), Self.leg(2, "b", states[1]),
            Self.leg(3, "c", needs: ["a", "b"], .blocked, condition: condition),
        ]
        #expect(Self.verdict(on: jobs[2], among: jobs) == expected)
    }

    @Test("what is done and may still send outputs is waited for; a condition that cannot be evaluated fails the job")
    func others() {
        let settling = [Self.leg(1, "a", .done(.success), settling: true), Self.leg(2, "b", needs: ["a"], .blocked)]
        #expect(Self.verdict(on: settling[1], among: settling) == .notYet)
        let wrong = [
            Self.leg(1, "a", .done(.success)), Self.leg(2, "b", needs: ["a"], .blocked, condition: "fromJSON('x')"),
        ]
        guard case .fail(let why) = Self.verdict(on: wrong[1], among: wrong) else {
            Issue.record("it did not fail")
            return
        }
        #expect(why.hasPrefix("\"if\" of job \"b\" cannot be evaluated: "))
    }

    @Test("the failure of an ancestor counts, though what is needed directly was skipped for it")
    func ancestors() {
        let jobs = [
            Self.leg(1, "a", .done(.failure)), Self.leg(2, "b", needs: ["a"], .done(.skipped)),
            Self.leg(3, "c", needs: ["b"], .blocked, condition: "failure()"),
        ]
        #expect(Self.verdict(on: jobs[2], among: jobs) == .ready)
    }

    private static func verdict(on job: JobSnapshot, among jobs: [JobSnapshot]) -> NeedsVerdict? {
        var steps = 0
        let graph = RunGraph(jobs, steps: &steps)
        var state = NeedsState(RunSnapshot(jobs: jobs), graph)
        for index in graph.order { state.add(index, legs: graph.nodes[index].legs.map { jobs[$0] }) }
        return graph.index(of: job.key).map { state.verdict(on: job, of: $0, steps: &steps) }
    }
}
