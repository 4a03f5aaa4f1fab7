import Testing

@testable import Domain

@Suite("A static matrix")
struct MatrixTests {
    @Test(
        "order and names",
        arguments: [
            ("os: [l, w], v: [1, 2]", ["a (l, 1)", "a (l, 2)", "a (w, 1)", "a (w, 2)"]),
            ("v: [1, 2], exclude: [{v: '1'}]", ["a (2)"]),
            ("os: [l, w], v: [1, 2], exclude: [{os: L, v: 1}, {v: 2}]", ["a (w, 1)"]),
            ("v: [1, 2], include: [{v: 1, x: q}]", ["a (1)", "a (2)"]),
            ("v: [1], include: [{v: 2, x: q}]", ["a (1)", "a (2, q)"]),
            ("v: [1], include: [{x: q}, {x: r}]", ["a (1)"]), ("include: [{x: q}, {x: r}]", ["a (q)", "a (r)"]),
            ("v: [1], exclude: [{v: 1}]", ["a"]), ("v: [1], exclude: [{v: 1}], include: [{x: q}]", ["a (q)"]),
            ("v: [1], exclude: [{}]", ["a (1)"]), ("v: [~, '', true, 3.10]", ["a", "a", "a (true)", "a (3.1)"]),
            ("v: [{a: 1, b: [2, 3]}]", ["a (1, 2, 3)"]),
            ("v: [{a: 1, b: 2}, {a: 2, b: 2}], exclude: [{v: {a: 1}}]", ["a (2, 2)"]),
            ("v: [1], w: [2], include: [{z: 5, w: 3, v: 9}]", ["a (1, 2)", "a (9, 3, 5)"]),
        ])
    func names(matrix: String, expected: [String]) {
        #expect(plans("\(WorkflowReaderTests.step), strategy: {matrix: {\(matrix)}}").map(\.name) == expected)
    }

    @Test(
        "interpolated names and labels",
        arguments: [
            ("name: 'T ${{ matrix.os }} ${{matrix.n.x}}', runs-on: '${{ matrix.os }}-x'", ["T l 7"], ["l-x"]),
            ("name: '${{ matrix.none }}', runs-on: '${{ matrix.list }}'", ["a"], ["p", "q"]),
            ("name: T, runs-on: [s, '${{ MATRIX.OS }}']", ["T (l, p, q, 7)"], ["s", "l"]),
            (
                "name: '\(String(repeating: "n", count: 120))', runs-on: {labels: x}",
                [String(repeating: "n", count: 97) + "..."], ["x"]
            ),
        ])
    func interpolated(job: String, names: [String], labels: [String]) {
        let found = plans("\(job), steps: [run: x], strategy: {matrix: {os: [l], list: [[p, q]], n: [{x: 7}]}}")
        #expect(found.map(\.name) == names)
        #expect(found.map(\.runsOn) == [labels])
    }

    @Test("more than 256 legs are refused before they are made")
    func limit() {
        let many = "[\((0..<20).map(String.init).joined(separator: ","))]"
        let text =
            "on: push\njobs: {a: {\(WorkflowReaderTests.step), strategy: {matrix: {a: \(many), b: \(many), c: \(many)}}}}"
        #expect(read(text).diagnostics.map(\.code) == ["matrix-limit"])
        #expect(plans("\(WorkflowReaderTests.step), strategy: {matrix: {a: \(many)}}").count == 20)
    }

    @Test("256 jobs in a chain are read on a small stack")
    func chain() {
        let jobs = (1..<256).map { "  j\($0): {needs: j\($0 - 1), \(WorkflowReaderTests.step)}\n" }.joined()
        let text = "on: push\njobs:\n  j0: {\(WorkflowReaderTests.step)}\n" + jobs
        #expect(onSmallStack { read(text).workflow.map { "\($0.jobs.count)" } } == "256")
    }
}
