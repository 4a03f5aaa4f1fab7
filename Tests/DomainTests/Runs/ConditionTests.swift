import Testing

@testable import Domain

@Suite("A job's condition")
struct ConditionTests {
    static func facts(_ ancestors: [Status] = [.success], isCancelled: Bool = false) -> ConditionFacts {
        let github = ExpressionValue.object([
            (key: "ref", value: .string("refs/heads/main")), (key: "event_name", value: .string("push")),
            (key: "event", value: .object([(key: "forced", value: .bool(false))])),
        ])
        return ConditionFacts(
            github: github, vars: .object([(key: "DEPLOY", value: .string("yes"))]),
            inputs: .object([(key: "dry", value: .bool(true)), (key: "count", value: .number(3))]),
            needs: [
                NeedResult(
                    key: "build", result: .success,
                    outputs: [JobOutput(name: "version", value: "1.10"), JobOutput(name: "Any", value: "")]),
                NeedResult(key: "lint", result: .failure, outputs: []),
                NeedResult(key: "docs", result: .skipped, outputs: []),
                NeedResult(key: "old", result: .cancelled, outputs: []),
            ],
            success: ancestors.allSatisfy { $0 == .success }, failure: ancestors.contains(.failure),
            isCancelled: isCancelled)
    }

    @Test(
        "expressions, when all needs succeeded",
        arguments: [
            (nil, .run), ("", .run), ("  \n", .run), ("true", .run), ("false", .skip), ("0", .skip), ("'x'", .run),
            ("github.ref == 'refs/heads/main'", .run), ("gitea.ref == 'REFS/heads/MAIN'", .run),
            ("${{ github.ref == 'refs/heads/other' }}", .skip), ("${{ github.ref }}", .run),
            ("startsWith(github.ref, 'refs/tags/')", .skip), ("github.event.forced", .skip),
            ("!github.event.forced", .run),
            ("vars.deploy == 'yes'", .run), ("vars.missing", .skip), ("inputs.dry", .run), ("inputs.count > 3", .skip),
            ("needs.build.outputs.version == '1.10'", .run), ("needs.build.outputs.version == '1.1'", .skip),
            ("needs.build.outputs.any", .skip), ("needs.build.result == 'success'", .run),
            ("needs.lint.result == 'failure'", .run), ("needs.docs.result == 'skipped'", .run),
            ("needs.old.result == 'cancelled'", .run), ("needs.none.result", .skip),
            ("contains(needs.*.result, 'failure')", .run), ("contains(needs.*.result, 'running')", .skip),
            ("${{ false }} ", .run), ("${{ false }} && false", .run), ("${{ '' }}${{ '' }}", .skip),
            ("|${{ 0 }}", .run),
            ("success()", .run), ("failure()", .skip), ("cancelled()", .skip), ("always()", .run),
        ] as [(String?, ConditionVerdict)])
    func expressions(condition: String?, expected: ConditionVerdict) {
        #expect(conditionVerdict(condition, Self.facts()) == expected)
    }

    @Test(
        "status functions look at all ancestors; without one, success() is implied",
        arguments: [
            // condition, verdict when all succeeded / one failed / one was skipped / one was cancelled / none is needed
            (nil, [.run, .skip, .skip, .skip, .run]), ("true", [.run, .skip, .skip, .skip, .run]),
            ("success()", [.run, .skip, .skip, .skip, .run]), ("failure()", [.skip, .run, .skip, .skip, .skip]),
            ("always()", [.run, .run, .run, .run, .run]), ("!failure()", [.run, .skip, .run, .run, .run]),
            ("!cancelled()", [.run, .run, .run, .run, .run]),
            ("success() || failure()", [.run, .run, .skip, .skip, .run]),
            ("always() && github.ref == 'x'", [.skip, .skip, .skip, .skip, .skip]),
            ("${{ ALWAYS() }}", [.run, .run, .run, .run, .run]),
            ("x ${{ failure() }}", [.run, .run, .run, .run, .run]),
            ("x ${{ github.ref }}", [.run, .skip, .skip, .skip, .run]),
            ("false && always()", [.skip, .skip, .skip, .skip, .skip]),
            ("true || failure()", [.run, .run, .run, .run, .run]),
            ("github[format('{0}', success())] == null", [.run, .run, .run, .run, .run]),
            ("'always()'", [.run, .skip, .skip, .skip, .run]),
        ] as [(String?, [ConditionVerdict])])
    func status(condition: String?, expected: [ConditionVerdict]) {
        let ancestors: [[Status]] = [
            [.success, .success], [.success, .failure], [.skipped, .success], [.success, .cancelled], [],
        ]
        #expect(ancestors.map { conditionVerdict(condition, Self.facts($0)) } == expected)
    }

    @Test(
        "a cancelled run",
        arguments: [
            ("cancelled()", .run), ("!cancelled()", .skip), ("always()", .run), ("always() && !cancelled()", .skip),
        ] as [(String, ConditionVerdict)])
    func cancelled(condition: String, expected: ConditionVerdict) {
        #expect(conditionVerdict(condition, Self.facts([.cancelled], isCancelled: true)) == expected)
    }

    @Test("what cannot be evaluated says why, unless success() already decided")
    func faults() {
        let json = "fromJSON(needs.build.outputs.any)"
        #expect(
            conditionVerdict(json, Self.facts())
                == .cannotEvaluate("fromJSON cannot read \"\": a value expected at character 1 of the JSON text"))
        #expect(conditionVerdict(json, Self.facts([.failure])) == .skip)
        for condition in ["secrets.X", "matrix.os", "env.X", "runner.os", "hashFiles('x')", "1 2", "${{ github.ref"] {
            guard case .cannotEvaluate(let message) = conditionVerdict(condition, Self.facts()) else {
                Issue.record("\(condition) was evaluated")
                continue
            }
            #expect(
                message.contains("Unrecognized") || message.contains("Unexpected") || message.contains("not closed"))
        }
    }

    @Test(
        "A9: what it reads is known from its parsed form",
        arguments: [
            (nil, false), ("", false), ("success()", false), ("github.ref == 'needs.a.outputs.b'", false),
            ("needs.a.outputs.b", true), ("contains(toJSON(needs), 'ready')", true),
            ("NEEDS.a.result == 'success'", true),
            ("needs['a'].outputs['b']", true), ("always() && needs.*.outputs.x", true),
            ("x ${{ toJSON(needs) }}", true),
            ("vars.needs", false), ("needs.", false),
        ] as [(String?, Bool)])
    func reads(condition: String?, expected: Bool) { #expect(conditionReadsNeeds(condition) == expected) }
}
