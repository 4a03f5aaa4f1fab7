import Testing

@testable import Domain

/// A workflow at the top and the files that it calls, read as a push would read them.
struct CallWorld {
    static let top = ".gitea/workflows/ci.yml"
    var world = PlanWorld()

    init(_ top: String, _ files: [String: String] = [:]) {
        world.files[Self.top] = top
        for (path, text) in files { world.files[path] = text }
    }

    /// The run, and what was wrong, as `line:column code` behind the file's name.
    mutating func run() -> PlannedRun? { world.plan().runs.first?.plan }

    mutating func faults() -> [String] {
        (run()?.problem ?? "").split(byte: "\n").map { String($0) }
    }
}

@Suite("The files that a workflow calls")
struct CalledFilesTests {
    static let callee = "on: workflow_call\njobs: {j: {runs-on: x, steps: [run: x]}}\n"
    static func caller(_ uses: String) -> String { "on: [push, workflow_call]\njobs: {c: {uses: \(uses)}}\n" }

    @Test("are asked for once each, and kept with the run")
    func kept() throws {
        var calls = CallWorld(
            "on: push\njobs: {a: {uses: ./w/x.yml}, b: {uses: ./w/x.yml}, c: {uses: ann/lib/w/y.yml@v1}}\n",
            ["w/x.yml": Self.caller("./w/z.yml"), "w/z.yml": Self.callee, "w/y.yml": Self.callee])
        let found = calls.run()
        let run = try #require(found)
        #expect(run.problem == "")
        #expect(
            calls.world.asked.filter { $0.hasPrefix("called") } == [
                "called ./w/x.yml", "called ann/lib/w/y.yml@v1", "called ./w/z.yml",
            ])
        #expect(run.calledFiles.map(\.name) == ["./w/x.yml", "./w/z.yml", "ann/lib/w/y.yml@v1"])
        #expect(run.jobs.map(\.isDeferred) == [true, true, true])
    }

    @Test("are read once for all workflows of an event; each run keeps its own")
    func shared() throws {
        var calls = CallWorld(Self.caller("./w/x.yml"), ["w/x.yml": Self.callee, "w/y.yml": Self.callee])
        calls.world.files[".gitea/workflows/zz.yml"] =
            "on: push\njobs: {a: {uses: ./w/x.yml}, b: {uses: ./w/y.yml}, c: {uses: ./w/gone.yml}}\n"
        let planned = calls.world.plan()
        #expect(
            calls.world.asked.filter { $0.hasPrefix("called") } == [
                "called ./w/x.yml", "called ./w/y.yml", "called ./w/gone.yml",
            ])
        #expect(planned.runs.map { $0.plan.calledFiles.map(\.name) } == [["./w/x.yml"], []])
        #expect(planned.runs[1].plan.problem.contains("\"./w/gone.yml\" does not exist"))
    }

    @Test("a fault in one is told with its own place, and the run has no jobs")
    func faults() {
        var calls = CallWorld(
            Self.caller("./w/x.yml"),
            [
                "w/x.yml":
                    "on: workflow_call\njobs: {j: {runs-on: x, steps: [{run: x, name: '${{ nope.x }}'}], needs: gone}}\n"
            ])
        let faults = calls.faults()
        #expect(faults.contains { $0.hasPrefix("./w/x.yml:2:") && $0.contains("\"gone\"") }, "\(faults)")
        let run = calls.run()
        #expect(run?.jobs == [] && run?.calledFiles == [])
    }

    @Test(
        "that cannot be called",
        arguments: [
            ("./w/gone.yml", [:], "\"./w/gone.yml\" does not exist [call-file]"),
            (
                "./w/x.yml", ["w/x.yml": "on: push\njobs: {j: {runs-on: x, steps: [run: x]}}"],
                "its \"on\" has no \"workflow_call\" [call-file]"
            ),
            ("./w/x.yml", ["w/x.yml": "on: [\n"], "could not parse as YAML"),
            (
                "./w/x.yml", ["w/x.yml": Self.caller("./w/x.yml")],
                "calls itself: \"./w/x.yml\" -> \"./w/x.yml\" [call-depth]"
            ),
            (
                "./w/x.yml", ["w/x.yml": Self.caller("./w/y.yml"), "w/y.yml": Self.caller("./w/x.yml")],
                "calls itself: \"./w/x.yml\" -> \"./w/y.yml\" -> \"./w/x.yml\" [call-depth]"
            ),
            ("./w/x.yml@v1", [:], "cannot have \"@\" and a ref [uses-format]"),
            (
                "https://github.com/a/b/w/x.yml@v1", [:],
                "is not on this server; only workflows of http://localhost can be called [uses-format]"
            ),
        ] as [(String, [String: String], String)])
    func refused(uses: String, files: [String: String], words: String) {
        var calls = CallWorld("on: push\njobs: {c: {uses: \"\(uses)\"}}\n", files)
        let faults = calls.faults()
        #expect(faults.contains { $0.hasPrefix("\(CallWorld.top):2:") && $0.contains(words) }, "\(faults)")
    }

    @Test("ten levels may be, eleven not; many ways to one file cost no more than one")
    func depth() {
        func chain(_ levels: Int) -> [String] {
            var files: [String: String] = ["w/\(levels).yml": Self.callee]
            for level in 2..<levels { files["w/\(level).yml"] = Self.caller("./w/\(level + 1).yml") }
            var calls = CallWorld(Self.caller("./w/2.yml"), files)
            return calls.faults()
        }
        #expect(chain(10) == [])
        #expect(chain(11).contains { $0.contains("is 11 levels of workflows") })
        // Each file calls the next one 20 times: 20 to the 8th ways.
        var files: [String: String] = ["w/10.yml": Self.callee]
        for level in 2..<10 {
            let jobs = (0..<20).map { "j\($0): {uses: ./w/\(level + 1).yml}" }.joined(separator: ", ")
            files["w/\(level).yml"] = "on: workflow_call\njobs: {\(jobs)}\n"
        }
        var wide = CallWorld(Self.caller("./w/2.yml"), files)
        let wideFaults = wide.faults()
        #expect(wideFaults == [])
    }

    @Test("are fifty at most, and eight MiB")
    func limits() {
        func many(_ count: Int, _ text: String) -> [String] {
            let jobs = (0..<count).map { "j\($0): {uses: ./w/\($0).yml}" }.joined(separator: ", ")
            let files = (0..<count).map { ("w/\($0).yml", text) }
            var calls = CallWorld("on: push\njobs: {\(jobs)}\n", Dictionary(uniqueKeysWithValues: files))
            return calls.faults()
        }
        #expect(many(50, Self.callee) == [])
        #expect(
            many(51, Self.callee).contains { $0.contains("calls 51 files, directly or through others; at most 50") })
        #expect(many(201, Self.callee).contains { $0.contains("calls 201 files") })
        let large = Self.callee + "#" + String(repeating: "x", count: 1000 * 1024) + "\n"
        #expect(many(9, large).contains { $0.contains("larger than 8388608 bytes together") })
    }
}
