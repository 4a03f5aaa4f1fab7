import Testing

@testable import Domain

@Suite("fail-fast and max-parallel")
struct StrategyReaderTests {
    private static func jobs(_ strategy: String, inputs: [(key: String, value: ExpressionValue)] = []) -> [JobPlan] {
        let text = """
            on: push
            jobs: {a: {runs-on: x, strategy: {matrix: {v: [1, 2]}, \(strategy)}, steps: [{run: x}]}}
            """
        let contexts = PlanContexts(github: .object([]), inputs: .object(inputs))
        return readWorkflow(Array(text.utf8), path: "ci.yml", contexts: contexts).workflow?.jobs ?? []
    }

    @Test(
        "are evaluated, truncated, and sent as a runner reads them",
        arguments: [
            ("max-parallel: 2", true, 2, #""max-parallel":2"#), ("max-parallel: 2.9", true, 2, #""max-parallel":2"#),
            ("max-parallel: 0", true, nil, nil), ("max-parallel: -3", true, nil, nil),
            ("max-parallel: 0.5", true, nil, nil), ("max-parallel: lots", true, nil, nil),
            ("max-parallel: .inf", true, 2_147_483_647, #""max-parallel":2147483647"#),
            ("max-parallel: .nan", true, nil, nil), ("max-parallel: '3'", true, 3, #""max-parallel":3"#),
            ("max-parallel: '${{ inputs.n }}'", true, 2, #""max-parallel":2"#),
            ("max-parallel: '${{ inputs.text }}'", true, 4, #""max-parallel":4"#),
            ("max-parallel: null", true, nil, nil),
            ("fail-fast: false", false, nil, #""fail-fast":false"#),
            ("fail-fast: true", true, nil, #""fail-fast":true"#),
            ("fail-fast: 'false'", false, nil, #""fail-fast":false"#), ("fail-fast: null", true, nil, nil),
            ("fail-fast: '${{ inputs.n == 1 }}'", false, nil, #""fail-fast":false"#),
        ] as [(String, Bool, Int64?, String?)])
    func values(strategy: String, failFast: Bool, most: Int64?, sent: String?) {
        let jobs = Self.jobs(
            strategy, inputs: [(key: "n", value: .number(2)), (key: "text", value: .string("4"))])
        #expect(jobs.map(\.strategy) == Array(repeating: LegStrategy(failFast: failFast, maxParallel: most), count: 2))
        let payload = jobs.first.map { String(decoding: $0.payload, as: UTF8.self) } ?? ""
        if let sent { #expect(payload.contains(sent)) }
        #expect(sent?.contains("max-parallel") == true || !payload.contains("max-parallel"))
    }

    @Test("what is neither is refused", arguments: ["fail-fast: maybe", "fail-fast: 1", "max-parallel: [1]"])
    func refused(strategy: String) { #expect(Self.jobs(strategy).isEmpty) }
}
