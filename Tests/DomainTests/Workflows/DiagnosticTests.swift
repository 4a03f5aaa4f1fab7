import Testing

@testable import Domain

@Suite("Remarks about a workflow file")
struct DiagnosticTests {
    static let place = Position(line: 2, column: 3)

    @Test("are told with file, line, column and code")
    func words() {
        var list = DiagnosticList(path: "a/ci.yml", source: [])
        list.error("type", "\"on\" must be a mapping", at: Self.place)
        #expect(list.all.map(\.description) == ["a/ci.yml:2:3: \"on\" must be a mapping [type]"])
        #expect(list.all.map(\.severity) == [.error])
    }

    @Test("the first errors are kept and all are counted; warnings have room of their own")
    func bounds() {
        let most = WorkflowLimits.errorsMax
        var list = DiagnosticList(path: "w", source: [])
        for number in 0..<(most + 5) {
            #expect(list.hasRoomForError == (number < most))
            list.error("e", "\(number)", at: Self.place)
        }
        #expect(list.errorCount == most + 5)
        #expect(list.hasRoomForWarning)
        for number in 0..<(most + 5) { list.warning("w", "\(number)", at: Self.place) }
        #expect(!list.hasRoomForWarning)
        #expect(list.all.filter { $0.severity == .error }.map(\.message) == (0..<most).map(String.init))
        #expect(list.all.count == 2 * most)
    }

    @Test(
        "one message is one line, and has an end",
        arguments: [
            ("a\nb", "a b"), ("a\r\nb", "a b"), ("a\u{2028}b\u{85}c", "a b c"),
            (String(repeating: "é", count: 501), String(repeating: "é", count: 500)),
        ])
    func line(message: String, kept: String) {
        var list = DiagnosticList(path: "w", source: [])
        list.warning("w", message, at: Self.place)
        #expect(list.all.map(\.message) == [kept])
    }
}
