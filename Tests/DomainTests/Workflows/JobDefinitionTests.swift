import Testing

@testable import Domain

@Suite("A job's definition")
struct JobDefinitionTests {
    /// Jobs with all that a payload may have in a special form.
    static let file = """
        name: "C ${{ x }}"
        run-name: r
        on: {push: }
        env: {A: .nan, B: -.inf, C: "10", D: 3.10, E: é😀/, F: "a\\tb\\u0001"}
        jobs:
          plain: {runs-on: x, steps: [{run: 'echo "${{ secrets.A }}" \\ '}]}
          group: {runs-on: {group: "g${{ vars.x }}"}, if: always(), steps: [run: x]}
          both: {needs: [plain, group, plain], runs-on: [a, "b c"], continue-on-error: true, steps: [run: x]}
          legs:
            needs: both
            name: "${{ matrix.os }}"
            runs-on: "${{ matrix.os }}"
            continue-on-error: ${{ matrix.n == 1 }}
            strategy:
              max-parallel: 2
              matrix: {os: ["q${{ 'u' }}'", "${{ '$' }}{{ github.token }}"], n: [1, .inf], include: [{x: {y: [1, ~, "z"]}}]}
              fail-fast: false
            timeout-minutes: 5
            outputs: {v: "${{ steps.a.outputs.v }}"}
            steps: [{run: x, continue-on-error: true}, {uses: a/b@c, with: {d: "{\\"e\\":[1]}"}}]
          none: {runs-on: x, strategy: {matrix: {v: [1], exclude: [{v: 1}]}}, steps: [run: x]}
        """

    @Test("the payload made from what is stored is the payload made at planning, byte for byte")
    func same() throws {
        let jobs = try #require(read(Self.file).workflow).jobs
        #expect(jobs.count == 8)
        for job in jobs where job.standsFor == nil {
            let stored = try JobDefinition(stored: job.definition.stored)
            #expect(stored == job.definition)
            #expect(payload(of: stored) == job.payload, "\(job.name)")
        }
    }

    @Test("what was decided is plain in the definition and cannot be evaluated in the payload")
    func data() throws {
        let jobs = try #require(read(Self.file).workflow).jobs
        let leg = try #require(jobs.first { $0.name.contains("github.token") })
        #expect(
            String(decoding: leg.definition.stored, as: UTF8.self).hasPrefix(
                #"{"version":1,"key":"legs","name":"${{ github.token }}","needs":["both"],"workflow":{"name":"C ${{ x }}","#
            ))
        let sent = String(decoding: payload(of: leg.definition), as: UTF8.self)
        #expect(!sent.contains("${{ github.token }}"))
        #expect(
            sent.contains(
                #""name":"${{ '$' }}{{ github.token }}","runs-on":"${{ '$' }}{{ github.token }}","continue-on-error":true,"strategy":{"max-parallel":2,"matrix":{"os":["${{ '$' }}{{ github.token }}"],"n":[1],"x":[{"y":[1,null,"z"]}]},"fail-fast":false}"#
            ))
        let plain = String(decoding: jobs[0].payload, as: UTF8.self)
        #expect(plain.contains(#"echo \"${{ secrets.A }}\" \\ "#), "what the author wrote is left to the runner")
    }

    @Test(
        "what this server cannot read is refused with the reason",
        arguments: [
            ("", "\"{\" expected at byte 1 of the JSON text"), ("{}", "it has no \"version\""),
            (
                #"{"version":3}"#,
                "it has version 3 and this server reads 1 and 2; a newer server planned the job"
            ),
            (#"{"version":1,"key":"a","name":"a","needs":[]}"#, "it has no \"workflow\""),
            (#"{"version":1,"key":1,"name":"a","needs":[],"workflow":{},"job":{}}"#, "a string expected"),
            (
                #"{"version":1,"key":"a","name":"a","needs":[1],"workflow":{},"job":{}}"#,
                "a list of strings expected"
            ),
            (
                #"{"version":1,"key":"a","name":"a","needs":[],"workflow":{},"job":{"strategy":[]}}"#,
                "\"{\" expected at byte 1 of the JSON text"
            ),
        ])
    func faults(text: String, reason: String) {
        let fault = #expect(throws: JobDefinition.Fault.self) { try JobDefinition(stored: Array(text.utf8)) }
        #expect(fault?.description == "the job's definition cannot be read: \(reason)")
    }
}
