import Testing

@testable import Client

@Suite("Text that is not evaluated (field 04)")
struct ExactTextTests {
    static let exact = ExactText()

    @Test("comes back as it was", arguments: ["", "${{ a }}", "$${{{", "${{${{", "x${{\u{301} y }}", "plain }} $ {{"])
    func roundTrip(text: String) {
        let guarded = Self.exact.guarded(text)
        #expect(Self.exact.restored(guarded) == text)
        // Bytes, as act looks at them.
        #expect(!Array(guarded.utf8).contains(sequence: Array("${{".utf8)))
    }

    @Test("cannot be made into an expression by somebody who does not know the mark")
    func random() { #expect(ExactText().mark != ExactText().mark) }
}

extension [UInt8] {
    fileprivate func contains(sequence: [UInt8]) -> Bool {
        indices.contains { self[$0...].starts(with: sequence) }
    }
}
