import Testing

@testable import Domain

@Suite("Which jobs need which")
struct NeedsGraphTests {
    /// Remarks on a file with these jobs: key and `needs`.
    static func remarks(_ jobs: [(key: String, needs: String)]) -> [String] {
        let lines = jobs.map { "  \($0.key): {needs: \($0.needs), runs-on: x, steps: [run: x]}\n" }.joined()
        return read("on: push\njobs:\n\(lines)").diagnostics.map { "\($0.line):\($0.column) \($0.message)" }
    }

    @Test("any order, one need twice, and a diamond are right")
    func right() {
        #expect(Self.remarks([("c", "[a, b]"), ("b", "a"), ("a", "[]"), ("d", "[c, c, a]")]) == [])
    }

    @Test("a need that is no job is told with what may be meant")
    func unknown() {
        #expect(
            Self.remarks([("build", "[]"), ("test", "[buld, zzzzzz]")]) == [
                "4:18 job \"test\" needs \"buld\", which does not exist; did you mean \"build\"?",
                "4:24 job \"test\" needs \"zzzzzz\", which does not exist",
            ])
        // Names are compared as bytes: what only looks alike is another name, and so is another case.
        #expect(Self.remarks([("build", "[]"), ("test", "Build")]).count == 1)
    }

    @Test("a job that waits for itself is told with the whole way")
    func cycles() {
        #expect(Self.remarks([("a", "a")]) == ["3:14 jobs need each other: a → a"])
        #expect(
            Self.remarks([("a", "c"), ("b", "a"), ("c", "b")]) == ["4:14 jobs need each other: a → c → b → a"])
        // What leads to a cycle is not in it.
        #expect(Self.remarks([("x", "a"), ("a", "b"), ("b", "a")]) == ["5:14 jobs need each other: a → b → a"])
    }

    @Test("as many jobs in a row as a file may have are walked on a small stack")
    func chain() {
        let count = WorkflowLimits.jobsMax
        let jobs = (0..<count).map { (key: "j\($0)", needs: $0 == 0 ? "[]" : "j\($0 - 1)") }
        #expect(onSmallStack { Self.remarks(jobs).joined() } == "")
        let turned = (0..<count).map { (key: "j\($0)", needs: "j\(($0 + 1) % count)") }
        #expect(onSmallStack { "\(Self.remarks(turned).count)" } == "1")
    }
}
