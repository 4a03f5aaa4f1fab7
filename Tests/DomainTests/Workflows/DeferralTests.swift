import Testing

@testable import Domain

@Suite("A job that reads its needs")
struct DeferralTests {
    private static func plan(_ members: String, needs: String = "needs: a, ") throws -> (
        run: PlannedRun, last: PlannedJob?
    ) {
        var world = PlanWorld()
        world.files[CallWorld.top] =
            "on: push\njobs: {a: {runs-on: x, steps: [run: x]}, b: {\(needs)\(members), steps: [run: x]}}\n"
        let run = try #require(world.plan().runs.first).plan
        return (run, run.jobs.last)
    }

    @Test(
        "is planned when they are done, whichever of its keys reads them",
        arguments: [
            ("runs-on: '${{ needs.a.outputs.l }}'", true), ("runs-on: [x, '${{ needs.a.result }}']", true),
            ("runs-on: x, name: 'n ${{ toJSON(needs) }}'", true),
            ("runs-on: x, strategy: {matrix: '${{ fromJSON(needs.a.outputs.m) }}'}", true),
            ("runs-on: x, strategy: {matrix: {v: [1, '${{ needs.a.outputs.m }}']}}", true),
            ("runs-on: x, strategy: {max-parallel: '${{ needs.a.outputs.m }}', matrix: {v: [1]}}", true),
            ("runs-on: x, continue-on-error: '${{ needs.a.outputs.c }}'", true),
            ("runs-on: x, name: needs.a", false), ("runs-on: \"${{ 'needs.a' }}\"", false),
            ("runs-on: '${{ github.ref_name }}'", false), ("runs-on: x, env: {A: '${{ needs.a.outputs.x }}'}", false),
            ("runs-on: x, if: needs.a.outputs.x", false),
            ("runs-on: x, timeout-minutes: '${{ needs.a.outputs.x }}'", false),
        ])
    func deferred(members: String, isDeferred: Bool) throws {
        let planned = try Self.plan(members)
        #expect(planned.run.problem == "")
        let job = try #require(planned.last)
        #expect(job.isDeferred == isDeferred && job.needs == ["a"])
        #expect(job.snapshot(JobID(1)).deferred?.key == (isDeferred ? "b" : nil))
    }

    @Test("that it does not have are empty; an expression that nobody can read is told at once")
    func now() throws {
        #expect(try Self.plan("runs-on: \"x${{ needs.a.outputs.l }}\"", needs: "").last?.runsOn == ["x"])
        let problem = try Self.plan("runs-on: '${{ needs.a.outputs.l }}', name: '${{ neds.a }} ${{ needs.a }}'").run
            .problem
        #expect(problem.contains("[expr-context]"))
    }
}
