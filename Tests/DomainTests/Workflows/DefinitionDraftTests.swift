import Testing

@testable import Domain

@Suite("What the definitions of a job's legs share")
struct DefinitionDraftTests {
    /// The payload of each job.
    static func payloads(_ members: String, above: String = "") -> [String] {
        let text = "\(above)on: push\njobs:\n  a: {runs-on: x, steps: [run: x]\(members)}\n"
        return (read(text).workflow?.jobs ?? []).map { String(decoding: $0.payload, as: UTF8.self) }
    }

    @Test(
        "the workflow's name is its own, or the file's; one that YAML reads as a number is a string",
        arguments: [
            ("name: CI\n", #"{"name":"CI","on":"push""#), ("", #"{"name":"w.yml","on":"push""#),
            ("name: 12\n", #"{"name":"12","on":"push""#), ("name:\n", #"{"name":"w.yml","on":"push""#),
            ("name: ''\n", #"{"name":"w.yml","on":"push""#),
        ])
    func names(above: String, start: String) { #expect(Self.payloads("", above: above)[0].hasPrefix(start)) }

    @Test(
        "what the runner must not see goes: needs, environment, unknown keys, and its own view of the condition",
        arguments: [
            ("needs: b", "needs"), ("environment: prod", "prod"), ("if: github.ref == 'x'", "github.ref"),
        ])
    func hidden(member: String, word: String) {
        let text =
            "on: push\njobs:\n  a: {runs-on: x, steps: [run: y], \(member)}\n  b: {runs-on: x, steps: [run: y]}\n"
        let payload = read(text).workflow?.jobs.first.map { String(decoding: $0.payload, as: UTF8.self) }
        #expect(payload != nil)
        #expect(payload?.contains(word) == false)
    }

    @Test("a condition becomes one that only a cancel can fail; without one there is none")
    func condition() {
        #expect(Self.payloads(", if: always()")[0].contains(#""if":"${{ !cancelled() }}""#))
        #expect(!Self.payloads("")[0].contains("cancelled"))
    }

    @Test("each leg has its own values and nothing else of the matrix; the settings stay")
    func legs() {
        let payloads = Self.payloads(", strategy: {fail-fast: false, matrix: {v: [1, 2], exclude: [{v: 3}]}}")
        #expect(payloads.count == 2)
        #expect(payloads[0].contains(#""strategy":{"fail-fast":false,"matrix":{"v":[1]}}"#))
        #expect(payloads[1].contains(#""strategy":{"fail-fast":false,"matrix":{"v":[2]}}"#))
    }

    @Test("continue-on-error is what the leg's value gave")
    func continueOnError() {
        let payloads = Self.payloads(", continue-on-error: '${{ matrix.v == 1 }}', strategy: {matrix: {v: [1, 2]}}")
        #expect(payloads.map { $0.contains(#""continue-on-error":true"#) } == [true, false])
    }
}
