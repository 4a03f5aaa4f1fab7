import Testing

@testable import Domain

@Suite("A deferred job")
struct DeferredJobTests {
    static func job(_ members: String, needs: [String] = ["a"]) throws -> DeferredJob {
        let list = needs.map { "\"\($0)\"" }.joined(separator: ",")
        return try DeferredJob(
            stored: Array(
                #"{"version":1,"path":".gitea/workflows/ci.yml","key":"j","needs":[\#(list)],"file":{"on":"push","env":{"A":"1"},"jobs":{"j":{\#(members),"steps":[{"run":"x"}]}}}}"#
                    .utf8))
    }
    static func need(_ outputs: [(String, String)], _ key: String = "a") -> NeedResult {
        NeedResult(key: key, result: .success, outputs: outputs.map { JobOutput(name: $0.0, value: $0.1) })
    }
    private func expand(_ members: String, _ outputs: [(String, String)], legsMax: Int = 256) throws
        -> DeferredJob.Expansion
    {
        var steps = PlanningLimits.pushStepsMax
        return try Self.job(members).expansion(
            RunValues(github: .object([(key: "ref", value: .string("r"))])), needs: [Self.need(outputs)],
            legsMax: legsMax, steps: &steps)
    }

    @Test("has legs, names and labels by what its needs gave, and still needs them")
    func legs() throws {
        let members =
            #""name":"${{ matrix.v }} ${{ github.ref }}","runs-on":["${{ needs.a.outputs.label }}"],"if":"always()","strategy":{"matrix":{"v":"${{ fromJSON(needs.a.outputs.list) }}"}}"#
        guard case .legs(let legs) = try expand(members, [("list", #"["p","q"]"#), ("label", "big")]) else {
            return #expect(Bool(false), "it has no legs")
        }
        #expect(legs.map(\.name) == ["p r", "q r"])
        #expect(legs.map(\.runsOn) == [["big"], ["big"]])
        #expect(
            legs.map(\.needs) == [["a"], ["a"]] && legs.allSatisfy { !$0.isDeferred && $0.condition == "always()" })
        let definition = try JobDefinition(stored: Array(try #require(legs[1].definition).utf8))
        #expect(definition.needs == ["a"])
        #expect(
            String(decoding: payload(of: definition), as: UTF8.self)
                == #"{"name":"ci.yml","on":"push","env":{"A":"1"},"jobs":{"j":{"name":"q r","runs-on":["big"],"if":"${{ !cancelled() }}","strategy":{"matrix":{"v":["q"]}},"steps":[{"run":"x"}]}}}"#
        )
        #expect(payload(of: definition) == Array(legs[1].payload.utf8))
    }

    @Test("a matrix without a combination has no legs; what cannot be planned says why")
    func none() throws {
        let members = #""runs-on":"x","strategy":{"matrix":{"v":"${{ fromJSON(needs.a.outputs.list) }}"}}"#
        #expect(try expand(members, [("list", "[]")]) == .legs([]))
        let cases = [
            (members, "no", 256, "\"v\" cannot be evaluated: fromJSON cannot read"),
            (members, "[1,2,3]", 2, "[matrix-limit]"),
            (#""runs-on":"${{ needs.b.outputs.x }}""#, "", 256, "gives no label"),
            (#""runs-on":"${{ secrets.x }}""#, "", 256, "[expr-context]"),
            (#""strategy":{}"#, "", 256, "[missing-key]"),
        ]
        for (members, list, legsMax, words) in cases {
            guard case .fault(let problem) = try expand(members, [("list", list)], legsMax: legsMax) else {
                return #expect(Bool(false), "\(members) is planned")
            }
            #expect(problem.hasPrefix("job \"j\" cannot be planned: ") && problem.contains(words), "\(problem)")
        }
    }

    @Test("is stored in the place of a definition, which it is not")
    func stored() throws {
        let job = try Self.job(#""runs-on":"x""#, needs: ["a", "b"])
        #expect(try DeferredJob(stored: job.stored) == job)
        #expect(throws: JobDefinition.Fault.self) { try JobDefinition(stored: job.stored) }
        let newer = #expect(throws: JobDefinition.Fault.self) { try DeferredJob(stored: Array(#"{"version":3}"#.utf8)) }
        #expect(newer?.description.contains("a newer server planned the job") == true)
    }
}

@Suite("Expanding a job")
struct ExpansionDecisionTests {
    private static func job(
        _ id: Int64, _ key: String, needs: [String] = [], condition: String? = nil, _ state: JobState = .blocked,
        outputs: [JobOutput] = [], isSettling: Bool = false, deferred: DeferredJob? = nil
    ) -> JobSnapshot {
        JobSnapshot(
            id: JobID(id), key: key, needs: needs, condition: condition, continueOnError: false, hasOutputs: true,
            state: state, isSettling: isSettling, outputs: outputs, deferred: deferred)
    }
    private static func deferred(_ values: String = "${{ fromJSON(needs.a.outputs.list) }}") throws -> DeferredJob {
        try DeferredJobTests.job(#""runs-on":"x","strategy":{"matrix":{"v":"\#(values)"}}"#)
    }
    private static let success = JobState.done(.success)
    private static func list(_ text: String) -> [JobOutput] { [JobOutput(name: "list", value: text)] }

    /// What the decision does to job 2, in a word.
    private func word(_ jobs: [JobSnapshot]) throws -> String? {
        try decide(RunSnapshot(jobs: jobs), .examined).lazy.compactMap { change -> String? in
            switch change {
            case .expand(JobID(2), let legs): "legs \(legs.map(\.name).joined(separator: " "))"
            case .move(JobID(2), let state, let problem): "\(state.status)\(problem.isEmpty ? "" : ": \(problem)")"
            default: nil
            }
        }.first
    }

    @Test("waits for its needs and their outputs, then becomes its legs, is skipped or fails")
    func table() throws {
        let deferred = try Self.deferred()
        func second(_ condition: String? = nil) -> JobSnapshot {
            Self.job(2, "j", needs: ["a"], condition: condition, deferred: deferred)
        }
        let done = Self.job(1, "a", Self.success, outputs: Self.list("[1,2]"))
        #expect(try word([Self.job(1, "a", .running(TaskID(1), runnerCanCancel: true)), second()]) == nil)
        #expect(try word([Self.job(1, "a", Self.success, isSettling: true), second()]) == nil)
        #expect(try word([done, second()]) == "legs j (1) j (2)")
        #expect(try word([Self.job(1, "a", Self.success, outputs: Self.list("[]")), second()]) == "skipped")
        #expect(try word([Self.job(1, "a", .done(.failure), outputs: Self.list("[1]")), second()]) == "skipped")
        #expect(
            try word([Self.job(1, "a", .done(.failure), outputs: Self.list("[1]")), second("failure()")])
                == "legs j (1)")
        #expect(
            try word([Self.job(1, "a", Self.success, outputs: Self.list("x")), second()])?.hasPrefix(
                "failure: job \"j\" cannot be planned: ") == true)
    }

    @Test("what needs it waits for its legs; a skip or a failure reaches it at once")
    func dependents() throws {
        func decided(_ list: String) throws -> [RunChange] {
            try decide(
                RunSnapshot(jobs: [
                    Self.job(1, "a", Self.success, outputs: Self.list(list)),
                    Self.job(2, "j", needs: ["a"], deferred: try Self.deferred()), Self.job(3, "z", needs: ["j"]),
                ]), .examined)
        }
        // The legs are judged next, once they are there; the run's status with them.
        let changes = try decided("[1]")
        #expect(changes.count == 1 && changes.allSatisfy(\.asksAgain))
        #expect(try decided("[]").contains(.move(JobID(3), to: .done(.skipped), problem: "")))
        #expect(try decided("[]").last == .run(.success))
        #expect(try decided("no").contains(.move(JobID(3), to: .done(.skipped), problem: "")))
        #expect(try decided("no").last == .run(.failure))
    }

    @Test("the jobs of a run stay within their limit, whichever expand at once")
    func limit() throws {
        let many = try Self.deferred("${{ fromJSON('[\((0..<200).map(String.init).joined(separator: ","))]') }}")
        let changes = try decide(
            RunSnapshot(jobs: [
                Self.job(1, "a", Self.success), Self.job(2, "j", needs: ["a"], deferred: many),
                Self.job(3, "k", needs: ["a"], deferred: many),
            ]), .examined)
        guard case .expand(JobID(2), let legs)? = changes.first else { return #expect(Bool(false), "\(changes)") }
        #expect(legs.count == 200)
        guard case .move(JobID(3), .done(.failure), let problem)? = changes.dropFirst().first else {
            return #expect(Bool(false), "\(changes.dropFirst())")
        }
        #expect(problem.contains("makes 200 jobs, and the run may have 55 more"))
    }

    @Test("those of one decision have one budget: when it is used up, the next fails and says why")
    func budget() throws {
        // Too large for the budget of a file, whatever is in it.
        let bytes = PlanningLimits.fileStepsMax * PlanningLimits.sourceStepBytes
        let costly = DeferredJob(
            path: "ci.yml", key: "j", needs: ["a"], workflow: [],
            job: [Array("\"env\":\"".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: bytes) + Array("\"".utf8)])
        let cheap = try Self.deferred("${{ fromJSON('[1]') }}")
        func problem(behind count: Int64) throws -> String? {
            let jobs =
                [Self.job(1, "a", Self.success)]
                + (0..<count).map { Self.job(2 + $0, "j\($0)", needs: ["a"], deferred: costly) }
                + [Self.job(99, "z", needs: ["a"], deferred: cheap)]
            return try decide(RunSnapshot(jobs: jobs), .examined).lazy.compactMap { change -> String? in
                switch change {
                case .expand(JobID(99), let legs): "\(legs.count) legs"
                case .move(JobID(99), .done(.failure), let problem): problem
                default: nil
                }
            }.first
        }
        let most = Int64(PlanningLimits.pushStepsMax / PlanningLimits.fileStepsMax)
        #expect(try problem(behind: most - 1) == "1 legs")
        #expect(try problem(behind: most)?.contains("takes too many steps [planning-cost]") == true)
    }
}
