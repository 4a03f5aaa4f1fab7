import Domain
import Testing

@Suite("A ref's short name")
struct RefTests {
    @Test(
        "and its type",
        arguments: [
            ("refs/heads/main", "main", "branch"), ("refs/heads/a/b", "a/b", "branch"), ("refs/tags/v1", "v1", "tag"),
            ("refs/tags/refs/heads/x", "refs/heads/x", "tag"), ("refs/heads/", "", "branch"), ("main", "main", ""),
            ("refs/pull/1/head", "refs/pull/1/head", ""), ("Refs/heads/x", "Refs/heads/x", ""), ("", "", ""),
            // A mark behind the "/" makes another Character of it, and no other byte.
            ("refs/heads/\u{301}x", "\u{301}x", "branch"),
        ])
    func short(ref: String, name: String, type: String) {
        let short = shortRef(ref)
        #expect(short.name == name && short.type == type)
    }

    @Test(
        "as people read it",
        arguments: [
            ("refs/heads/a/b", "a/b"), ("refs/tags/v1", "v1"), ("refs/pull/12/head", "#12"), ("refs/pull/7", "#7"),
            ("refs/notes/x", "refs/notes/x"), ("", ""),
        ])
    func shown(ref: String, expected: String) { #expect(shownRef(ref) == expected) }
}
