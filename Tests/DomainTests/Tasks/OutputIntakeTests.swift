import Domain
import Testing

@Suite("H21: outputs of one report")
struct OutputIntakeTests {
    static func limits(name: Int = 5, value: Int = 5, run: Int64 = 100, count: Int = 10) -> OutputLimits {
        var limits = OutputLimits()
        limits.nameBytesMax = name
        limits.valueBytesMax = value
        limits.runBytesMax = run
        limits.outputsMax = count
        return limits
    }
    struct Case: Sendable {
        var sent: [(String, String)]
        var known: Set<String> = []
        var runBytes: Int64 = 0
        var limits = OutputIntakeTests.limits()
        var stored: [String] = []
        var refused: [String] = []
        var dropped: [String] = []
    }

    static let cases = [
        Case(sent: [("b", "2"), ("a", "1")], stored: ["a=1", "b=2"]),
        // What is there stays, and does not count again.
        Case(sent: [("a", "9"), ("b", "2")], known: ["a"], stored: ["b=2"]),
        Case(sent: [("a", "12345"), ("b", "123456")], stored: ["a=12345"], refused: ["b"]),
        Case(sent: [("a", "ééé")], refused: ["a"]),
        Case(
            sent: [("", "1"), ("abcdef", "1"), ("a\u{0}", "1"), ("b", "\u{0}")], refused: ["b"],
            dropped: ["", "a\u{0}", "abcdef"]),
        // The run's room, by bytes: what does not fit is refused, what comes after it may fit.
        Case(sent: [("a", "1234"), ("b", "12"), ("c", "1")], runBytes: 95, stored: ["a=1234", "c=1"], refused: ["b"]),
        Case(sent: [("a", ""), ("b", "1")], runBytes: 100, stored: ["a="], refused: ["b"]),
        Case(sent: [("a", "1")], runBytes: 200, refused: ["a"]),
        // Places, which a refused one takes as well.
        Case(
            sent: [("a", "123456"), ("b", "1"), ("c", "1")], limits: limits(count: 2), stored: ["b=1"], refused: ["a"],
            dropped: ["c"]),
        Case(sent: [("c", "1")], known: ["a", "b"], limits: limits(count: 2), dropped: ["c"]),
        Case(sent: []),
    ]

    @Test("for every case", arguments: cases.indices)
    func table(index: Int) {
        let row = Self.cases[index]
        let intake = OutputIntake(
            row.sent.map { JobOutput(name: $0.0, value: $0.1) }, known: row.known, runBytes: row.runBytes,
            limits: row.limits)
        #expect(intake.stored.map { "\($0.name)=\($0.value)" } == row.stored)
        #expect(intake.refused == row.refused)
        #expect(intake.dropped == row.dropped)
    }
}
