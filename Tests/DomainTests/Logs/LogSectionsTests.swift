import Domain
import Testing

@Suite("The sections of a log's page")
struct LogSectionsTests {
    private static func step(_ status: Status, _ index: Int64, _ length: Int64) -> LogStep {
        LogStep(name: "s", status: status, index: index, length: length)
    }
    struct Case: Sendable {
        let name: String
        let steps: [LogStep]
        let rows: Int64
        let task: Status
        /// "Set up job", the steps, "Complete job".
        let starts: [Int64?]
        let open: Int?
    }

    static let cases: [Case] = [
        Case(
            name: "a whole run", steps: [step(.success, 2, 3), step(.success, 5, 4)], rows: 10, task: .success,
            starts: [0, 2, 5, 9], open: 2),
        Case(
            name: "the first step runs: what comes is its own", steps: [step(.running, 2, 3), step(.waiting, 0, 0)],
            rows: 9, task: .running, starts: [0, 2, nil, nil], open: 1),
        Case(
            name: "none began", steps: [step(.waiting, 0, 0)], rows: 4, task: .running, starts: [0, nil, nil], open: 0),
        Case(
            name: "rows between steps belong to the one before", steps: [step(.success, 1, 1), step(.failure, 6, 2)],
            rows: 10, task: .failure, starts: [0, 1, 6, 8], open: 2),
        Case(
            name: "a skipped step stands before the next",
            steps: [
                step(.success, 1, 1), step(.skipped, 0, 0), step(.success, 4, 2),
            ], rows: 6, task: .success, starts: [0, 1, 4, 4, 6], open: 3),
        Case(
            name: "a step that begins before the one ahead", steps: [step(.success, 5, 1), step(.success, 2, 1)],
            rows: 9, task: .success, starts: [0, 5, 5, 6], open: 2),
        Case(
            name: "numbers out of range", steps: [step(.success, -5, 99), step(.success, 400, .max)], rows: 3,
            task: .success, starts: [0, 0, 3, 3], open: 2),
        Case(name: "no steps", steps: [], rows: 4, task: .failure, starts: [0, 4], open: 0),
        Case(
            name: "a failed set-up", steps: [step(.skipped, 0, 0)], rows: 4, task: .failure, starts: [0, 4, 4], open: 0),
    ]

    @Test("begin where their steps do and cover every row once", arguments: cases.indices)
    func sections(index: Int) {
        let test = Self.cases[index]
        let sections = sectionLog(steps: test.steps, rows: test.rows, task: test.task)
        #expect(sections.map(\.start) == test.starts, "\(test.name)")
        #expect(openSection(of: sections) == test.open, "\(test.name)")
        let starts = sections.compactMap(\.start)
        #expect(starts.first == 0 && starts == starts.sorted() && starts.allSatisfy { $0 <= test.rows })
        #expect(sections.first?.step == nil && sections.last?.step == nil)
        #expect(sections.dropFirst().dropLast().map(\.step) == test.steps.indices.map { $0 })
    }
}
