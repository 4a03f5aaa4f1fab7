import Testing

@testable import Domain

@Suite("The file that a job calls")
struct CallReferenceTests {
    private static let base = "https://ci.example/m"
    private static let commit = String(repeating: "a", count: 40)

    @Test(
        "has one name, whichever way it is written",
        arguments: [
            ("./.gitea/workflows/x.yml", nil, "./.gitea/workflows/x.yml"),
            ("./x.yaml", nil, "./x.yaml"),
            ("ann/app/.github/workflows/x.yml@v1", nil, "ann/app/.github/workflows/x.yml@v1"),
            ("https://ci.example/m/ann/app/w/x.yml@feature/a", nil, "ann/app/w/x.yml@feature/a"),
            // In a file of another repository, its own commit is that of the ref.
            ("./w/y.yml", "ann/app/w/x.yml@v1", "ann/app/w/y.yml@v1"),
            ("bob/lib/w/z.yml@\(commit)", "ann/app/w/x.yml@v1", "bob/lib/w/z.yml@\(commit)"),
            ("./w/y.yml", "./w/x.yml", "./w/y.yml"),
        ])
    func name(uses: String, file: String?, name: String) throws {
        let found = try CallReference(uses: uses, in: file.map { CallReference(name: $0) }, base: Self.base)
        #expect(found.name == name)
        #expect(CallReference(name: name) == found)
    }

    @Test("has parts")
    func parts() {
        let own = CallReference(name: "./a/b.yml")
        #expect(own.repository == nil && own.ref == nil && own.path == "a/b.yml")
        let other = CallReference(name: "ann/app/a/b.yml@feature/x")
        #expect(other.repository?.owner == "ann" && other.repository?.name == "app")
        #expect(other.ref == "feature/x" && other.path == "a/b.yml")
    }

    @Test(
        "is refused with words",
        arguments: [
            ("./x.yml@main", "cannot have \"@\""), ("x.yml", "is neither"), ("./x.txt", "is neither"),
            ("", "is neither"),
            ("./../x.yml", "is neither"), ("./a//x.yml", "is neither"), ("ann/app/x.yml", "is neither"),
            ("ann/app/x.yml@", "is neither"), ("ann/app/x.yml@a b", "is neither"), ("ann/app/x.yml@a..b", "is neither"),
            ("/app/x.yml@v1", "is neither"), ("ann/app/../../x.yml@v1", "is neither"),
            ("https://github.com/ann/app/w/x.yml@v1", "is not on this server"),
            ("https://ci.example/mann/app/w/x.yml@v1", "is not on this server"),
            ("./${{ inputs.x }}.yml", "cannot have an expression"), ("./a\0.yml", "NUL"),
            ("./" + String(repeating: "a", count: 2048) + ".yml", "2048 bytes"),
        ])
    func refused(uses: String, words: String) {
        let fault = #expect(throws: CallReference.Fault.self) {
            try CallReference(uses: uses, in: nil, base: Self.base)
        }
        #expect(fault?.message.contains(words) == true, "\(fault?.message ?? "")")
    }
}
