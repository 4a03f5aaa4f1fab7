import Testing

@testable import Domain

@Suite("environment as it is read")
struct EnvironmentReaderTests {
    private static func read(_ environment: String) -> WorkflowReading {
        let text = """
            on: push
            jobs:
              a:
                runs-on: x
                environment: \(environment)
                strategy: {matrix: {v: [1, 2]}}
                steps: [{run: x}]
            """
        return readWorkflow(
            Array(text.utf8), path: "ci.yml", contexts: PlanContexts(github: .object([]), inputs: .object([])))
    }
    private static func names(_ environment: String) -> [String?] {
        (read(environment).workflow?.jobs ?? []).map { job in
            var budget = ExpressionBudget()
            return try? job.environment?.evaluated(.unasked, needs: [], &budget)?.name
        }
    }

    @Test("is a name or a mapping, evaluated later by each leg")
    func read() {
        #expect(Self.names("prod") == ["prod", "prod"])
        #expect(
            Self.names("{name: 'to-${{ matrix.v }}', url: 'https://x/${{ steps.a.outputs.b }}'}") == ["to-1", "to-2"])
        #expect(Self.names("") == [nil, nil] && Self.names("''") == [nil, nil])
    }

    @Test(
        "faults have words",
        arguments: [
            ("[a]", "must be a string or a mapping"), ("{url: x}", "has no \"name\""),
            ("{name: [a]}", "must be a string"),
            ("'${{ secrets.x }}'", "secrets"), ("'${{ 1 + }}'", "Unexpected"), ("'..'", "cannot be named"),
            ("{nam: x}", "did you mean \"name\"?"),
        ])
    func faults(environment: String, words: String) {
        let told = Self.read(environment).diagnostics
        #expect(told.contains { $0.message.contains(words) && $0.line == 5 }, "\(told)")
    }

    @Test(
        "each mistake is told once, also of a job that is planned when its needs are done",
        arguments: [
            ("{url: x}", ["missing-key"]), ("{name: x, nam: y}", ["unexpected-key"]),
            ("{name: '${{ nope.x }}'}", ["expr-context"]), ("'${{ 1 + }}'", ["expr-syntax"]),
            ("{name: x, url: '${{ nope.x }}'}", ["expr-context"]),
        ])
    func once(environment: String, codes: [String]) {
        #expect(Self.read(environment).diagnostics.map(\.code) == codes)
        let later = """
            on: push
            jobs:
              z: {runs-on: x, steps: [{run: x}]}
              a: {needs: z, runs-on: '${{ needs.z.outputs.l }}', environment: \(environment), steps: [{run: x}]}
            """
        #expect(readWorkflow(Array(later.utf8), path: "ci.yml").diagnostics.map(\.code) == codes)
    }
}
