import Domain
import Testing

@Suite("A commit object")
struct CommitTests {
    static let header = """
        tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904
        parent 1111111111111111111111111111111111111111
        parent 2222222222222222222222222222222222222222
        author Ann  B. Example <ann@example.org> 1700000000 +0130
        committer <> 1700000000 -0800

        """

    @Test("is read")
    func reading() {
        let commit = Commit(Array((Self.header + "\nTitle\n\nBody\n").utf8))
        #expect(commit.parents.map { $0.prefix(1) } == ["1", "2"])
        #expect(commit.author.name == "Ann B. Example")
        #expect(commit.author.email == "ann@example.org")
        #expect(commit.author.time == "2023-11-14T23:43:20+01:30")
        #expect(commit.committer.name == "")
        #expect(commit.committer.time == "2023-11-14T14:13:20-08:00")
        #expect(commit.message == "Title\n\nBody")
    }

    @Test(
        "A19, field 08: a message ends with no line break, and its title is its first line whatever ends that",
        arguments: [
            ("release\n\n", "release", "release"), ("bare", "bare", "bare"), ("a\r\nb\r\n", "a\r\nb", "a"),
            ("\n\na\rb", "\n\na\rb", "a"), ("  \n x", "  \n x", " x"), ("a\0b", "a\0b", "ab"),
        ])
    func message(text: String, message: String, title: String) {
        let commit = Commit(Array((Self.header + "\n" + text).utf8))
        #expect(commit.message == message)
        #expect(commit.title == title)
    }

    @Test(
        "any time has a text",
        arguments: [
            ("0 +0000", "1970-01-01T00:00:00Z"), ("951782400 +0000", "2000-02-29T00:00:00Z"),
            ("9223372036854775807 +0000", "9999-12-31T00:00:00Z"),
            ("-9223372036854775808 -0000", "0001-01-01T00:00:00Z"),
            ("x +9999999", "1970-01-01T00:00:00Z"), ("1 +99999999999999999999", "1970-01-01T00:00:01Z"),
        ])
    func times(zone: String, expected: String) {
        #expect(Commit(Array("author a <b> \(zone)\n\n".utf8)).author.time == expected)
    }

    @Test(
        "H21: names and addresses are cut: an event shows them for each of its commits",
        arguments: ["a", "\u{e9}", "\u{1}", "\""])
    func longPersons(character: String) {
        let long = String(repeating: character, count: 100_000)
        let commit = Commit(Array("author \(long) <\(long)> 1700000000 +0000\ncommitter \(long)\n\nx".utf8))
        for text in [commit.author.name, commit.author.email, commit.committer.name] {
            #expect((250...PushLimits.personBytesMax).contains(text.utf8.count))
        }
        #expect(commit.author.time == "2023-11-14T22:13:20Z")
    }

    @Test("H21: copies of a push's event are bounded together", arguments: [0, 1, 15, 16, 17, 100, 257, 100_000])
    func eventCopies(runs: Int) {
        #expect(eventBytes(runs: runs) <= PushLimits.eventBytesMax)
        #expect(eventBytes(runs: runs) * runs <= PushLimits.eventsBytesMax)
        let isPossible = runs <= PlanningLimits.filesMax + 1
        #expect(!isPossible || eventBytes(runs: runs) > 100_000, "room for a head and some commits")
    }

    @Test(
        "what is no commit is empty", arguments: ["", "\n", "author\n", "author <\n", "author > < 1\n\n", "parent \n"])
    func broken(text: String) { #expect(Commit(Array(text.utf8)).message == "") }
}
