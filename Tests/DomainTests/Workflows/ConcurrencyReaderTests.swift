import Testing

@testable import Domain

@Suite("concurrency as it is read")
struct ConcurrencyReaderTests {
    private static let contexts = PlanContexts(
        github: .object([(key: "ref", value: .string("r")), (key: "run_id", value: .string("8"))]),
        vars: .object([]), inputs: .object([(key: "n", value: .number(2))]))

    private static func read(workflow: String = "", job: String = "", _ contexts: PlanContexts = contexts)
        -> WorkflowReading
    {
        let text = """
            on: push
            \(workflow)
            jobs: {a: {runs-on: x, \(job) strategy: {matrix: {v: [1, 2]}}, steps: [{run: x}]}}
            """
        return readWorkflow(Array(text.utf8), path: "ci.yml", contexts: contexts)
    }

    @Test(
        "of a workflow is evaluated when the run is planned",
        arguments: [
            ("concurrency: deploy", "deploy", false, false),
            ("concurrency: 'g-${{ github.ref }}-${{ inputs.n }}'", "g-r-2", false, false),
            ("concurrency: '${{ github.head_ref || github.run_id }}'", "8", false, false),
            ("concurrency: {group: g, cancel-in-progress: true}", "g", true, false),
            ("concurrency: {group: g, cancel-in-progress: \"${{ github.ref == 'r' }}\"}", "g", true, false),
            ("concurrency: {group: g, queue: max}", "g", false, true),
            ("concurrency: {group: 12}", "12", false, false), ("concurrency: ''", nil, false, false),
            ("concurrency: '${{ github.head_ref }}'", nil, false, false), ("concurrency:", nil, false, false),
        ] as [(String, String?, Bool, Bool)])
    func workflow(text: String, name: String?, cancels: Bool, queues: Bool) throws {
        let reading = Self.read(workflow: text)
        let workflow = try #require(reading.workflow, "\(reading.diagnostics)")
        #expect(workflow.group?.name == name)
        #expect(workflow.group?.cancelsInProgress ?? false == cancels && workflow.group?.queuesAll ?? false == queues)
    }

    @Test("of a job is checked, and evaluated later, with its leg")
    func job() throws {
        let jobs = Self.read(job: "concurrency: '${{ matrix.v }}-${{ needs.b.outputs.x }}',").workflow?.jobs ?? []
        let groups = jobs.map { job in
            var budget = ExpressionBudget()
            return job.concurrency?.verdict(.unasked, needs: [], &budget)
        }
        #expect(
            groups == ["1-", "2-"].map { .group(PlannedGroup(name: $0, cancelsInProgress: false)) })
        #expect(Self.read().workflow?.jobs.allSatisfy { $0.concurrency == nil } == true)
    }

    @Test("what it reads need not be known where files are only checked")
    func unknown() {
        #expect(Self.read(workflow: "concurrency: '${{ github.ref }}'", .unknown).diagnostics.isEmpty)
    }

    @Test(
        "faults have a place and words",
        arguments: [
            ("concurrency: [a]", "\"concurrency\" must be a string or a mapping, not a sequence"),
            ("concurrency: {cancel-in-progress: true}", "\"concurrency\" has no \"group\""),
            ("concurrency: {group: [a]}", "\"group\" must be a string, not a sequence"),
            ("concurrency: {group: a, cancel-in-progress: 3}", "\"cancel-in-progress\" must be a boolean"),
            ("concurrency: {group: a, queue: some}", "\"queue\" must be \"single\" or \"max\", not \"some\""),
            ("concurrency: {group: a, queue: max, cancel-in-progress: true}", "choose one"),
            ("concurrency: '${{ secrets.x }}'", "secrets"), ("concurrency: '${{ needs.x }}'", "needs"),
            ("concurrency: '${{ 1 + }}'", "Unexpected"),
            ("concurrency: '${{ fromJSON(''{'') }}'", "cannot be evaluated"),
            ("concurrency: {group: a, grup: b}", "did you mean \"group\"?"),
        ])
    func faults(workflow: String, words: String) {
        let told = Self.read(workflow: workflow).diagnostics
        #expect(told.contains { $0.message.contains(words) && $0.line == 2 }, "\(told)")
    }

    @Test("of a job may not read what is not there", arguments: ["secrets.x", "env.X", "steps.a"])
    func jobFaults(context: String) {
        #expect(Self.read(job: "concurrency: '${{ \(context) }}',").workflow == nil)
    }
}
