import Testing

@testable import Domain

@Suite("Tables of cases")
struct LanguageTablesTests {
    @Test(
        "expressions",
        arguments: [
            (#"{"expr":"1 == '1'"}"#, #"{"json":"true"}"#), (#"{"expr":" "}"#, #"{"json":"null"}"#),
            (#"{"expr":"foo.bar","contexts":{"foo":{"BAR":[1,"é"]}}}"#, #"{"json":"[\n  1,\n  \"é\"\n]"}"#),
            (#"{"expr":"a ${{ foo }}","contexts":{"foo":1.50}}"#, #"{"json":"\"a 1.5\""}"#),
            (#"{"expr":"success() && !failure() && !cancelled() && always()"}"#, #"{"json":"true"}"#),
            (
                #"{"expr":"foo.x"}"#,
                #"{"error":"Unrecognized named-value: 'foo'. Located at position 1 within expression: foo.x; the expression has only "}"#
            ),
            (#"{"expr":"false && hashFiles('x')"}"#, #"{"json":"false"}"#),
            (
                #"{"expr":"hashFiles('x')"}"#,
                #"{"error":"hashFiles reads the files of a job: only its runner can evaluate it"}"#
            ), (#"{"expr":1}"#, #"{"error":"\"expr\" must be a string"}"#), ("{}", #"{"error":"\"expr\" is missing"}"#),
            ("", #"{"error":"the line is no JSON: a value expected at character 1 of the JSON text"}"#),
            ("[]", #"{"error":"the case must be a JSON object"}"#),
            (#"{"expr":"1","contexts":[]}"#, #"{"error":"\"contexts\" must be a JSON object"}"#),
        ])
    func expressions(line: String, answer: String) { #expect(LanguageTable.expressions.answer(line) == answer) }

    @Test(
        "patterns",
        arguments: [
            (#"{"mode":"include","patterns":["**","!a"],"inputs":["a"]}"#, #"{"pass":false}"#),
            (#"{"mode":"ignore","patterns":["a"],"inputs":["a","b"]}"#, #"{"pass":true}"#),
            (#"{"mode":"include","patterns":[],"inputs":[]}"#, #"{"pass":true}"#),
            (#"{"mode":"include","patterns":["a"],"inputs":[]}"#, #"{"pass":false}"#),
            (#"{"mode":"ignore","patterns":["a"],"inputs":[]}"#, #"{"pass":false}"#),
            (
                #"{"mode":"include","patterns":["a["],"inputs":["a"]}"#,
                #"{"error":"invalid pattern \"a[\" at character 2: set \"[\" is not closed"}"#
            ),
            (
                #"{"mode":"x","patterns":["a"],"inputs":["a"]}"#,
                #"{"error":"\"mode\" must be \"include\" or \"ignore\", not \"x\""}"#
            ), (#"{"mode":"include","patterns":[1]}"#, #"{"error":"\"patterns\" must be a list of strings"}"#),
        ])
    func patterns(line: String, answer: String) { #expect(LanguageTable.patterns.answer(line) == answer) }

    @Test(
        "matrices",
        arguments: [
            (
                #"{"matrix":"{os: [l, w], v: [1, 1.50], exclude: [{os: w, v: '1'}], include: [{os: l, x: {y: [~]}}]}"}"#,
                #"{"combos":[{"os":"l","v":1,"x":{"y":[null]}},{"os":"l","v":1.5,"x":{"y":[null]}},{"os":"w","v":1.5}],"names":["job (l, 1)","job (l, 1.5)","job (w, 1.5)"]}"#
            ), (#"{"matrix":"{v: [1], exclude: [{v: 1}]}"}"#, #"{"combos":[{}],"names":["job"]}"#),
            (#"{"matrix":"{v: [.nan]}"}"#, #"{"combos":[{"v":"NaN"}],"names":["job (NaN)"]}"#),
            (#"{"matrix":"{v: \"${{ fromJSON('[1]') }}\"}"}"#, #"{"combos":[{"v":1}],"names":["job (1)"]}"#),
            (
                #"{"matrix":"{v: []}"}"#,
                #"{"error":"matrix:1:5: matrix key \"v\" does not contain any values [matrix-empty]"}"#
            ),
            (
                #"{"matrix":"{v: [1"}"#,
                #"{"error":"matrix:2:1: could not parse as YAML: while parsing a flow sequence did not find expected ',' or ']' [yaml-syntax]"}"#
            ),
        ])
    func matrices(line: String, answer: String) { #expect(LanguageTable.matrix.answer(line) == answer) }

    @Test(
        "triggers",
        arguments: [
            ("push", #"{"event":"push","ref":"refs/heads/x"}"#, true),
            ("push", #"{"event":"push","ref":"refs/heads/x","deleted":true}"#, false),
            ("push", #"{"event":"push","ref":"refs/heads/x","message":"a [skip ci]"}"#, false),
            ("push", #"{"event":"pull_request","action":"opened","base_ref":"main"}"#, false),
            ("{push: {paths: ['a/**']}}", #"{"event":"push","ref":"refs/heads/x"}"#, true),
            ("{push: {paths: ['a/**']}}", #"{"event":"push","ref":"refs/heads/x","files":[]}"#, false),
            ("{push: {paths: ['a/**']}}", #"{"event":"push","ref":"refs/heads/x","files":["b","a/c"]}"#, true),
            ("pull_request", #"{"event":"pull_request","action":"synchronize","base_ref":"main"}"#, true),
            ("pull_request", #"{"event":"pull_request","action":"closed","base_ref":"main"}"#, false),
            ("pull_request", #"{"event":"pull_request","action":"opened","title":"x [no ci]"}"#, false),
            ("pull_request_target", #"{"event":"pull_request_target","action":"opened","title":"x [no ci]"}"#, true),
            (
                "{pull_request: {branches: [main]}}",
                #"{"event":"pull_request","action":"opened","base_ref":"refs/heads/main"}"#, true
            ),
            (
                "{pull_request: {branches: [main]}}", #"{"event":"pull_request","action":"opened","base_ref":"x"}"#,
                false
            ),
            (
                "{workflow_run: {workflows: [CI], types: completed, branches: main}}",
                #"{"event":"workflow_run","action":"completed","workflow":"CI","head_branch":"main"}"#, true
            ),
            (
                "{workflow_run: {workflows: [CI]}}",
                #"{"event":"workflow_run","action":"completed","workflow":"ci","head_branch":"main"}"#, false
            ), ("{release: {types: [published]}}", #"{"event":"release","action":"edited"}"#, false),
            ("{schedule: [{cron: '1 2 * * *'}]}", #"{"event":"schedule"}"#, true),
            ("{schedule: [{cron: '1 2 * * *'}]}", #"{"event":"schedule","schedule":"5 5 * * *"}"#, false),
            ("[create, delete]", #"{"event":"delete","ref":"refs/heads/x"}"#, true),
            ("workflow_dispatch", #"{"event":"workflow_dispatch"}"#, true),
            ("{issues: {types: [opened]}}", #"{"event":"issues","action":"opened"}"#, true),
            ("{repository_dispatch: {types: [go]}}", #"{"event":"repository_dispatch","action":"stop"}"#, false),
        ])
    func triggers(on: String, event: String, runs: Bool) {
        var json = JSONWriter()
        json.string(on)
        let line = "{\"on\":\(String(decoding: json.bytes, as: UTF8.self)),\"event\":\(event)}"
        #expect(LanguageTable.triggers.answer(line).hasPrefix("{\"run\":\(runs)"))
    }

    @Test(
        "triggers that cannot be read",
        arguments: [
            (#"{"on":"pussh","event":{"event":"push"}}"#, "event-unknown"),
            (#"{"on":"{push: {branches: [a], branches-ignore: [b]}}","event":{"event":"push"}}"#, "filter-conflict"),
            (#"{"on":"{pull_request: {branches: ['a[']}}","event":{"event":"push"}}"#, "glob"),
            (#"{"on":"","event":{"event":"push"}}"#, "empty"), (#"{"on":"push","event":{"event":"x"}}"#, "not known"),
            (#"{"on":"push"}"#, "missing"),
        ])
    func broken(line: String, words: String) {
        let answer = LanguageTable.triggers.answer(line)
        #expect(answer.hasPrefix(#"{"error":"#) && answer.contains(words), "\(answer)")
    }

    @Test("a case nested without end is answered on a small stack")
    func deep() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(onSmallStack { LanguageTable.matrix.answer(#"{"matrix":"\#(deep)"}"#) }?.contains("too-deep") == true)
        #expect(onSmallStack { LanguageTable.expressions.answer(deep) }?.contains("levels deep") == true)
    }
}
