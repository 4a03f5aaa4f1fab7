import Testing

@testable import Domain

@Suite("Inputs that a dispatch declares")
struct DispatchInputReaderTests {
    private func outline(_ inputs: String) throws -> WorkflowOutline {
        let text = "on:\n  workflow_dispatch:\n    inputs: \(inputs)\njobs: {a: {runs-on: x, steps: [run: x]}}\n"
        return try WorkflowOutline(Array(text.utf8), path: "w")
    }

    @Test(
        "what is wrong with them, where",
        arguments: [
            ("{a: {type: text}}", ["3:24 error dispatch-input"]),
            ("{a: {type: choice}}", ["3:14 error dispatch-input"]),
            ("{a: {type: choice, options: []}}", ["3:32 error dispatch-input"]),
            ("{a: {type: choice, options: [b, c, b]}}", ["3:48 error dispatch-input"]),
            ("{a: {type: choice, options: [b, c], default: d}}", ["3:58 error dispatch-input"]),
            ("{a: {type: choice, options: [b, 1], default: 1}}", []),
            ("{a: {type: boolean, default: yes}}", ["3:42 error dispatch-input"]),
            ("{a: {type: boolean, default: 'true'}}", []), ("{a: {type: boolean, default: True}}", []),
            ("{a: {type: number, default: x}}", ["3:41 error dispatch-input"]),
            ("{a: {type: number, default: '1.5'}}", []),
            ("{a: {type: number, default: ''}}", ["3:41 error dispatch-input"]),
            ("{a: {required: 1}}", ["3:28 error type"]), ("{a: {default: [1]}}", ["3:27 error type"]),
            ("{a: b}", ["3:17 error type"]), ("[a]", ["3:13 error type"]), ("{a: }", []), ("", []),
            ("{a: {descripton: x}}", ["3:18 warning unexpected-key"]), ("{a: {}, A: {}}", ["3:21 error duplicate-key"]),
            ("{a: {default: '${{ github.ref }}', type: boolean}}", []),
        ])
    func faults(inputs: String, expected: [String]) throws {
        let found = try outline(inputs).reading.diagnostics
        #expect(found.map { "\($0.line):\($0.column) \($0.severity) \($0.code)" } == expected)
    }

    @Test("at most 25")
    func count() throws {
        func inputs(_ count: Int) -> String { "{\((0..<count).map { "i\($0): " }.joined(separator: ", "))}" }
        #expect(try outline(inputs(25)).errors == [])
        #expect(try outline(inputs(26)).errors.map(\.message) == ["there are 26 inputs; at most 25 are allowed"])
    }

    @Test("defaults are texts, booleans by their value")
    func defaults() throws {
        let inputs = try outline("{a: {default: 1.50}, b: {type: boolean, default: TRUE}, c: {default: ~}}").reading
            .triggers?[.workflowDispatch]?.inputs
        #expect(inputs?.map(\.fallback) == ["1.50", "true", nil])
    }
}
