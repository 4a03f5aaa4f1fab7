import Testing

@testable import Domain

@Suite("Annotations of a log")
struct AnnotationTests {
    @Test(
        "are read from rows",
        arguments: [
            ("::error::it broke", Annotation(.error, "it broke")),
            (
                "::error file=src/a.c,line=3,col=7,endLine=4,title=Syntax::expected )",
                Annotation(.error, "expected )", title: "Syntax", file: "src/a.c", line: 3, column: 7)
            ),
            ("##[error]it broke", Annotation(.error, "it broke")),
            ("##[warning file=a,line=2]careful", Annotation(.warning, "careful", file: "a", line: 2)),
            ("   ::NOTICE::look", Annotation(.notice, "look")),
            (
                "::warning file=a%2Cb%3A1,line=2::100%25 of%0Atwo lines%0D",
                Annotation(.warning, "100% of\ntwo lines\r", file: "a,b:1", line: 2)
            ),
            // Decoded once; in a message colons and commas are not written so; small letters and what is no code.
            ("::error::%250A %3A %2C %0a %4", Annotation(.error, "%0A %3A %2C \n %4")),
            ("::error::a::b::c", Annotation(.error, "a::b::c")),
            ("::error::", Annotation(.error, "")),
            ("::error line=x,col=-4,file::words", Annotation(.error, "words")),
            ("::error line=99999999999999999999::words", Annotation(.error, "words")),
            ("::error file=a,file=b::first", Annotation(.error, "first", file: "a")),
            ("::error,file=a::no", nil), ("::errors::no", nil), ("::error:no", nil), ("::error", nil), ("::", nil),
            ("::debug::no", nil), ("::group::no", nil), ("##[error", nil), ("##[group]no", nil),
            ("an ::error::no", nil),
            ("error: no", nil), ("", nil),
        ] as [(String, Annotation?)])
    func read(row: String, expected: Annotation?) {
        #expect(Annotation(row: row.utf8) == expected)
        // The look that comes first lets none of them pass by.
        if expected != nil { #expect(Array(row.utf8).withUnsafeBytes { mayAnnotate($0) }) }
    }

    @Test(
        "the first look costs no more than the row's beginning",
        arguments: ["", ":", "  ", "##", "plain", ":a::error::"])
    func look(row: String) { #expect(!Array(row.utf8).withUnsafeBytes { mayAnnotate($0) }) }

    @Test("are cut between characters, and what is no UTF-8 is repaired")
    func cut() throws {
        let long = String(repeating: "é", count: 3_000)
        let annotation = try #require(Annotation(row: "::error title=\(long)::\(long)".utf8))
        #expect(annotation.title.utf8.count <= AnnotationLimits.nameBytesMax + 3 && annotation.title.hasSuffix("é…"))
        let message = try #require(Annotation(row: "::error::\(long)".utf8)).message
        #expect(message.utf8.count <= AnnotationLimits.messageBytesMax + 3 && message.hasSuffix("é…"))
        #expect(Annotation(row: Array("::error::a".utf8) + [0xFF])?.message == "a\u{FFFD}")
        #expect(
            Annotation(row: Array("::error title=a".utf8) + [0] + Array("::b".utf8) + [0])
                == Annotation(.error, "b?", title: "a?"))
    }

    @Test("of a job are shown by shares of its steps, the failing first")
    func shares() {
        var all = (0..<40).map { PlacedAnnotation(Annotation(.warning, "w"), row: $0) }
        all += (40..<43).map { PlacedAnnotation(Annotation(.error, "e"), row: $0) }
        all.append(PlacedAnnotation(Annotation(.notice, "n"), row: 500))
        let shown = shownAnnotations(all, steps: [0..<30, 30..<45])
        #expect(shown.map(\.row) == [40, 41, 42] + Array(0..<10) + Array(30..<40) + [500])
        let steps = (0..<10).map { Int64($0) * 20..<Int64($0 + 1) * 20 }
        let many = (0..<200).map { PlacedAnnotation(Annotation(.error, "e"), row: $0) }
        #expect(shownAnnotations(many, steps: steps).count == AnnotationLimits.perJobMax)
    }
}
