import Domain
import Testing

@Suite("A log cut into steps (runner.md 5.3)")
struct LogSlicesTests {
    static func step(_ status: Status, _ index: Int64, _ length: Int64) -> LogStep {
        LogStep(name: "s", status: status, index: index, length: length)
    }
    struct Case: Sendable {
        let name: String
        let steps: [LogStep]
        let rows: Int64
        let task: Status
        let slices: [(Status, Range<Int64>)]
    }

    static let cases: [Case] = [
        Case(
            name: "a whole run", steps: [step(.success, 2, 3), step(.success, 5, 4)], rows: 10, task: .success,
            slices: [(.success, 0..<2), (.success, 2..<5), (.success, 5..<9), (.success, 9..<10)]),
        Case(
            name: "the first step runs", steps: [step(.running, 2, 3), step(.waiting, 0, 0)], rows: 5, task: .running,
            slices: [(.success, 0..<2), (.running, 2..<5), (.waiting, 0..<0), (.waiting, 5..<5)]),
        Case(
            name: "none began: all rows are set-up", steps: [step(.waiting, 0, 0)], rows: 4, task: .running,
            slices: [(.running, 0..<4), (.waiting, 0..<0), (.waiting, 4..<4)]),
        Case(
            name: "none began and the job failed", steps: [step(.skipped, 4, 0)], rows: 4, task: .failure,
            slices: [(.failure, 0..<4), (.skipped, 4..<4), (.failure, 4..<4)]),
        Case(
            name: "no steps, success", steps: [], rows: 4, task: .success,
            slices: [(.success, 0..<4), (.success, 4..<4)]),
        Case(
            name: "no steps, failure", steps: [], rows: 4, task: .failure,
            slices: [(.failure, 0..<4), (.cancelled, 4..<4)]),
        Case(
            name: "no steps, running", steps: [], rows: 4, task: .running,
            slices: [(.running, 0..<4), (.waiting, 4..<4)]),
        Case(
            name: "a failed step starts completion", steps: [step(.failure, 1, 2), step(.waiting, 3, 0)], rows: 5,
            task: .running,
            slices: [(.success, 0..<1), (.failure, 1..<3), (.waiting, 3..<3), (.running, 3..<5)]),
        Case(
            name: "the last step's end starts completion", steps: [step(.success, 1, 2)], rows: 5, task: .running,
            slices: [(.success, 0..<1), (.success, 1..<3), (.running, 3..<5)]),
        Case(
            name: "rows between steps belong to nobody, the rest begins behind the last",
            steps: [step(.success, 1, 1), step(.success, 6, 2)], rows: 10, task: .success,
            slices: [(.success, 0..<1), (.success, 1..<2), (.success, 6..<8), (.success, 8..<10)]),
        Case(
            name: "a skipped last step does not hide the rest", steps: [step(.success, 1, 2), step(.skipped, 3, 0)],
            rows: 6, task: .success,
            slices: [(.success, 0..<1), (.success, 1..<3), (.skipped, 3..<3), (.success, 3..<6)]),
        Case(
            name: "a cancelled step with rows has begun", steps: [step(.cancelled, 1, 2), step(.cancelled, 3, 0)],
            rows: 4, task: .cancelled,
            slices: [(.success, 0..<1), (.cancelled, 1..<3), (.cancelled, 3..<3), (.cancelled, 3..<4)]),
        Case(
            name: "state ahead of the log", steps: [step(.success, 2, 90), step(.running, 92, 5)], rows: 4,
            task: .running,
            slices: [(.success, 0..<2), (.success, 2..<4), (.running, 4..<4), (.waiting, 4..<4)]),
        Case(
            name: "overlap", steps: [step(.success, 0, 4), step(.success, 2, 2)], rows: 4, task: .success,
            slices: [(.success, 0..<0), (.success, 0..<4), (.success, 2..<4), (.success, 4..<4)]),
        Case(
            name: "numbers that are none", steps: [step(.success, -5, -5), step(.failure, .max, .max)], rows: 3,
            task: .failure,
            slices: [(.success, 0..<0), (.success, 0..<0), (.failure, 3..<3), (.failure, 3..<3)]),
        Case(
            name: "nothing yet", steps: [step(.waiting, 0, 0)], rows: 0, task: .running,
            slices: [(.running, 0..<0), (.waiting, 0..<0), (.waiting, 0..<0)]),
    ]

    @Test("for every case", arguments: cases.indices)
    func table(index: Int) {
        let row = Self.cases[index]
        let names = ["Set up job"] + row.steps.map(\.name) + ["Complete job"]
        let expected = zip(names, row.slices).map { LogSlice(name: $0, status: $1.0, rows: $1.1) }
        #expect(sliceLog(steps: row.steps, rows: row.rows, task: row.task) == expected, "\(row.name)")
    }

    @Test("stays inside the rows that are stored, whatever a runner reports")
    func bounds() {
        let numbers: [Int64] = [.min, -1, 0, 1, 3, 4, .max]
        for index in numbers {
            for length in numbers {
                for status in Status.allCases {
                    let slices = sliceLog(
                        steps: [Self.step(status, index, length), Self.step(.success, 2, 1)], rows: 3, task: .running)
                    #expect(slices.allSatisfy { $0.rows.lowerBound >= 0 && $0.rows.upperBound <= 3 })
                }
            }
        }
    }
}

@Suite("What a page shows of a slice at once")
struct LogExcerptTests {
    @Test(
        "both ends around a gap",
        arguments: [
            (Int64(10)..<310, Int64(5000), 300, 0, 0), (10..<311, 5000, 100, 1, 200), (0..<9000, 5000, 100, 8700, 200),
            (0..<50, 20, 6, 30, 14), (0..<50, 0, 0, 50, 0), (0..<50, -4, 0, 50, 0), (0..<50, 50, 50, 0, 0),
            (0..<50, 49, 16, 1, 33), (7..<7, 5000, 0, 0, 0), (7..<7, 0, 0, 0, 0),
        ])
    func shown(rows: Range<Int64>, budget: Int64, head: Int, gap: Int, tail: Int) {
        let shown = excerpt(rows, budget: budget)
        #expect([shown.head.count, shown.gap.count, shown.tail.count] == [head, gap, tail])
        #expect(shown.head.lowerBound == rows.lowerBound && shown.head.upperBound == shown.gap.lowerBound)
        #expect(shown.gap.upperBound == shown.tail.lowerBound && shown.tail.upperBound == rows.upperBound)
    }
}
