import Testing

@testable import Domain

@Suite("What runners get of keys that they do not know")
struct RunnerFormTests {
    private func payload(_ above: String, _ job: String) -> String {
        let plan = read("on: push\n\(above)jobs: {a: {runs-on: x, \(job)}}\n").workflow?.jobs.first
        return plan.map { String(decoding: $0.payload, as: UTF8.self) } ?? "none"
    }

    @Test(
        "is nothing: newer ones fail a job for any",
        arguments: [
            (
                "defaults: {run: {shell: bash, sehll: x}, x: 1}\npermissions: {contents: read, code: write, wiki: x}\n",
                "steps: [run: x]",
                #""defaults":{"run":{"shell":"bash"}},"permissions":{"contents":"read"},"#
            ),
            ("permissions: write\n", "steps: [run: x]", #""permissions":{},"#),
            ("permissions: read-all\n", "steps: [run: x]", #""permissions":"read-all","#),
            (
                "", "container: {image: i, imgae: j}, services: {s: {image: i, x: 1, cmd: [c]}}, steps: [run: x]",
                #""container":{"image":"i"},"services":{"s":{"image":"i","cmd":["c"]}},"#
            ),
            ("", "concurrency: {group: g, queue: max}, steps: [run: x]", #""concurrency":{"group":"g"},"#),
            ("", "container: img, steps: [run: x]", #""container":"img","#),
            ("", "container: '${{ matrix.c }}', steps: [run: x]", #""container":"${{ matrix.c }}","#),
            ("", "steps: [{run: x, shel: b, with: {a: 1}, env: {A: b}}]", #""steps":[{"run":"x","env":{"A":"b"}}]"#),
            ("", "steps: [{uses: a/b@c, shell: b, with: {a: 1}}]", #""steps":[{"uses":"a/b@c","with":{"a":1}}]"#),
            ("", "stpes: 1, steps: [run: x]", #""runs-on":"x","steps":[{"run":"x"}]"#),
        ])
    func dropped(above: String, job: String, part: String) {
        let found = payload(above, job)
        #expect(found.contains(part), "\(found)")
    }
}
