import Testing

@testable import Domain

@Suite("A job as it is read")
struct JobReaderTests {
    /// Remarks on one job with these members.
    static func remarks(_ members: String) -> [String] {
        read("on: push\njobs:\n  a: {\(members)}\n").diagnostics.map { "\($0.code) \($0.message)" }
    }
    static let steps = "steps: [run: x]"

    @Test(
        "labels in every form that runs-on has",
        arguments: [
            ("x", ["x"]), ("[x, y]", ["x", "y"]), ("{labels: x}", ["x"]), ("{labels: [x, y]}", ["x", "y"]),
            ("{group: g}", []), ("[x, x]", ["x", "x"]), ("1.50", ["1.5"]),
        ])
    func labels(runsOn: String, labels: [String]) {
        #expect(plans("runs-on: \(runsOn), \(Self.steps)").first?.runsOn == labels)
    }

    @Test(
        "what runs-on cannot be",
        arguments: [
            ("~", "missing-key \"runs-on\" is missing in job \"a\""), ("[]", "missing-key \"runs-on\" has no label"),
            ("{}", "missing-key \"runs-on\" has neither \"labels\" nor \"group\""),
            ("['']", "type label of \"runs-on\" is empty"), ("''", "type label of \"runs-on\" is empty"),
            ("[[x]]", "type \"runs-on\" must be a sequence of strings, not a sequence"),
            (
                "[\(Array(repeating: "x", count: 33).joined(separator: ", "))]",
                "too-large \"runs-on\" has 33 labels; at most 32 are allowed"
            ),
        ])
    func wrongLabels(runsOn: String, remark: String) {
        #expect(Self.remarks("runs-on: \(runsOn), \(Self.steps)") == [remark])
    }

    @Test("labels beside a group choose the runner, and the group is told to be ignored")
    func group() {
        let both = "runs-on: {group: g, labels: [x]}, \(Self.steps)"
        #expect(plans(both).first?.runsOn == ["x"])
        #expect(
            Self.remarks(both) == ["unexpected-key \"group\" of \"runs-on\" is ignored; only labels choose a runner"])
        #expect(Self.remarks("runs-on: {group: g}, \(Self.steps)").first?.hasPrefix("runner-group ") == true)
    }

    @Test(
        "steps: what counts, what is refused",
        arguments: [
            ("[run: x, ~, {uses: a/b@c}]", []), ("~", ["missing-key \"steps\" is missing in job \"a\""]),
            ("[]", ["missing-key \"steps\" has no step"]), ("[~]", ["missing-key \"steps\" has no step"]),
            ("{run: x}", ["type \"steps\" must be a sequence of steps, not a mapping"]),
            ("[x]", ["type \"step\" must be a mapping, not a string"]),
            ("[{name: x}]", ["missing-key step has neither \"run\" nor \"uses\""]),
            ("[{run: [x]}]", ["type \"run\" must be a string, not a sequence"]),
            (
                "[{run: x, shel: bash}]",
                ["unexpected-key unexpected key \"shel\" in a step; did you mean \"shell\"?"]
            ),
        ])
    func steps(text: String, expected: [String]) {
        #expect(Self.remarks("runs-on: x, steps: \(text)") == expected)
    }

    @Test("a script, a name, and the number of steps have an end")
    func sizes() {
        let script = String(repeating: "x", count: WorkflowLimits.scriptBytesMax + 1)
        #expect(
            Self.remarks("runs-on: x, steps: [{run: \(script)}]")
                == [
                    "too-large \"run\" of a step has \(script.utf8.count) bytes; at most \(script.utf8.count - 1) are allowed"
                ])
        let name = String(repeating: "n", count: WorkflowLimits.nameBytesMax + 1)
        #expect(Self.remarks("runs-on: x, steps: [{run: x, name: \(name)}]").first?.hasPrefix("too-large") == true)
        #expect(Self.remarks("name: \(name), runs-on: x, \(Self.steps)").first?.hasPrefix("too-large \"name\"") == true)
        let many = Array(repeating: "{run: x}", count: WorkflowLimits.stepsMax + 1).joined(separator: ",")
        #expect(
            Self.remarks("runs-on: x, steps: [\(many)]")
                == ["too-large job \"a\" has 1001 steps; at most 1000 are allowed"])
        let needs = Array(repeating: "a", count: WorkflowLimits.needsMax + 1).joined(separator: ",")
        #expect(
            Self.remarks("needs: [\(needs)], runs-on: x, \(Self.steps)").first?.hasPrefix(
                "too-large job \"a\" needs 257") == true)
    }

    @Test(
        "settings of the wrong kind",
        arguments: [
            ("continue-on-error: 1", "type \"continue-on-error\" must be a boolean, not a number"),
            ("timeout-minutes: 0", "type \"timeout-minutes\" must be a number above 0, not a number"),
            ("timeout-minutes: -1", "type \"timeout-minutes\" must be a number above 0, not a number"),
            ("timeout-minutes: .inf", "type \"timeout-minutes\" must be a number above 0, not a number"),
            ("outputs: [a]", "type \"outputs\" must be a mapping, not a sequence"),
            ("if: [a]", "type \"if\" must be a string or a boolean, not a sequence"),
            ("name: [a]", "type \"name\" must be a string, not a sequence"),
            ("needs: {a: b}", "type \"needs\" must be a string or a sequence of strings, not a mapping"),
            ("strategy: x", "type \"strategy\" must be a mapping, not a string"),
            ("strategy: {max-parallel: [x]}", "type \"max-parallel\" must be a number, not a sequence"),
            ("strategy: {fail-fast: 1}", "type \"fail-fast\" must be a boolean, not a number"),
        ])
    func settings(member: String, remark: String) {
        #expect(Self.remarks("\(member), runs-on: x, \(Self.steps)") == [remark])
    }

    @Test(
        "a step is named after what it does",
        arguments: [
            ("{run: make, name: Build}", "Build"), ("{run: make all}", "Run make all"),
            ("{uses: a/b@v1}", "Run a/b@v1"),
            ("{run: x, name: ''}", "Run x"), ("{run: x, name: ~}", "Run x"), ("{id: i}", "Run i"), ("{}", "Run "),
            ("{run: \"\\n \\t\\r\\n  make\\n\"}", "Run   make"),
            ("{name: \"\(String(repeating: "é", count: 200))\"}", String(repeating: "é", count: 127)),
        ])
    func names(step: String, name: String) throws {
        #expect(stepName(try yamlTree(Array(step.utf8))) == name)
    }
}
