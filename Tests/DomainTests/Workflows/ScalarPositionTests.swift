import Testing

@testable import Domain

@Suite("A job's if in a workflow file")
struct ScalarPositionTests {
    /// Remarks on a workflow whose job has these lines.
    static func remarks(_ lines: String) -> [String] {
        let text = "on: push\njobs:\n  a:\n    runs-on: x\n    steps: [run: x]\n" + lines + "\n"
        return read(text).diagnostics.map { "\($0.line):\($0.column) \($0.code)" }
    }

    @Test(
        "faults stand where they are in the file",
        arguments: [
            ("    if: github.ref == main", ["6:23 expr-context"]),
            ("    if: ${{ matrix.os == 'x' }}", ["6:13 expr-context"]),
            ("    if: 'github.ref == ''main'' || env.X'", ["6:36 expr-context"]),
            (#"    if: "github.ref == 'a\tb\x41\u00e9\"' || \x65nv.X""#, ["6:46 expr-context"]),
            ("    if: \"é ${{ secrets.X }}\"", ["6:16 expr-context"]),
            ("    if: github.ref == 'main' &&\n      env.X", ["7:7 expr-context"]),
            ("    if: github.x # no\n    timeout-minutes: 5", []),
            ("    if: 'github.x &&\n\n      steps.a'", ["8:7 expr-context"]),
            ("    if: \"github.x && \\\n      runner.os\"", ["7:7 expr-context"]),
            ("    if: |\n      github.x &&\n        job.y", ["8:9 expr-context"]),
            ("    if: >-  # folded\n      github.x\n\n      && hashFiles('a')", ["9:10 expr-function"]),
            ("    if: |2-\n      (1", ["7:8 expr-syntax"]),
            ("    if: &c !!str 1 2", ["6:20 expr-syntax"]), ("    if: &c\n      1 2", ["7:9 expr-syntax"]),
            ("    if: contains(github.ref)", ["6:9 expr-args"]), ("    if: github.ref ==", ["6:20 expr-syntax"]),
            ("    if: ${{ github.ref", ["6:9 expr-syntax"]), ("    if: ${{ }}", ["6:13 expr-syntax"]),
            ("    if: strategy.x", ["6:9 expr-context"]), ("    if: \"x\"", ["6:10 expr-context"]),
        ])
    func places(lines: String, expected: [String]) { #expect(Self.remarks(lines) == expected) }

    @Test(
        "text outside of the expression is warned of",
        arguments: [
            ("    if: ${{ github.x }} == 'a'", ["6:9 if-constant"]),
            ("    if: |\n      ${{ github.x }}", ["6:9 if-constant"]),
            ("    if: |-\n      ${{ github.x }}", []), ("    if: '${{ github.x }} '", ["6:9 if-constant"]),
            ("    if: |\n      github.x", []), ("    if: ${{ always() }}", []), ("    if: always()", []),
        ])
    func constant(lines: String, expected: [String]) { #expect(Self.remarks(lines) == expected) }

    @Test("a fault in an anchored if is told at the anchor's place, for each use")
    func anchored() {
        let job = "runs-on: x, steps: [run: x]"
        let text = "on: push\njobs:\n  a: {if: &if 'env.X', \(job)}\n  b: {if: *if, \(job)}\n"
        #expect(read(text).diagnostics.map { "\($0.line):\($0.column)" } == ["3:16", "3:16"])
    }

    @Test(
        "a condition that YAML does not read as text is kept as text",
        arguments: [
            ("true", "true"), ("False", "false"), ("1.0", "1"), ("", nil), ("~", nil), ("''", nil), ("'~'", nil),
            ("always()", "always()"),
        ] as [(String, String?)])
    func kinds(yaml: String, condition: String?) {
        #expect(plans("if: \(yaml), runs-on: x, steps: [run: x]").first?.condition == condition)
    }
}
