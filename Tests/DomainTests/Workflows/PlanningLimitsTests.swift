import Testing

@testable import Domain

@Suite("What planning may cost")
struct PlanningLimitsTests {
    static func file(legs: Int, items: Int, keys: Int) -> String {
        let include = (0..<items).map { item in
            "          - {" + (0..<keys).map { "k\(item)x\($0): \(item)" }.joined(separator: ", ") + "}\n"
        }
        let values = (0..<legs).map { "\($0)" }.joined(separator: ", ")
        return
            "on: push\njobs:\n  a:\n    runs-on: x\n    steps: [run: x]\n    strategy:\n      matrix:\n        v: [\(values)]\n"
            + "        include:\n\(include.joined())"
    }

    @Test("H8: steps are charged before the work; what overruns has one diagnostic and no jobs")
    func overrun() {
        let reading = read(Self.file(legs: 250, items: 250, keys: 60))
        #expect(reading.workflow == nil)
        #expect(reading.diagnostics.map(\.code) == ["planning-cost"])
        #expect(reading.triggers?[.push] != nil)
        #expect(reading.steps <= PlanningLimits.fileStepsMax)
    }

    @Test("H8: what took 38 s is planned within the budget, or refused by it")
    func once() {
        let reading = read(Self.file(legs: 250, items: 250, keys: 8))
        #expect(reading.steps <= PlanningLimits.fileStepsMax)
        #expect(reading.workflow?.jobs.count == 250 || reading.diagnostics.contains { $0.code != "unexpected-key" })
    }

    @Test("H8: a file with fewer steps left is refused, however small")
    func little() {
        let text = Array("on: push\njobs: {a: {runs-on: x, steps: [run: x]}}\n".utf8)
        #expect(WorkflowFile(text, path: "w.yml", steps: 100).reading(.unknown).workflow != nil)
        let refused = WorkflowFile(text, path: "w.yml", steps: 2).reading(.unknown)
        #expect(refused.workflow == nil)
        #expect(refused.diagnostics.map(\.code) == ["planning-cost"])
    }

    @Test("H8: expressions, matrices and payloads of a file draw on one budget")
    func together() {
        let jobs = (0..<256).map {
            "  j\($0): {runs-on: \"${{ toJSON(github) == 'x' && 'x' || 'y' }}\", steps: [run: x]}\n"
        }
        let github = ExpressionValue.object([
            (key: "event", value: .string(String(repeating: "x", count: 1_000_000)))
        ])
        let reading = readWorkflow(
            Array("on: push\njobs:\n\(jobs.joined())".utf8), path: "w.yml", contexts: PlanContexts(github: github))
        #expect(reading.workflow == nil)
        #expect(reading.diagnostics.contains { $0.code == "planning-cost" })
        #expect(reading.steps <= PlanningLimits.fileStepsMax)
    }

    @Test("H8: a costly file leaves each of the others its share")
    func shares() {
        #expect(stepsOfNextFile(spent: 0, filesLeft: 1) == PlanningLimits.fileStepsMax)
        var spent = 0
        for place in 0..<PlanningLimits.filesMax {
            let given = stepsOfNextFile(spent: spent, filesLeft: PlanningLimits.filesMax - place)
            #expect(given >= PlanningLimits.fileStepsSure)
            spent += given
        }
        #expect(spent <= PlanningLimits.pushStepsMax)
    }

    @Test("H8: path filters stop at their steps, and then pass")
    func filters() throws {
        let pattern = String(repeating: "*a", count: 120)
        let on = try #require(
            read("on: {push: {paths: ['\(pattern)b']}}\njobs: {a: {runs-on: x, steps: [run: x]}}\n").triggers)
        let paths = (0..<1000).map { _ in String(repeating: "a", count: 200) }
        let push = RepositoryEvent.push(.init(ref: "refs/heads/x", before: "1", after: "1"))
        var steps = 100_000
        let commit = EventCommit(message: "", changedPaths: paths)
        #expect(triggers(on, of: "w.yml", by: push, commit, &steps) == .runs)
        #expect(steps < 0)
        #expect(decision(on, by: push, paths: ["b"]) != .runs)
    }

    /// The algorithm as MatrixBuilder.cs has it, one leg and one item after the other.
    static func slow(_ matrix: YAMLNode) -> [[String]] {
        let pairs = matrix.pairs ?? []
        let vectors = pairs.filter { $0.key != "include" && $0.key != "exclude" }
        var legs: [[YAMLPair]] = vectors.isEmpty ? [] : [[]]
        for vector in vectors {
            legs = legs.flatMap { leg in
                (vector.value.items ?? []).map {
                    leg + [YAMLPair(key: vector.key, position: vector.position, value: $0)]
                }
            }
        }
        func text(_ node: YAMLNode) -> String { node.scalar?.text ?? "" }
        func fits(_ item: [YAMLPair], _ leg: [YAMLPair]) -> Bool {
            item.allSatisfy { wanted in leg.contains { $0.key == wanted.key && text($0.value) == text(wanted.value) } }
        }
        for item in matrix["exclude"]?.value.items ?? [] { legs.removeAll { fits(item.pairs ?? [], $0) } }
        var full = legs
        for item in matrix["include"]?.value.items ?? [] {
            let own = (item.pairs ?? []).filter { pair in vectors.contains { $0.key == pair.key } }
            let extra = (item.pairs ?? []).filter { pair in !vectors.contains { $0.key == pair.key } }
            var hasMatched = false
            for index in legs.indices where fits(own, legs[index]) {
                hasMatched = true
                for pair in extra {
                    full[index].removeAll { $0.key == pair.key }
                    full[index].append(pair)
                }
            }
            if !hasMatched { full.append(vectors.compactMap { vector in own.first { $0.key == vector.key } } + extra) }
        }
        return full.map { leg in leg.map { "\($0.key)=\(text($0.value))" } }
    }

    @Test("H8: the quick expansion gives what the slow one gives", arguments: 0..<200)
    func equal(seed: Int) throws {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func random(_ below: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(below))
        }
        func item(_ keys: [String]) -> String {
            let chosen = keys.filter { _ in random(3) == 0 }
            return "{" + chosen.map { "\($0): v\(random(3))" }.joined(separator: ", ") + "}"
        }
        let vectors = Array(["a", "b", "c"].prefix(random(4)))
        var lines = vectors.map { "\($0): [\((0...random(3)).map { "v\($0)" }.joined(separator: ", "))]" }
        let exclude = vectors.isEmpty ? [] : (0..<random(4)).map { _ in item(vectors) }.filter { $0 != "{}" }
        let include = (0...random(8)).map { _ in item(["a", "b", "c", "x", "y", "z"]) }
        if !exclude.isEmpty { lines.append("exclude: [\(exclude.joined(separator: ", "))]") }
        lines.append("include: [\(include.joined(separator: ", "))]")
        let matrix = try yamlTree(Array(lines.joined(separator: "\n").utf8))
        var list = DiagnosticList(path: "w", source: [])
        var evaluator = PlanEvaluator(.unknown, workBytes: ExpressionLimits.workBytesMax)
        let legs = try #require(expandMatrix(matrix, &evaluator, &list))
        #expect(legs.map { leg in leg.values.map { "\($0.key)=\($0.value.scalar?.text ?? "")" } } == Self.slow(matrix))
    }
}
