import Testing

@testable import Domain

@Suite("Actions that others are used for")
struct ActionReplacementsTests {
    static let table = [
        ("actions/upload-artifact@v4", "https://code.example/mirror/upload-artifact@v4"),
        ("actions/upload-artifact", "mirror/upload-artifact@v3"),
        ("actions/checkout", "https://code.example/a/checkout"),
        ("github/codeql-action", "mirror/codeql-action"), ("github/codeql-action/init", "mirror/init@main"),
        ("https://github.com/x/y@v1", "x/z@v2"),
    ]

    @Test(
        "the longest name counts, then the one with the ref; what is below a name and the ref stay",
        arguments: [
            ("actions/upload-artifact@v4", "https://code.example/mirror/upload-artifact@v4"),
            ("Actions/Upload-Artifact@v4", "https://code.example/mirror/upload-artifact@v4"),
            ("actions/upload-artifact@V4", "mirror/upload-artifact@v3"),
            ("actions/upload-artifact@v4.1", "mirror/upload-artifact@v3"),
            ("actions/checkout@v5", "https://code.example/a/checkout@v5"),
            ("actions/checkout@feature/a@b", "https://code.example/a/checkout@feature/a@b"),
            ("actions/checkout-more@v1", nil), ("actions/checkout/sub@v1", "https://code.example/a/checkout/sub@v1"),
            ("github/codeql-action/analyze@v3", "mirror/codeql-action/analyze@v3"),
            ("github/codeql-action/init@v3", "mirror/init@main"),
            ("github/codeql-action/init/x@v3", "mirror/init/x@main"),
            ("https://github.com/x/y@v1", "x/z@v2"), ("https://github.com/x/y@v2", nil), ("x/y@v1", nil),
            ("./actions/checkout", nil), ("docker://actions/checkout@v4", nil), ("actions", nil), ("", nil),
        ] as [(String, String?)])
    func replacement(uses: String, wanted: String?) throws {
        let table = try ActionReplacements(Self.table.map { (from: $0.0, to: $0.1) })
        #expect(table.replacement(of: uses) == wanted)
        #expect(ActionReplacements.none.replacement(of: uses) == nil)
    }

    @Test(
        "rows that are none",
        arguments: [
            ("checkout", "a/b"), ("actions/checkout@", "a/b"), ("actions/checkout", "b"), ("./a", "a/b"),
            ("a/b", "https://code.example/b"), ("a /b", "a/c"), ("a/b", "a/${{ x }}"), ("docker://a/b", "a/c"),
            ("", "a/b"), ("a//b", "a/c"),
        ])
    func refused(from: String, to: String) {
        #expect(throws: ActionReplacements.Invalid.self) { try ActionReplacements([(from: from, to: to)]) }
    }

    @Test("a name stands once")
    func twice() {
        #expect(throws: ActionReplacements.Invalid(words: "names \"A/B@v1\" twice")) {
            try ActionReplacements([(from: "a/b@v1", to: "c/d"), (from: "A/B@v1", to: "c/e")])
        }
    }

    @Test("only uses of steps change in what a runner gets, and what was replaced is told once")
    func payload() throws {
        let steps =
            "[{uses: actions/checkout@v4, with: {a: 'actions/checkout@v4'}}, {run: 'uses: actions/checkout@v4'}, {uses: ./x}, {uses: actions/checkout@v4}]"
        let definition = try #require(
            plans("runs-on: x, env: {uses: actions/checkout@v4}, steps: \(steps)").first?.definition)
        let table = try ActionReplacements([(from: "actions/checkout", to: "https://c.example/m/checkout")])
        let (made, replaced) = try definition.replacing(by: table)
        #expect(replaced == [ReplacedAction(from: "actions/checkout@v4", to: "https://c.example/m/checkout@v4")])
        #expect(
            String(decoding: Domain.payload(of: made), as: UTF8.self)
                == #"{"name":"w.yml","on":"push","jobs":{"a":{"name":"a","runs-on":"x","env":{"uses":"actions/checkout@v4"},"steps":[{"uses":"https://c.example/m/checkout@v4","with":{"a":"actions/checkout@v4"}},{"run":"uses: actions/checkout@v4"},{"uses":"./x"},{"uses":"https://c.example/m/checkout@v4"}]}}}"#
        )
        #expect(try definition.replacing(by: .none).definition == definition)
    }
}
