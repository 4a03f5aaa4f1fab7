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

    @Test("are taken apart once each, whatever is asked about them")
    func once() throws {
        // Five layers of eight files; each file calls all of the next layer, twice.
        let (layers, width) = (5, 8)
        func text(_ layer: Int) -> String {
            guard layer < layers else { return Self.callee }
            let jobs = (0..<2 * width).map { "j\($0): {uses: ./w/\(layer + 1)-\($0 % width).yml}" }
            return "on: [push, workflow_call]\njobs: {\(jobs.joined(separator: ", "))}\n"
        }
        let top = WorkflowFile(Array(text(0).utf8), path: CallWorld.top)
        var called = CalledFiles(base: "http://localhost")
        called.want(by: top)
        var read: [CallReference] = []
        while let next = called.next() {
            read.append(next)
            called.take(.bytes(Array(text(Int(next.name.dropFirst("./w/".count).prefix(1)) ?? 0).utf8)))
        }
        let callers = 1 + (layers - 1) * width
        #expect(read.count == layers * width && called.usesRead == callers * 2 * width)
        #expect(read.allSatisfy { called.fault(from: $0) == nil })
        let faults = called.faults(for: top)
        #expect(faults.isEmpty && called.kept(for: top).count == layers * width)
        #expect(called.usesRead == callers * 2 * width)
        // Another workflow of the event adds its own alone.
        called.want(by: WorkflowFile(Array(Self.caller("./w/1-0.yml").utf8), path: ".gitea/workflows/b.yml"))
        let more = called.next()
        #expect(more == nil && called.usesRead == callers * 2 * width + 1)
    }

    @Test("a file that another workflow of the event read is judged with what is read later")
    func later() throws {
        var called = CalledFiles(base: "http://localhost")
        func want(_ uses: String, _ answers: [String]) {
            called.want(
                by: WorkflowFile(Array(Self.caller(uses).utf8), path: ".gitea/workflows/\(uses.utf8.count).yml"))
            for answer in answers { called.take(.bytes(Array(answer.utf8))) }
        }
        want("./w/9.yml", [Self.caller("./w/10.yml"), Self.callee])
        #expect(called.fault(from: CallReference(name: "./w/9.yml")) == nil)
        // A chain of nine more in front of it.
        want("./w/0.yml", (1...9).map { Self.caller("./w/\($0).yml") })
        let more = called.next()
        #expect(more == nil)
        #expect(called.fault(from: CallReference(name: "./w/0.yml"))?.hasPrefix("is 12 levels") == true)
        #expect(called.fault(from: CallReference(name: "./w/1.yml"))?.hasPrefix("is 11 levels") == true)
        #expect(called.fault(from: CallReference(name: "./w/2.yml")) == nil)
        // Who leads to a cycle has its fault, whoever was asked first.
        want("./w/abc.yml", [Self.caller("./w/def.yml"), Self.caller("./w/ghi.yml"), Self.caller("./w/def.yml")])
        for name in ["abc", "def", "ghi"] {
            #expect(
                called.fault(from: CallReference(name: "./w/\(name).yml"))
                    == "calls itself: \"./w/def.yml\" -> \"./w/ghi.yml\" -> \"./w/def.yml\"")
        }
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
