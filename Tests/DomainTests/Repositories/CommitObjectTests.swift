import Testing

@testable import Domain

@Suite("Objects that the server writes into git")
struct CommitObjectTests {
    @Test("a commit is read back as it was written")
    func commit() {
        let author = Commit.Person(
            name: "Ann Example", email: "ann@example.org", seconds: 1_700_000_000, offsetMinutes: 60)
        let committer = Commit.Person(name: "Bob", email: "bob@example.org", seconds: 1_700_000_001, offsetMinutes: -90)
        let bytes = commitObject(
            tree: "t", parents: ["p", "q"], author: author, committer: committer, message: "One\n\nTwo\n")
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                tree t
                parent p
                parent q
                author Ann Example <ann@example.org> 1700000000 +0100
                committer Bob <bob@example.org> 1700000001 -0130

                One

                Two

                """)
        let read = Commit(bytes)
        #expect(read.author == author && read.committer == committer && read.parents == ["p", "q"])
        #expect(read.message == "One\n\nTwo")
    }

    @Test("what would begin another line or address is left out of a person")
    func people() {
        let person = Commit.Person(name: "A\ncommitter <x> B", email: "a@b>\0 1 +0000\n", seconds: -5)
        #expect(person.name == "Acommitter x B" && person.email == "a@b 1 +0000")
        let text = String(
            decoding: commitObject(tree: "t", parents: [], author: person, committer: person, message: ""),
            as: UTF8.self)
        #expect(text.split(separator: "\n").count == 3 && text.contains("<a@b 1 +0000> 0 +0000"))
    }

    @Test("a tag")
    func tag() {
        let tagger = Commit.Person(name: "Ann", email: "a@b", seconds: 1)
        #expect(
            String(
                decoding: tagObject(of: "abc", type: "commit", name: "v1", tagger: tagger, message: "First\n"),
                as: UTF8.self)
                == "object abc\ntype commit\ntag v1\ntagger Ann <a@b> 1 +0000\n\nFirst\n")
    }
}
