import Domain
import Testing

@Suite("The name of an artifact")
struct ArtifactNameTests {
    @Test(
        "may be nearly anything that a file may be called",
        arguments: [
            "a", "my artifact", " leading and trailing ", "...", ".hidden", "page é 100%.html", "日本語", "a+b#c;d&e=f'g",
            String(repeating: "x", count: 255), String(repeating: "é", count: 127),
        ])
    func allowed(text: String) throws { #expect(try ArtifactName(text).text == text) }

    @Test(
        "is without what file systems forbid, and without control characters",
        arguments: [
            "\"", ":", "<", ">", "|", "*", "?", "\r", "\n", "\\", "/", "\0", "\t", "\u{1B}", "\u{7F}", "\u{85}",
            "\u{9F}",
        ]
            as [Unicode.Scalar])
    func forbidden(scalar: Unicode.Scalar) {
        for text in ["\(scalar)", "a\(scalar)", "\(scalar)b"] {
            #expect(throws: ArtifactName.Invalid.forbidden(scalar, in: text)) { try ArtifactName(text) }
        }
    }

    @Test("is looked at by scalars: a combining mark hides nothing")
    func combining() {
        #expect(throws: ArtifactName.Invalid.self) { try ArtifactName("a/\u{338}b") }
        #expect(throws: ArtifactName.Invalid.self) { try ArtifactName("a\r\nb") }
    }

    @Test(
        "is refused with words that help",
        arguments: [
            ("", "artifact name is empty; give the artifact a name"),
            ("..", "artifact name \"..\" means a directory; choose another name"),
            (".", "artifact name \".\" means a directory; choose another name"),
            (
                "a/b",
                #"artifact name "a/b" contains "/"; choose a name without " : < > | * ? \ / and control characters"#
            ),
            (
                "a\u{1B}[31m",
                "artifact name \"a\u{FFFD}[31m\" contains the control character U+001B; "
                    + #"choose a name without " : < > | * ? \ / and control characters"#
            ),
            (String(repeating: "x", count: 256), "artifact name is 256 bytes long; choose one of at most 255"),
            (String(repeating: "é", count: 128), "artifact name is 256 bytes long; choose one of at most 255"),
        ])
    func refused(text: String, words: String) {
        #expect(#expect(throws: ArtifactName.Invalid.self) { try ArtifactName(text) }?.description == words)
    }

    @Test("equals another when the bytes are equal, as in PostgreSQL")
    func bytes() throws {
        let composed = try ArtifactName("\u{E9}")
        let decomposed = try ArtifactName("e\u{301}")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed, composed]).count == 2)
    }
}
