import Domain
import Testing

@Suite("A runner's labels")
struct LabelTests {
    @Test(
        "match by subset, case and bytes",
        arguments: [
            (["a", "b", "c"], ["a", "b"], true), (["a"], ["a", "b"], false), (["A", "b"], ["a", "b"], false),
            (["a"], [], true), (["\u{e9}"], ["e\u{301}"], false),
        ])
    func subset(have: [String], wanted: [String], expected: Bool) {
        #expect(labels(have, satisfy: wanted) == expected)
    }

    @Test(
        "take part by name only (runner.md 3.1)",
        arguments: [
            ("ubuntu", "ubuntu"), ("ubuntu:host", "ubuntu"), ("u:docker://node:16", "u"), ("u:lxc://debian", "u"),
            ("gpu:a100", "gpu:a100"),
        ])
    func name(sent: String, expected: String) {
        #expect(labelName(sent) == expected)
    }

    @Test("are cut between characters")
    func cutting() {
        #expect(cut("aé", bytesMax: 2) == "a")
        #expect(cut("abc", bytesMax: 3) == "abc")
    }
}
