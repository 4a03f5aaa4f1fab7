import Testing

@testable import Domain

@Suite("The environment of a job")
struct JobEnvironmentTests {
    static func environment(_ name: String, url: String = "") throws -> JobEnvironment {
        try #require(
            JobEnvironment(
                stored: #"{"name":"\#(name)","url":"\#(url)","matrix":{"where":"eu"},"strategy":{"job-index":1}}"#))
    }
    private static let values = RunValues(
        github: .object([(key: "ref_name", value: .string("main"))]), vars: .object([]),
        inputs: .object([(key: "to", value: .string("prod"))]))

    private static func evaluated(_ name: String, url: String = "") throws -> PlannedEnvironment? {
        var budget = ExpressionBudget()
        let need = NeedResult(key: "a", result: .success, outputs: [JobOutput(name: "x", value: "out")])
        return try environment(name, url: url).evaluated(values, needs: [need], &budget)
    }

    @Test("is evaluated with all that the leg sees")
    func names() throws {
        #expect(
            try Self.evaluated("${{ inputs.to }}-${{ matrix.where }}-${{ needs.a.outputs.x }}-${{ github.ref_name }}")
                == PlannedEnvironment(name: "prod-eu-out-main", url: ""))
        #expect(try Self.evaluated("") == nil && Self.evaluated("${{ inputs.none }}") == nil)
        #expect(try Self.evaluated("p", url: "https://${{ matrix.where }}.example")?.url == "https://eu.example")
        // Only the runner knows what a step gave.
        #expect(try Self.evaluated("p", url: "${{ steps.a.outputs.u }}") == PlannedEnvironment(name: "p", url: ""))
    }

    @Test("faults have words", arguments: ["${{ fromJSON('{') }}", "${{ github }}", "${{ format('{0}', '.') }}"])
    func faults(name: String) { #expect(throws: EnvironmentFault.self) { try Self.evaluated(name) } }

    @Test("is stored and read again")
    func stored() throws {
        let one = try Self.environment("${{ needs.a.result }}", url: "u")
        #expect(JobEnvironment(stored: one.stored) == one && one.readsNeeds)
        #expect(try !Self.environment("p").readsNeeds)
        #expect(JobEnvironment(stored: "{}") == nil)
    }

    // MARK: in a run

    private static func job(_ gate: JobGate?, state: JobState = .blocked, group: Bool = false) throws -> JobSnapshot {
        var job = RunDecisionTests.job(1, "j", state)
        job.environment = try environment("prod")
        job.gate = gate
        if group { job.concurrency = try JobConcurrencyTests.concurrency("g") }
        return job
    }
    private static func decided(_ job: JobSnapshot) throws -> [RunChange] {
        try decide(RunSnapshot(jobs: [job]), .examined)
    }

    @Test("is asked before slot and group, once; the job starts when the gate is open and fails when it is refused")
    func gate() throws {
        let wanted = PlannedEnvironment(name: "prod", url: "")
        #expect(try Self.decided(Self.job(nil, group: true)) == [.gate(JobID(1), wanted)])
        #expect(try Self.decided(Self.job(.closed, group: true)) == [.run(.blocked)])
        #expect(
            try Self.decided(Self.job(.open)) == [RunDecisionTests.moved(1, .waiting), .run(.waiting)])
        #expect(
            try Self.decided(Self.job(.open, group: true)) == [
                .want(JobID(1), PlannedGroup(name: "g", cancelsInProgress: false)), .run(.blocked),
            ])
        #expect(
            try Self.decided(Self.job(.refused("no"))) == [
                RunDecisionTests.moved(1, .done(.failure), "no"), .run(.failure),
            ])
        #expect(
            try decide(RunSnapshot(jobs: [Self.job(.closed)]), .cancelRequested).contains(
                RunDecisionTests.moved(1, .done(.cancelled))))
    }
}
