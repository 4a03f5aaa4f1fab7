import Domain
import Testing

@Suite("The default branch")
struct DefaultBranchTests {
    @Test(
        "H5: the first pushed branch becomes it while the repository has no other",
        arguments: [
            ("main", ["master"], ["master"], "master"), ("main", ["main"], ["main"], nil),
            ("main", ["main", "x"], ["x"], nil), ("main", ["b", "a"], ["b", "a"], "b"),
            ("trunk", ["a", "main"], ["a", "main"], "main"), ("main", ["a", "master"], ["a", "master"], "master"),
            ("main", ["a"], ["gone"], nil), ("main", [], ["gone"], nil),
            // main was deleted while there was another.
            ("main", ["old", "new"], ["new"], nil), ("main", ["old"], [], nil),
            ("main", ["new"], ["new", "gone"], "new"),
        ] as [(String, Set<String>, [String], String?)])
    func adopted(current: String, branches: Set<String>, made: [String], expected: String?) {
        #expect(newDefaultBranch(current: current, branches: branches, made: made) == expected)
    }
}
