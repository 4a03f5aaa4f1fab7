import Domain
import Testing

@Suite("The path of a v3 file")
struct ArtifactItemPathTests {
    @Test(
        "is the artifact's name and a relative path",
        arguments: [
            ("art/hello.txt", "art", "hello.txt"), ("art/dir/f", "art", "dir/f"), ("art\\dir\\f", "art", "dir/f"),
            ("art\\dir/f", "art", "dir/f"), ("a b/ü + % #.txt", "a b", "ü + % #.txt"),
            ("art/.git/...", "art", ".git/..."),
            ("art/%2e%2e/x", "art", "%2e%2e/x"),  // decoded once already: these are plain characters now
        ])
    func read(itemPath: String, artifact: String, path: String) throws {
        let item = try ArtifactItemPath(itemPath)
        #expect(item.artifact.text == artifact)
        #expect(item.path == path)
    }

    @Test(
        "never leads out of the artifact",
        arguments: [
            ("art/../x", ".."), ("art/..", ".."), ("art/a/..\\..\\x", ".."), ("art/./x", "."), ("art//x", ""),
            ("art/", ""),
            ("art/x/", ""), ("art//", ""), ("art\\\\x", ""), ("art/..\u{338}/../x", ".."),
        ])
    func segments(itemPath: String, segment: String) {
        #expect(throws: ArtifactPathProblem.segment(segment, in: itemPath)) { try ArtifactItemPath(itemPath) }
    }

    @Test(
        "begins with a name that an artifact may have",
        arguments: [
            ("/x", ArtifactName.Invalid.empty), ("\\x", .empty), ("../x", .directory("..")), ("./x", .directory(".")),
            ("C:\\x", .forbidden(":", in: "C:")),
        ])
    func artifact(itemPath: String, invalid: ArtifactName.Invalid) {
        #expect(throws: ArtifactPathProblem.artifactName(invalid)) { try ArtifactItemPath(itemPath) }
    }

    @Test("names a file", arguments: ["", "art"])
    func noFile(itemPath: String) {
        #expect(throws: ArtifactPathProblem.noFile(itemPath)) { try ArtifactItemPath(itemPath) }
    }

    @Test(
        "is without what file systems forbid",
        arguments: ["\"", ":", "<", ">", "|", "*", "?", "\r", "\n", "\0", "\u{7F}", "\u{80}"] as [Unicode.Scalar])
    func forbidden(scalar: Unicode.Scalar) {
        let itemPath = "art/dir/a\(scalar)b"
        #expect(throws: ArtifactPathProblem.forbidden(scalar, in: itemPath)) { try ArtifactItemPath(itemPath) }
    }

    @Test("has bounds")
    func bounds() throws {
        let longest = String(repeating: "x", count: 255)
        #expect(try ArtifactItemPath("a/" + longest).path == longest)
        #expect(throws: ArtifactPathProblem.segmentTooLong(byteCount: 256, in: "a/x" + longest)) {
            try ArtifactItemPath("a/x" + longest)
        }
        let path = Array(repeating: longest, count: 4).joined(separator: "/")
        #expect(try ArtifactItemPath("a/" + path).path.utf8.count == 1023)
        #expect(throws: ArtifactPathProblem.tooLong(byteCount: 1025)) { try ArtifactItemPath("a/\(path)/x") }
    }

    @Test("is refused with words that help")
    func words() {
        let problem = #expect(throws: ArtifactPathProblem.self) { try ArtifactItemPath("art/../x") }
        #expect(
            problem?.description
                == #"file path "art/../x" has the segment ".."; send a relative path without empty, "." and ".." segments"#
        )
    }
}
