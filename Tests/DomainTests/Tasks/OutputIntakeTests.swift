import Domain
import Testing

@Suite("Outputs of a report")
struct OutputIntakeTests {
    static let limits: OutputLimits = {
        var limits = OutputLimits()
        limits.nameBytesMax = 4
        limits.valueBytesMax = 3
        limits.runBytesMax = 10
        limits.outputsMax = 3
        return limits
    }()

    static func output(_ name: String, _ value: String = "x") -> JobOutput { JobOutput(name: name, value: value) }

    static func intake(_ sent: [JobOutput], known: Set<String> = [], runBytes: Int64 = 0) -> OutputIntake {
        OutputIntake(sent, known: known, runBytes: runBytes, limits: limits)
    }

    @Test("are stored in order of their names")
    func stored() {
        let intake = Self.intake([Self.output("b", ""), Self.output("a")])
        #expect(intake.stored == [Self.output("a"), Self.output("b", "")])
        #expect(intake.refused == [] && intake.dropped == [])
    }

    @Test("the first value of a name wins, and a known name takes no place")
    func known() {
        let sent = ["a", "b", "c", "d"].map { Self.output($0) }
        let intake = Self.intake(sent, known: ["a", "b"])
        #expect(intake.stored == [Self.output("c")])
        #expect(intake.dropped == ["d"])
    }

    @Test("a name that cannot be kept is dropped", arguments: ["", "abcde", "a\0b"])
    func dropped(name: String) {
        #expect(Self.intake([Self.output(name)]).dropped == [name])
    }

    @Test("a value that cannot be kept leaves its name", arguments: ["xxxx", "\0"])
    func refused(value: String) {
        let intake = Self.intake([Self.output("a", value)])
        #expect(intake.refused == ["a"] && intake.stored == [])
    }

    @Test("what does not fit into the run's bytes is refused, smaller ones behind it are not")
    func room() {
        let intake = Self.intake(
            [Self.output("a", "xxx"), Self.output("b", "xx"), Self.output("c", "x")], runBytes: 6)
        #expect(intake.stored.map(\.name) == ["a", "c"])
        #expect(intake.refused == ["b"])
    }
}
