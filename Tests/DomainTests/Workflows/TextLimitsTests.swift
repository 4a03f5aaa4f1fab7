import Testing

@testable import Domain

@Suite("Texts of a workflow that cannot be stored")
struct TextLimitsTests {
    static let step = "runs-on: x, steps: [run: x]"

    @Test(
        "H9: a NUL is told at its place, and the triggers are known",
        arguments: [
            ("name: \"a\\0b\"\non: push\njobs: {a: {\(step)}}\n", "1:9 nul"),
            ("on: push\njobs: {a: {name: \"\\x00\", \(step)}}\n", "2:19 nul"),
            ("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: \"ab\\u0000\"\n", "6:17 nul"),
            ("on: push\nenv: {\"a\\0\": b}\njobs: {a: {\(step)}}\n", "2:9 nul"),
            ("on: push\njobs: {a: {if: \"'\\0'\", \(step)}}\n", "2:18 nul"),
        ])
    func nul(text: String, expected: String) {
        let reading = read(text)
        #expect(reading.workflow == nil)
        #expect(reading.triggers?[.push] != nil)
        #expect(
            reading.diagnostics.filter { $0.severity == .error }.map { "\($0.line):\($0.column) \($0.code)" }.contains(
                expected))
    }

    static func many(_ count: Int) -> String { (0..<count).map { "l\($0)" }.joined(separator: ",") }

    @Test(
        "H9, H21: lists and texts have limits",
        arguments: [
            "runs-on: [\(many(33))], steps: [run: x]",
            "runs-on: [\(String(repeating: "l", count: 256))], steps: [run: x]",
            "runs-on: [\((0..<10).map { String(repeating: "l", count: 250) + "\($0)" }.joined(separator: ","))], steps: [run: x]",
            "runs-on: x, steps: [\((0..<1001).map { _ in "{run: x}" }.joined(separator: ","))]",
            "runs-on: x, needs: [\(many(257))], steps: [run: x]",
            "runs-on: x, name: \(String(repeating: "n", count: 4097)), steps: [run: x]",
            "runs-on: x, steps: [run: \(String(repeating: "s", count: 256 * 1024 + 1))]",
            "runs-on: x, steps: [{name: \(String(repeating: "s", count: 4097)), run: x}]",
        ])
    func limits(job: String) {
        let reading = read("on: push\njobs: {a: {\(job)}}\n")
        #expect(reading.workflow == nil)
        #expect(reading.diagnostics.contains { $0.code == "too-large" })
    }

    @Test("a name of any length is cut, marks and all")
    func names() {
        let long = "a" + String(repeating: "\u{301}", count: 100_000)
        #expect(cutJobName(long).utf8.count <= WorkflowLimits.jobNameBytesMax + 3)
        #expect(cutJobName(String(repeating: "x", count: 101)) == String(repeating: "x", count: 97) + "...")
        #expect(cutJobName(String(repeating: "é", count: 100)) == String(repeating: "é", count: 100))
    }

    @Test("field 04: what the server evaluated is never evaluated again by the runner")
    func escaped() throws {
        let message = "Fix ${{ secrets.GITHUB_TOKEN }}"
        let github = ExpressionValue.object([(key: "m", value: .string(message))])
        let text = """
            on: push
            env: {WF: "${{ github.m }}"}
            jobs:
              a:
                name: ${{ github.m }}
                runs-on: ["${{ github.m }}"]
                env: {JOB: "${{ github.m }}"}
                strategy: {matrix: {v: ["${{ github.m }}"], include: [{"${{ github.m }}": 1}]}}
                steps: [{env: {STEP: "${{ github.m }}"}, run: x}]
            """
        let reading = readWorkflow(Array(text.utf8), path: "w.yml", contexts: PlanContexts(github: github))
        let payload = String(decoding: try #require(reading.workflow?.jobs.first).payload, as: UTF8.self)
        #expect(!payload.contains("${{ secrets"))
        // As written, for the runner to evaluate once: env of workflow, job and step.
        #expect(payload.split(separator: "${{ github.m }}", omittingEmptySubsequences: false).count == 4)
        #expect(payload.contains("${{ '$' }}{{ secrets.GITHUB_TOKEN }}"))
    }
}
